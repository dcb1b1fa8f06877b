"""What comparisons need of an entry: its traits, which never change, and its features weighed by how rare they are now."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from operator import add
from typing import Any, Final

from aggregator.stories.features.headlines import compact
from aggregator.stories.features.names import marked
from aggregator.stories.grouping.idf import Rarity

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
}
"""How much a feature of a kind counts, rarity apart; other words count 1."""
_KIND_WEIGHT: Final = {kind[:3]: weight for kind, weight in KIND_WEIGHT.items()}
"""By the first three letters, which tell the kinds apart."""
_MATTER: Final = ("act", "thi")
FRAME: Final = marked("frame")
_WEAPONS: Final = marked("weapon")
NUMBER_KINDS: Final = ("num", "ord", "cou", "day")
_NO_NUMBERS: Final[tuple[frozenset[str], ...]] = (frozenset(),) * len(NUMBER_KINDS)


@dataclass(frozen=True, slots=True)
class Norms:
    """Lengths of an entry's feature vector, at the rarity of the moment it arrived."""

    all: float = 0.0
    headline: float = 0.0
    nameable: float = 0.0
    """Over the features that are the same in every language."""
    nameable_headline: float = 0.0


NO_NORMS: Final = Norms()


@dataclass(slots=True)
class Traits:
    """What comparisons need of an entry."""

    title: str
    language: str
    time: float
    """Seconds since 1970."""
    letters: frozenset[str]
    """Pairs of neighbouring letters of the headline."""
    people: frozenset[str]
    """Of the headline."""
    places: frozenset[str]
    """Of the headline."""
    matter: frozenset[str]
    """What is done and with what, in headline or lead; acts and offices of every day (`frame` in the gazetteer) apart."""
    weapons: frozenset[str]
    """Of the headline."""
    numbers: tuple[frozenset[str], ...]
    """Of the headline, by kind: see NUMBER_KINDS."""
    counted: bool
    """Whether there are any numbers."""
    features: Mapping[str, float]
    """Feature to its weight by place: 1 in the headline, less in the lead."""
    norms: Norms = NO_NORMS
    """Set once, when the entry is weighed for the first time."""
    vector: Any = None
    """What an embedding model makes of the text (embedding.py); None without one."""
    model: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """An entry with its features weighed by how rare they are in the window now."""

    traits: Traits
    values: dict[str, float]
    """Feature to how much evidence it is, its place apart."""
    norms: Norms
    embedding_weight: float = 0.0
    """`stories.embedding_weight`"""


def traits(title: str, language: str, time: float, features: Mapping[str, float]) -> Traits:
    """The part of what is compared that needs no window. `time`: seconds since 1970."""
    letters = compact(title)
    people: list[str] = []
    places: list[str] = []
    matter: list[str] = []
    weapons: list[str] = []
    counted: list[str] = []
    for feature, weight in features.items():
        kind = feature[:3]
        if kind[:2] == "w:":
            continue
        if kind in _MATTER and feature not in FRAME:
            matter.append(feature)
        if weight >= 1.0:
            if kind == "per":
                people.append(feature)
            elif kind == "pla":
                places.append(feature)
            elif kind in NUMBER_KINDS:
                counted.append(feature)
            elif feature in _WEAPONS:
                weapons.append(feature)
    numbers = (
        tuple([frozenset([f for f in counted if f.startswith(kind)]) for kind in NUMBER_KINDS])
        if counted
        else _NO_NUMBERS
    )
    return Traits(
        title.lower(),
        language,
        time,
        frozenset(map(add, letters, letters[1:])),
        frozenset(people),
        frozenset(places),
        frozenset(matter),
        frozenset(weapons),
        numbers,
        bool(counted),
        features,
    )


def profile(fixed: Traits, rarity: Rarity, embedding_weight: float = 0.0) -> Profile:
    """Weigh an entry's features by how rare they are now."""
    values: dict[str, float] = {}
    norm = headline = named = named_headline = 0.0
    for (feature, place), rare in zip(fixed.features.items(), rarity.of(fixed.features), strict=True):
        word = feature[0] == "w"
        value = values[feature] = rare if word else rare * _KIND_WEIGHT[feature[:3]]
        square = (place * value) ** 2
        norm += square
        if place >= 1.0:
            headline += square
        if not word:
            named += square
            if place >= 1.0:
                named_headline += square
    norms = Norms(math.sqrt(norm), math.sqrt(headline), math.sqrt(named), math.sqrt(named_headline))
    return Profile(fixed, values, norms, embedding_weight)
