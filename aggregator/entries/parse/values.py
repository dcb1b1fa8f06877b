"""Plain look-ups in what feedparser returns: its own maps one key to another and warns about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def value(holder: dict[str, Any], key: str) -> Any:
    """What `holder` has under exactly this key, or None."""
    return dict.get(holder, key)


def string(holder: dict[str, Any], key: str) -> str:
    """The text under `key`, without surrounding white space; "" for anything else."""
    found = dict.get(holder, key)
    return found.strip() if isinstance(found, str) else ""


def detail(holder: dict[str, Any], key: str) -> dict[str, Any]:
    """Type, language and base of the text under `key`."""
    found = dict.get(holder, f"{key}_detail")
    return found if isinstance(found, dict) else {}


def parts(holder: dict[str, Any], key: str) -> Iterator[dict[str, Any]]:
    """The records in the list under `key`."""
    for part in dict.get(holder, key) or ():
        if isinstance(part, dict):
            yield part
