"""JSON that may have been cut off on its way: the members and array elements that came whole."""

from __future__ import annotations

import json
import re
from typing import Any

_DECODER = json.JSONDecoder()
_MOST_BRACKETS = 500_000
"""Each costs a hundred bytes or more."""
_BLANK = re.compile(r"[ \t\r\n]*")
_UNFINISHED_NUMBER = re.compile(r"(?:-|\.|[eE][+\-]?)\Z")
_WORDS = ("true", "false", "null", "NaN", "Infinity", "-Infinity")


class NotJsonFeed(ValueError):
    """The document is JSON, or nearly, but no JSON Feed; the message says why."""


def read(text: str) -> tuple[Any, bool]:
    """The value in `text`, and whether the text ends too early.

    Then an object has the members that are whole, and of an array in the one that is not, its whole elements. Raises
    NotJsonFeed for what is wrong in any other way.
    """
    if text.count("{") + text.count("[") > _MOST_BRACKETS:
        raise NotJsonFeed(f"is built like an attack: it has more than {_MOST_BRACKETS} objects and lists")
    try:
        return json.loads(text), False
    except RecursionError:
        raise NotJsonFeed("is nested too deeply") from None
    except json.JSONDecodeError as error:
        if not _ends_early(text, error):
            raise NotJsonFeed(f"is not valid JSON ({error})"[:200]) from None
    except ValueError as error:  # a number too long to be one
        raise NotJsonFeed(f"is not valid JSON ({error})"[:200]) from None
    try:
        return _object(text), True
    except RecursionError:
        raise NotJsonFeed("is nested too deeply") from None


def _ends_early(text: str, error: json.JSONDecodeError) -> bool:
    """Whether the text was right as far as it goes."""
    rest = text[error.pos :].strip()
    if not rest or error.msg.startswith("Unterminated string"):
        return True
    if error.msg.startswith("Invalid") and "escape" in error.msg:
        return len(rest) <= 6  # within \\uXXXX
    return _UNFINISHED_NUMBER.match(rest) is not None or any(word.startswith(rest) for word in _WORDS)


def _object(text: str) -> dict[str, Any]:
    """The members of the object in `text` up to where it ends too early."""
    found: dict[str, Any] = {}
    at = _after(text, 0, "{")
    while at >= 0:
        name, at = _value(text, _skip(text, at))
        at = _after(text, at, ":")
        if at < 0 or not isinstance(name, str):
            break
        at = _skip(text, at)
        value, end = _value(text, at)
        if end < 0:
            if text.startswith("[", at):
                found[name] = _array(text, at)
            break
        found[name] = value
        at = _after(text, end, ",")
    return found


def _array(text: str, at: int) -> list[Any]:
    found: list[Any] = []
    at = _after(text, at, "[")
    while at >= 0:
        value, at = _value(text, _skip(text, at))
        # A number at the very end may be the beginning of a longer one.
        if at < 0 or (at == len(text) and not isinstance(value, dict)):
            break
        found.append(value)
        at = _after(text, at, ",")
    return found


def _value(text: str, at: int) -> tuple[Any, int]:
    """The value at `at` and where it ends, -1 when it does not."""
    try:
        value: tuple[Any, int] = _DECODER.raw_decode(text, at)
    except ValueError:
        return None, -1
    return value


def _skip(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    return blank.end() if blank else at


def _after(text: str, at: int, mark: str) -> int:
    """Where the text goes on after `mark`, which is the next thing at `at`; -1 when it is not."""
    if at < 0:
        return -1
    at = _skip(text, at)
    return at + 1 if text.startswith(mark, at) else -1
