"""What one poll decided about its feed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from aggregator.core.types.feeds import FeedState


class Outcome(StrEnum):
    """How one poll ended."""

    NEW = "new"
    UNCHANGED = "unchanged"
    """200, but with nothing new in it (an equal body is not even parsed)."""
    NOT_MODIFIED = "not-modified"
    FAILED = "failed"
    REFUSED = "refused"
    """We declined: address guard, size or time cap, robots, unsafe redirect."""
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Alarm:
    """A feed's health changed, or something about it wants a person's eye."""

    feed_id: int
    at: datetime
    kind: str
    """failing, quiet, gap, html, moved, gone, degraded, recovered."""
    message: str


@dataclass(frozen=True, slots=True)
class PollRecord:
    """One line of the poll log."""

    feed_id: int
    at: datetime
    outcome: Outcome
    status: int = 0
    seconds: float = 0.0
    received: int = 0
    entries: int = 0
    new: int = 0
    revised: int = 0
    error: str = ""
    """Code and message; empty when all was well."""
    host: str = ""


@dataclass(frozen=True, slots=True)
class PollIntent:
    """All that one poll of one feed changes in the store. Every poll yields one, failed or not."""

    feed: FeedState
    """The new state, to be written whole."""
    record: PollRecord
    alarms: tuple[Alarm, ...] = ()
