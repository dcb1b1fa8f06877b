"""A configuration that was refused while the daemon ran, as anybody may be told. No IO, no clock."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePath

_MISTAKE = re.compile(
    r"(?:(?P<file>[^\n:]+):(?P<line>\d+): )?(?:(?P<setting>[A-Za-z0-9_.\[\]-]+): )?(?P<rule>.*)", re.DOTALL
)
_VALUE = re.compile(r", got |;| such as ")
"""Where what was written in the file begins, or advice that may repeat it."""
_RULE = re.compile(r"[a-z][A-Za-z0-9_,/ ()-]*")
_NAMES = re.compile(r"\bcalled\b")
"""What is called something may be called by a password that stands where its name should."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Since when (aware) the file is not what runs, how many mistakes it has, and the first, without any value."""

    since: datetime
    mistakes: int
    first: str

    def __str__(self) -> str:
        return f"refused since {self.since.astimezone(UTC):%Y-%m-%d %H:%M} UTC: {self.first}"


def refusal(mistakes: Sequence[str], file: str, now: datetime, before: Refusal | None) -> Refusal:
    """The refusal of `file` for these mistakes; it began with the one `before`, where that has not ended."""
    return Refusal(
        since=before.since if before else now,
        mistakes=len(mistakes),
        first=place(mistakes[0], file) if mistakes else PurePath(file).name,
    )


def place(mistake: str, file: str) -> str:
    """Where a mistake is, and the rule it breaks where saying so cannot repeat what was written: that may be secret.

    `mistake` is one of `ConfigError.mistakes`, `file` the configuration, for a mistake that names none.
    """
    found = _MISTAKE.fullmatch(mistake)
    if found is None:
        return PurePath(file).name
    told = [PurePath(found["file"] or file).name]
    if found["line"]:
        told.append(f"line {found['line']}")
    where = ", ".join(told)
    rule = _VALUE.split(found["rule"], maxsplit=1)[0]
    if not _RULE.fullmatch(rule) or _NAMES.search(rule):
        rule = ""
    return ": ".join(part for part in (where, found["setting"], rule) if part)
