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
_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)\s*([a-z]*)", re.ASCII)


class Section(BaseModel):
    """Base of every table in config.toml: frozen, and a key it does not know is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


def parse_duration(value: Any) -> timedelta:
    """Read "15m", "36h", "1h30m" or a number of seconds, not negative. Raises ValueError for anything else."""
    try:
        if isinstance(value, timedelta):
            span = value
        elif isinstance(value, int | float) and not isinstance(value, bool) and value == value:  # no NaN
            span = timedelta(seconds=value)
        elif isinstance(value, str) and _DURATION.fullmatch(value.strip().lower()):
            parts = _DURATION_PART.findall(value.strip().lower())
            span = timedelta(seconds=sum(float(number) * _UNITS[unit] for number, unit in parts))
        else:
            raise ValueError(f'must be a duration such as "15m", "36h" or "7d", got {value!r}')
    except OverflowError:
        raise ValueError(f"must be a shorter duration, got {value!r}") from None
    if span < timedelta(0):
        raise ValueError(f"must not be negative, got {value!r}")
    return span


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
