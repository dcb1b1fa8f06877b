"""What polling, importing, reading pages, relabelling and people ask the Writer to store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from aggregator.core.types import (
    Changes,
    Constraint,
    Entry,
    Feedback,
    Grouping,
    PollIntent,
    Story,
)
from aggregator.pipeline.worker import Analysis

Decide = Callable[[Mapping[int, str]], Sequence[PollIntent]]
"""Given by the feed's id which feeds were kept from joining stories, and how (`bounded`), the intents of polls."""


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """One step's part of a `Batch`: the Writer adds the grouping of new entries and every story that is touched."""

    now: datetime
    """Aware, UTC."""
    decide: Decide | None = None
    """Of polls: what each changes of its feed. None: these entries come from a person, or are known already."""
    changes: Changes = field(default_factory=Changes)
    analyses: Mapping[str, Analysis] = field(default_factory=dict)
    """Of the new and revised entries in `changes`, by id."""
    relabelled: Mapping[str, tuple[Entry, Analysis]] = field(default_factory=dict)
    """Stored entries that were classified anew, with their text as it is now, by id."""
    pages: tuple[tuple[str, str, str], ...] = ()
    """As `Batch.pages`."""
    moves: Grouping = field(default_factory=Grouping)
    """Stored entries that go to other stories, and stories that become one."""
    refresh: tuple[str, ...] = ()
    """Ids of stories to summarise anew."""
    constraints: tuple[Constraint, ...] = ()
    judgements: tuple[Feedback, ...] = ()
    taken_back: tuple[int, ...] = ()
    released: tuple[str, ...] = ()
    """As `Batch.released`; their stories are named in `refresh`."""
    change: str = ""
    """What subscribers are told of every story touched; empty: what the summary finds worth telling."""

    def revised(self) -> dict[str, tuple[Entry, Analysis]]:
        """Stored entries whose text or labels changed so that their stories must follow."""
        told = [revision.entry for revision in self.changes.revised if not revision.flapping]
        revised = {entry.id: (entry, self.analyses[entry.id]) for entry in told if entry.id in self.analyses}
        return {**revised, **self.relabelled}


@dataclass(frozen=True, slots=True)
class Written:
    """What a request became."""

    request: WriteRequest
    polls: tuple[PollIntent, ...] = ()
    stories: tuple[Story, ...] = ()
    """Every story it touched, as it is now."""
    before: Mapping[str, Story] = field(default_factory=dict)
    """Those of them that were there before, as they were, by id."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """By stage."""

    def by_id(self) -> dict[str, Story]:
        """The stories as they are now, by id."""
        return {story.id: story for story in self.stories}
