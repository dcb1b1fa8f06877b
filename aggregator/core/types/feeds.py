"""A feed as stored: who it is, what earlier polls taught about it, how it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from aggregator.core.types.documents import ScheduleHints


class Health(StrEnum):
    """What we think of a feed. Only `ok` needs nobody's attention."""

    OK = "ok"
    QUIET = "quiet"
    """Answers, but has been silent for longer than its own cadence explains."""
    FAILING = "failing"
    MOVED = "moved"
    """Answers under another URL for good; the stored URL was rewritten."""
    GONE = "gone"
    """Answered 410, or stands muted: polled no more until its URL in config.toml changes."""
    DEGRADED = "degraded"
    """Works, with loss: malformed, entries missed between polls, unstable guids."""


@dataclass(frozen=True, slots=True)
class HealthMemory:
    """What earlier polls showed of a feed's health, and which alarms were raised about it."""

    problem: str = ""
    """The first mistake of its last document, in words; empty when there was none."""
    missed_at: datetime | None = None
    """When a poll last found that entries had been missed."""
    flooded_at: datetime | None = None
    """When a document last held more new entries than the feed may announce."""
    held_back: int = 0
    """How many of that document's entries were not announced."""
    bounded_at: datetime | None = None
    """When it last went beyond what one feed may store or bring about."""
    bounded: str = ""
    """What that was, in words."""
    error_code: str = ""
    """Why the last poll failed (`PollError.code`); empty when it did not."""
    error_message: str = ""
    """The same in words, secrets masked."""
    alarm: str = ""
    """The state whose alarm stands: `recovered` has not followed yet."""
    raised: Mapping[str, datetime] = field(default_factory=dict)
    """Kind of alarm to when one was last raised."""


@dataclass(frozen=True, slots=True)
class DayStored:
    """What was stored of a feed on one day."""

    day: str = ""
    """ISO date, UTC; empty before anything was."""
    entries: int = 0
    text: int = 0
    """Characters of their content and full text."""


@dataclass(frozen=True, slots=True)
class UsualRate:
    """How much news a feed brings: entries, and the seconds in which they came, both slowly forgotten."""

    entries: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class FeedMemory:
    """What earlier polls taught about a feed; stored as one JSON value, so it can grow without a migration."""

    gap: float | None = None
    """Smoothed seconds between new entries; None until two have been seen."""
    last_new: datetime | None = None
    """When a poll last brought a new entry."""
    sticky_validators: bool = False
    """The server kept answering 304 although the content had changed."""
    last_unconditional: datetime | None = None
    moved_to: str = ""
    """Target of the permanent redirect seen at the last polls; acted on after three in a row."""
    moved_count: int = 0
    overlap: bool = False
    """Consecutive fetches have had entries in common, so a fetch without any means entries were missed."""
    last_ids: tuple[str, ...] = ()
    """Entry ids of the last document, newest first, capped; for gap and guid-churn detection."""
    churn: int = 0
    """Polls in a row in which every guid was new while titles and links were old."""
    unstable_guids: bool = False
    first_read: datetime | None = None
    """When its first document came."""
    spent_until: datetime | None = None
    """What the feed has saved up to announce grows from this moment on (`ration.BURST_SPAN`); None: all it can."""
    stored: DayStored = field(default_factory=DayStored)
    """Of the last day on which something was, its first document's apart."""
    usual: UsualRate = field(default_factory=UsualRate)
    hints: ScheduleHints = field(default_factory=ScheduleHints)
    """Of its last document."""
    longest_silence: float = 0.0
    """Seconds between two polls with news, the longest there was, slowly forgotten."""
    polls_with_news: int = 0
    """Since the first document."""
    retry_at: datetime | None = None
    """Until when its server asked to be left alone (Retry-After); None after an answer without such a wish."""
    truncated_in_a_row: int = 0
    """Documents cut off on their way, up to the last."""
    truncated_body: str = ""
    """Hash of the last document if it was cut off; when the same comes again, it is all that the server has."""
    health: HealthMemory = HealthMemory()


@dataclass(frozen=True, slots=True)
class FeedState:
    """A feed as stored: who it is (from the configuration) and where polling stands."""

    id: int
    url: str
    """As configured. This is the feed's identity."""
    location: str
    """Where it is fetched: `url`, or the target of permanent redirects since."""
    title: str = ""
    origin: str = ""
    """Slug of the outlet ("yonhap"); several feeds may share one."""
    kind: str = ""
    country: str = ""
    language: str = ""
    active: bool = True
    etag: str | None = None
    """Byte for byte as the server sent it (latin-1)."""
    last_modified: str | None = None
    body_hash: str | None = None
    """Of the last body parsed (blake2b, hex)."""
    next_due: datetime | None = None
    """None: due at once."""
    last_polled: datetime | None = None
    last_success: datetime | None = None
    failures: int = 0
    """Polls failed in a row."""
    health: Health = Health.OK
    health_since: datetime | None = None
    health_why: str = ""
    memory: FeedMemory = FeedMemory()
