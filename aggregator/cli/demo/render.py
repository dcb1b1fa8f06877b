"""The demo's feeds as bytes: RSS 2.0, RSS 1.0 (RDF), Atom 1.0 (RFC 4287), JSON Feed 1.1; and its web pages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from html import escape

from lxml import etree

from aggregator.cli.demo.world import Item, Outlet

TYPES = {
    "rss20": "application/rss+xml; charset=utf-8",
    "rss10": "application/rdf+xml; charset=utf-8",
    "atom10": "application/atom+xml; charset=utf-8",
    "json11": "application/feed+json",
}
_NOTE = "Sample feed: the outlet and the events are invented."
_ATOM = "http://www.w3.org/2005/Atom"
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_DC = "http://purl.org/dc/elements/1.1/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_RSS1 = "http://purl.org/rss/1.0/"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_KST = timezone(timedelta(hours=9))


def render(outlet: Outlet, items: Sequence[Item], base: str) -> bytes:
    """The outlet's feed document in its own format. `base` is the site's URL without a final slash."""
    writer = {"rss20": _rss20, "rss10": _rss10, "atom10": _atom10, "json11": _json11}[outlet.format]
    return writer(outlet, items, base)


def article(outlet: Outlet, item: Item) -> str:
    """An entry's web page."""
    paragraphs = "".join(f"<p>{escape(text)}</p>\n" for text in item.body or (item.text,))
    return _page(
        outlet,
        item.title,
        f"<article><h1>{escape(item.title)}</h1>\n<p><time>{item.published.isoformat()}</time> "
        f"{escape(item.author)}</p>\n{paragraphs}</article>",
    )


def front(outlet: Outlet, items: Sequence[Item], feed: str) -> str:
    """An outlet's front page, which names its feed by `link rel=alternate`."""
    rows = "".join(f'<li><a href="{escape(item.path)}">{escape(item.title)}</a></li>\n' for item in items)
    link = f'<link rel="alternate" type="{TYPES[outlet.format].split(";")[0]}" href="{escape(feed)}">'
    return _page(outlet, outlet.title, f"<h1>{escape(outlet.title)}</h1><ul>\n{rows}</ul>", link)


def index(outlets: Sequence[Outlet]) -> str:
    """The site's own front page: the outlets and their feeds."""
    rows = "".join(
        f'<li><a href="/{outlet.slug}/">{escape(outlet.title)}</a> '
        f'(<a href="{outlet.path}">{outlet.format}</a>)</li>\n'
        for outlet in outlets
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Demo site</title></head>'
        f"<body><h1>Demo site</h1><p>{escape(_NOTE)}</p><ul>\n{rows}</ul></body></html>\n"
    )


def _page(outlet: Outlet, title: str, body: str, head: str = "") -> str:
    return (
        f'<!doctype html><html lang="{outlet.language}"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title>{head}</head><body>{body}\n<footer>{escape(_NOTE)}</footer>"
        "</body></html>\n"
    )


def _html(item: Item) -> str:
    return "".join(f"<p>{escape(text, quote=False)}</p>" for text in item.body)


def _add(parent: etree._Element, tag: str, text: str = "", **attributes: str) -> etree._Element:
    child = etree.SubElement(parent, tag, attrib=attributes)
    if text:
        child.text = text
    return child


def _bytes(root: etree._Element) -> bytes:
    document: bytes = etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True)
    return document


def _rss20(outlet: Outlet, items: Sequence[Item], base: str) -> bytes:
    root = etree.Element("rss", version="2.0", nsmap={"atom": _ATOM, "content": _CONTENT, "dc": _DC})
    channel = _add(root, "channel")
    _add(channel, "title", outlet.title)
    _add(channel, "link", f"{base}/{outlet.slug}/")
    _add(channel, "description", _NOTE)
    _add(channel, "language", outlet.language)
    _add(channel, f"{{{_ATOM}}}link", rel="self", href=base + outlet.path, type="application/rss+xml")
    zone = _KST if outlet.country in {"KR", "KP"} else None
    for item in items:
        node = _add(channel, "item")
        _add(node, "title", item.title)
        _add(node, "link", base + item.path)
        _add(node, "guid", f"{outlet.slug}-{item.id}", isPermaLink="false")
        _add(node, "pubDate", format_datetime(item.published.astimezone(zone) if zone else item.published))
        _add(node, "description", item.text)
        if item.body:
            _add(node, f"{{{_CONTENT}}}encoded", _html(item))
        if item.author:
            _add(node, f"{{{_DC}}}creator", item.author)
        for tag in item.tags:
            _add(node, "category", tag)
    return _bytes(root)


def _rss10(outlet: Outlet, items: Sequence[Item], base: str) -> bytes:
    root = etree.Element(f"{{{_RDF}}}RDF", nsmap={"rdf": _RDF, None: _RSS1, "dc": _DC})
    channel = _add(root, f"{{{_RSS1}}}channel")
    channel.set(f"{{{_RDF}}}about", base + outlet.path)
    _add(channel, f"{{{_RSS1}}}title", outlet.title)
    _add(channel, f"{{{_RSS1}}}link", f"{base}/{outlet.slug}/")
    _add(channel, f"{{{_RSS1}}}description", _NOTE)
    _add(channel, f"{{{_DC}}}language", outlet.language)
    order = _add(_add(channel, f"{{{_RSS1}}}items"), f"{{{_RDF}}}Seq")
    for item in items:
        _add(order, f"{{{_RDF}}}li").set(f"{{{_RDF}}}resource", base + item.path)
        node = _add(root, f"{{{_RSS1}}}item")
        node.set(f"{{{_RDF}}}about", base + item.path)
        _add(node, f"{{{_RSS1}}}title", item.title)
        _add(node, f"{{{_RSS1}}}link", base + item.path)
        _add(node, f"{{{_RSS1}}}description", item.text)
        _add(node, f"{{{_DC}}}date", item.published.astimezone(_KST).isoformat())
        for tag in item.tags:
            _add(node, f"{{{_DC}}}subject", tag)
    return _bytes(root)


def _atom10(outlet: Outlet, items: Sequence[Item], base: str) -> bytes:
    root = etree.Element(f"{{{_ATOM}}}feed", nsmap={None: _ATOM})
    root.set(_LANG, outlet.language)
    _add(root, f"{{{_ATOM}}}id", f"tag:{outlet.slug}.example,2026:feed")
    _add(root, f"{{{_ATOM}}}title", outlet.title)
    _add(root, f"{{{_ATOM}}}subtitle", _NOTE)
    _add(root, f"{{{_ATOM}}}updated", _stamp(max(item.updated for item in items)))
    _add(root, f"{{{_ATOM}}}link", rel="self", href=base + outlet.path)
    _add(root, f"{{{_ATOM}}}link", rel="alternate", href=f"{base}/{outlet.slug}/")
    _add(_add(root, f"{{{_ATOM}}}author"), f"{{{_ATOM}}}name", outlet.name)
    for item in items:
        node = _add(root, f"{{{_ATOM}}}entry")
        _add(node, f"{{{_ATOM}}}id", f"tag:{outlet.slug}.example,2026:{item.id}")
        _add(node, f"{{{_ATOM}}}title", item.title)
        _add(node, f"{{{_ATOM}}}link", rel="alternate", href=base + item.path)
        _add(node, f"{{{_ATOM}}}published", _stamp(item.published))
        _add(node, f"{{{_ATOM}}}updated", _stamp(item.updated))
        _add(node, f"{{{_ATOM}}}summary", item.text)
        if item.body:
            _add(node, f"{{{_ATOM}}}content", _html(item), type="html")
        if item.author:
            _add(_add(node, f"{{{_ATOM}}}author"), f"{{{_ATOM}}}name", item.author)
        for tag in item.tags:
            _add(node, f"{{{_ATOM}}}category", term=tag)
    return _bytes(root)


def _json11(outlet: Outlet, items: Sequence[Item], base: str) -> bytes:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": outlet.title,
        "description": _NOTE,
        "language": outlet.language,
        "home_page_url": f"{base}/{outlet.slug}/",
        "feed_url": base + outlet.path,
        "items": [
            {
                "id": f"{outlet.slug}-{item.id}",
                "url": base + item.path,
                "title": item.title,
                "summary": item.text,
                **({"content_html": _html(item)} if item.body else {"content_text": item.text}),
                "date_published": _stamp(item.published),
                "date_modified": _stamp(item.updated),
                "tags": list(item.tags),
                **({"authors": [{"name": item.author}]} if item.author else {}),
            }
            for item in items
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
