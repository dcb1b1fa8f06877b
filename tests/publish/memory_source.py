"""A `WebSource` in memory: the contract of `aggregator.web.source`, as plainly as it can be written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from aggregator.config.outputs import OutputConfig
from aggregator.core.errors import NotFound
from aggregator.core.types import FeedState, Story
from aggregator.publish import FeedAlarm, Names
from aggregator.publish.selection import Cursor, Selection, in_order, matches, moment_of
from aggregator.publish.source import Outlined, Withdrawn
from aggregator.web.source import Verdict

from .samples import NAMES


def is_after(story: Story, cursor: Cursor, selection: Selection) -> bool:
    """Whether a story comes after the cursor, that is: on a later page, at least in part."""
    place, end = (moment_of(story, selection), story.id), (cursor.at, cursor.story)
    return place <= end if cursor.entry else place < end


class MemorySource:
    """Stories in a dictionary."""

    def __init__(self, stories: Sequence[Story] = (), outputs: Sequence[OutputConfig] = ()) -> None:
        self.held = {story.id: story for story in stories}
        self.configured = list(outputs)
        self.redirects: dict[str, str] = {}
        self.withdrawn: list[Withdrawn] = []
        self.told: list[FeedAlarm] = []
        self.polled: list[FeedState] = []
        self.verdicts: list[Verdict] = []
        self.rationed: dict[int, list[str]] = {}
        self.number = 1
        self.due: datetime | None = None
        self.well = True
        self.reads = 0

    def put(self, *stories: Story) -> None:
        """Write stories as a batch would."""
        self.held.update((story.id, story) for story in stories)
        self.number += 1

    def stories(
        self, output: OutputConfig, selection: Selection, limit: int, before: Cursor | None
    ) -> Sequence[Story]:
        self.reads += 1
        ordered = in_order(tuple(self.held.values()), selection)
        return [s for s in ordered if before is None or is_after(s, before, selection)][:limit]

    def outline(self, output: OutputConfig, selection: Selection) -> Sequence[Outlined]:
        found = [story for story in self.held.values() if matches(story, selection)]
        return sorted(Outlined(story.first_seen, story.id, len(story.entries)) for story in found)

    def tombstones(self, output: OutputConfig, since: datetime, limit: int) -> Sequence[Withdrawn]:
        return [gone for gone in self.withdrawn if gone.at >= since][:limit]

    def alarms(self, limit: int) -> Sequence[FeedAlarm]:
        return self.told[:limit]

    def oldest(self) -> datetime | None:
        return min((story.first_seen for story in self.held.values()), default=None)

    def names(self) -> Names:
        return NAMES

    def outputs(self) -> Sequence[OutputConfig]:
        return self.configured

    def generation(self) -> int:
        return self.number

    def next_change(self) -> datetime | None:
        return self.due

    def notices(self) -> Sequence[str]:
        return ()

    def story(self, id: str) -> Story | str | None:
        return self.redirects.get(id) or self.held.get(id)

    def search(self, words: str, limit: int) -> Sequence[Story]:
        wanted = words.casefold().replace('"', "").split()
        return [
            story
            for story in self.held.values()
            if any(all(word in m.entry.title.casefold() for word in wanted) for m in story.entries)
        ][:limit]

    def feeds(self) -> Sequence[FeedState]:
        return self.polled

    def held_back(self) -> Mapping[int, int]:
        return {id: len(entries) for id, entries in self.rationed.items() if entries}

    def release(self, feed: str) -> int:
        found = next((one for one in self.polled if one.url == feed), None)
        if found is None:
            raise NotFound(feed)
        self.number += 1
        return len(self.rationed.pop(found.id, ()))

    def health(self) -> Mapping[str, Any]:
        return {"ok": self.well, "feeds": len(self.polled)}

    def record_feedback(self, verdict: Verdict) -> datetime:
        assert verdict.at is not None
        held = self.verdicts[-1] if self.verdicts else None
        if held is not None and replace(held, at=None) == replace(verdict, at=None) and held.at is not None:
            return held.at
        self.verdicts.append(verdict)
        self.number += 1
        return verdict.at

    def undo_feedback(self, verdict: Verdict) -> bool:
        if not self.verdicts or self.verdicts[-1] != verdict:
            return False
        self.verdicts.pop()
        self.number += 1
        return True

    def secret(self) -> bytes:
        return b"0123456789abcdef0123456789abcdef"

    def installation(self) -> str:
        return "a1b2c3"
