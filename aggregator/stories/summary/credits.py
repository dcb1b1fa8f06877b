"""Who wrote an entry's text first, as far as the entry itself tells: credit lines, bylines, links.

"(Yonhap)" in a dateline is a credit: the text is Yonhap's, whoever prints it. "KCNA said" is none: the outlet wrote
about what KCNA said (attribution.py).
"""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urlsplit

from aggregator.core.types import Entry
from aggregator.stories.summary.outlets import Origins

_CREDITS = (
    # (서울=연합뉴스), [서울=뉴시스]
    re.compile(r"^\s*[(\[（［][^()\[\]=（）]{1,40}=\s*(?P<name>[^()\[\]（）]{2,24})[)\]）］]"),
    # SEOUL, Oct. 29 (Yonhap) --   GAZA CITY, Gaza Strip (AP) —
    re.compile(r"^.{0,90}?[(（](?P<name>[A-Z][\w .'&-]{1,30})[)）]\s*(?:--|—|–|-)"),
    # 【ソウル聯合ニュース】
    re.compile(r"^\s*【(?P<name>[^】]{2,24})】"),
    # ...（共同）  ... (AFP)  © AFP
    re.compile(r"[(（](?P<name>[^()（）]{2,20})[)）]\s*$"),
    re.compile(r"(?:©|\(c\)|Copyright)\s*(?:\d{4}\s+)?(?P<name>[A-Z][\w .'-]{1,30})\s*$"),
    re.compile(r"^(?P<name>Reuters|AP|AFP)\s*[-–—:]\s"),
)
_TITLE_CREDIT = re.compile(r"\s[-–—|]\s(?P<name>[^-–—|]{2,40})$")
_BYLINE = re.compile(
    r"^(?:by\s+)?(?P<name>.{2,40}?)(?:\s+(?:staff|news agency|correspondent))?$", re.IGNORECASE
)
_LOOKED_AT = 400
"""Characters at the beginning and end of a text in which a credit stands."""


def find(origins: Origins, entry: Entry, feed_origin: str = "") -> tuple[str, str]:
    """(slug or name of who first wrote it, the words that told), as far as the entry itself tells.

    `feed_origin` is what the feed's configuration says of itorigins. The words are empty when it is just assumed.
    """
    own = origins.known(feed_origin) if feed_origin else None
    if entry.credit:  # RSS <source>, or found before
        credited = origins.known(entry.credit)
        if credited is not None:
            return credited.slug, entry.credit
        return _credit(origins, entry.credit) or (entry.credit, entry.credit)
    for text in (entry.summary, entry.text):
        found = _credit(origins, text)
        if found is not None:
            return found
    by = _BYLINE.match(entry.author.strip()) if entry.author else None
    if by is not None:
        outlet = origins.known(by["name"])
        if outlet is not None and outlet.wire:
            return outlet.slug, entry.author.strip()
    if own is None:
        suffix = _TITLE_CREDIT.search(entry.title)
        outlet = origins.known(suffix["name"]) if suffix is not None else None
        if suffix is not None and outlet is not None:
            return outlet.slug, suffix["name"].strip()
        page = origins.of_url(entry.url)
        if page is not None:
            return page.slug, urlsplit(entry.url).hostname or ""
    if own is not None:
        return own.slug, ""
    return feed_origin or entry.origin or (urlsplit(entry.url).hostname or ""), ""


def attribute(origins: Origins, entry: Entry, feed_origin: str = "") -> Entry:
    """The entry with `origin` and `credit` filled in."""
    origin, credit = find(origins, entry, feed_origin or entry.origin)
    return replace(entry, origin=origin, credit=credit)


def _credit(origins: Origins, text: str) -> tuple[str, str] | None:
    if not text:
        return None
    for pattern in _CREDITS:
        match = pattern.search(text[:_LOOKED_AT] if pattern.pattern.startswith("^") else text[-_LOOKED_AT:])
        if match is not None:
            words = match["name"].strip()
            outlet = origins.known(words) or origins.known(words.split("=")[-1]) or origins.ending(words)
            if outlet is not None:
                return outlet.slug, f"({words})"
    return None
