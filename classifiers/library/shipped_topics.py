"""The topics that ship with the program: one file each in `topics/`, named by its slug, as config.toml would hold it."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "topics"


@dataclass(frozen=True, slots=True)
class ShippedTopic:
    """One topic of the library."""

    slug: str
    text: str
    """The file as written, comments included: TOML with the one table `[topics.SLUG]`."""
    table: Mapping[str, Any]
    """What that table holds. Shared by all callers: copy it before changing it."""
    version: str
    """Twelve hexadecimal digits over the table: another version decides otherwise, or says other words."""


@cache
def shipped_slugs() -> tuple[str, ...]:
    """Return the slugs of all topics in the library, in the order of the alphabet."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


@cache
def shipped_topic(slug: str) -> ShippedTopic:
    """Return a topic of the library. Raises KeyError where there is none of that slug."""
    if slug not in shipped_slugs():
        raise KeyError(slug)
    text = (FOLDER / f"{slug}.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)["topics"][slug]
    return ShippedTopic(slug, text, table, version_of(table))


def version_of(table: Mapping[str, Any]) -> str:
    """Return the version of a topic's table, as TOML gives it."""
    plain = json.dumps(table, ensure_ascii=False, sort_keys=False, default=str)
    return hashlib.sha256(plain.encode()).hexdigest()[:12]
