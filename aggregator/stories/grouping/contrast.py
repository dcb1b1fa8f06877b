"""What sets two reports apart however much else they share: other numbers, other weapons, other doings."""

from __future__ import annotations

from typing import Final

from aggregator.stories.grouping.traits import FRAME, Profile, Traits

_RARE: Final = 0.4
"""How rare a place, a body or a number must be to tell of one event; every second entry has a common one."""
_SPECIFIC: Final = ("place:", "org:", "num:", "ord:", "count:")


def contradict(a: Traits, b: Traits) -> bool:
    """Whether the headlines state different numbers: of one kind each has some that the other lacks."""
    return any(exchanged(left, right) for left, right in zip(a.numbers, b.numbers, strict=True))


def exchanged(a: frozenset[str], b: frozenset[str]) -> bool:
    """Whether each has something that the other lacks."""
    return not (a <= b or b <= a)


def other_weapons(a: Traits, b: Traits) -> bool:
    """Whether each headline names a weapon of which the other report says nothing: a cruise and a ballistic missile."""
    return not (a.weapons <= b.matter or b.weapons <= a.matter)


def different_doings(entry: Profile, other: Traits) -> bool:
    """Whether both reports name what is done or with what, nothing of it alike, and share nothing else specific.

    The same leader at a missile launch and at a drill of snipers: two events, however much else is the same.
    """
    ours = entry.traits
    return bool(
        ours.matter
        and other.matter
        and ours.matter.isdisjoint(other.matter)
        and not shares_something_specific(entry, other)
    )


def shares_something_specific(entry: Profile, other: Traits) -> bool:
    """Whether two reports share more than who it is about and of which country: a doing, a thing, a second person, a
    town or a country seldom in the news, a body, a number."""
    ours = entry.traits
    if len(ours.people & other.people) > 1:
        return True
    return any(
        feature.startswith(_SPECIFIC) and feature not in FRAME and entry.values[feature] >= _RARE
        for feature in entry.values.keys() & other.features.keys()
    )
