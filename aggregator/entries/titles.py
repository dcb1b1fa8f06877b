"""Titles: one line of plain text, whatever markup and double escaping they came with."""

from __future__ import annotations

import re
from html import unescape

from aggregator.core import text as plain
from aggregator.entries import sanitise

MAX_TITLE = 500
"""Characters kept of a title."""

INLINE = re.compile(
    r"</?(?:a|abbr|b|big|br|cite|code|del|div|em|font|h[1-6]|i|img|ins|li|mark|p|q|s|small|span|strong|strike|sub|sup"
    r"|tt|u|ul|wbr)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_BREAKING = re.compile(r"<(?:/?(?:p|div|li|ul|h[1-6])|br)\b", re.IGNORECASE)
_DROPPED = re.compile(r"<(?:script|style|svg|template)\b", re.IGNORECASE)
_ELEMENT = re.compile(
    r"<!--|</?(?:applet|audio|base|blink|body|button|center|embed|figure|form|frame|frameset|head|html|iframe|input"
    r"|link|meta|nobr|noscript|object|source|table|td|th|time|title|tr|video)\b[^<>]*>",
    re.IGNORECASE,
)
_WITH_ATTRIBUTES = re.compile(
    r"<(?:a|img|font|span|div|iframe|script|svg|video)\s[^<>=]*=[^<>]*>", re.IGNORECASE
)
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,24});")
_LEAD = re.compile(r".{20,}?[.!?。！？](?=\s|$)|.{20,}", re.DOTALL)


def one_line_title(title: str, kind: str = "text/plain") -> str:
    """A title as one line of plain text.

    HTML titles lose their tags and entities. In plain ones only inline HTML tags go (`<b>`, `<br>`), so that
    "x < y" and "List<T>" stay. Entities that are still there are double-escaped and decoded once more.
    """
    if "<" not in title and "&" not in title:
        return plain.one_line(title)
    title = title[: 20 * MAX_TITLE]
    if _DROPPED.search(title):
        title = sanitise.to_text(title)
    elif kind == "text/plain" or not (INLINE.search(title) or _ELEMENT.search(title)):
        title = _untag(title)
        if ENTITY.search(title):
            title = unescape(title)
            title = _untag(title)
    else:
        title = sanitise.to_text(title)
    if ENTITY.search(title):
        title = _untag(unescape(title))
    elif "<" in title:
        title = _WITH_ATTRIBUTES.sub("", title)
    return plain.one_line(title)


def _untag(title: str) -> str:
    if "<" not in title:
        return title
    return INLINE.sub("", _BREAKING.sub(lambda found: " " + found[0], title))


def headline(text: str) -> str:
    """A title made from `text`: its first sentence, shortened."""
    line = plain.one_line(text[: 4 * MAX_TITLE])
    found = _LEAD.match(line)
    return plain.shorten(found[0] if found else line, 100)
