"""The outlets we know, from the shipped table and the configuration: found by slug, name, host; which feed is whose."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from aggregator.config.stories import OriginConfig
from aggregator.core.types import StoryEntry


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

    def ending(self, words: str) -> Origin | None:
        """The outlet whose name ends those words: "ソウル聯合ニュース", place and agency without a space between."""
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


@cache
def _shipped() -> dict[str, Any]:
    return tomllib.loads(
        files("aggregator.stories.summary").joinpath("origins.toml").read_text(encoding="utf-8")
    )
