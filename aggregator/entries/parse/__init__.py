"""Fetched bytes to a ParsedFeed. Total: any bytes give a feed or an error.

In: Fetched.
Out: ParsedFeed or PollError.
May import: entries, core.

    bytes
     | encoding.to_text     which characters they are
     | looks                JSON, HTML or XML?
     | jsonfeed.parse       JSON Feed
     | html_page.alternates an HTML page: no feed, but it may name some
     | entities.prologue    XML: document type and stray text away, entities replaced
     | wellformed.check     well-formed? whole? within the limits? what does it ask of its pollers?
     | repair.repair        only when it is not well-formed
     | feedparser           the formats themselves (xml.py and items.py, the only importers)
    ParsedFeed | PollError

Pure, and total: any bytes give one or the other, in time and memory proportional to their number.
"""

from __future__ import annotations

import re

from aggregator.core.types import Fetched, ParsedFeed, PollError
from aggregator.entries import dates
from aggregator.entries.parse import encoding, html_page, jsonfeed, limits, xml
from aggregator.entries.parse.entities import embedded, prologue
from aggregator.entries.parse.partial_json import NotJsonFeed

__all__ = ["parse"]

_JSON_SCALAR = re.compile(r"""(?:null|true|false|-?\d[\d.eE+\-]{0,30}|"[^"]{0,1000}")\s*\Z""")


def parse(fetched: Fetched) -> ParsedFeed | PollError:
    """Understand the document in `fetched.body`. Never raises.

    Error codes: empty, html (with `suggestions`), not-a-feed, too-deep, malformed.
    """
    body = fetched.body or b""
    if not body.strip(b" \t\r\n\x00"):
        return PollError("empty", "The server sent an empty document. It will be asked again later.")
    feed = fetched.feed
    text, _, problem = encoding.to_text(body, fetched.headers.get("content-type", ""), feed.language)
    text = text.lstrip("\ufeff \t\r\n\x00")
    zone = dates.zone_of(feed.country, feed.language)
    if text[:1] in ("{", "[") or _JSON_SCALAR.match(text):
        return _json(text, fetched)
    problems = [problem] if problem else []
    inside, entities, junk = prologue(text)
    root = xml.root_of(inside)
    if root == "html" and (wrapped := embedded(inside)):
        inside, root = wrapped, xml.root_of(wrapped)
        problems.append("is wrapped in an HTML page")
    if root not in xml.ROOTS:
        return _no_feed(text, root, fetched)
    if junk:
        problems.append("has other text before the feed")
    try:
        return xml.parse(inside, entities, fetched, zone, problems)
    except limits.TooDeep as error:
        return PollError(
            "too-deep", f"The document is built like an attack: {error}. Look at it before trusting it."
        )
    except (limits.Malformed, RecursionError, ValueError) as error:
        return PollError(
            "malformed", f"The document cannot be read as a feed, even after repair ({error})."[:300]
        )


def _json(text: str, fetched: Fetched) -> ParsedFeed | PollError:
    zone = dates.zone_of(fetched.feed.country, fetched.feed.language)
    try:
        return jsonfeed.parse(text, fetched.url, zone)
    except NotJsonFeed as error:
        return PollError("not-a-feed", f"The document {error}. Check the feed's URL.")


def _html(text: str, url: str) -> PollError:
    found = tuple(target for target, _, _ in html_page.alternates(text, url))
    if found:
        advice = f"The page names {'a feed' if len(found) == 1 else 'feeds'}: {', '.join(found[:3])}"
    else:
        advice = "The page names no feed either. Look for the outlet's feed and change the URL"
    return PollError(
        "html", f"An HTML page stands where the feed should be. {advice}."[:600], suggestions=found[:10]
    )


def _no_feed(text: str, root: str, fetched: Fetched) -> PollError:
    if root in ("head", "body") or html_page.looks_like_html(text):
        return _html(text, fetched.url)
    what = {
        "opml": "a list of feeds (OPML); add the feeds it lists",
        "urlset": "a sitemap",
        "sitemapindex": "a sitemap index",
    }.get(root, f"XML with the root element <{root[:40]}>" if root else "no XML, JSON or HTML")
    return PollError("not-a-feed", f"The document is {what}. Check the feed's URL.")
