"""The main text of a page: the article without menus, advertisements and comments. Pure; for a worker process.

    Page -> Extract

Whatever fails gives a reason in words and no text: the caller goes on with the feed's summary.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from itertools import islice

from aggregator.core.types import Extract, Page
from aggregator.entries.bounded_html import few_attributes
from aggregator.entries.parse.encoding import known

_SHORTEST_TEXT = 200
_LONGEST_TEXT = 200_000
_MOST_TAGS = 50_000
"""News pages have some thousands."""
_MANY_INLINE = 6000
"""Elements inside paragraphs from which they are taken out first: trafilatura's time grows with their square."""
_INLINE = re.compile(
    r"</?(?:a|abbr|acronym|b|bdi|bdo|big|cite|del|dfn|em|font|i|img|ins|kbd|mark|nobr|rb|rp|rt|ruby|samp|small|span|strike"
    r"|strong|sub|sup|tt|u|var|wbr)\b[^<>]*>",
    re.IGNORECASE,
)


def extract(page: Page) -> Extract:
    """Find the main text of a page (trafilatura). Pure; never raises; takes tens of milliseconds."""
    if page.body is None:
        return Extract(why=page.why)
    if page.body.count(b"<") > _MOST_TAGS:
        return Extract(why="the page is built of too many elements")
    import trafilatura  # takes most of a second to import: workers alone pay for it

    try:
        text = trafilatura.extract(
            _bounded(_decoded(page.body, page.content_type)),
            fast=True,
            include_comments=False,
            include_tables=False,
        )
    except Exception as error:  # lxml and trafilatura raise many things on hostile pages
        return Extract(why=f"the page could not be read ({type(error).__name__})")
    text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", text or "").strip()
    if len(text) < _SHORTEST_TEXT:
        return Extract(why="the page has no main text to speak of")
    return Extract(text[:_LONGEST_TEXT])


def _decoded(body: bytes, content_type: str) -> str | bytes:
    """The page as text where the server names its encoding rightly; else the bytes, for trafilatura to guess."""
    named = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", content_type, re.IGNORECASE)
    name = "utf-16" if body.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else known(named[1]) if named else ""
    try:
        return body.decode(name) if name else body
    except UnicodeError:
        return body


def _bounded(markup: str | bytes) -> str | bytes:
    """A page without its inline elements, where they are very many, and without very many attributes of one tag; its
    text is the same."""
    # Bytes whose encoding nobody named: letters of tags are ASCII in all that trafilatura may guess.
    text = markup if isinstance(markup, str) else markup.decode("latin-1")
    bounded = few_attributes(text)
    if sum(1 for _ in islice(_INLINE.finditer(bounded), _MANY_INLINE + 1)) > _MANY_INLINE:
        bounded = _INLINE.sub("", bounded)
    if bounded is text:
        return markup
    text = bounded
    return text if isinstance(markup, str) else text.encode("latin-1")
