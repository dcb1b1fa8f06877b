"""The stories of the last few days, in memory: what a new entry is compared with.

Built from the store at start, advanced batch by batch. group.py tries a batch on it inside `trial()`, which
leaves no trace; `commit` makes the outcome permanent once the store's transaction has succeeded. What it answers
depends only on the entries inside it, so one rebuilt from the store decides as the old one would have.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from aggregator.config.stories import StoriesConfig
from aggregator.stories.rarity import Rarity
from aggregator.types import Candidate, Fingerprint, Grouping

_POSTINGS = 96
"""Most recent entries looked at for one feature; the cost of an entry does not grow with the window."""
_BAND = 12
_Key = TypeVar("_Key", int, str)


class EntryLike(Protocol):
    """What the window needs of an entry; `Entry` and slimmer rows both do."""

    @property
    def id(self) -> str: ...
    @property
    def feed_id(self) -> int: ...
    @property
    def language(self) -> str: ...
    @property
    def time(self) -> datetime | None: ...


@dataclass(slots=True, eq=False)
class Member:
    """An entry in the window."""

    id: str
    story: str
    time: float
    """Seconds since 1970."""
    feed: int
    language: str
    title: str
    lead: str
    features: Mapping[str, float]
    keys: tuple[int, ...]
    bands: tuple[int, ...]
    order: tuple[float, str] = field(init=False)

    def __post_init__(self) -> None:
        self.order = (self.time, self.id)


def member_of(story: str, entry: EntryLike, fingerprint: Fingerprint) -> Member:
    """The window's record of an entry; one without any time counts as infinitely old."""
    time = entry.time
    title, _, lead = fingerprint.text.partition("\t")
    return Member(
        entry.id,
        story,
        time.timestamp() if time is not None else -math.inf,
        entry.feed_id,
        entry.language,
        title,
        lead,
        fingerprint.features,
        fingerprint.keys,
        fingerprint.bands,
    )


class Window:
    """The index of recent entries and their stories."""

    def __init__(self, settings: StoriesConfig) -> None:
        """Empty; fill it with `load`. `settings.window` is how far back entries are kept."""
        self._span = settings.window.total_seconds()
        self._members: dict[str, Member] = {}
        self._stories: dict[str, list[Member]] = {}
        self._features: dict[str, list[Member]] = {}
        self._bands: dict[int, list[Member]] = {}
        self._keys: dict[int, list[Member]] = {}
        self._newest = -math.inf
        self.rarity = Rarity()

    def __len__(self) -> int:
        return len(self._members)

    def load(self, rows: Iterable[tuple[str, EntryLike, Fingerprint]]) -> None:
        """Fill from the store: (story id, entry, fingerprint), in any order.

        Give everything at least as recent as `settings.window` before the newest entry; what is older is dropped.
        """
        for member in sorted((member_of(*row) for row in rows), key=lambda member: member.order):
            if member.id not in self._members:
                self.add(member)
        self._evict()

    def commit(self, grouping: Grouping, candidates: Sequence[Candidate]) -> None:
        """Make a grouping permanent. Call it after the transaction that stored it succeeded."""
        stories = {assignment.entry: assignment.story for assignment in grouping.assignments}
        for candidate in sorted(candidates, key=order_of):
            entry = candidate.entry
            story = stories.get(entry.id)
            if story is not None and entry.time is not None and entry.id not in self._members:
                self.add(member_of(story, entry, candidate.fingerprint))
        for source, target in grouping.merges:
            self.join(source, target)
        self._evict()

    def move(self, entry: str, story: str) -> None:
        """A person put an entry into another story."""
        member = self._members.get(entry)
        if member is not None and member.story != story:
            self._leave(member)
            member.story = story
            self._stories.setdefault(story, []).append(member)
            self._stories[story].sort(key=lambda one: one.order)

    # --- what group.py asks -----------------------------------------------------------------

    def get(self, entry: str) -> Member | None:
        """The member with that entry id."""
        return self._members.get(entry)

    def story(self, story: str) -> Sequence[Member]:
        """Its members inside the window; empty for one that is not."""
        return self._stories.get(story, ())

    def with_key(self, key: int) -> Sequence[Member]:
        return self._keys.get(key, ())

    def with_band(self, band: int) -> Sequence[Member]:
        """The latest members that share a MinHash band."""
        return self._bands.get(band, ())[-_BAND:]

    def with_feature(self, feature: str) -> Sequence[Member]:
        """The latest members that have a feature."""
        return self._features.get(feature, ())[-_POSTINGS:]

    # --- changing it ------------------------------------------------------------------------

    def add(self, member: Member) -> None:
        """Append a member. Outside `commit` and `load` only inside `trial`."""
        self._members[member.id] = member
        self._stories.setdefault(member.story, []).append(member)
        for feature in member.features:
            self._features.setdefault(feature, []).append(member)
        for band in member.bands:
            self._bands.setdefault(band, []).append(member)
        for key in member.keys:
            self._keys.setdefault(key, []).append(member)
        self.rarity.add(member.features)
        self._newest = max(self._newest, member.time)

    def join(self, source: str, target: str) -> list[Member]:
        """Put all members of one story into another; returns those that moved."""
        moved = self._stories.pop(source, [])
        if moved:
            for member in moved:
                member.story = target
            self._stories.setdefault(target, []).extend(moved)
            self._stories[target].sort(key=lambda member: member.order)
        return moved

    @contextmanager
    def trial(self) -> Iterator[_Trial]:
        """Try additions and merges; all of them are undone at the end, also after an error."""
        trial = _Trial(self)
        newest = self._newest
        try:
            yield trial
        finally:
            trial.undo()
            self._newest = newest

    def _leave(self, member: Member) -> None:
        rest = self._stories[member.story]
        rest.remove(member)
        if not rest:
            del self._stories[member.story]

    def _remove_last(self, member: Member) -> None:
        """Undo `add`; the member is then the last of every list."""
        del self._members[member.id]
        self._leave(member)
        for feature in member.features:
            _pop(self._features, feature)
        for band in member.bands:
            _pop(self._bands, band)
        for key in member.keys:
            _pop(self._keys, key)
        self.rarity.remove(member.features)

    def _evict(self) -> None:
        horizon = self._newest - self._span
        old = [member for member in self._members.values() if member.time < horizon]
        if not old:
            return
        gone = {member.id for member in old}
        for member in old:
            del self._members[member.id]
            self._leave(member)
            self.rarity.remove(member.features)
        _drop(self._features, {feature for member in old for feature in member.features}, gone)
        _drop(self._bands, {band for member in old for band in member.bands}, gone)
        _drop(self._keys, {key for member in old for key in member.keys}, gone)


class _Trial:
    """A window that is being tried on: the same answers, and a record of how to undo what was done."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._done: list[tuple[str, list[Member]]] = []

    def add(self, member: Member) -> None:
        self._window.add(member)
        self._done.append(("", [member]))

    def join(self, source: str, target: str) -> None:
        self._done.append((source, self._window.join(source, target)))

    def undo(self) -> None:
        window = self._window
        for source, members in reversed(self._done):
            if source:
                for member in members:
                    window._leave(member)
                    member.story = source
                if members:
                    window._stories[source] = sorted(members, key=lambda member: member.order)
            else:
                window._remove_last(members[0])
        self._done.clear()


def order_of(candidate: Candidate) -> tuple[float, str]:
    """By time, then id: the order in which a batch is decided."""
    time = candidate.entry.time
    return (time.timestamp() if time is not None else math.inf, candidate.entry.id)


def _pop(index: dict[_Key, list[Member]], key: _Key) -> None:
    members = index[key]
    members.pop()
    if not members:
        del index[key]


def _drop(index: dict[_Key, list[Member]], keys: Iterable[_Key], gone: set[str]) -> None:
    for key in keys:
        rest = [member for member in index[key] if member.id not in gone]
        if rest:
            index[key] = rest
        else:
            del index[key]
