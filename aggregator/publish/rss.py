"""OutputFeed -> RSS 2.0 (RSS Advisory Board specification 2.0.11) with content, dc, atom and fh elements."""

from __future__ import annotations

from typing import Any

from lxml import etree

from aggregator.publish.atom import ATOM, HISTORY, paging_links
from aggregator.publish.text import clean, escape, iso, plain, rfc822
from aggregator.publish.types import MEDIA_TYPES, Item, OutputFeed

CONTENT = "http://purl.org/rss/1.0/modules/content/"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"

_sub = etree.SubElement


def render_rss(feed: OutputFeed) -> bytes:
    """Return the feed as a UTF-8 RSS 2.0 document."""
    namespaces = {"atom": ATOM}
    if feed.items:
        namespaces |= {"content": CONTENT, "dc": DUBLIN_CORE}
    if feed.paging.archive:
        namespaces["fh"] = HISTORY
    root = etree.Element("rss", version="2.0", nsmap=namespaces)
    channel = _sub(root, "channel")
    _text(channel, "title", plain(feed.title))
    _text(channel, "link", feed.home)
    _text(channel, "description", plain(feed.description))
    if feed.language:
        _text(channel, "language", feed.language)
    _text(channel, "lastBuildDate", rfc822(feed.updated))
    _text(channel, "generator", "aggregator")
    _text(channel, "docs", "http://www.rssboard.org/rss-specification")
    _text(channel, "ttl", str(feed.ttl))
    _link(channel, "self", feed.url("rss"), MEDIA_TYPES["rss"].partition(";")[0])
    for hub in feed.hubs:
        _link(channel, "hub", hub)
    for rel, query in paging_links(feed):
        _link(channel, rel, feed.url("rss", query))
    if feed.paging.archive:
        _sub(channel, f"{{{HISTORY}}}archive")
    for item in feed.items:
        _item(channel, item)
    body: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=False)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + body + b"\n"


def _item(channel: Any, item: Item) -> None:
    element = _sub(channel, "item")
    _text(element, "title", plain(item.title))
    _text(element, "link", item.url)
    guid = _sub(element, "guid", isPermaLink="false")
    guid.text = item.id
    _text(element, "pubDate", rfc822(item.published))
    _text(element, f"{{{ATOM}}}updated", iso(item.updated))
    if item.author:
        # RSS's own author element must be a mail address.
        _text(element, f"{{{DUBLIN_CORE}}}creator", plain(item.author))
    if item.language:
        _text(element, f"{{{DUBLIN_CORE}}}language", item.language)
    for category in item.categories:
        _sub(element, "category", domain=category.scheme).text = plain(category.label)
    if item.source:
        _sub(element, "source", url=item.source.url).text = plain(item.source.title)
    if item.attachment:
        _sub(
            element,
            "enclosure",
            url=item.attachment.url,
            length=str(item.attachment.length),
            type=item.attachment.type,
        )
    # A description is HTML, so plain text is escaped once for HTML, and once more by the writer.
    _text(element, "description", escape(item.summary or item.title))
    _sub(element, f"{{{CONTENT}}}encoded").text = item.html


def _text(parent: Any, name: str, text: str) -> None:
    _sub(parent, name).text = clean(text)


def _link(parent: Any, rel: str, href: str, media_type: str = "") -> None:
    element = _sub(parent, f"{{{ATOM}}}link", rel=rel, href=href)
    if media_type:
        element.set("type", media_type)
