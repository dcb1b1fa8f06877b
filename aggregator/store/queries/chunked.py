"""IN lists of any length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

CHUNK = 2000
"""Values in one IN list: well under SQLite's limit of 32,766."""

_T = TypeVar("_T")


def chunks(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """The values in runs that fit an IN list."""
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]
