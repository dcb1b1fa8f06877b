"""The stories of the last few days, in memory: what a new entry is compared with.

Built from the store at start, advanced batch by batch. group.py tries a batch on it inside `trial()`, which
leaves no trace; `commit` makes the outcome permanent once the store's transaction has succeeded. What it answers
depends only on the entries inside it, so one rebuilt from the store decides as the old one would have.
"""

from __future__ import annotations

import heapq
import math
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from sys import intern
from typing import Any, Protocol

from aggregator.config.stories import StoriesConfig
from aggregator.core.types import Candidate, Fingerprint, Grouping
from aggregator.stories.grouping.idf import Rarity
from aggregator.stories.grouping.similarity import NO_NORMS, Profile, Traits, profile, traits
from classifiers.model.embedding import unpacked

_POSTINGS = 48
"""Most recent entries looked at for one feature; the cost of an entry does not grow with the window."""
_BAND = 12


class EntryLike(Protocol):
    """What the window needs of an entry; `Entry` and slimmer rows both do."""

    @property
    def id(self) -> str: ...
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
    language: str
    title: str
    lead: str
    features: Mapping[str, float]
    keys: tuple[int, ...]
    bands: tuple[int, ...]
    vector: bytes = b""
    model: str = ""
    """Hash of the model that made the vector."""
    traits: Traits = field(init=False)
    order: tuple[float, str] = field(init=False)

    def __post_init__(self) -> None:
        self.traits = traits(self.title, self.language, self.time, self.features)
        self.traits.vector, self.traits.model = unpacked(self.vector), self.model
        self.order = (self.time, self.id)

    def __lt__(self, other: Member) -> bool:
        return self.order < other.order


def member_of(story: str, entry: EntryLike, fingerprint: Fingerprint) -> Member:
    """The window's record of an entry; one without any time counts as infinitely old."""
    time = entry.time
    title, _, lead = fingerprint.text.partition("\t")
    return Member(
        entry.id,
        story,
        time.timestamp() if time is not None else -math.inf,
        entry.language,
        title,
        lead,
        {intern(feature): weight for feature, weight in fingerprint.features.items()},
        fingerprint.keys,
        fingerprint.bands,
        fingerprint.vector,
        fingerprint.model,
    )


class Window:
    """The index of recent entries and their stories."""

    def __init__(self, settings: StoriesConfig) -> None:
        """Empty; fill it with `load`. `settings.window` is how far back entries are kept."""
        self._span = settings.window.total_seconds()
        self._embedding_weight = settings.embedding_weight
        self._members: dict[str, Member] = {}
        self._stories: dict[str, list[Member]] = {}
        self._features: dict[str, list[Member]] = {}
        self._bands: dict[int, list[Member]] = {}
        self._keys: dict[int, list[Member]] = {}
        self._ages: list[Member] = []
        self._closed: set[str] = set()
        self._newest = -math.inf
        self._pending: Trial | None = None
        """The latest trial, not yet undone: mostly it is committed next."""
        self.rarity = Rarity()

    def __len__(self) -> int:
        self._settle()
        return len(self._members)

    def load(self, rows: Iterable[tuple[str, EntryLike, Fingerprint]]) -> None:
        """Fill from the store: (story id, entry, fingerprint), in any order.

        Give everything within twice `settings.window` before the newest entry: the older half only tells which
        stories have gone on for too long to take in more.
        """
        self._settle()
        for member in sorted(member_of(*row) for row in rows):
            if member.id not in self._members:
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
            stories = {assignment.entry: assignment.story for assignment in grouping.assignments}
            for candidate in sorted(candidates, key=order_of):
                entry = candidate.entry
                story = stories.get(entry.id)
                if story is not None and entry.time is not None and entry.id not in self._members:
                    self._keep(member_of(story, entry, candidate.fingerprint))
            for source, target in grouping.merges:
                self.join(source, target)
        self._evict()

    # --- what group.py asks -----------------------------------------------------------------

    def get(self, entry: str) -> Member | None:
        """The member with that entry id."""
        return self._members.get(entry)

    def story(self, story: str) -> Sequence[Member]:
        """Its members inside the window, oldest first; empty for one that is not."""
        return self._stories.get(story, ())

    def closed(self, story: str) -> bool:
        """Whether it began before the window, so that nothing new is the same event."""
        return story in self._closed

    def with_key(self, key: int) -> Sequence[Member]:
        """Members that have an exact key."""
        return self._keys.get(key, ())

    def with_band(self, band: int) -> Sequence[Member]:
        """The latest members that share a MinHash band."""
        return self._bands.get(band, ())[-_BAND:]

    def with_feature(self, feature: str) -> Sequence[Member]:
        """The latest members that have a feature."""
        return self._features.get(feature, ())[-_POSTINGS:]

    def profile(self, member: Member) -> Profile:
        """A member's features, weighed by how rare they are in the window now.

        The first time is before it joins the window; the norms of that moment stay with it.
        """
        weighed = profile(member.traits, self.rarity, self._embedding_weight)
        if member.traits.norms is NO_NORMS:
            member.traits.norms = weighed.norms
        return weighed

    # --- changing it ------------------------------------------------------------------------

    def add(self, member: Member) -> None:
        """Put a member in. Only for this module and inside `trial`."""
        self._members[member.id] = member
        if member.traits.norms is NO_NORMS:
            self.profile(member)
        order = member.order
        for index, keys in self._indexes(member):
            for key in keys:
                members = index.get(key)
                if members is None:
                    index[key] = [member]
                elif members[-1].order < order:
                    members.append(member)
                else:
                    insort(members, member)
        self.rarity.add(member.features)
        self._newest = max(self._newest, member.time)

    def join(self, source: str, target: str) -> list[Member]:
        """Put all members of one story into another; returns those that moved."""
        moved = self._stories.pop(source, [])
        for member in moved:
            member.story = target
            insort(self._stories.setdefault(target, []), member)
        if source in self._closed:
            self._closed.add(target)
        return moved

    @contextmanager
    def trial(self) -> Iterator[Trial]:
        """Try additions and merges. They are undone before anything else is asked of the window, unless `commit` comes
        next with what the trial led to; after an error they are undone at once."""
        self._settle()
        trial = Trial(self, self._newest, set(self._closed))
        self._pending = trial
        try:
            yield trial
        except BaseException:
            self._settle()
            raise

    def _settle(self) -> None:
        """Undo a trial that nobody committed."""
        trial, self._pending = self._pending, None
        if trial is not None:
            trial.undo()
            self._newest, self._closed = trial.newest, trial.closed

    def separate(self, moved: Sequence[Member], source: str, target: str) -> None:
        """Undo `join`."""
        for member in moved:
            members = self._stories[target]
            del members[bisect_left(members, member)]
            member.story = source
            insort(self._stories.setdefault(source, []), member)

    def remove(self, member: Member) -> None:
        """Undo `add`."""
        del self._members[member.id]
        for index, keys in self._indexes(member):
            for key in keys:
                members = index[key]
                if len(members) == 1:
                    del index[key]
                elif members[0] is member:  # the oldest goes first
                    del members[0]
                else:
                    del members[bisect_left(members, member)]
        self.rarity.remove(member.features)

    def _keep(self, member: Member) -> None:
        self.add(member)
        heapq.heappush(self._ages, member)

    def _indexes(self, member: Member) -> tuple[tuple[dict[Any, list[Member]], Iterable[Any]], ...]:
        return (
            (self._stories, (member.story,)),
            (self._features, member.features),
            (self._bands, member.bands),
            (self._keys, member.keys),
        )

    def _evict(self) -> None:
        horizon = self._newest - self._span
        ages = self._ages
        while ages and ages[0].time < horizon:
            member = heapq.heappop(ages)
            self.remove(member)
            self._closed.add(member.story)
        self._closed &= self._stories.keys()


class Trial:
    """What was tried on a window, and how to undo it."""

    def __init__(self, window: Window, newest: float, closed: set[str]) -> None:
        """`newest` and `closed`: the window's, to be put back."""
        self.newest, self.closed = newest, closed
        self.outcome: Grouping | None = None
        """What the trial led to, set by group.py at its end."""
        self.added: list[Member] = []
        self._window = window
        self._joined: list[tuple[int, str, str, list[Member]]] = []

    def add(self, member: Member) -> None:
        """As `Window.add`."""
        self._window.add(member)
        self.added.append(member)

    def join(self, source: str, target: str) -> None:
        """As `Window.join`."""
        self._joined.append((len(self.added), source, target, self._window.join(source, target)))

    def undo(self) -> None:
        """Leave the window as it was."""
        while self.added or self._joined:
            if self._joined and self._joined[-1][0] == len(self.added):
                _, source, target, moved = self._joined.pop()
                self._window.separate(moved, source, target)
            else:
                self._window.remove(self.added.pop())


def order_of(candidate: Candidate) -> tuple[float, str]:
    """By time, then id: the order in which a batch is decided."""
    time = candidate.entry.time
    return (time.timestamp() if time is not None else -math.inf, candidate.entry.id)
