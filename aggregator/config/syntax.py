"""What to write instead, where a text is not TOML: the parser's message, and the remedy for the usual typos."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from typing import Any, NamedTuple

Keys = tuple[str, ...]
"""A dotted key, taken apart."""

First = Callable[[Keys, bool], int | None]
"""(keys, whether they are a header's) -> the line on which they were written first; None where none is found.

A header's keys start at the root, others below the last header before the mistake.
"""

_DECIMAL_COMMA = re.compile(r"=\s*([+-]?\d+),(\d+)\s*(?:#.*)?$")
_BARE_KEY = re.compile(r"^\s*([^=\"'\[\]{}#]*[^=\"'\[\]{}#\s])\s*=")
_KEY = re.compile(
    r"""^\s*((?:"(?:\\.|[^"\\])*"|'[^']*'|[^=\s"'#\[\]{}])(?:"(?:\\.|[^"\\])*"|'[^']*'|[^="'#\[\]{}])*)="""
)
_HEADER = re.compile(r"^\s*\[\[?([^\[\]]+)\]\]?")
_MARKS = ('"' * 3, "'" * 3, '"', "'")
_TOKEN = re.compile(
    r"""#[^\n]*|"{3}(?:\\.|[^\\])*?"{3}|'{3}.*?'{3}|"{3}|'{3}|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|["']""", re.DOTALL
)
"""Comments and texts, so that what is left of quotation marks is one without its partner."""
_BARE_VALUE = re.compile(r"^([^=\"'#]+)=\s*([^\s\"'\[\]{}#][^\"'\[\]{}#]{0,80}?)\s*(?:#.*)?$")
_NO_VALUE = ("invalid boolean", "invalid float", "string values must be quoted")
_COMMAS = {
    "missing comma between array elements": "a comma is missing between the item here and the one before it",
    "missing comma between key-value": "a comma is missing inside the braces, in front of what stands here",
    "extra comma": "two commas follow each other here; take one out",
    "unclosed array": "a list is not closed; write ] behind its last item",
    "unclosed inline table": "braces are not closed; write } behind what belongs in them",
}
"""The parser's messages on lists and braces, in plain words with the remedy."""
_CURLY = "\u201c\u201d\u2018\u2019\u00ab\u00bb"


class Typo(NamedTuple):
    """One thing that the parser could not read."""

    line: int
    """From 1."""
    column: int
    """From 1, in characters."""
    message: str
    """The parser's last line."""
    text: str
    """The line itself."""


def typo_of(error: str, offset: int, text: str) -> Typo:
    """Take the parser's report apart.

    The lines and columns that it names itself are wrong below and beside letters outside ASCII: it counts
    characters in one place and bytes in another. Only its offset is always in bytes.

    Args:
        error: all lines of the report.
        offset: of the mistake, in bytes of UTF-8, from 0.
        text: the whole document.
    """
    before = text.encode()[:offset].decode(errors="ignore").split("\n")
    lines = text.split("\n")
    return Typo(
        line=len(before),
        column=len(before[-1]) + 1,
        message=error.rsplit("\n", 1)[-1],
        text=lines[len(before) - 1],
    )


def unclosed(text: str, last: int) -> tuple[int, str] | None:
    """The line (from 1) of the first text that is not closed, and what to say of it; None where all are.

    The parser goes on behind such a text and stumbles over something later, so this is told first.

    Args:
        text: the document.
        last: the line on which the parser stumbled; only up to there is looked.
    """
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark not in _MARKS:
            continue
        line = text.count("\n", 0, token.start()) + 1
        if line > last:
            return None
        if len(mark) == 3:
            return line, f"the text that begins with {mark} here is never closed; write {mark} behind it"
        rest = text[token.start() :].split("\n", 1)[0].strip()
        column = token.start() - text.rfind("\n", 0, token.start())
        shown = rest if len(rest) <= 30 else f"{rest[:29]}…"
        return line, (
            f"a quotation mark is missing: the text that begins at column {column} is not closed on its line: {shown}"
        )
    return None


def explained(typo: Typo, first: First) -> str:
    """Return the parser's message with what to write instead, where that can be said.

    Args:
        typo: what could not be read.
        first: finds where a key was written before.
    """
    message = typo.message
    if message.startswith("duplicate key"):
        return f"duplicate key{_duplicate(typo, first)}"
    if "escaped value" in message or "unicode value" in message:
        return (
            "between double quotes a backslash begins a sign of its own; write each backslash twice, "
            "or put the pattern in single quotes, as in '/KN-\\d/' = 2"
        )
    if typo.text[typo.column - 1 : typo.column] in tuple(_CURLY):
        return f'{message}; quotation marks must be straight ones: "'
    if message.startswith(
        ("invalid unquoted key", "key with no value", "unclosed table", "missing assignment")
    ):
        return _unquoted(typo) or message
    if message.startswith("unexpected key or value") and (number := _DECIMAL_COMMA.search(typo.text)):
        return f"a decimal number has a point, not a comma: {number[1]}.{number[2]}"
    bare = _BARE_VALUE.match(typo.text)
    if bare is not None and bare[2].lower() in ("true", "false"):
        return f"true and false have small letters: {bare[1].strip()} = {bare[2].lower()}"
    if bare is not None and message.startswith(_NO_VALUE):
        return f'text stands in quotation marks: {bare[1].strip()} = "{bare[2]}"'
    if message.startswith(_NO_VALUE):
        return f'{message}; text stands in quotation marks, as in "ferry", numbers without'
    return next((words for begin, words in _COMMAS.items() if message.startswith(begin)), message)


def _unquoted(typo: Typo) -> str:
    if _HEADER.match(typo.text):
        return "names in brackets have small letters, digits and hyphens, as in [topics.ferry-safety]"
    key, text = _BARE_KEY.match(typo.text), typo.text
    if key is not None and typo.column > key.end():
        # Inside the braces of its value.
        text = re.split("[{,]", text[: typo.column - 1])[-1] + re.split("[,}]", text[typo.column - 1 :])[0]
        key = _BARE_KEY.match(text)
    if key is None:
        return ""
    value = text[key.end() :].strip()
    return f'{key[1]} must stand in quotation marks: "{key[1]}" = {value if len(value) < 20 else "..."}'


def _duplicate(typo: Typo, first: First) -> str:
    header = _HEADER.match(typo.text)
    key = None if header else _KEY.match(typo.text)
    if header is None and (key is None or typo.column > key.end()):
        name = re.split(r"\s*=", typo.text[typo.column - 1 :], maxsplit=1)[0].strip()
        return f": {name} stands twice in these braces; keep one of them" if name else ""
    written = header[1].strip() if header else key[1].strip() if key else ""
    line = first(_keys(written), header is not None)
    where = f"on line {line} already" if line and line < typo.line else "above already"
    if header and typo.text.lstrip().startswith("[["):
        return (
            f": {written} has another form {where.removesuffix(' already')}; write this one there, as one more {{ ... }} "
            f"of that list, or write all of them as [[{written}]]"
        )
    if header:
        return f": [{written}] stands {where}; write that line once, and all that belongs to it below it"
    return f": {written} stands {where}; keep one of them"


def _keys(written: str) -> Keys:
    """The parts of a dotted key as written; empty where it is none."""
    try:
        table: Any = tomllib.loads(f"{written} = 0")
    except tomllib.TOMLDecodeError:
        return ()
    keys: list[str] = []
    while isinstance(table, dict):
        key, table = next(iter(table.items()))
        keys.append(key)
    return tuple(keys)
