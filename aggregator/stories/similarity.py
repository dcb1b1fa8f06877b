"""How much two entries, or an entry and a story, are about the same event."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from aggregator.stories.rarity import Rarity
from aggregator.stories.window import Member

_KIND_WEIGHT = {"person": 1.0, "place": 0.8, "org": 0.9, "act": 1.0, "thing": 1.0, "num": 0.6, "ord": 1.0, "count": 0.7,
                "day": 0.2, "w": 1.0}  # fmt: skip


def weighted(features: Mapping[str, float], rarity: Rarity) -> dict[str, float]:
    """Features with their final weights: place in the text, times rarity, times what kind they are."""
    return {
        feature: weight * rarity.of(feature) * _KIND_WEIGHT[feature[: feature.index(":")]]
        for feature, weight in features.items()
    }


def shared_vocabulary(weights: Mapping[str, float]) -> dict[str, float]:
    """What can occur in another language too: everything but words in a script of their own."""
    return {f: w for f, w in weights.items() if not f.startswith("w:") or f[2] < "\u0250"}


def cosine(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    if len(b) < len(a):
        a, b = b, a
    dot = sum(weight * b[feature] for feature, weight in a.items() if feature in b)
    if not dot:
        return 0.0
    return dot / math.sqrt(sum(w * w for w in a.values()) * sum(w * w for w in b.values()))


def alike(a: Member, b: Member, rarity: Rarity) -> float:
    """0 to 1. Across languages only what both could name counts."""
    left, right = weighted(a.features, rarity), weighted(b.features, rarity)
    if a.language != b.language:
        left, right = shared_vocabulary(left), shared_vocabulary(right)
    return cosine(left, right)


def to_story(member: Member, story: Sequence[Member], rarity: Rarity) -> float:
    """The mean of the best and the average similarity to a story's members: near one of them, not far from the rest."""
    scores = [alike(member, other, rarity) for other in story]
    return 0.5 * max(scores) + 0.5 * sum(scores) / len(scores)
