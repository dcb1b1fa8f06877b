"""Who wrote a text first: credit lines, links, copies of earlier text; and what kind of outlet that is.

"(Yonhap)" in a dateline is a credit: the text is Yonhap's, whoever prints it. "KCNA said" is none: the outlet wrote
about what KCNA said (attribution.py).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from rapidfuzz import fuzz

from aggregator.config.stories import OriginConfig
from aggregator.core.types import Entry, StoryEntry
from aggregator.stories.features.headlines import compact, lead

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
_COPY = 90.0
_COPY_LENGTH = 60
_COMPARED = 400


@dataclass(frozen=True, slots=True)
class Origin:
    """An outlet as known from the shipped table or the configuration."""

    slug: str
    name: str = ""
    kind: str = ""
    country: str = ""
    wire: bool = False
    """Others print its texts under a credit line."""


class Origins:
    """All known outlets, found by slug, name or host."""

    def __init__(self, configured: Mapping[str, OriginConfig] | None = None) -> None:
        """`configured`: `[origins.<slug>]` of config.toml; each adds to or overrides the shipped entry."""
        self._by_name: dict[str, Origin] = {}
        self._by_host: dict[str, Origin] = {}
        self._names: dict[Origin, list[str]] = {}
        for slug, row in _shipped().items():
            self._learn(
                Origin(slug, row["name"], row["kind"], row["country"], row.get("wire", False)),
                row["aliases"],
                row["domains"],
            )
        for slug, given in (configured or {}).items():
            held = self._by_name.get(slug.casefold(), Origin(slug))
            kind = given.kind or held.kind
            self._learn(
                Origin(
                    slug,
                    given.name or held.name,
                    kind,
                    given.country or held.country,
                    held.wire or kind == "agency",
                ),
                given.aliases,
                given.domains,
            )

    def known(self, name: str) -> Origin | None:
        """The outlet with that slug, name, alias or host name; None when there is none."""
        name = name.strip()
        return self._by_name.get(name.casefold()) or self._of_host(name)

    def of_url(self, url: str) -> Origin | None:
        """The outlet whose page it is."""
        return self._of_host(urlsplit(url).hostname or "")

    def outlets(self) -> Mapping[Origin, Sequence[str]]:
        """Every outlet with the names it goes by, as written."""
        return {origin: tuple(names) for origin, names in self._names.items()}

    def find(self, entry: Entry, feed_origin: str = "") -> tuple[str, str]:
        """(slug or name of who first wrote it, the words that told), as far as the entry itself tells.

        `feed_origin` is what the feed's configuration says of itself. The words are empty when it is just assumed.
        """
        own = self.known(feed_origin) if feed_origin else None
        if entry.credit:  # RSS <source>, or found before
            credited = self.known(entry.credit)
            if credited is not None:
                return credited.slug, entry.credit
            return self._credit(entry.credit) or (entry.credit, entry.credit)
        for text in (entry.summary, entry.text):
            found = self._credit(text)
            if found is not None:
                return found
        by = _BYLINE.match(entry.author.strip()) if entry.author else None
        if by is not None:
            outlet = self.known(by["name"])
            if outlet is not None and outlet.wire:
                return outlet.slug, entry.author.strip()
        if own is None:
            suffix = _TITLE_CREDIT.search(entry.title)
            outlet = self.known(suffix["name"]) if suffix is not None else None
            if suffix is not None and outlet is not None:
                return outlet.slug, suffix["name"].strip()
            page = self.of_url(entry.url)
            if page is not None:
                return page.slug, urlsplit(entry.url).hostname or ""
        if own is not None:
            return own.slug, ""
        return feed_origin or entry.origin or (urlsplit(entry.url).hostname or ""), ""

    def attribute(self, entry: Entry, feed_origin: str = "") -> Entry:
        """The entry with `origin` and `credit` filled in."""
        origin, credit = self.find(entry, feed_origin or entry.origin)
        return replace(entry, origin=origin, credit=credit)

    def described(self, member: StoryEntry) -> bool:
        """Whether the publisher it came through is in the table or the configuration, so that its word on who wrote a
        text, and what officials said, can be taken."""
        return bool(member.kind) or self.known(member.origin) is not None

    def owns(self, member: StoryEntry) -> bool:
        """Whether a member links to a page of the outlet that its feed is of."""
        page = urlsplit(member.entry.url).hostname or ""
        outlet, own = self._of_host(page), self.known(member.origin) if member.origin else None
        if outlet is not None or own is not None:
            return outlet is not None and own is not None and outlet.slug == own.slug
        return bool(member.origin) and (page == member.origin or page.endswith(f".{member.origin}"))

    def describe(self, slug: str, member: StoryEntry) -> Origin:
        """What is known of the origin of a member's text; the feed's configuration speaks for its own outlet."""
        known = self.known(slug)
        own = self.known(member.origin) if member.origin else None
        if slug == member.origin or (own is not None and known is not None and own.slug == known.slug):
            return Origin(
                known.slug if known else slug,
                known.name if known else member.feed_title,
                member.kind or (known.kind if known else ""),
                member.country or (known.country if known else ""),
                known.wire if known else member.kind == "agency",
            )
        return known or Origin(slug)

    def _credit(self, text: str) -> tuple[str, str] | None:
        if not text:
            return None
        for pattern in _CREDITS:
            match = pattern.search(text[:_COMPARED] if pattern.pattern.startswith("^") else text[-_COMPARED:])
            if match is not None:
                words = match["name"].strip()
                outlet = self.known(words) or self.known(words.split("=")[-1]) or self._ends_with(words)
                if outlet is not None:
                    return outlet.slug, f"({words})"
        return None

    def _ends_with(self, words: str) -> Origin | None:
        """ "ソウル聯合ニュース": place and agency run together, without a space."""
        for start in range(1, min(len(words) - 1, 8)):
            if ord(words[start]) > 0x2E80:
                found = self._by_name.get(words[start:].casefold())
                if found is not None:
                    return found
        return None

    def _learn(self, origin: Origin, aliases: Sequence[str], domains: Sequence[str]) -> None:
        for name in (origin.slug, origin.name, *aliases):
            if name:
                self._by_name[name.casefold()] = origin
        written = [
            name for other, names in self._names.items() if other.slug == origin.slug for name in names
        ]
        self._names = {other: names for other, names in self._names.items() if other.slug != origin.slug}
        self._names[origin] = list(
            dict.fromkeys([*written, *([origin.name] if origin.name else []), *aliases])
        )
        held = [key for key, other in self._by_name.items() if other.slug == origin.slug]
        for key in held:
            self._by_name[key] = origin
        for host in [*domains, *(host for host, other in self._by_host.items() if other.slug == origin.slug)]:
            self._by_host[host.lower()] = origin

    def _of_host(self, host: str) -> Origin | None:
        parts = host.lower().split(".")
        for start in range(len(parts) - 1):
            found = self._by_host.get(".".join(parts[start:]))
            if found is not None:
                return found
        return None


def writers(members: Sequence[StoryEntry], origins: Origins) -> list[Origin]:
    """For each member, in order, who first wrote its text.

    Copies share an origin, and so do reports that link to one page: the agency's that one of them credits, else that of
    the earliest whose publisher is described, else of the earliest. A publisher that nobody has described is one origin
    at most, whatever its texts claim to be.
    """
    order = sorted(
        range(len(members)), key=lambda i: (members[i].entry.public is None, members[i].entry.public, i)
    )
    home: dict[int, int] = {}
    """Member to the first one of the same text."""
    wrote: dict[int, Origin] = {}
    """By the first ones."""
    proven: set[int] = set()
    firsts: list[tuple[int, str, str]] = []
    pages: dict[str, int] = {}
    claimed: dict[str, Origin] = {}
    for index in order:
        member = members[index]
        described = origins.described(member)
        slug, credit = origins.find(member.entry, member.origin)
        own = origins.describe(slug, member)
        if not described:
            own = claimed.setdefault(member.origin, _bare(own))
        if len(members) == 1:
            return [own]
        title, text = (
            compact(member.entry.title),
            compact(lead(member.entry.summary or member.entry.text))[:_COMPARED],
        )
        earlier = next((i for i, *other in firsts if _copied(title, text, *other)), None)
        if earlier is None:
            earlier = _on_page(member, members, pages)
        if member.entry.url:
            pages.setdefault(member.entry.url, index)
        first = index if earlier is None else home[earlier]
        if earlier is None:
            firsts.append((index, title, text))
            wrote[index] = own
        elif described and (first not in proven or credit or (own.wire and not wrote[first].wire)):
            if first in proven and wrote[first].wire:
                first = index  # the same text from two agencies
            wrote[first] = own  # the first to print it was not the one that wrote it
        home[index] = first
        if described:
            proven.add(first)
    return [wrote[home[index]] for index in range(len(members))]


def _on_page(member: StoryEntry, members: Sequence[StoryEntry], pages: Mapping[str, int]) -> int | None:
    """The earlier member that links to the same page, if that is what joined the two."""
    earlier = pages.get(member.entry.url)
    if earlier is None or "url" not in (member.basis, members[earlier].basis):
        return None
    return earlier


def _bare(claimed: Origin) -> Origin:
    """What somebody's bare claim is worth: the name, not the standing. State media are taken for what they are said to
    be, since that never makes more of a story."""
    return claimed if claimed.kind == "state-media" else replace(claimed, kind="", country="")


def _copied(title: str, text: str, other_title: str, other_text: str) -> bool:
    length = min(len(text), len(other_text))
    if length >= _COPY_LENGTH:
        return fuzz.ratio(text[:length], other_text[:length]) >= _COPY
    return len(title) >= 16 and title == other_title and text[:length] == other_text[:length]


@cache
def _shipped() -> dict[str, Any]:
    return tomllib.loads(
        files("aggregator.stories.summary").joinpath("origins.toml").read_text(encoding="utf-8")
    )
