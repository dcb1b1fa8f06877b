"""Who stands for a story when an entry, or another story, is held against it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from aggregator.stories.grouping.member import Member

_FIRST, _LATEST = 3, 7
"""Members of a large story that stand for it."""
_MOST_OF_ONE = 5
"""Of them, from one publisher, where others have reported too."""
_VOTES_OF_ONE = 2


def voters(members: Sequence[Member], most: int) -> Sequence[Member]:
    """The latest members, `most` at most; of one publisher no more than two while there are others."""
    taken: Counter[str] = Counter()
    chosen: list[Member] = []
    rest: list[Member] = []
    for member in reversed(members):
        taken[member.publisher] += 1
        (chosen if taken[member.publisher] <= _VOTES_OF_ONE else rest).append(member)
        if len(chosen) == most:
            break
    return [*chosen, *rest[: most - len(chosen)]] if len(taken) == 1 else chosen


def standing_for(members: Sequence[Member]) -> Sequence[Member]:
    """The members that stand for a story, in order of time: all of a small one, else its first and its latest.

    A publisher that pours reports into a story does not thereby become its voice.
    """
    most = _FIRST + _LATEST
    if len(members) <= most:
        return members
    counts = Counter(member.publisher for member in members)
    if len(counts) == 1 or max(counts.values()) <= _MOST_OF_ONE:
        return [*members[:_FIRST], *members[-_LATEST:]]
    taken: Counter[str] = Counter()
    chosen: list[Member] = []
    for member in [*members[:_FIRST], *reversed(members[_FIRST:])]:
        if taken[member.publisher] < _MOST_OF_ONE:
            taken[member.publisher] += 1
            chosen.append(member)
            if len(chosen) == most:
                break
    return sorted(chosen)
