"""The life of a story: who was first and by how much, how it grew, whether it grew unusually fast, its headlines."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.core.types import StoryEntry, published_order

BURST_SPAN = timedelta(hours=3)
FEWEST_STORIES = 30
"""A topic with fewer has no usual growth yet."""
_SURPRISE = 1e-3
"""A burst is growth that chance would bring less often than this."""


@dataclass(frozen=True, slots=True)
class Lead:
    """Who published first."""

    origin: str
    at: datetime
    ahead: timedelta | None
    """Before the first report of another outlet; None when there is none."""


def lead(members: Sequence[StoryEntry]) -> Lead | None:
    """The first to publish and its lead over the next outlet; None when no entry has a date of its own.

    Entries without a publication date count for nothing here: when we saw them says nothing of who was first. A date
    before a fetch of the feed that did not have the entry counts as the time of that fetch (`Entry.public`).
    """
    dated = sorted((m for m in members if m.entry.published is not None), key=published_order)
    if not dated:
        return None
    first = dated[0]
    origin = first.origin or first.entry.origin
    at = first.entry.public
    assert at is not None, "filtered above"
    others = [m.entry.public for m in dated if (m.origin or m.entry.origin) != origin]
    return Lead(origin, at, others[0] - at if others and others[0] is not None else None)


def growth(
    members: Sequence[StoryEntry], step: timedelta = timedelta(hours=1)
) -> tuple[tuple[datetime, int], ...]:
    """Entries over time: the start of each step in which some appeared, and how many."""
    counts: dict[datetime, int] = {}
    times = sorted(time for m in members if (time := m.entry.time) is not None)
    for time in times:
        start = times[0] + (time - times[0]) // step * step
        counts[start] = counts.get(start, 0) + 1
    return tuple(counts.items())


def burst_at(members: Sequence[StoryEntry], usual: float, least: int) -> datetime | None:
    """When the story first grew unusually fast; None if it never did.

    `usual`: entries an hour that a story of its topics gets. A burst is `least` entries within three hours from at
    least two outlets, where chance (Poisson) would bring that many less than once in a thousand. Copies count: that
    many outlets print them is part of it.
    """
    dated = sorted((time, m.origin or m.entry.origin) for m in members if (time := m.entry.time) is not None)
    start = 0
    for end, (time, _) in enumerate(dated):
        while time - dated[start][0] > BURST_SPAN:
            start += 1
        count = end - start + 1
        if count < least or len({origin for _, origin in dated[start : end + 1]}) < 2:
            continue
        if poisson_tail(count, usual * BURST_SPAN.total_seconds() / 3600) < _SURPRISE:
            return time
    return None


def usual_growth(rows: Iterable[tuple[str, int, timedelta]]) -> dict[str, float]:
    """Topic to how fast its stories usually grow: entries an hour and story, for `burst_at` and `summarise`.

    `rows`: one for each story and topic it belongs to over a time long enough (two weeks): topic, number of entries,
    time from its first to its last entry. A story counts for as long as a burst is looked for, at least: one that got
    a single report got it in three hours. Topics with fewer than 30 stories are left out. Old stories imported all at
    once, or a story that was itself a burst, weigh as much as their entries do.
    """
    stories: dict[str, int] = defaultdict(int)
    entries: dict[str, int] = defaultdict(int)
    seconds: dict[str, float] = defaultdict(float)
    for topic, count, span in rows:
        stories[topic] += 1
        entries[topic] += count
        seconds[topic] += max(span, BURST_SPAN).total_seconds()
    return {
        topic: entries[topic] * 3600 / seconds[topic]
        for topic, count in stories.items()
        if count >= FEWEST_STORIES
    }


def poisson_tail(count: int, expected: float) -> float:
    """The probability of `count` or more when `expected` are usual."""
    term = below = math.exp(-expected)
    for k in range(1, count):
        term *= expected / k
        below += term
    return max(0.0, 1.0 - below) if count > 0 else 1.0
