"""How rare a feature is: inverse document frequency over the window, with a small shipped table to start from.

An installation's first entries meet an empty window; the table (common.toml) keeps "president" and "announced" from
counting as rare then. As the window fills, its own counts outweigh the table's.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

_PRIOR = 1500.0
"""How many entries' worth of evidence the shipped table is."""
_TABLED = 32
"""Counts whose rarity is kept in a table; most features are in few entries."""


@cache
def _shipped() -> dict[str, float]:
    text = files("aggregator.stories").joinpath("common.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)["per_mille"]
    return {feature: share * _PRIOR / 1000 for feature, share in table.items()}


class Rarity:
    """Counts of features over the entries now in the window."""

    def __init__(self) -> None:
        self._count: dict[str, int] = {}
        self._entries = 0
        self._scale = 0.0
        self._prior = _shipped()
        self._by_count: list[float] = []
        self._for_entries = -1

    def add(self, features: Iterable[str]) -> None:
        count = self._count
        for feature in features:
            count[feature] = count.get(feature, 0) + 1
        self._entries += 1

    def remove(self, features: Iterable[str]) -> None:
        count = self._count
        for feature in features:
            left = count[feature] - 1
            if left:
                count[feature] = left
            else:
                del count[feature]
        self._entries -= 1

    def of(self, features: Iterable[str]) -> list[float]:
        """Of each feature, between 0 (in every entry) and 1 (in none so far)."""
        if self._for_entries != self._entries:
            self._scale = 1 / math.log1p(self._entries + _PRIOR)
            self._by_count = [1.0 - math.log1p(seen) * self._scale for seen in range(_TABLED)]
            self._for_entries = self._entries
        count, prior, table = self._count, self._prior, self._by_count
        found = []
        for feature in features:
            seen = count.get(feature, 0)
            common = prior.get(feature)
            if common is None and seen < _TABLED:
                found.append(table[seen])
            else:
                found.append(1.0 - math.log1p(seen + (common or 0.0)) * self._scale)
        return found
