"""TOML text -> data, and the line on which each key of it stands.

The only user of toml-rs. Its metadata has the line of every key and of every `[[table]]`, but not of
plain `[table]` headers, so those are found in the text.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import partial
from typing import Any

import toml_rs

from aggregator.config.syntax import Keys, explained, typo_of, unclosed

Path = tuple[str | int, ...]
"""Where a value stands: keys of tables and indexes of arrays, from the root."""

_HEADER = re.compile(r"^[ \t]*(\[\[?)[ \t]*([^\[\]\n]+?)[ \t]*\]\]?[ \t\r]*(?:#.*)?$", re.MULTILINE)
_DEEP = re.compile(r"(?<![A-Za-z0-9_-])(?:[A-Za-z0-9_-]+[ \t]*\.[ \t]*){40}|(?:[\[{][^\[\]{}]*){40}")
"""Deeper than any setting: the parser nests as deep as it is told, until the stack is full and the process dies."""
_BARE = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")


class TomlSyntaxError(ValueError):
    """The text is not TOML. `line` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        self.line = line
        super().__init__(message)


class Document:
    """A TOML document that remembers where everything was written."""

    def __init__(self, text: str) -> None:
        """Parse. Raises TomlSyntaxError."""
        if deep := _DEEP.search(text):
            raise TomlSyntaxError(text.count("\n", 0, deep.start()) + 1, "nested more than forty deep")
        try:
            parsed = toml_rs.load_with_metadata(text)
        except toml_rs.TOMLDecodeError as error:
            typo = typo_of(str(error), error.pos, text)
            if "escape" not in typo.message and (lost := unclosed(text, typo.line)):
                raise TomlSyntaxError(*lost) from None
            message = explained(typo, partial(_first_line, text, typo.line))
            raise TomlSyntaxError(typo.line, message) from None
        self.data: dict[str, Any] = parsed.value
        self._nodes: Mapping[str, Any] = parsed.meta["nodes"]
        self._headers = _headers(text)

    def line(self, path: Path) -> int:
        """The line (from 1) of the key at `path`, or of the nearest table around it that is written out."""
        best = 1
        node: Any = self._nodes
        for depth, step in enumerate(path, start=1):
            inner = node.get("value") if _is_leaf(node) else node
            try:
                node = inner[step]
            except (KeyError, IndexError, TypeError):
                break
            best = self._line_of(path[:depth], node) or best
        return best

    def last_line(self, path: Path) -> int:
        """The last line (from 1) of what is written for `path`, values over several lines included."""
        node: Any = self._nodes
        for step in path:
            node = (node.get("value") if _is_leaf(node) else node)[step]
        return max(self.line(path), _last_line(node))

    def _line_of(self, path: Path, node: Mapping[str, Any]) -> int | None:
        if _is_leaf(node):
            line = node["key_line"] if "key_line" in node else node["value_line"]
            return int(line if isinstance(line, int) else line[0])
        return self._headers.get(path) or min(
            (line for key, child in node.items() if (line := self._line_of((*path, key), child))),
            default=None,
        )


def _first_line(text: str, line: int, keys: Keys, header: bool) -> int | None:
    """The line before `line` on which `keys` were written; None where what stands before is no TOML by itself.

    A header's keys start at the root, others below the last header.
    """
    before = "\n".join(text.split("\n")[: line - 1])
    try:
        document = Document(before)
    except TomlSyntaxError:
        return None
    last = max(_headers(before).items(), key=lambda item: item[1], default=((), 0))[0]
    inside = () if header else tuple(step for step in last if isinstance(step, str))
    path: Path = ()
    node: Any = document.data
    for key in (*inside, *keys):
        if isinstance(node, list) and node:
            path, node = (*path, len(node) - 1), node[-1]
        if not isinstance(node, Mapping) or key not in node:
            return None
        path, node = (*path, key), node[key]
    return document.line(path)


def _last_line(node: Any) -> int:
    """The greatest line number anywhere in a node of the metadata."""
    if isinstance(node, list):
        return max(map(_last_line, node), default=0)
    if not isinstance(node, Mapping):
        return 0
    if not _is_leaf(node):
        return max(map(_last_line, node.values()), default=0)
    own = node.get("value_line", 0)
    return max(own if isinstance(own, int) else max(own), _last_line(node.get("value")))


def _is_leaf(node: Mapping[str, Any]) -> bool:
    """Tell a node of the metadata from a plain table, whose keys are the user's and whose values are nodes."""
    return isinstance(node.get("key_line", node.get("value_line")), int | list | tuple)


def _headers(text: str) -> dict[Path, int]:
    """Lines of `[a.b]` and `[[a.b]]`, the latter with their index in the path."""
    lines: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    position = line = 0
    for match in _HEADER.finditer(text):
        line += text.count("\n", position, match.start())
        position = match.start()
        keys = _keys(match[2])
        path: Path = ()
        for key in keys[:-1]:
            path = (*path, key)
            if path in counts:
                path = (*path, counts[path] - 1)
        path = (*path, *keys[-1:])
        if match[1] == "[[":
            counts[path] = counts.get(path, 0) + 1
            path = (*path, counts[path] - 1)
        lines.setdefault(path, line + 1)
    return lines


def _keys(header: str) -> list[str]:
    """Split `a."b c".d` at its dots; [] for what only looks like a header (a line inside a string)."""
    if _BARE.fullmatch(header):
        return header.split(".")
    try:
        table = tomllib.loads(f"[{header}]")
    except tomllib.TOMLDecodeError:
        return []
    keys = []
    while table:
        key, table = next(iter(table.items()))
        keys.append(key)
    return keys
