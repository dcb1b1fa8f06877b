"""OutputFeed -> RSS 2.0 (RSS Advisory Board specification 2.0.11) with content, dc, atom and fh elements."""

from __future__ import annotations

from aggregator.publish.formats.atom import ATOM, HISTORY, paging_links
from aggregator.publish.formats.xml import DECLARATION, attribute, attributes, element, named, text, words
from aggregator.publish.text import escape, iso, rfc822
from aggregator.publish.types import MEDIA_TYPES, Item, OutputFeed

CONTENT = "http://purl.org/rss/1.0/modules/content/"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"


def render_rss(feed: OutputFeed) -> bytes:
    """Return the feed as a UTF-8 RSS 2.0 document."""
    # A namespace is declared only where it is used: validators frown at others.
    root = {"xmlns:atom": ATOM}
    if feed.items:
        root |= {"xmlns:content": CONTENT, "xmlns:dc": DUBLIN_CORE}
    if feed.paging.archive:
        root["xmlns:fh"] = HISTORY
    out = [
        f'{DECLARATION}<rss{attributes(root)} version="2.0"><channel>',
        named("title", feed.title),
        element("link", feed.home),
        named("description", feed.description),
    ]
    if feed.language:
        out.append(element("language", feed.language))
    out += [
        element("lastBuildDate", rfc822(feed.updated)),
        element("generator", "aggregator"),
        element("docs", "http://www.rssboard.org/rss-specification"),
        element("ttl", str(feed.ttl)),
        _link("self", feed.url("rss"), MEDIA_TYPES["rss"].partition(";")[0]),
        *(_link("hub", hub) for hub in feed.hubs),
        *(_link(rel, feed.url("rss", query)) for rel, query in paging_links(feed)),
    ]
    if feed.paging.archive:
        out.append("<fh:archive/>")
    for item in feed.items:
        _item(out, item)
    out.append("</channel></rss>\n")
    return "".join(out).encode()


def _item(out: list[str], item: Item) -> None:
    out.append(
        f"<item><title>{words(item.title)}</title><link>{text(item.url)}</link>"
        f'<guid isPermaLink="false">{text(item.id)}</guid><pubDate>{rfc822(item.published)}</pubDate>'
        f"<atom:updated>{iso(item.updated)}</atom:updated>"
    )
    if item.author:
        # RSS's own author element must be a mail address.
        out.append(named("dc:creator", item.author))
    if item.language:
        out.append(element("dc:language", item.language))
    out.extend(
        f'<category domain="{attribute(category.scheme)}">{words(category.label)}</category>'
        for category in item.categories
    )
    if item.source:
        out.append(f'<source url="{attribute(item.source.url)}">{words(item.source.title)}</source>')
    if item.attachment:
        out.append(
            f'<enclosure url="{attribute(item.attachment.url)}" length="{item.attachment.length}"'
            f' type="{attribute(item.attachment.type)}"/>'
        )
    # A description is HTML, so plain text is escaped once for HTML, and once more for XML.
    out.append(
        f"<description>{text(escape(item.summary or item.title))}</description>"
        f"<content:encoded>{text(item.html)}</content:encoded></item>"
    )


def _link(rel: str, href: str, media_type: str = "") -> str:
    kind = f' type="{media_type}"' if media_type else ""
    return f'<atom:link rel="{rel}" href="{attribute(href)}"{kind}/>'
