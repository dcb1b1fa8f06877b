"""Letting a person announce what a feed's ration held back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aggregator.core.errors import NotFound
from aggregator.core.types import FeedState
from aggregator.core.urls import spellings
from aggregator.pipeline.write_request import WriteRequest
from aggregator.pipeline.writer import Writer

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Released:
    """What was let through."""

    feed: FeedState
    entries: int
    stories: int


def find_feed(feeds: Sequence[FeedState], what: str) -> FeedState:
    """The feed a person means by its URL, or by its title where only one has it. Raises NotFound.

    The URL goes first: a title may be what the feed itself says, and name another's URL.
    """
    if named := [feed for feed in feeds if feed.url in spellings(what)]:
        return named[0]
    titled = [feed for feed in feeds if feed.title == what]
    if len(titled) != 1:
        several = f"several feeds are titled {what}; name one by its URL" if titled else ""
        raise NotFound(
            several or f"there is no feed {what}; `aggregator feeds --json` lists all with their URLs"
        )
    return titled[0]


def release(writer: Writer, what: str) -> Released:
    """Announce what a feed's ration held back, as if it were new now. Raises NotFound.

    Runs in the writer's thread: `await writer.run(release, writer, url)`.
    """
    feed = find_feed(writer.store.feeds.all(), what)
    entries = stories = 0
    while held := writer.store.feeds.held_back_of(feed.id, _BATCH):
        refresh = tuple(sorted(set(held.values())))
        written = writer.apply(WriteRequest(writer.clock.now(), released=tuple(held), refresh=refresh))
        entries, stories = entries + len(held), stories + len(written.stories)
    return Released(feed, entries, stories)
