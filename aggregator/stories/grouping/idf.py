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


@cache
def _shipped() -> dict[str, float]:
    text = files("aggregator.stories.grouping").joinpath("common.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)["per_mille"]
    return {feature: share * _PRIOR / 1000 for feature, share in table.items()}


class _Logarithms(dict[float, float]):
    """log(1 + count), each worked out once: counts are few, whole or halves."""

    def __missing__(self, count: float) -> float:
        self[count] = found = math.log1p(count)
        return found


_LOGARITHMS = _Logarithms()


class Rarity:
    """Counts of features over the entries now in the window, on top of the shipped ones."""

    def __init__(self) -> None:
        self._count = dict(_shipped())
        self._entries = 0

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
        scale = 1 / math.log1p(self._entries + _PRIOR)
        get, logarithms = self._count.get, _LOGARITHMS
        return [1.0 - logarithms[get(feature, 0)] * scale for feature in features]
