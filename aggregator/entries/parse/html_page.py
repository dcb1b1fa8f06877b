"""An HTML page where a feed should be: recognise it, and find the feeds it points to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urljoin

from aggregator.core import text as plain
from aggregator.core import urls

FEED_TYPES = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/rdf+xml",
        "application/feed+json",
        "application/json",
        "application/x.rss+xml",
        "application/x-rss+xml",
        "text/rss+xml",
        "text/rss",
        "text/atom+xml",
    }
)
_TAG = re.compile(r"<(link|base|a|/head)\b([^<>]*)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([A-Za-z:\-]{1,30})\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_FEED_PATH = re.compile(
    r"(?:/|\b)(?:rss|feed|feeds|atom|rdf)(?:[/.?]|\.xml|$)|\.(?:rss|atom|rdf)$", re.IGNORECASE
)
_SCANNED = 1_000_000


def looks_like_html(text: str) -> bool:
    """Whether `text`, known to be no feed, is an HTML page."""
    head = text[:5000].lower()
    return "<html" in head or "<!doctype html" in head or "<head>" in head


def alternates(page: str, url: str) -> list[tuple[str, str, str]]:
    """The feeds that `page` (at `url`) declares with `<link rel="alternate">`: (URL, title, media type)."""
    found: dict[str, tuple[str, str, str]] = {}
    base = url
    for name, attributes in _tags(page):
        if name == "base" and attributes.get("href"):
            base = _join(url, attributes["href"])
        elif name == "link":
            rels = attributes.get("rel", "").lower().split()
            kind = attributes.get("type", "").split(";")[0].strip().lower()
            wanted = "feed" in rels or ("alternate" in rels and kind in FEED_TYPES)
            target = _join(base, attributes.get("href", "")) if wanted else ""
            if (
                target.startswith(("http://", "https://"))
                and "/wp-json/" not in target
                and "oembed" not in target
            ):
                found.setdefault(target, (target, plain.one_line(attributes.get("title", ""))[:200], kind))
    return list(found.values())


def anchors(page: str, url: str) -> list[str]:
    """URLs of the page's ordinary links that look like feeds, of the same site."""
    found: dict[str, None] = {}
    base = url
    for name, attributes in _tags(page):
        if name == "base" and attributes.get("href"):
            base = _join(url, attributes["href"])
        elif name == "a" and _FEED_PATH.search(attributes.get("href", "")[:500]):
            target = _join(base, attributes["href"]).split("#")[0]
            if target.startswith(("http://", "https://")) and _same_domain(target, url):
                found.setdefault(target)
    return list(found)[:20]


def _tags(page: str) -> Iterator[tuple[str, dict[str, str]]]:
    for tag in _TAG.finditer(page, 0, _SCANNED):
        attributes: dict[str, str] = {}
        for name, double, single, bare in _ATTRIBUTE.findall(tag[2][:4000]):
            attributes.setdefault(name.lower(), unescape(double or single or bare).strip())
        yield tag[1].lower(), attributes


def _join(base: str, href: str) -> str:
    try:
        return urljoin(base, href[:2000])
    except ValueError:
        return ""


def _same_domain(one: str, other: str) -> bool:
    a, b = (urls.host_of(url).removeprefix("www.") for url in (one, other))
    return bool(a and b) and (a == b or a.endswith("." + b) or b.endswith("." + a))
