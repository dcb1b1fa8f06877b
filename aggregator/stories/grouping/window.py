"""The stories of the last few days, in memory: what a new entry is compared with.

Built from the store at start, advanced batch by batch. group.py tries a batch on it inside `trial()`, which
leaves no trace; `commit` makes the outcome permanent once the store's transaction has succeeded. What it answers
depends only on the entries inside it, so one rebuilt from the store decides as the old one would have.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from aggregator.config.stories import StoriesConfig
from aggregator.core.types import ALIKE, Candidate, Fingerprint, Grouping
from aggregator.stories.grouping.idf import Rarity
from aggregator.stories.grouping.index import Index
from aggregator.stories.grouping.member import EntryLike, Member, member_of, order_of
from aggregator.stories.grouping.traits import NO_NORMS, Profile, profile
from aggregator.stories.grouping.trial import Trial

_POSTINGS = 48
"""Most recent entries looked at for one feature; the cost of an entry does not grow with the window."""
_BAND = 12


class Window:
    """The index of recent entries and their stories."""

    def __init__(self, settings: StoriesConfig, publisher: Callable[[int], str] = str) -> None:
        """Empty; fill it with `load`. `settings.window` is how far back entries are kept; `publisher`: whose feed it is
        that has an id; by default each feed is a publisher of its own."""
        self._span = settings.window.total_seconds()
        self._embedding_weight = settings.embedding_weight
        self._publisher = publisher
        self._index = Index()
        self._ages: list[Member] = []
        self._closed: set[str] = set()
        self._newest = -math.inf
        self._now = math.inf
        self._pending: Trial | None = None
        """The latest trial, not yet undone: mostly it is committed next."""
        self.rarity = Rarity()

    def __len__(self) -> int:
        self._settle()
        return len(self._index.members)

    def set_clock(self, now: datetime) -> None:
        """Say what time it is: nothing counts as newer than that.

        Without this, one entry that came while the clock was ahead would push all others out. Such entries are left out
        by `load`; a window that holds some already must be built anew.
        """
        self._settle()
        self._now = now.timestamp()

    def member(self, story: str, entry: EntryLike, fingerprint: Fingerprint) -> Member:
        """The window's record of an entry, which need not be inside."""
        return member_of(story, entry, fingerprint, self._publisher(entry.feed_id), self._now)

    def load(self, rows: Iterable[tuple[str, EntryLike, Fingerprint]]) -> None:
        """Fill from the store: (story id, entry, fingerprint), in any order.

        Give everything within twice `settings.window` before the newest entry: the older half only tells which
        stories have gone on for too long to take in more. An entry from further ahead than the window is long was
        stored under a wrong clock, and is left out.
        """
        self._settle()
        made = [self.member(*row) for row in rows if self._plausible(row[1])]
        for member in sorted(made):
            if member.id not in self._index.members:
                self._keep(member)
                self._evict()

    def commit(self, grouping: Grouping, candidates: Sequence[Candidate]) -> None:
        """Make a grouping permanent. Call it after the transaction that stored it succeeded."""
        pending = self._pending
        if pending is not None and pending.outcome is grouping:
            self._pending = None  # what was tried stands
            for member in pending.added:
                heapq.heappush(self._ages, member)
        else:
            self._settle()
            stories = {a.entry: a.story for a in grouping.assignments if a.basis != ALIKE}
            for candidate in sorted(candidates, key=order_of):
                entry = candidate.entry
                story = stories.get(entry.id)
                if story is not None and entry.time is not None and entry.id not in self._index.members:
                    self._keep(self.member(story, entry, candidate.fingerprint))
            for source, target in grouping.merges:
                self.join(source, target)
        self._evict()

    # --- what grouping asks -------------------------------------------------------------------

    def get(self, entry: str) -> Member | None:
        """The member with that entry id."""
        return self._index.members.get(entry)

    def story(self, story: str) -> Sequence[Member]:
        """Its members inside the window, oldest first; empty for one that is not."""
        return self._index.stories.get(story, ())

    def closed(self, story: str) -> bool:
        """Whether it began before the window, so that nothing new is the same event."""
        return story in self._closed

    def with_key(self, key: int) -> Sequence[Member]:
        """Members that have an exact key."""
        return self._index.keys.get(key, ())

    def with_band(self, band: int) -> Sequence[Member]:
        """The latest members that share a MinHash band."""
        return self._index.bands.get(band, ())[-_BAND:]

    def with_feature(self, feature: str) -> Sequence[Member]:
        """The latest members that have a feature."""
        return self._index.features.get(feature, ())[-_POSTINGS:]

    def profile(self, member: Member) -> Profile:
        """A member's features, weighed by how rare they are in the window now.

        The first time is before it joins the window; the norms of that moment stay with it.
        """
        weighed = profile(member.traits, self.rarity, self._embedding_weight)
        if member.traits.norms is NO_NORMS:
            member.traits.norms = weighed.norms
        return weighed

    # --- changing it ------------------------------------------------------------------------

    @contextmanager
    def trial(self) -> Iterator[Trial]:
        """Try additions and merges. They are undone before anything else is asked of the window, unless `commit` comes
        next with what the trial led to; after an error they are undone at once."""
        self._settle()
        trial = Trial(self._index, self._add, self._remove, self._newest, frozenset(self._closed))
        self._pending = trial
        try:
            yield trial
        except BaseException:
            self._settle()
            raise

    def join(self, source: str, target: str) -> None:
        """Put all members of one story into another; undone with the trial that it is part of."""
        moved = self._index.join(source, target)
        if source in self._closed:
            self._closed.add(target)
        if self._pending is not None:
            self._pending.joined(source, target, moved)

    def _add(self, member: Member) -> None:
        if member.traits.norms is NO_NORMS:
            self.profile(member)
        self._index.add(member)
        self.rarity.add(member.features)
        self._newest = max(self._newest, member.time)

    def _remove(self, member: Member) -> None:
        self._index.remove(member)
        self.rarity.remove(member.features)

    def _settle(self) -> None:
        """Undo a trial that nobody committed."""
        trial, self._pending = self._pending, None
        if trial is not None:
            trial.undo()
            self._newest, self._closed = trial.newest, set(trial.closed)

    def _keep(self, member: Member) -> None:
        self._add(member)
        heapq.heappush(self._ages, member)

    def _plausible(self, entry: EntryLike) -> bool:
        return entry.time is not None and entry.time.timestamp() <= self._now + self._span

    def _evict(self) -> None:
        horizon = self._newest - self._span
        ages = self._ages
        while ages and ages[0].time < horizon:
            member = heapq.heappop(ages)
            self._remove(member)
            self._closed.add(member.story)
        self._closed &= self._index.stories.keys()
