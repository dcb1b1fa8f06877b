"""Plain text out of hostile strings: no control characters, no invisible tricks, one form per character."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Control characters except tab and newline, DEL and C1, surrogates, noncharacters, and the bidirectional
# embeddings, overrides and isolates (UAX 9), which can make a title read as something else. Direction marks
# and joiners (U+200C to U+200F) stay: Persian and Hindi need them. Soft hyphens, word joiners, zero-width
# spaces and byte order marks are invisible and would make equal texts differ.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u202a-\u202e\u2060-\u2064\u2066-\u206f"
    "\ufdd0-\ufdef\ufeff\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
_BEYOND = re.compile("[\U00010000-\U0001efff]")
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»「」『』《》\uff02", '"'))
_BLANKS = re.compile(r"[^\S\n]+")
_BREAKS = re.compile(r"\s*\n\s*")


def _without_piles(text: str) -> str:
    """`text` with no more than 30 combining marks in a row, as all scripts need (UAX 15, Stream-Safe Text Format).

    Normalising takes time in the square of their number. Marks beyond 16 bits (historic scripts, notation) all
    go when there are many: a set within 16 bits is matched by table, sixty times as fast.
    """
    if max(text) > "\uffff":
        beyond = [mark for mark in _BEYOND.findall(text) if unicodedata.combining(mark)]
        if len(beyond) > 30:
            text = text.translate(dict.fromkeys(map(ord, beyond)))
    return _piles().sub(r"\1", text)


@lru_cache(maxsize=1)
def _piles() -> re.Pattern[str]:
    marks = "".join(map(chr, filter(lambda point: unicodedata.combining(chr(point)), range(0x300, 0xFFFF))))
    return re.compile(f"([{marks}]{{30}})[{marks}]+")


def clean(text: str) -> str:
    """`text` without unwanted characters, in Unicode normal form C, with newlines as "\\n".

    Encodable as UTF-8 whatever went in.
    """
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _UNWANTED.sub("", text)
    if text.isascii():
        return text
    if max(text) < "\u0300":
        return text
    text = _without_piles(text)
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    return text


def one_line(text: str) -> str:
    """`text` cleaned, with every run of white space as one space."""
    return " ".join(clean(text).split())


def paragraphs(text: str) -> str:
    """`text` cleaned, with single spaces inside lines and single newlines between them."""
    return _BREAKS.sub("\n", _BLANKS.sub(" ", clean(text))).strip()


def shorten(text: str, limit: int) -> str:
    """`text` cut to at most `limit` characters, at a space where there is one near, with "…" when cut."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    space = cut.rfind(" ")
    if space > limit * 2 // 3:
        cut = cut[:space]
    return cut.rstrip(" ,;:.") + "…"


def straight_quotes(text: str) -> str:
    """`text` with every kind of double quotation mark as a straight one. Single ones stay: they are apostrophes too."""
    return text.translate(_QUOTES)
