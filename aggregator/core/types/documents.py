"""A feed document as parsed: nothing cleaned, nothing resolved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


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
    truncated: bool = False
    """It was cut off on its way: what came whole is here, and the rest is worth asking for again soon."""
