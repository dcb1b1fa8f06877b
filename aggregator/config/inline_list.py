"""Items put into and cut out of a list that is written inline, as in `feeds = [ { … }, { … } ]`.

Works on the text, so that comments, blank lines and the order of keys stay. Whoever calls it parses what comes
out, for a text that is not TOML gives nonsense here.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*|\s+|.', re.DOTALL
)
_COMMA = re.compile(r"[ \t]*,")
_REST = re.compile(r"[ \t]*,?[ \t]*(?:#[^\n]*)?\n")
"""What may follow an item on its last line without being another item."""

Span = tuple[int, int]


class InlineList(NamedTuple):
    """Where a list stands in a text, in characters."""

    items: list[Span]
    """Of each item its first character and the one behind its last."""
    end: int
    """Of the closing bracket."""


def find_list(text: str, key: str, line: int) -> InlineList | None:
    """Find the list of the top-level `key` that begins on `line` (from 1); None where no inline list does."""
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
    opening = re.compile(rf"[ \t]*(?:{key}|\"{key}\"|'{key}')[ \t]*=[ \t]*\[").match(text, start)
    if opening is None:
        return None
    items: list[Span] = []
    first, last, depth = -1, -1, 0
    for token in _TOKEN.finditer(text, opening.end()):
        what = token[0]
        if what[0] == "#" or what.isspace():
            continue
        if depth == 0 and what in (",", "]"):
            if first >= 0:
                items.append((first, last))
            if what == "]":
                return InlineList(items, token.start())
            first = -1
            continue
        depth += (what in ("[", "{")) - (what in ("]", "}"))
        if first < 0:
            first = token.start()
        last = token.end()
    return None


def insert_item(text: str, place: InlineList, item: str) -> str:
    """Put an item behind the last one, on a line of its own where that one has one."""
    if not place.items:
        line = text.rfind("\n", 0, place.end) + 1
        if text[line : place.end].strip():
            return f"{text[: place.end]}\n    {item},\n{text[place.end :]}"
        return f"{text[:line]}    {item},\n{text[line:]}"
    first, last = place.items[-1]
    line = text.rfind("\n", 0, first) + 1
    indent = text[line:first]
    comma = _COMMA.match(text, last)
    behind = comma.end() if comma else last
    if indent.strip():
        return f"{text[:last]}, {item}{text[last:]}"
    rest = _REST.match(text, last)
    stop = rest.end() - 1 if rest else behind
    return f"{text[:last]},{text[behind:stop]}\n{indent}{item},{text[stop:]}"


def cut_item(text: str, place: InlineList, index: int) -> str:
    """Take an item out, with its line where it has one to itself."""
    first, last = place.items[index]
    line = text.rfind("\n", 0, first) + 1
    rest = _REST.match(text, last)
    if rest and not text[line:first].strip():
        return text[:line] + text[rest.end() :]
    if index + 1 < len(place.items):
        return text[:first] + text[place.items[index + 1][0] :]
    return text[: place.items[index - 1][1] if index else first] + text[last:]
