"""Entries made by hand, and a stream of them taken through grouping as the pipeline would, without a store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aggregator.config.stories import StoriesConfig
from aggregator.core.types import Assignment, Candidate, Entry, StoryEntry
from aggregator.stories.features.fingerprint import Fingerprinter
from aggregator.stories.grouping.group import group
from aggregator.stories.grouping.member import Member
from aggregator.stories.grouping.past import Past
from aggregator.stories.grouping.window import Window

START = datetime(2031, 11, 4, tzinfo=UTC)
_FINGERPRINTER = Fingerprinter()


def make_entry(title: str, summary: str = "", *, at: float = 0.0, **more: Any) -> Entry:
    """An entry published `at` hours after START. Its id is its title, unless given."""
    time = START + timedelta(hours=at)
    values: dict[str, Any] = {
        "id": title,
        "feed_id": 1,
        "guid": more.get("id", title),
        "url": "",
        "language": "en" if title.isascii() else "ko",
        "published": time,
        "seen": time,
    }
    return Entry(title=title, summary=summary, **{**values, **more})


def make_candidates(*entries: Entry) -> list[Candidate]:
    prints = _FINGERPRINTER.fingerprint(entries)
    return [Candidate(entry, print_) for entry, print_ in zip(entries, prints, strict=True)]


@dataclass
class Replay:
    """What a store would hold of the stories: assignments, keys, redirects."""

    settings: StoriesConfig = field(default_factory=StoriesConfig)
    constraints: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    publisher: Callable[[int], str] = str
    window: Window = field(init=False)
    assigned: dict[str, Assignment] = field(default_factory=dict)
    keys: dict[int, str] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    rows: dict[str, Candidate] = field(default_factory=dict)
    merges_left: Mapping[str, int] = field(default_factory=dict)
    refused: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.window = Window(self.settings, self.publisher)

    def resolve(self, story: str) -> str:
        while story in self.redirects:
            story = self.redirects[story]
        return story

    def feed(self, candidates: Sequence[Candidate], batch: int = 10) -> Replay:
        """Group in batches, each stored before the next; entries already held do not come again."""
        for start in range(0, len(candidates), batch):
            part = [c for c in candidates[start : start + batch] if c.entry.id not in self.assigned]
            seen = {k: self.resolve(self.keys[k]) for c in part for k in c.fingerprint.keys if k in self.keys}
            past = Past(self.holders(seen), merges_left=self.merges_left)
            grouping = group(part, seen, self.window, self.constraints, self.settings, past)
            self.redirects.update(grouping.merges)
            self.refused += grouping.refused
            for assignment in grouping.assignments:
                assert assignment.entry not in self.assigned, "an entry is assigned once"
                self.assigned[assignment.entry] = assignment
            for candidate in part:
                self.rows[candidate.entry.id] = candidate
                for key in candidate.fingerprint.keys:
                    self.keys.setdefault(key, self.assigned[candidate.entry.id].story)
            self.window.commit(grouping, part)
        return self

    def holders(self, seen: Mapping[int, str]) -> dict[str, list[Member]]:
        """Of stories outside the window, the members."""
        outside = {story for story in seen.values() if not self.window.story(story)}
        return {
            story: [
                self.window.member(story, c.entry, c.fingerprint)
                for c in self.rows.values()
                if self.story_of(c.entry.id) == story
            ]
            for story in outside
        }

    def stories(self) -> dict[str, frozenset[str]]:
        """Story to its entries, merges followed."""
        found: dict[str, set[str]] = {}
        for entry, assignment in self.assigned.items():
            found.setdefault(self.resolve(assignment.story), set()).add(entry)
        return {story: frozenset(entries) for story, entries in found.items()}

    def story_of(self, entry: str) -> str:
        return self.resolve(self.assigned[entry].story)

    def basis(self, entry: str) -> str:
        return self.assigned[entry].basis


def make_member(title: str, summary: str = "", *, origin: str = "alpha", **more: Any) -> StoryEntry:
    """A member of a story; `basis`, `kind`, `country`, `labels`, `archived` go to the member, the rest to its entry."""
    names = ("basis", "kind", "country", "labels", "archived", "feed_title")
    own = {name: more.pop(name) for name in names if name in more}
    return StoryEntry(make_entry(title, summary, **more), own.pop("basis", "event"), origin=origin, **own)


@pytest.fixture
def entry() -> Callable[..., Entry]:
    return make_entry


@pytest.fixture
def candidates() -> Callable[..., list[Candidate]]:
    return make_candidates


@pytest.fixture
def member() -> Callable[..., StoryEntry]:
    return make_member


@pytest.fixture
def replay() -> type[Replay]:
    return Replay
