"""The words of one item: title, summary, safe HTML and its plain text, and the language they are in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from aggregator.core import text as plain
from aggregator.core.hashes import hex64
from aggregator.core.types import RawEntry
from aggregator.entries import language, sanitise
from aggregator.entries.titles import ENTITY, INLINE, MAX_TITLE, headline, one_line_title

MAX_SUMMARY = 4000
"""Characters kept of a summary."""
MAX_CONTENT = 400_000
"""Characters of HTML looked at for one entry; what goes beyond is cut before cleaning."""


@dataclass(frozen=True, slots=True)
class Texts:
    """As `Entry` has them."""

    title: str
    summary: str
    content: str
    text: str


def texts_of(raw: RawEntry, base: str) -> Texts:
    """The words of `raw`, clean; `base` is a canonical URL for its relative links, or "".

    An empty title is made from the text, an empty summary from the content.
    """
    title = plain.shorten(one_line_title(raw.title, raw.title_type), MAX_TITLE)
    summary_html, content_html = raw.summary[:MAX_CONTENT], raw.content[:MAX_CONTENT]
    summary = _flat(summary_html)
    content = text = ""
    if content_html:
        content = sanitise.sanitise(content_html, base)
        text = sanitise.to_text(content, safe=True)
        if not summary or summary == title:
            summary = plain.shorten(plain.one_line(text), MAX_SUMMARY)
    elif summary_html and _rich(summary_html):
        content = sanitise.sanitise(summary_html, base)
    if text and plain.one_line(text) == summary:
        text = ""
    if len(summary) > MAX_SUMMARY:
        text = text or sanitise.to_text(content or summary_html, safe=bool(content))
        summary = plain.shorten(summary, MAX_SUMMARY)
    if not title:
        title = headline(summary or text)
    return Texts(title, summary, content, text)


def _flat(markup: str) -> str:
    """Summary HTML as one line of plain text; double-escaped markup is decoded once more."""
    if "<" not in markup and "&" not in markup:
        return plain.one_line(markup)
    text = sanitise.to_text(markup) if "<" in markup else unescape(markup)
    if "<" in text or "&" in text:
        if INLINE.search(text) and "</" in text:
            text = sanitise.to_text(text)
        elif ENTITY.search(text):
            text = unescape(text)
    return plain.one_line(text)


def _rich(markup: str) -> bool:
    """Whether summary HTML has something that its plain text loses: links, images, several blocks."""
    return (
        re.search(r"<(?:a|img|p|ul|ol|table|blockquote|audio|video|h[1-6])\b", markup, re.IGNORECASE)
        is not None
    )


def language_of(texts: Texts, item: str, configured: str, document: str) -> str:
    """What the item says, else the configuration, else the document unless the letters belie it, else a guess."""
    if item and item != document:
        return item
    if configured:
        return configured
    words = f"{texts.title} {texts.summary}"
    if document:
        proved = language.by_script(words)
        if proved and proved != document and not {proved, document} <= {"ja", "zh"}:
            return proved
        if proved or document not in ("ko", "ja", "zh"):
            return document
    return language.detect(words)


def revision_hash(title: str, summary: str, text: str) -> str:
    """Of what readers see: markup, image addresses and spacing do not make a revision."""
    return hex64(title, summary, text)
