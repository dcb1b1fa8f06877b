"""StorySource -> the stories of one page: asks until a selection is satisfied, however little of what comes fits it."""

from __future__ import annotations

from aggregator.config.outputs import OutputConfig
from aggregator.core.types import Story
from aggregator.publish.selection import Cursor, Selection, cursor_of, matches
from aggregator.publish.source import StorySource

MAX_ROUNDS = 20
"""Reads of the store for one document; with conditions that hardly anything fulfils, a page ends early."""
MAX_SCORED = 5000
"""Stories looked through, best score first, for conditions that the store does not know."""


def gather(
    source: StorySource, output: OutputConfig, selection: Selection, before: Cursor | None
) -> tuple[tuple[Story, ...], bool]:
    """Return the first `selection.limit` matching stories after `before`, and whether there are more."""
    found: dict[str, Story] = {}
    want = selection.limit + 1
    ask = max(want, 50)
    for _ in range(MAX_ROUNDS):
        batch = source.stories(output, selection, ask, before)
        found.update((story.id, story) for story in batch if matches(story, selection))
        if len(found) >= want or len(batch) < ask:
            break
        after = cursor_of(batch[-1], selection)
        if after is not None:
            before, ask = after, max(want - len(found), 50)
        elif ask < MAX_SCORED:
            # By score there are no pages to go on from: ask for more from the top.
            ask = min(ask * 4, MAX_SCORED)
        else:
            break
    stories = tuple(found.values())
    return stories[: selection.limit], len(stories) > selection.limit
