"""Read the gazetteer's files; every mistake in them at once, with file and line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from classifiers.library.gazetteer.records import GROUPING, KINDS, TOPICS, Gazetteer, Name

FOLDER = Path(__file__).parent
COMPOUNDS = "compounds"

_SPELLINGS = ("names", "topics", "grouping")
_LISTS = (*_SPELLINGS, "headline", "implies")
_FLAGS = ("frame", "weapon")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class GazetteerError(ValueError):
    """Files that cannot be used. The message holds one line a mistake: file, line, what is wrong."""


@cache
def shipped() -> Gazetteer:
    """Return the gazetteer that ships with the program."""
    return read_gazetteer(FOLDER)


def read_gazetteer(folder: Path) -> Gazetteer:
    """Read all files of a folder.

    Raises:
        GazetteerError: something in them cannot be read, stands twice or refers to nothing.
    """
    reader = _Reader()
    for path in sorted(folder.glob("*.toml")):
        reader.file(path)
    reader.references()
    if reader.mistakes:
        raise GazetteerError("\n".join(reader.mistakes))
    return Gazetteer(reader.names, reader.compounds)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an entry stands; its line is looked for only when a mistake is told."""

    file: str
    text: str
    kind: str
    slug: str

    def __str__(self) -> str:
        return f"{self.file}:{_line(self.text, self.kind, self.slug)}"


class _Reader:
    def __init__(self) -> None:
        self.names: dict[str, Name] = {}
        self.compounds: dict[str, tuple[str, ...]] = {}
        self.mistakes: list[str] = []
        self._places: dict[str, _Place] = {}
        """Of each name and compound read so far."""

    def file(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        try:
            table = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            self.mistakes.append(f"{path.name}: {error}")
            return
        only = table.pop("only", "")
        if only not in ("", TOPICS, GROUPING):
            self.mistakes.append(
                f'{_Place(path.name, text, "", "only")}: only must be "topics" or "grouping"'
            )
        frame = table.pop("frame", False)
        for kind, entries in table.items():
            if kind not in (*KINDS, COMPOUNDS) or not isinstance(entries, Mapping):
                known = ", ".join((*KINDS, COMPOUNDS))
                self.mistakes.append(f"{_Place(path.name, text, kind, '')}: {kind} is none of {known}")
                continue
            for slug, raw in entries.items():
                place = _Place(path.name, text, kind, slug)
                if slug in self._places:
                    self.mistakes.append(f"{place}: {slug} stands at {self._places[slug]} already")
                    continue
                self._places[slug] = place
                if kind == COMPOUNDS:
                    self.compounds[slug] = self._strings(raw, place)
                else:
                    self._name(place, raw, only=only, frame=frame is True)

    def _name(self, place: _Place, raw: Any, *, only: str, frame: bool) -> None:
        slug = place.slug
        if not _SLUG.fullmatch(slug):
            self.mistakes.append(f"{place}: {slug} must be lower-case letters, digits and single hyphens")
        entry = raw if isinstance(raw, Mapping) else {"names": raw}
        for key in entry.keys() - {*_LISTS, *_FLAGS}:
            known = ", ".join((*_LISTS, *_FLAGS))
            self.mistakes.append(f'{place}: {slug} has an unknown key "{key}"; known are {known}')
        for key in entry.keys() & set(_FLAGS):
            if not isinstance(entry[key], bool):
                self.mistakes.append(f"{place}: {key} of {slug} must be true or false")
        lists = {key: self._strings(entry[key], place) for key in _LISTS if key in entry}
        if any(len(sign) > 1 for sign in lists.get("headline", ())):
            self.mistakes.append(f"{place}: headline of {slug} must be single characters")
        if not any(lists.get(key) for key in _SPELLINGS):
            self.mistakes.append(f"{place}: {slug} has no spelling")
        self.names[slug] = Name(
            slug,
            place.kind,
            **lists,
            frame=entry.get("frame", frame) is True,
            weapon=entry.get("weapon") is True,
            only=only,
        )

    def _strings(self, raw: Any, place: _Place) -> tuple[str, ...]:
        if isinstance(raw, list) and all(isinstance(item, str) and item.strip() for item in raw):
            for item in sorted({item for item in raw if raw.count(item) > 1}):
                self.mistakes.append(f'{place}: {place.slug} has "{item}" twice')
            return tuple(raw)
        self.mistakes.append(f"{place}: {place.slug} must be a list of words in quotes, got {raw!r}")
        return ()

    def references(self) -> None:
        """Note what refers to a name that does not exist."""
        for word, slugs in self.compounds.items():
            self._exist(slugs, self._places[word])
        for name in self.names.values():
            others = [item[1:] for item in name.for_topics if item.startswith("@")]
            self._exist((*name.implies, *others), self._places[name.slug])

    def _exist(self, slugs: tuple[str, ...], place: _Place) -> None:
        for slug in slugs:
            if slug not in self.names:
                self.mistakes.append(f"{place}: {place.slug} refers to {slug}, which is in no file")


def _line(text: str, kind: str, slug: str) -> int:
    """Return the line, from 1, on which an entry begins; that of the table's heading where there is no such entry."""
    found, inside = 1, not kind
    for number, line in enumerate(text.splitlines(), 1):
        heading = re.match(r"\[([^\]]+)\]", line)
        if heading:
            if slug and heading[1] == f"{kind}.{slug}":
                return number
            inside = heading[1] == kind
            found = number if inside else found
        elif inside and slug and re.match(rf'"?{re.escape(slug)}"?\s*=', line):
            return number
    return found
