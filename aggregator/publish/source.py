"""What publishing reads: the small part of the store it needs, as a Protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from aggregator.config.outputs import OutputConfig
from aggregator.core.types import Story
from aggregator.publish.items.health import FeedAlarm
from aggregator.publish.selection import Cursor, Selection
from aggregator.publish.types import Names


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A story that an output held and holds no more."""

    story: str
    at: datetime
    why: str = ""
    title: str = ""
    """Its headline, or that of the story it was merged into; empty where neither is held any more."""


class Outlined(NamedTuple):
    """Where a story stands in its span."""

    first_seen: datetime
    story: str
    entries: int
    """How many it has."""


class StorySource(Protocol):
    """Stories to publish. All methods are synchronous and may be called from any thread."""

    def stories(
        self, output: OutputConfig, selection: Selection, limit: int, before: Cursor | None
    ) -> Sequence[Story]:
        """At most `limit` stories in the selection's order, beginning after `before`.

        Order: (the order's moment, id), both descending; for order "score", score descending. Entries'
        `content` and `text` may be empty. Every story that `select.matches` must come; others may come too,
        so narrowing by topics, mode and span is enough. Fewer than `limit` means that there are no more.
        """
        ...

    def outline(self, output: OutputConfig, selection: Selection) -> Sequence[Outlined]:
        """What `stories` would give for a span, whole and without reading it: each story's place, the oldest first."""
        ...

    def tombstones(self, output: OutputConfig, since: datetime, limit: int) -> Sequence[Withdrawn]:
        """What was withdrawn from an output (after feedback, by a merge) since a moment, latest first."""
        ...

    def alarms(self, limit: int) -> Sequence[FeedAlarm]:
        """The latest changes of feeds' health, latest first."""
        ...

    def oldest(self) -> datetime | None:
        """`first_seen` of the oldest story held; None when there is none. Archives reach back to it."""
        ...

    def names(self) -> Names:
        """Titles of topics, facets and origins."""
        ...
