"""OutputFeed -> Atom 1.0 (RFC 4287), with paging and archives (RFC 5005) and deleted entries (RFC 6721)."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

from lxml import etree

from aggregator.publish.text import clean, iso, plain, urn
from aggregator.publish.types import MEDIA_TYPES, Item, OutputFeed

ATOM = "http://www.w3.org/2005/Atom"
HISTORY = "http://purl.org/syndication/history/1.0"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_A = "{" + ATOM + "}"

_sub = etree.SubElement


def render_atom(feed: OutputFeed) -> bytes:
    """Return the feed as a UTF-8 Atom document."""
    # A namespace is declared only where it is used: validators frown at others.
    namespaces: dict[str | None, str] = {None: ATOM}
    if feed.paging.archive:
        namespaces["fh"] = HISTORY
    if feed.tombstones:
        namespaces["at"] = TOMBSTONES
    root = etree.Element(_A + "feed", nsmap=namespaces)
    if feed.language:
        root.set(_LANG, feed.language)
    _text(root, "id", feed.id)
    _words(root, "title", feed.title)
    _words(root, "subtitle", feed.description)
    _text(root, "updated", iso(feed.updated))
    _person(root, feed.author)
    _text(root, "generator", "aggregator")
    if feed.icon:
        _text(root, "icon", feed.icon)
    _link(root, "self", feed.url("atom"), MEDIA_TYPES["atom"].partition(";")[0])
    _link(root, "alternate", feed.home, "text/html")
    for hub in feed.hubs:
        _link(root, "hub", hub)
    for rel, query in paging_links(feed):
        _link(root, rel, feed.url("atom", query))
    if feed.paging.archive:
        _sub(root, f"{{{HISTORY}}}archive")
    for stone in feed.tombstones:
        element = _sub(root, f"{{{TOMBSTONES}}}deleted-entry", ref=stone.id, when=iso(stone.at))
        if stone.why:
            _sub(element, f"{{{TOMBSTONES}}}comment").text = clean(stone.why)
    for item, moment in zip(feed.items, distinct_moments(feed.items), strict=True):
        _entry(root, item, moment, feed)
    return _bytes(root)


def paging_links(feed: OutputFeed) -> tuple[tuple[str, str], ...]:
    """Return (rel, query) of every paging link the feed has (RFC 5005 §3, §4)."""
    paging = feed.paging
    pairs = (
        ("first", paging.first),
        ("next", paging.next),
        ("current", paging.current),
        ("prev-archive", paging.prev_archive),
        ("next-archive", paging.next_archive),
    )
    return tuple((rel, query) for rel, query in pairs if query is not None)


def _entry(root: Any, item: Item, updated: str, feed: OutputFeed) -> None:
    entry = _sub(root, _A + "entry")
    if item.language and item.language != feed.language:
        entry.set(_LANG, item.language)
    _text(entry, "id", item.id)
    _words(entry, "title", item.title)
    _text(entry, "published", iso(item.published))
    _text(entry, "updated", updated)
    if item.author:
        _person(entry, item.author)
    _link(entry, "alternate", item.url, "text/html")
    for link in item.related:
        # One call with all attributes: a long feed has thousands of these.
        attributes = {"rel": "related", "href": link.url, "type": "text/html"}
        if link.title:
            attributes["title"] = plain(link.title)
        if link.language:
            attributes["hreflang"] = link.language
        _sub(entry, _A + "link", attributes)
    if item.attachment:
        element = _link(entry, "enclosure", item.attachment.url, item.attachment.type)
        if item.attachment.length:
            element.set("length", str(item.attachment.length))
    for category in item.categories:
        attributes = {"term": clean(category.term), "scheme": category.scheme, "label": plain(category.label)}
        _sub(entry, _A + "category", attributes)
    if item.source:
        source = _sub(entry, _A + "source")
        _text(source, "id", urn("feed", item.source.url))
        _words(source, "title", item.source.title)
        _text(source, "updated", iso(item.source.updated))
        _link(source, "self", item.source.url)
    if item.summary:
        _words(entry, "summary", item.summary)
    content = _sub(entry, _A + "content", type="html")
    content.text = item.html
    if feed.language and item.language != feed.language:
        # The body's own words are the output's; headlines and leads in it say their language themselves.
        content.set(_LANG, feed.language)


def distinct_moments(items: Sequence[Item]) -> tuple[str, ...]:
    """Return each item's `updated` with a fraction of a second made from its id, no two alike.

    Stories of one batch change in the same moment, while validators and some readers expect entries to differ in
    it. The fraction is the item's own for ever, so it never looks like a change.
    """
    found: dict[str, None] = {}
    for item in items:
        whole, fraction = iso(item.updated)[:-1], zlib.crc32(item.id.encode()) % 1_000_000
        while (moment := f"{whole}.{fraction:06d}Z") in found:
            fraction = (fraction + 1) % 1_000_000
        found[moment] = None
    return tuple(found)


def _words(parent: Any, name: str, text: str) -> None:
    _sub(parent, _A + name).text = plain(text)


def _text(parent: Any, name: str, text: str) -> None:
    _sub(parent, _A + name).text = clean(text)


def _person(parent: Any, name: str) -> None:
    _words(_sub(parent, _A + "author"), "name", name or "Unknown")


def _link(parent: Any, rel: str, href: str, media_type: str = "") -> Any:
    attributes = {"rel": rel, "href": href}
    if media_type:
        attributes["type"] = media_type
    return _sub(parent, _A + "link", attributes)


def _bytes(root: Any) -> bytes:
    # lxml writes the declaration with apostrophes; some readers' sniffers want quotation marks.
    body: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=False)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + body + b"\n"
