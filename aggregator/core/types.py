"""The records that travel between stages, named by the moment they exist.

    FeedState -> Fetched -> ParsedFeed -> Entry -> Changes -> Candidate -> Assignment -> Story -> PollIntent

All are frozen and hold plain values. Every datetime is time-zone aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from classifiers.types import Document, Label

# --- feeds and polls ---------------------------------------------------------------------------


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
    """What the feed has saved up to announce grows from this moment on (`changes.BURST_SPAN`); None: all it can."""
    extra: Mapping[str, Any] = field(default_factory=dict)


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


@dataclass(frozen=True, slots=True)
class PollError:
    """Why a poll brought nothing. A value, never raised."""

    code: str
    """Short and stable, for metrics and tests: dns, connect, tls, timeout, too-large, http-404, html, ..."""
    message: str
    """For people: what happened and what can be done."""
    refused: bool = False
    """True when we declined, False when the other side failed."""
    retry_at: datetime | None = None
    """The server's Retry-After as a moment, where it sent one."""
    suggestions: tuple[str, ...] = ()
    """Feed URLs found in an HTML page that stood where a feed should be."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """One exchange with a server, over. Exactly one of `body`, `error` is set, or neither after a 304."""

    feed: FeedState
    at: datetime
    """When the request was sent."""
    url: str
    """The URL that answered, after redirects."""
    status: int = 0
    """Of the final response; 0 when there was none."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Lower-case names."""
    body: bytes | None = None
    """Decoded from gzip, br, deflate or zstd; not from its character encoding."""
    error: PollError | None = None
    permanent_url: str = ""
    """Where an unbroken chain of 301/308 from `feed.location` led; empty when there was none."""
    seconds: float = 0.0
    """From `at` to the end of the answer; both are of the last request, not of redirects before it."""
    received: int = 0
    """Bytes on the wire, headers apart."""
    conditional: bool = False
    """Whether validators were sent."""

    @property
    def not_modified(self) -> bool:
        return self.status == 304


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file attached to an entry (RSS `enclosure`, Atom `link rel=enclosure`, JSON Feed attachment)."""

    url: str
    type: str = ""
    length: int | None = None


@dataclass(frozen=True, slots=True)
class RawEntry:
    """One item as the document has it: nothing cleaned, nothing resolved except its own base URL."""

    guid: str = ""
    link: str = ""
    title: str = ""
    title_type: str = "text/html"
    summary: str = ""
    content: str = ""
    author: str = ""
    categories: tuple[str, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    language: str = ""
    base: str = ""
    """Base URL for relative links in this item."""
    enclosures: tuple[Enclosure, ...] = ()
    image: str = ""
    source_title: str = ""
    """Of RSS/Atom `<source>`: the feed it was copied from."""
    source_url: str = ""
    original_link: str = ""
    """feedburner:origLink and its like."""
    guid_is_permalink: bool = False


@dataclass(frozen=True, slots=True)
class ScheduleHints:
    """What the document itself asks of its pollers."""

    ttl: int | None = None
    """RSS ttl, in seconds."""
    update_period: int | None = None
    """sy:updatePeriod divided by sy:updateFrequency, in seconds."""
    skip_hours: frozenset[int] = frozenset()
    """Hours of the day, UTC, 0 to 23."""
    skip_days: frozenset[int] = frozenset()
    """Days of the week, Monday 0."""


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed document, understood."""

    title: str = ""
    link: str = ""
    language: str = ""
    format: str = ""
    """rss20, rss10, rss091, atom10, atom03, json11, ..."""
    entries: tuple[RawEntry, ...] = ()
    hints: ScheduleHints = ScheduleHints()
    hub: str = ""
    self_url: str = ""
    problems: tuple[str, ...] = ()
    """What was wrong with it although it could be read, in words."""


# --- entries -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """One feed item, clean: canonical URL, UTC dates, safe HTML, plain text, language."""

    id: str
    """Stable for ever: a hash of the feed's URL and the guid (or what stands in for one); given, on import."""
    feed_id: int
    guid: str
    url: str
    """Canonical: no tracking parameters, no fragment; empty when the item has no usable link."""
    title: str
    """Plain text, one line."""
    summary: str = ""
    """Plain text."""
    content: str = ""
    """Sanitised HTML with absolute links; empty when the item had no more than its summary."""
    text: str = ""
    """Plain text of the content, or of the fetched page; empty when there is no more than the summary."""
    author: str = ""
    categories: tuple[str, ...] = ()
    published: datetime | None = None
    """Never in the future; None when the item has no usable date."""
    updated: datetime | None = None
    seen: datetime | None = None
    """When we first saw it."""
    language: str = ""
    enclosures: tuple[Enclosure, ...] = ()
    image: str = ""
    origin: str = ""
    """Slug or name of who first wrote the text, as far as the item itself tells; else the feed's origin."""
    credit: str = ""
    """The words that told it ("(Yonhap)", "KCNA said"); empty when the feed's own origin is assumed."""
    hash: str = ""
    """Of what makes a revision: title, summary and content."""
    url_shared: bool = False
    """Other items of the same document have this URL too, so it says nothing about which item this is."""
    listed_after: datetime | None = None
    """When its feed was last fetched without it, where it claims to be older than that; else None."""

    @property
    def time(self) -> datetime | None:
        """The moment it speaks of: published, else first seen."""
        return self.published or self.seen

    @property
    def public(self) -> datetime | None:
        """The earliest moment at which it can have been public: a feed that was fetched without it cannot have it
        published before that, whatever date it gives."""
        return max(self.published, self.listed_after) if self.published and self.listed_after else self.time


@dataclass(frozen=True, slots=True)
class KnownEntry:
    """What the store holds of an entry that came again."""

    id: str
    hash: str
    title: str
    summary: str
    story: str
    revisions: int = 0
    recent_hashes: tuple[str, ...] = ()
    """Hashes of its last few revisions, to damp one that flips back and forth."""


@dataclass(frozen=True, slots=True)
class Revision:
    """A change of an entry we had."""

    entry: Entry
    at: datetime
    before_title: str
    before_summary: str
    before_hash: str
    flapping: bool = False
    """The text went back to an earlier version: stored, told to nobody."""


@dataclass(frozen=True, slots=True)
class Changes:
    """The entries of one document, set against what we hold."""

    new: tuple[Entry, ...] = ()
    revised: tuple[Revision, ...] = ()
    unchanged: int = 0
    archived: frozenset[str] = frozenset()
    """Ids in `new` that are kept and not announced: a first poll's backlog, an archive dump, churned guids, a burst."""
    churned: bool = False
    gap: bool = False
    """No entry in common with the last document although there always was: some were missed."""
    ids: tuple[str, ...] = ()
    """Entry ids of the document, in its order: what `FeedMemory.last_ids` becomes."""
    spent_until: datetime | None = None
    """What `FeedMemory.spent_until` becomes."""
    held_back: int = 0
    """How many of `archived` were more than the feed may announce, its first document's apart."""


# --- stories -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What grouping needs of an entry, computed once in a worker."""

    keys: tuple[int, ...] = ()
    """Signed 64-bit hashes that mean the same text when equal: guid, canonical URL, text."""
    bands: tuple[int, ...] = ()
    """Signed 64-bit hashes of MinHash bands: candidates for the same text."""
    features: Mapping[str, float] = field(default_factory=dict)
    """Weighted features for same-event comparison: entities, places, numbers, rare words."""
    text: str = ""
    """Normalised headline and lead, a tab between them, capped: what candidates for the same text are verified on."""
    vector: bytes = b""
    """What an embedding model makes of the text, where one is configured."""
    model: str = ""
    """Hash of that model."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry on its way to a story."""

    entry: Entry
    fingerprint: Fingerprint
    labels: tuple[Label, ...] = ()
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Assignment:
    """Which story an entry belongs to, and why."""

    entry: str
    story: str
    basis: str
    """new, guid, url, text, near, event or person."""
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class Grouping:
    """The outcome of the group stage for one batch."""

    assignments: tuple[Assignment, ...] = ()
    merges: tuple[tuple[str, str], ...] = ()
    """(from, into): two stories proved to be one. The first id redirects for ever."""


@dataclass(frozen=True, slots=True)
class Corroboration:
    """Who reports a story, independently of each other."""

    state: str = "single-source"
    """single-source, state-media-only, reported-by-several, confirmed."""
    since: datetime | None = None
    origins: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    attributions: tuple[str, ...] = ()
    """The words that led to the state ("KCNA said", "could not be independently verified")."""
    history: tuple[tuple[datetime, str], ...] = ()
    """Each state with the moment it began, oldest first."""


@dataclass(frozen=True, slots=True)
class StoryEntry:
    """An entry as a member of a story."""

    entry: Entry
    basis: str
    feed_title: str = ""
    origin: str = ""
    kind: str = ""
    country: str = ""
    labels: tuple[Label, ...] = ()
    archived: bool = False
    features: tuple[str, ...] | None = None
    """Names of its fingerprint's features while it is new; None for an entry read from the store."""
    feed_url: str = ""
    """Of the feed it came from; empty on import. Outputs name it as their source."""


def published_order(member: StoryEntry) -> tuple[datetime, str]:
    """Key that sorts a story's entries by when they can have been public, ties by id."""
    time = member.entry.public
    assert time is not None, "normalise sets `seen`"
    return time, member.entry.id


@dataclass(frozen=True, slots=True)
class Story:
    """One event and everything we hold on it."""

    id: str
    """Stable for ever."""
    title: str
    lead: str
    url: str
    """The link to the original: the best source's entry."""
    language: str
    first_seen: datetime
    published: datetime
    """When the first of its entries can have been public."""
    changed: datetime
    """Last change worth telling subscribers."""
    change: str = ""
    """What that change was, in words."""
    entries: tuple[StoryEntry, ...] = ()
    """In order of publication."""
    labels: tuple[Label, ...] = ()
    corroboration: Corroboration = Corroboration()
    burst: bool = False
    announced: bool = True
    """False for old news that only fills the archive: never in an output's head."""
    tokens: tuple[str, ...] = ()
    memory: Mapping[str, Any] = field(default_factory=dict)
    """What summarise() needs to remember from one time to the next; JSON values."""


# --- what a poll decides -----------------------------------------------------------------------


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


@dataclass(frozen=True, slots=True)
class Batch:
    """Everything one step writes, in one transaction."""

    polls: tuple[PollIntent, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    revisions: tuple[Revision, ...] = ()
    grouping: Grouping = Grouping()
    stories: tuple[Story, ...] = ()
    """Every story the batch touched, as it is now."""
    labels: tuple[tuple[str, tuple[Label, ...]], ...] = ()
    """(entry, its labels) for entries that were stored before and were classified anew."""
    fingerprints: tuple[tuple[str, Fingerprint], ...] = ()
    """(entry, its fingerprint) for stored entries whose text changed."""
    pages: tuple[tuple[str, str, str], ...] = ()
    """(entry, full text, `done` or why there is none) for entries whose page was asked for."""


__all__ = [name for name, value in list(globals().items()) if isinstance(value, type)]
_ = Document  # re-exported for stages that build documents
