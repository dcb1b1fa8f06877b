"""The records that publishing makes: an output as a reader will see it, before it has a format.

    Stories --build--> OutputFeed --render--> bytes

All are frozen and hold plain, already cleaned values; a writer only has to escape and arrange them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple
from urllib.parse import parse_qsl, quote

from aggregator.publish.body import HtmlAndText

Format = Literal["atom", "rss", "json"]
FORMATS: tuple[Format, ...] = ("atom", "rss", "json")
MEDIA_TYPES: Mapping[str, str] = {
    "atom": "application/atom+xml; charset=utf-8",
    "rss": "application/rss+xml; charset=utf-8",
    "json": "application/feed+json; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class Site:
    """The installation that publishes."""

    base_url: str
    """Under which readers reach it, without a slash at the end."""
    title: str = "Aggregator"
    installation: str = ""
    """Made at random at first start and kept in the database; part of every feed's id, so that two
    installations never share one."""
    served: bool = True
    """Whether our own server answers there."""
    configured: datetime | None = None
    """When the configuration last changed; a document is at least that new."""


@dataclass(frozen=True, slots=True)
class Names:
    """What slugs are called before people. A slug that is missing is spelt out ("weapons-test" → "Weapons test")."""

    topics: Mapping[str, str] = field(default_factory=dict)
    """Topic slug to title."""
    facets: Mapping[str, str] = field(default_factory=dict)
    """Facet slug to title."""
    origins: Mapping[str, str] = field(default_factory=dict)
    """Origin slug to the outlet's name."""


FeedbackLinks = Callable[[str, str], Mapping[str, str]]
"""(story id, topic) -> "relevant", "not_relevant" and "wrong_story", each an absolute URL; empty: no links."""


def no_feedback(story: str, topic: str) -> Mapping[str, str]:
    """Links of an installation that takes no feedback: none."""
    return {}


@dataclass(frozen=True, slots=True)
class Publication:
    """How documents of an output are published: by whom, where, and what they lead to."""

    site: Site
    base: str = ""
    """URL of the feed without extension, where it is not `SITE/feeds/SLUG` (private outputs, files)."""
    served: bool = True
    """Whether our own server runs, so that links to pages and feedback lead somewhere."""
    paged: bool = True
    """Whether other pages and archives can be had under `base`."""
    feedback: FeedbackLinks = no_feedback
    ttl: int = 15
    """Minutes a reader may wait before it asks again."""
    records: bool = True
    """Whether items get their structured record, which only JSON Feed writes."""


@dataclass(frozen=True, slots=True)
class Category:
    """A tag of an item."""

    term: str
    """For machines."""
    scheme: str
    """A URI that says what kind of tag it is: `urn:x-aggregator:topic`, `:facet`, `:state`, `:signal`."""
    label: str
    """For people."""


class Link(NamedTuple):
    """A page beside the item's own: one source of a story. A named tuple, since a long feed has thousands."""

    url: str
    title: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with the main entry."""

    url: str
    type: str
    length: int = 0


@dataclass(frozen=True, slots=True)
class ItemSource:
    """The feed from which an item's main entry came."""

    title: str
    url: str
    """Of the feed document."""
    updated: datetime


@dataclass(frozen=True, slots=True)
class Item:
    """One item of an output."""

    id: str
    """A URN made from the story's (entry's, alarm's) id alone; never changes."""
    title: str
    """Plain text, one line."""
    url: str
    """Absolute http(s) URL of the original, or of our page about it."""
    body: HtmlAndText
    """What it says: only simple elements, absolute links, no scripts, styles or images."""
    summary: str
    """Plain text, one paragraph."""
    published: datetime
    updated: datetime
    language: str = ""
    author: str = ""
    categories: tuple[Category, ...] = ()
    related: tuple[Link, ...] = ()
    source: ItemSource | None = None
    attachment: Attachment | None = None
    page: str = ""
    """Our own page about it; empty when there is none."""
    record: Mapping[str, Any] = field(default_factory=dict)
    """The `_aggregator` object of JSON Feed (item.schema.json); empty where the feed was built without records."""

    @property
    def html(self) -> str:
        """The body as HTML."""
        return self.body.html

    @property
    def text(self) -> str:
        """The same body as plain text."""
        return self.body.text


@dataclass(frozen=True, slots=True)
class Tombstone:
    """An item withdrawn from an output (RFC 6721)."""

    id: str
    """The item's URN."""
    at: datetime
    why: str = ""


@dataclass(frozen=True, slots=True)
class Paging:
    """Where the rest of the feed is (RFC 5005). Each value is a query string for this feed's URL; None: no such page."""

    first: str | None = None
    next: str | None = None
    current: str | None = None
    """In an archive document: the query of the feed itself, usually empty."""
    prev_archive: str | None = None
    next_archive: str | None = None
    archive: bool = False
    """Whether this document is an archive."""


@dataclass(frozen=True, slots=True)
class OutputFeed:
    """A whole feed document, without a format."""

    id: str
    slug: str
    kind: str
    title: str
    description: str
    base: str
    """URL of the feed without extension and query: `https://host/feeds/slug`."""
    query: str
    """Canonical query string of this very document, without `?`; usually empty."""
    home: str
    """URL of the page for people."""
    updated: datetime
    language: str
    author: str
    items: tuple[Item, ...] = ()
    tombstones: tuple[Tombstone, ...] = ()
    withdrawn: str | None = None
    """Query of the document that lists what was withdrawn; None: there is none, and Atom lists it here."""
    paging: Paging = Paging()
    hubs: tuple[str, ...] = ()
    ttl: int = 15
    """Minutes a reader may wait before it asks again (RSS ttl)."""
    icon: str = ""
    about: str = ""
    """URL of the JSON Schema of `_aggregator`; empty when no server serves it."""
    files: bool = False
    """Whether its documents are files, so that archives and the list of what was withdrawn have names, not queries."""

    def url(self, form: str, query: str | None = None) -> str:
        """Address of this feed in a format, with this document's own query or another one."""
        query = self.query if query is None else query
        if self.files and query:
            return f"{self.base}/{quote(file_name(query))}.{form}"
        return f"{self.base}.{form}?{query}" if query else f"{self.base}.{form}"


def file_name(query: str) -> str:
    """Return what the document with this query is called among files: "2026-11", "2026-11_1763-s1", "withdrawn"."""
    values = dict(parse_qsl(query))
    if "archive" not in values:
        return query.partition("=")[0]
    return "_".join(values[name] for name in ("archive", "before") if name in values)
