"""One poll of one feed with all that came of it: what schedule and health judge by. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from aggregator.core.types import Changes, FeedState, Fetched, ParsedFeed, PollError
from aggregator.fetch.network import BLAMELESS, CONNECTION


@dataclass(frozen=True, slots=True)
class FinishedPoll:
    """A poll that is over. All moments are UTC."""

    feed: FeedState
    """As it was before this poll."""
    fetched: Fetched
    now: datetime
    """When it is judged."""
    document: ParsedFeed | None = None
    """None after a 304, a body equal to the last, or a failure."""
    error: PollError | None = None
    """What went wrong, in fetching or in parsing; None when nothing did."""
    changes: Changes | None = None
    """Goes with `document`."""
    network_down: bool = False
    """Our own network failed, and this poll reached no server."""

    @property
    def blameless(self) -> bool:
        """Whether it failed for no reason of the feed's."""
        return self.network_down or (self.error is not None and self.error.code in BLAMELESS)


def finished_poll(
    feed: FeedState,
    fetched: Fetched,
    parsed: ParsedFeed | PollError | None,
    changes: Changes | None,
    now: datetime,
    network_down: bool = False,
) -> FinishedPoll:
    """Put together what fetching and parsing told of a poll of `feed`; arguments as of `outcome.decide`."""
    document = parsed if isinstance(parsed, ParsedFeed) else None
    if document is not None and document.truncated and changes is not None:
        changes = replace(changes, gap=False)  # what is missing may stand in the part that did not come
    unreached = fetched.error is not None and fetched.error.code in CONNECTION
    return FinishedPoll(
        feed=feed,
        fetched=fetched,
        now=now,
        document=document,
        error=fetched.error or (parsed if isinstance(parsed, PollError) else None),
        changes=changes,
        network_down=network_down and unreached,
    )
