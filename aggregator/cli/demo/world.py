"""The invented outlets and what they publish, read from `world/*.toml`.

A file is one outlet. An entry is published `ago` minutes before the instalment it belongs to (`step`, 0 being
what stands there from the start); `[entries.edit]` replaces its title from a later instalment on. Texts may
hold `{day@420}`, `{date@420}`, `{month@420}` or `{weekday@420}`: the Korean date 420 minutes before the start.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from importlib import resources
from typing import Any, Literal

Format = Literal["rss20", "rss10", "atom10", "json11"]

_KST = timezone(timedelta(hours=9))
_MARK = re.compile(r"\{(day|date|month|weekday)@(\d+)\}")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One entry as the outlet's editors wrote it."""

    id: str
    ago: int
    """Minutes before its instalment."""
    title: str
    text: str
    body: tuple[str, ...] = ()
    """Paragraphs; empty when the outlet gives the summary alone."""
    author: str = ""
    tags: tuple[str, ...] = ()
    step: int = 0
    edit_step: int = 0
    """The instalment from which the title is `edit_title`; 0: never."""
    edit_title: str = ""


@dataclass(frozen=True, slots=True)
class Outlet:
    """One publisher and its feed."""

    slug: str
    title: str
    origin: str
    name: str
    kind: str
    country: str
    language: str
    format: Format
    pieces: tuple[Piece, ...]
    aliases: tuple[str, ...] = ()
    fails: int = 0
    """The instalment from which its server answers 500; 0: never."""
    recovers: int = 0
    html: int = 0
    """The instalment from which a web page stands where the feed was; 0: never."""

    @property
    def path(self) -> str:
        """Path of the feed on the site."""
        return f"/{self.slug}/feed.{'json' if self.format == 'json11' else 'xml'}"


@dataclass(frozen=True, slots=True)
class Item:
    """A piece as published: dated, its texts final."""

    id: str
    path: str
    """Of its page on the site."""
    title: str
    text: str
    body: tuple[str, ...]
    author: str
    tags: tuple[str, ...]
    published: datetime
    updated: datetime


def load_world() -> tuple[Outlet, ...]:
    """Every outlet, in the order of their file names."""
    folder = resources.files("aggregator.cli.demo") / "world"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda f: f.name)
    return tuple(
        _outlet(file.name.removesuffix(".toml"), tomllib.loads(file.read_text("utf-8"))) for file in files
    )


def published(outlet: Outlet, times: Sequence[datetime]) -> list[Item]:
    """What an outlet's feed holds, newest first.

    `times` are the moments of the instalments so far (UTC), the start first.
    """
    items = []
    for piece in outlet.pieces:
        if piece.step >= len(times):
            continue
        at = times[piece.step] - timedelta(minutes=piece.ago)
        edited = 0 < piece.edit_step < len(times)
        items.append(
            Item(
                id=piece.id,
                path=f"/{outlet.slug}/{piece.id}",
                title=_dated(piece.edit_title if edited else piece.title, times[0]),
                text=_dated(piece.text, times[0]),
                body=tuple(_dated(paragraph, times[0]) for paragraph in piece.body),
                author=piece.author,
                tags=piece.tags,
                published=at,
                updated=times[piece.edit_step] if edited else at,
            )
        )
    return sorted(items, key=lambda item: item.published, reverse=True)


def _outlet(slug: str, table: dict[str, Any]) -> Outlet:
    pieces = tuple(_piece(entry) for entry in table.pop("entries"))
    aliases = tuple(table.pop("aliases", ()))
    return Outlet(slug=slug, pieces=pieces, aliases=aliases, **table)


def _piece(entry: dict[str, Any]) -> Piece:
    edit = entry.pop("edit", {})
    return Piece(
        body=tuple(entry.pop("body", ())),
        tags=tuple(entry.pop("tags", ())),
        edit_step=edit.get("step", 0),
        edit_title=edit.get("title", ""),
        **entry,
    )


def _dated(text: str, start: datetime) -> str:
    def replace(match: re.Match[str]) -> str:
        day = (start - timedelta(minutes=int(match[2]))).astimezone(_KST)
        words = {
            "day": str(day.day),
            "month": str(day.month),
            "date": f"{_MONTHS[day.month - 1]} {day.day}",
            "weekday": _DAYS[day.weekday()],
        }
        return words[match[1]]

    return _MARK.sub(replace, text)
