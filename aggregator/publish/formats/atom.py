"""OutputFeed -> Atom 1.0 (RFC 4287), with paging and archives (RFC 5005) and deleted entries (RFC 6721)."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from aggregator.publish.formats.xml import (
    DECLARATION,
    attribute,
    attribute_words,
    attributes,
    element,
    named,
    text,
    words,
)
from aggregator.publish.text import iso, urn
from aggregator.publish.types import MEDIA_TYPES, Item, OutputFeed

ATOM = "http://www.w3.org/2005/Atom"
HISTORY = "http://purl.org/syndication/history/1.0"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
WITHDRAWN = "urn:x-aggregator:withdrawn"
"""Relation of the link to the document that lists what was withdrawn: a URI, since no registered one says it."""


def render_atom(feed: OutputFeed) -> bytes:
    """Return the feed as a UTF-8 Atom document."""
    # A namespace is declared only where it is used: validators frown at others.
    root = {"xmlns": ATOM}
    if feed.paging.archive:
        root["xmlns:fh"] = HISTORY
    # Validators know no RFC 6721 and warn of its namespace, so that most feeds only link to where it is used.
    stones = feed.tombstones if feed.withdrawn is None else ()
    if stones:
        root["xmlns:at"] = TOMBSTONES
    if feed.language:
        root["xml:lang"] = feed.language
    out = [
        f"{DECLARATION}<feed{attributes(root)}>",
        element("id", feed.id),
        named("title", feed.title),
        named("subtitle", feed.description),
        element("updated", iso(feed.updated)),
        _author(feed.author),
        element("generator", "aggregator"),
    ]
    if feed.icon:
        out.append(element("icon", feed.icon))
    out.append(_link("self", feed.url("atom"), MEDIA_TYPES["atom"].partition(";")[0]))
    out.append(_link("alternate", feed.home, "text/html"))
    out.extend(_link("hub", hub) for hub in feed.hubs)
    out.extend(_link(rel, feed.url("atom", query)) for rel, query in paging_links(feed))
    if feed.paging.archive:
        out.append("<fh:archive/>")
    for stone in stones:
        end = f">{element('at:comment', stone.why)}</at:deleted-entry>" if stone.why else "/>"
        out.append(f'<at:deleted-entry ref="{attribute(stone.id)}" when="{iso(stone.at)}"{end}')
    for item, moment in zip(feed.items, distinct_moments(feed.items), strict=True):
        _entry(out, item, moment, feed)
    out.append("</feed>\n")
    return "".join(out).encode()


def paging_links(feed: OutputFeed) -> tuple[tuple[str, str], ...]:
    """Return (rel, query) of every link to another part of the feed (RFC 5005 §3, §4; what was withdrawn)."""
    paging = feed.paging
    pairs = (
        ("first", paging.first),
        ("next", paging.next),
        ("current", paging.current),
        ("prev-archive", paging.prev_archive),
        ("next-archive", paging.next_archive),
        (WITHDRAWN, feed.withdrawn),
    )
    return tuple((rel, query) for rel, query in pairs if query is not None)


def _entry(out: list[str], item: Item, updated: str, feed: OutputFeed) -> None:
    foreign = item.language != feed.language
    lang = f' xml:lang="{attribute(item.language)}"' if item.language and foreign else ""
    out.append(
        f"<entry{lang}><id>{text(item.id)}</id><title>{words(item.title)}</title>"
        f"<published>{iso(item.published)}</published><updated>{updated}</updated>"
    )
    if item.author:
        out.append(_author(item.author))
    out.append(_link("alternate", item.url, "text/html"))
    for link in item.related:
        title = f' title="{attribute_words(link.title)}"' if link.title else ""
        lang = f' hreflang="{attribute(link.language)}"' if link.language else ""
        out.append(f'<link rel="related" href="{attribute(link.url)}" type="text/html"{title}{lang}/>')
    if item.attachment:
        length = f' length="{item.attachment.length}"' if item.attachment.length else ""
        out.append(
            f'<link rel="enclosure" href="{attribute(item.attachment.url)}"'
            f' type="{attribute(item.attachment.type)}"{length}/>'
        )
    out.extend(
        f'<category term="{attribute(category.term)}" scheme="{attribute(category.scheme)}"'
        f' label="{attribute_words(category.label)}"/>'
        for category in item.categories
    )
    if item.source:
        out.append(
            f"<source>{element('id', urn('feed', item.source.url))}{named('title', item.source.title)}"
            f"<updated>{iso(item.source.updated)}</updated>{_link('self', item.source.url)}</source>"
        )
    if item.summary:
        out.append(named("summary", item.summary))
    # The body's own words are the output's; headlines and leads in it say their language themselves.
    lang = f' xml:lang="{attribute(feed.language)}"' if feed.language and foreign else ""
    out.append(f'<content type="html"{lang}>{text(item.html)}</content></entry>')


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


def _author(name: str) -> str:
    return f"<author>{named('name', name or 'Unknown')}</author>"


def _link(rel: str, href: str, media_type: str = "") -> str:
    kind = f' type="{media_type}"' if media_type else ""
    return f'<link rel="{rel}" href="{attribute(href)}"{kind}/>'
