"""How likely two entries, or an entry and a story, report the same event.

A logistic model over a dozen comparisons of two entries. Its weights (WEIGHTS) were fitted on pairs of judged
entries; docs/stories.md says which, and how it was checked that they carry over.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz

from aggregator.stories.rarity import Rarity
from aggregator.stories.words import compact

KIND_WEIGHT: Final = {
    "person": 1.0,
    "place": 0.8,
    "org": 0.9,
    "act": 1.0,
    "thing": 1.0,
    "num": 0.6,
    "ord": 1.0,
    "count": 0.7,
    "day": 0.2,
    "w": 1.0,
}
"""How much a feature of a kind counts, rarity apart."""
_COMMON = 0.3
"""Shared features less rare than this are no evidence."""
_MOST_SHARED = 8

WEIGHTS: Final = {
    "all": -0.618,
    "headline": 2.113,
    "nameable": 3.441,
    "letters": 0.719,
    "rare": 1.409,
    "people": 0.864,
    "other_people": -0.491,
    "days_apart": -2.745,
    "contradiction": -1.059,
    "languages": 2.1,
    "words": 3.688,
    "bias": -4.538,
}


@dataclass(frozen=True, slots=True)
class Traits:
    """What comparisons need of an entry that never changes."""

    title: str
    language: str
    time: float
    """Seconds since 1970."""
    letters: frozenset[str]
    """Pairs of neighbouring letters of the headline."""
    people: frozenset[str]
    """Of the headline."""
    numbers: tuple[frozenset[str], ...]
    """Of the headline: plain, ordinal, counts, days of the month."""


@dataclass(frozen=True, slots=True)
class Profile:
    """An entry's features with their weights, at one state of the window."""

    traits: Traits
    features: dict[str, tuple[float, float]]
    """Feature to (its weight here, how much evidence it would be if shared)."""
    headline: frozenset[str]
    norm: float
    headline_norm: float
    nameable_norm: float
    """Over the features that can occur in other languages too."""
    nameable_headline_norm: float


NUMBER_KINDS: Final = ("num:", "ord:", "count:", "day:")


def traits(title: str, language: str, time: float, features: Mapping[str, float]) -> Traits:
    """The lasting part of what is compared."""
    letters = compact(title)
    top = [feature for feature, weight in features.items() if weight >= 1.0]
    return Traits(
        title.lower(),
        language,
        time,
        frozenset(letters[i : i + 2] for i in range(len(letters) - 1)),
        frozenset(feature for feature in top if feature.startswith("person:")),
        tuple(frozenset(f for f in top if f.startswith(kind)) for kind in NUMBER_KINDS),
    )


def profile(fixed: Traits, features: Mapping[str, float], rarity: Rarity) -> Profile:
    """Weigh the features by how rare they are now."""
    weighed: dict[str, tuple[float, float]] = {}
    norm = headline_norm = nameable_norm = nameable_headline_norm = 0.0
    headline = []
    for feature, weight in features.items():
        value = rarity.of(feature) * KIND_WEIGHT[feature[: feature.index(":")]]
        weighed[feature] = (weight * value, value)
        square = (weight * value) ** 2
        norm += square
        nameable = feature[0] != "w" or feature[2] < "\u0250"
        if nameable:
            nameable_norm += square
        if weight >= 1.0:
            headline.append(feature)
            headline_norm += square
            if nameable:
                nameable_headline_norm += square
    return Profile(
        fixed,
        weighed,
        frozenset(headline),
        math.sqrt(norm),
        math.sqrt(headline_norm),
        math.sqrt(nameable_norm),
        math.sqrt(nameable_headline_norm),
    )


def contradict(a: Traits, b: Traits) -> bool:
    """Whether the headlines state different numbers: of one kind each has some that the other lacks."""
    return any(left - right and right - left for left, right in zip(a.numbers, b.numbers, strict=True))


def compare(a: Profile, b: Profile) -> dict[str, float]:
    """The comparisons the model weighs, each between 0 and about 3."""
    left, right = a.traits, b.traits
    foreign = left.language != right.language
    dot = nameable_dot = headline_dot = 0.0
    shared: list[float] = []
    for feature in a.features.keys() & b.features.keys():
        weight_a, value = a.features[feature]
        weight_b, _ = b.features[feature]
        product = weight_a * weight_b
        nameable = feature[0] != "w" or feature[2] < "\u0250"
        if foreign and not nameable:
            continue
        dot += product
        if nameable:
            nameable_dot += product
        if feature in a.headline and feature in b.headline:
            headline_dot += product
        both = (weight_a + weight_b) / value - 0.5 if value else 0.0
        evidence = value * min(1.0, both) - _COMMON
        if evidence > 0:
            shared.append(evidence)
    if len(shared) > _MOST_SHARED:
        shared = sorted(shared, reverse=True)[:_MOST_SHARED]
    nameable_cosine = _ratio(nameable_dot, a.nameable_norm * b.nameable_norm)
    if foreign:
        cosine = nameable_cosine
        headline = _ratio(headline_dot, a.nameable_headline_norm * b.nameable_headline_norm)
    else:
        cosine = _ratio(dot, a.norm * b.norm)
        headline = _ratio(headline_dot, a.headline_norm * b.headline_norm)
    hours = min(abs(left.time - right.time) / 3600, 72.0)
    people = left.people & right.people
    return {
        "all": cosine,
        "headline": headline,
        "nameable": nameable_cosine,
        "letters": 0.0
        if foreign
        else len(left.letters & right.letters) / max(1, min(len(left.letters), len(right.letters))),
        "rare": sum(shared),
        "people": len(people) / max(1, len(left.people | right.people)),
        "other_people": float(bool(left.people - people and right.people - people)),
        "days_apart": hours / 24,
        "contradiction": float(contradict(left, right)),
        "languages": float(foreign),
        "words": 0.0 if foreign else fuzz.token_set_ratio(left.title, right.title) / 100,
    }


def likelihood(a: Profile, b: Profile) -> float:
    """The probability that two entries report the same event, 0 to 1."""
    score = WEIGHTS["bias"]
    for name, value in compare(a, b).items():
        score += WEIGHTS[name] * value
    return 1 / (1 + math.exp(-score))


def with_story(entry: Profile, story: Sequence[Profile]) -> float:
    """How likely an entry belongs to a story: the mean of its likeliest and its average member.

    The average is what keeps a saga from growing entry by entry into one blob.
    """
    scores = [likelihood(entry, other) for other in story]
    return (max(scores) + sum(scores) / len(scores)) / 2


def _ratio(dot: float, norms: float) -> float:
    return dot / norms if norms else 0.0
