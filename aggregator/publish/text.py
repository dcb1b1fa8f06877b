"""Small, strict text helpers for whatever leaves in a feed: nothing illegal in XML, no unsafe link."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from functools import lru_cache
from html import escape as _escape
from html.entities import name2codepoint
from urllib.parse import quote, urlsplit, urlunsplit

# XML 1.0 §2.2 Char, without C1 controls, non-characters, the replacement character, and the characters that
# turn text around or hide it.
_ILLEGAL = re.compile(
    "[^\t\n\r\u0020-\u007e\u00a0-\u2029\u202f-\ud7ff\ue000-\ufdcf\ufdf0-\ufffc\U00010000-\U0010ffff]|\ufeff"
)
# UTF-8 that somebody read as Latin-1 on its way to us: "Ã©" where "é" was meant.
_TWICE = re.compile("[\u00c2\u00c3][\u0080-\u00bf]")
_SPACES = re.compile(r"\s+")
_PLAIN_URL = re.compile(
    r"https?://[A-Za-z0-9.\-]++(?::[0-9]{1,4})?(?:/(?:[A-Za-z0-9\-._~:/?@!$&'()*+,;=#]++|%[0-9A-Fa-f]{2})*+)?"
)
_HOST = re.compile(r"[a-z0-9._\-]+|[0-9a-f:.]*:[0-9a-f:.]+")
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_NAMESPACE = bytes.fromhex("0f0bd0f26a0c5d0a9a396f5f2c1f7f11")
"""Namespace UUID of every URN made here; changing it would make every item new to every reader."""


def clean(text: str) -> str:
    """Return `text` without characters that XML forbids or that readers choke on; emoji stay.

    Text that was encoded twice is set right: validators warn of it, and so do readers. What is clean stays as it is.
    """
    while True:
        # What is left may look as if it had been encoded twice, once a character that spoke against it is gone.
        before = text
        if not text.isascii() and ("\u00c3" in text or "\u00c2" in text):
            text = _decoded(text)
        # isprintable() is a scan in C that clears nearly every text; a pattern has to look at each character.
        if not (text.isprintable() or text.replace("\n", "").isprintable()) or "\ufffd" in text:
            text = _ILLEGAL.sub("", text)
        if text == before:
            return text


def _decoded(text: str) -> str:
    if not _TWICE.search(text):
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text  # has a character that no double encoding leaves, so it means what it says


def one_line(text: str, limit: int = 0) -> str:
    """Return clean text on one line, cut at a word's end to at most `limit` characters (0: any length)."""
    text = clean(text)
    if "  " not in text and text.isprintable():
        line = text.strip()
    else:
        line = _SPACES.sub(" ", text).strip()
    if limit and len(line) > limit:
        head = line[: limit - 1]
        cut = head.rfind(" ")
        line = (head[:cut] if cut > limit // 2 else head).rstrip(" ,;:") + "…"
    return line


def escape(text: str) -> str:
    """Return clean text, safe in HTML content and attribute values."""
    return as_html(clean(text))


def as_html(text: str) -> str:
    """Return text that is clean already, safe in HTML content and attribute values."""
    # Nearly no text has any of them, and looking for each is quicker than a pattern.
    if "&" in text or "'" in text or '"' in text or "<" in text or ">" in text:
        return _escape(text, quote=True)
    return text


@lru_cache(maxsize=8192)
def safe_url(url: str) -> str:
    """Return `url` as an absolute http(s) URI in ASCII (RFC 3986), or "" when it is not one."""
    if _PLAIN_URL.fullmatch(url):
        return url
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
        host = host if host.isascii() else host.encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        return ""
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host):
        return ""
    netloc = f"[{host}]" if ":" in host else host
    keep = "-._~:/@!$&'()*+,;=%"
    path, query, fragment = (
        quote(_BARE_PERCENT.sub("%25", clean(part)), safe=keep + extra)
        for part, extra in ((parts.path, ""), (parts.query, "?"), (parts.fragment, "?"))
    )
    return urlunsplit((parts.scheme, netloc + (f":{port}" if port else ""), path or "/", query, fragment))


@lru_cache(maxsize=16_384)
def urn(kind: str, *parts: str) -> str:
    """Return a `urn:uuid:` (RFC 9562, version 5) that depends on nothing but the arguments."""
    digest = bytearray(
        hashlib.sha1(
            _NAMESPACE + ":".join((kind, *parts)).encode("utf-8", "replace"), usedforsecurity=False
        ).digest()
    )
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    h = digest[:16].hex()
    return f"urn:uuid:{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


@lru_cache(maxsize=2048)
def spell(slug: str) -> str:
    """Return a slug as words: "weapons-test" → "Weapons test"."""
    words = one_line(slug.replace("-", " ").replace("_", " "))
    return words[:1].upper() + words[1:]


_TWO = tuple(f"{number:02d}" for number in range(60))
"""Two digits for each number of a clock or calendar: a look is quicker than formatting, and a document has thousands."""


def iso(moment: datetime) -> str:
    """Return a moment as RFC 3339 in UTC, whole seconds."""
    at = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return (
        f"{at.year:04d}-{_TWO[at.month]}-{_TWO[at.day]}T{_TWO[at.hour]}:{_TWO[at.minute]}:{_TWO[at.second]}Z"
    )


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def rfc822(moment: datetime) -> str:
    """Return a moment as RFC 822 with a four-digit year, in GMT; never in the process's locale."""
    at = moment.astimezone(UTC)
    return (
        f"{_DAYS[at.weekday()]}, {_TWO[at.day]} {_MONTHS[at.month - 1]} {at.year:04d} "
        f"{_TWO[at.hour]}:{_TWO[at.minute]}:{_TWO[at.second]} GMT"
    )


def when(moment: datetime) -> str:
    """Return a moment for people: "23 Nov 2026, 04:12 UTC"."""
    at = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}, {_TWO[at.hour]}:{_TWO[at.minute]} UTC"


def day(moment: datetime) -> str:
    """Return a moment's date for people: "23 Nov 2026"."""
    at = moment.astimezone(UTC)
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}"


_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_ENTITY = re.compile(r"&(?=(#?\w+))")


def plain(text: str) -> str:
    """Return clean text that nobody can mistake for HTML, for titles and names.

    Many readers take a title for HTML, whatever the format says, and validators warn of it. So a `<` that could
    begin a tag becomes `‹`, and an `&` that could begin a character reference becomes `＆`.
    """
    text = clean(text)
    if "<" in text:
        text = _TAG.sub("‹", text)
    if "&" in text:
        text = _ENTITY.sub(_ampersand, text)
    return text


def _ampersand(match: re.Match[str]) -> str:
    name = match[1]
    return "＆" if name in name2codepoint or name == "apos" or not name.isalpha() else "&"
