"""RSS, RDF, Atom and CDF documents, through feedparser.

feedparser gets bytes that this package has already made UTF-8, well-formed, free of document types and
bounded in size, always through `io.BytesIO`: given as such, bytes can name a file or URL that it would open.
Its sanitising and link resolution stay off; `aggregator.entries.normalise` does both, faster.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from datetime import tzinfo
from typing import Any

import feedparser

from aggregator.core.types import Fetched, ParsedFeed, ScheduleHints
from aggregator.entries.parse import entities, hints, repair, wellformed
from aggregator.entries.parse.items import join, raw_entry
from aggregator.entries.parse.limits import CUT_OFF, Malformed
from aggregator.entries.parse.people import authors_of_feed
from aggregator.entries.parse.values import detail, parts, string
from aggregator.entries.titles import one_line_title

ROOTS = frozenset({"rss", "feed", "rdf", "channel", "item", "entry"})
"""Root elements, in lower case without prefix, of what is read as a feed."""

_ROOT_NAME = re.compile(r"<(?:[A-Za-z][\w.\-]*:)?([A-Za-z][\w.\-]*)")
_LINK_HEADER = re.compile(r"""<([^<>]*)>\s*;[^,<]*?\brel\s*=\s*["']?([\w\s\-]+)["']?""", re.IGNORECASE)


def root_of(text: str) -> str:
    """Name of the element that `text` begins with, in lower case without prefix."""
    found = _ROOT_NAME.match(text)
    return found[1].lower() if found else ""


def parse(
    body: str, declared: dict[str, str], fetched: Fetched, zone: tzinfo, problems: list[str]
) -> ParsedFeed:
    """Read the XML feed in `body`, from its root element on; the entities `declared` were for it.

    Dates without a zone are in `zone`; what is wrong with the document is added to `problems`.

    Raises limits.TooDeep for documents built to exhaust us and limits.Malformed when no repair helps.
    """
    body = entities.declare(body, declared)
    data = body.encode("utf-8", "replace")
    truncated = False
    try:
        found = wellformed.check(data)
    except Malformed as error:
        mended = repair.repair(repair.strip_forbidden(body))
        truncated = mended.truncated
        data = mended.text.encode("utf-8", "replace")
        found = wellformed.check(data)
        problems.append(f"is not well-formed XML ({error})")
    truncated = truncated or found.truncated
    if truncated:
        problems.insert(0, CUT_OFF)
    elif found.end is not None:
        problems.append(f"is very long: only the first {found.items} items are read")
    if found.dropped:
        problems.append(f"has {found.dropped} overlong fields, which are left out")
    asked = hints.read((name, _inner(data[start:end])) for name, start, end in found.hints)
    return _feed(_read(found.apply(data), fetched), fetched, zone, asked, problems, truncated)


def _read(data: bytes, fetched: Fetched) -> Mapping[str, Any]:
    """What feedparser makes of a document that was checked."""
    # No Content-Location: feedparser would resolve guids against it, and they would all change with a redirect.
    headers = {"content-type": "application/xml; charset=utf-8"}
    language = fetched.headers.get("content-language", "")
    if language:
        headers["content-language"] = language[:40]
    try:
        result: Mapping[str, Any] = feedparser.parse(
            io.BytesIO(b"<?xml version='1.0' encoding='utf-8'?>\n" + data),
            response_headers=headers,
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:
        # Its handlers of rare elements trust what they are given; each fails in its own way.
        raise Malformed(f"{type(error).__name__} in feedparser: {error}") from error
    return result


def _inner(data: bytes) -> str:
    return data.decode("utf-8", "replace").replace("<![CDATA[", "").replace("]]>", "").strip()


def _feed(
    result: Mapping[str, Any],
    fetched: Fetched,
    zone: tzinfo,
    asked: ScheduleHints,
    problems: Iterable[str],
    truncated: bool,
) -> ParsedFeed:
    feed = result["feed"]
    link = string(feed, "link")
    relations: dict[str, str] = {}
    for each in parts(feed, "links"):
        if each.get("href"):
            relations.setdefault(str(each.get("rel", "")).lower(), str(each["href"]))
    for target, rels in _LINK_HEADER.findall(fetched.headers.get("link", "")[:4000]):
        for rel in rels.lower().split():
            relations.setdefault(rel, target)
    title_type = str(detail(feed, "title").get("type", ""))
    version = str(result["version"] or "")
    link = join(fetched.url, link or relations.get("alternate", ""))
    atom = version.startswith("atom")
    # Atom names its base (RFC 4287, xml:base, else the document's own address); in RSS, links without a host
    # are meant as seen from the site.
    base = link if link and not atom else fetched.url
    authors = authors_of_feed(feed) if atom else None
    return ParsedFeed(
        title=one_line_title(string(feed, "title"), title_type),
        link=link,
        language=string(feed, "language"),
        format=version,
        entries=tuple(raw_entry(entry, base, zone, authors) for entry in result["entries"]),
        hints=asked,
        hub=relations.get("hub", ""),
        self_url=relations.get("self", ""),
        problems=tuple(problems),
        truncated=truncated,
    )
