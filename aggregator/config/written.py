"""A configuration as it is written: config.toml with the files that it includes, joined, and where each key stands.

An included file may hold `[topics.*]`, `[entities]` and feeds. Nothing stands in two files: what would win?
"""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from aggregator.config import toml_lines
from aggregator.config.read_file import read_bytes
from aggregator.config.toml_lines import Document, TomlSyntaxError

SHARED = ("topics", "entities", "feeds")
"""What an included file may hold."""


class Unreadable(ValueError):
    """A file that is not there, or holds no TOML: the message is a mistake, located."""


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """One file of a configuration."""

    name: str
    """As a person would type it from here."""
    path: Path
    document: Document


class Place(NamedTuple):
    """Where a key stands."""

    order: int
    """Of its file: 0 for config.toml."""
    file: str
    line: int
    """From 1."""
    path: toml_lines.Path
    """The key's path in that file: feeds are counted anew in each."""


Note = tuple[WrittenFile, toml_lines.Path, str, bool]
"""The file, the path in it, what is wrong there, and whether that is a mere warning."""


class Written:
    """The tables of all files as one, and the place of each key."""

    def __init__(self, main: WrittenFile) -> None:
        self.data: dict[str, Any] = dict(main.document.data)
        self.notes: list[Note] = []
        """What is wrong with how the files fit together."""
        self.unreadable: list[str] = []
        """Mistakes, located, for which a whole file is left out."""
        self._files = [main]
        self._owners: dict[tuple[str, str], WrittenFile] = {}
        self._feeds: list[tuple[int, WrittenFile]] = [(0, main)]
        """From which place in the list of all feeds on they are those of a file."""

    def where(self, path: toml_lines.Path) -> Place:
        """The place of the key at a path of the joined tables, or of the nearest table around it."""
        file, local = self._files[0], path
        if len(path) > 1 and path[0] in ("topics", "entities"):
            file = self._owners.get((str(path[0]), str(path[1])), file)
        elif len(path) > 1 and path[0] == "feeds" and isinstance(at := path[1], int):
            start, file = next((s, f) for s, f in reversed(self._feeds) if s <= at)
            local = ("feeds", at - start, *path[2:])
        return Place(self._files.index(file), file.name, file.document.line(local), local)

    def place_in(self, file: WrittenFile, path: toml_lines.Path) -> Place:
        """The place of a key of one file."""
        return Place(self._files.index(file), file.name, file.document.line(path), path)

    def note(self, path: toml_lines.Path, message: str, *, warning: bool = False) -> None:
        """Note something about a key of config.toml itself."""
        self.notes.append((self._files[0], path, message, warning))

    def include(self, file: WrittenFile) -> None:
        """Add the tables of an included file."""
        self._files.append(file)
        for key, value in file.document.data.items():
            if key not in SHARED:
                main = self._files[0].name
                message = f"belongs in {main}; an included file may hold topics, entities and feeds"
                self.notes.append((file, (key,), message, False))
            elif key == "feeds":
                self._add_feeds(file, value)
            else:
                self.add_tables(file, key, value)

    def add_tables(self, file: WrittenFile, key: str, value: Any, *, under: bool = False) -> None:
        """Add the topics or entities of a file. `under`: those that are there already win, without a word."""
        if file not in self._files:
            self._files.append(file)
        ours = self.data.setdefault(key, {})
        if not isinstance(value, Mapping):
            self.notes.append((file, (key,), "must be a table", False))
        if not isinstance(value, Mapping) or not isinstance(ours, Mapping):
            return  # what is wrong with our own is reported with the settings
        merged = dict(ours)
        for name, table in value.items():
            if name not in merged:
                merged[name] = table
                self._owners[key, name] = file
            elif not under:
                there = self.where((key, name))
                message = f"stands in {there.file} on line {there.line} already; write all of it in one file"
                self.notes.append((file, (key, name), message, False))
        self.data[key] = merged

    def _add_feeds(self, file: WrittenFile, value: Any) -> None:
        ours = self.data.setdefault("feeds", [])
        if not isinstance(value, list):
            self.notes.append((file, ("feeds",), "must be a list of feeds: write [[feeds]] for each", False))
        elif isinstance(ours, list):
            self._feeds.append((len(ours), file))
            self.data["feeds"] = [*ours, *value]


def read_written(path: Path, *, names_from: Path | None = None) -> Written:
    """Read config.toml and what it includes. Raises Unreadable where the file itself cannot be read.

    `names_from`: another configuration, whose entities are there as well.
    """
    written = Written(read_document(path))
    taken = [path]
    for place, pattern in enumerate(listed(written.data, "include")):
        found = list(matching(pattern, path.parent)) if pattern else []
        if pattern and not found:
            _missing(written, place, pattern, path.parent)
        for one in found:
            if any(one.samefile(other) for other in taken):
                continue
            taken.append(one)
            try:
                written.include(read_document(one))
            except Unreadable as error:
                written.unreadable.append(str(error))
    if names_from is not None and not any(one.samefile(names_from) for one in taken):
        for file in read_written(names_from)._files:
            written.add_tables(file, "entities", file.document.data.get("entities", {}), under=True)
    return written


def _missing(written: Written, place: int, pattern: str, folder: Path) -> None:
    """Note a pattern that names no file. A folder that is still empty is no mistake, one that is not there may be."""
    if not glob.has_magic(pattern):
        written.note(("include", place), f"{pattern}: there is no such file")
    elif not (inside := (folder / Path(pattern).expanduser()).parent).is_dir():
        written.note(("include", place), f"{pattern}: there is no folder {inside.name}", warning=True)


def matching(pattern: str, folder: Path) -> Iterator[Path]:
    """The files that one item of `include` names, relative to `folder`, in the order of their names."""
    for name in sorted(glob.glob(str(Path(pattern).expanduser()), root_dir=folder)):
        if not (folder / name).is_dir():
            yield folder / name


def read_document(path: Path) -> WrittenFile:
    """Read one file of TOML. Raises Unreadable."""
    name = displayed(path)
    try:
        text = read_bytes(path).decode("utf-8-sig")
        return WrittenFile(name, path, Document(text))
    except FileNotFoundError:
        raise Unreadable(
            f"{name}: there is no such file; name one with --config, or start from the sample"
        ) from None
    except OSError as error:
        raise Unreadable(f"{name}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"{name}:{line}: is not UTF-8; save the file in that encoding") from None
    except TomlSyntaxError as error:
        raise Unreadable(f"{name}:{error.line}: is not TOML: {error}") from None


def displayed(path: Path) -> str:
    """The path as a person would type it from here."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def listed(data: Mapping[str, Any], key: str) -> Iterator[str]:
    """The texts of a list of the configuration; what is wrong with it is reported with the settings."""
    value = data.get(key)
    for one in value if isinstance(value, list) else ():
        yield one if isinstance(one, str) else ""
