"""Types of settings that TOML does not have: durations, sizes, slugs."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SIZES = {
    "": 1,
    "b": 1,
    "kib": 1024,
    "mib": 1024**2,
    "gib": 1024**3,
    "kb": 1000,
    "mb": 1000**2,
    "gb": 1000**3,
}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?\s*[smhdw]\s*)+", re.ASCII)
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])", re.ASCII)
_NUMBER = re.compile(r"\d{1,15}(?:\.\d{1,9})?", re.ASCII)
_WORDS = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)\s*([a-z]+)\s*(?:,|and)?\s*", re.ASCII)
_SYNONYMS = {
    (1, "s"): "s sec secs second seconds",
    (1, "m"): "m min mins minute minutes",
    (1, "h"): "h hr hrs hour hours",
    (1, "d"): "d day days",
    (1, "w"): "w wk wks week weeks",
    (30, "d"): "mo month months",
    (365, "d"): "y yr yrs year years",
}
_MEANT = {word: unit for unit, words in _SYNONYMS.items() for word in words.split()}
"""Units as people write them, with what they mean here: a month and a year have no length of their own."""
_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)\s*([a-z]*)", re.ASCII)


class Section(BaseModel):
    """Base of every table in config.toml: frozen, and a key it does not know is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


def parse_duration(value: Any) -> timedelta:
    """Read "15m", "36h" or "1h30m", not negative. Raises ValueError for anything else, also for a number but 0."""
    try:
        if isinstance(value, timedelta):
            span = value
        elif isinstance(value, str) and _DURATION.fullmatch(value.strip().lower()):
            parts = _DURATION_PART.findall(value.strip().lower())
            span = timedelta(seconds=sum(float(number) * _UNITS[unit] for number, unit in parts))
        elif value == 0 and not isinstance(value, bool):
            span = timedelta(0)
        else:
            raise ValueError(_no_duration(value))
    except OverflowError:
        raise ValueError(f"must be a shorter duration, got {value!r}") from None
    if span < timedelta(0):
        raise ValueError(f"must not be negative, got {value!r}")
    return span


def _no_duration(value: Any) -> str:
    """What to write instead of something that is no duration."""
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        written = str(value).strip().lower()
        if _NUMBER.fullmatch(written):
            return f'must be a duration with its unit, such as "{written}s" or "{written}m", got {value!r}'
        parts = _WORDS.findall(written)
        if parts and _WORDS.sub("", written).strip() == "" and all(unit in _MEANT for _, unit in parts):
            meant = "".join(f"{float(number) * _MEANT[unit][0]:g}{_MEANT[unit][1]}" for number, unit in parts)
            return f'must be a duration such as "15m", "36h" or "7d", got {value!r}; write "{meant}"'
    return f'must be a duration such as "15m", "36h" or "7d", got {value!r}'


def format_duration(span: timedelta) -> str:
    """Write a duration as config.toml has it: "15m", "36h", "1.5s"; the longest unit that fits without rest."""
    seconds = span.total_seconds()
    for unit in ("w", "d", "h", "m"):
        if seconds and seconds % _UNITS[unit] == 0:
            return f"{seconds / _UNITS[unit]:.0f}{unit}"
    return f"{seconds:.6f}".rstrip("0").rstrip(".") + "s"


def format_size(size: int) -> str:
    """Write a number of bytes as config.toml has it: "10MiB", "512KiB", or the bare number."""
    for unit in ("GiB", "MiB", "KiB"):
        if size and size % _SIZES[unit.lower()] == 0:
            return f"{size // _SIZES[unit.lower()]}{unit}"
    return str(size)


def parse_size(value: Any) -> int:
    """Read "10MiB", "512 kB" or a number of bytes. Raises ValueError for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        match = _SIZE.fullmatch(value.strip().lower())
        if match and match[2] in _SIZES:
            return int(float(match[1]) * _SIZES[match[2]])
    raise ValueError(f'must be a size such as "10MiB" or "512KiB", got {value!r}')


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
Size = Annotated[int, BeforeValidator(parse_size)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", max_length=64)]
