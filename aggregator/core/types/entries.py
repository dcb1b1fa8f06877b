"""Clean entries, and what changed in a document since its last poll."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from aggregator.core.types.documents import Enclosure
from aggregator.core.types.feeds import DayStored, UsualRate


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
    guid_shared: bool = False
    """The same holds for the guid."""
    fragment: str = ""
    """Of the link, as the item has it; `url` is without. Not stored: it only helps to tell a document's items apart."""
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
    diff: str = ""
    """What changed of title and summary, by words (`entries.diff`)."""
    flapping: bool = False
    """The text went back to an earlier version: stored, told to nobody."""


@dataclass(frozen=True, slots=True)
class EarlierVersion:
    """What an entry said before it was revised."""

    at: datetime
    """When the revision was seen."""
    title: str
    summary: str
    hash: str
    diff: str
    """What the revision changed, by words."""
    flapping: bool
    """The revision went back to an earlier text."""


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
    usual: UsualRate = field(default_factory=UsualRate)
    """What `FeedMemory.usual` becomes."""
    held_back: frozenset[str] = frozenset()
    """Those of `archived` that were more than the feed may announce at once."""
    left_out: int = 0
    """How many new entries were not stored; they are neither in `new` nor in `ids`."""
    stored: DayStored = field(default_factory=DayStored)
    """What `FeedMemory.stored` becomes."""
    bounded: str = ""
    """What of it went beyond a bound on what one feed may store or bring about, in words; empty when nothing did."""
