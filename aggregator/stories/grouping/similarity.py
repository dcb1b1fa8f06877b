"""How likely two entries, or an entry and a story, report the same event.

A logistic model over a dozen comparisons of two entries. Its weights (WEIGHTS) were fitted on pairs of judged
entries; docs/stories.md says which, and how it was checked that they carry over. Three are set by
hand: `different_doings` and `no_name_shared`, because the judged entries hardly show them and what they forbid must not
depend on how often it was seen; and 1.1 of `languages`, because reports in two languages share less of what can be
named even where they tell the same.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import add, mul
from typing import Any, Final

from rapidfuzz import fuzz

from aggregator.stories.features.gazetteer import listed
from aggregator.stories.features.headlines import compact
from aggregator.stories.grouping.idf import Rarity
from classifiers.model.embedding import cosine

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
_COMMON = 0.3
"""Shared features less rare than this are no evidence."""
_MOST_SHARED = 8

WEIGHTS: Final = {
    "all": 1.912,
    "headline": 0.654,
    "nameable": 3.42,
    "rare": 1.246,
    "people": 0.954,
    "other_people": -0.535,
    "other_places": -0.612,
    "days_apart": -2.591,
    "contradiction": -1.073,
    "languages": 1.971,
    "other_weapons": -1.762,
    "no_name_shared": -6.0,
    "letters": 0.532,
    "words": 3.11,
    "different_doings": -3.0,
    "bias": -4.516,
}
_MANNER: Final = ("letters", "words", "different_doings")
"""What `_compare_manner` compares."""


_UNDECIDED: Final = 0.5
"""The cosine of two embeddings that speaks neither for nor against one event."""


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
    """What is done and with what, in headline or lead; acts and offices of every day (`[frame]` in terms.toml) apart."""
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


_MATTER: Final = ("act", "thi")
_NAMES: Final = ("per", "pla", "org")
_FRAME: Final = listed("frame")
_WEAPONS: Final = listed("weapons")
_RARE: Final = 0.4
"""How rare a place, a body or a number must be to tell of one event; every second entry has a common one."""
_SPECIFIC: Final = ("place:", "org:", "num:", "ord:", "count:")
NUMBER_KINDS: Final = ("num", "ord", "cou", "day")
_NO_NUMBERS: Final[tuple[frozenset[str], ...]] = (frozenset(),) * len(NUMBER_KINDS)


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
        if kind in _MATTER and feature not in _FRAME:
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


def contradict(a: Traits, b: Traits) -> bool:
    """Whether the headlines state different numbers: of one kind each has some that the other lacks."""
    return any(exchanged(left, right) for left, right in zip(a.numbers, b.numbers, strict=True))


def exchanged(a: frozenset[str], b: frozenset[str]) -> bool:
    """Whether each has something that the other lacks."""
    return not (a <= b or b <= a)


def compare(profile: Profile, right: Traits) -> tuple[float, ...]:
    """The comparisons the model weighs, in the order of WEIGHTS, each between 0 and about 3."""
    return (*_compare_matter(profile, right), *_compare_manner(profile, right))


def _compare_matter(profile: Profile, right: Traits) -> tuple[float, ...]:
    """The comparisons up to `no_name_shared`: what both reports name."""
    left = profile.traits
    values, ours, theirs = profile.values, left.features, right.features
    mine, its = profile.norms, right.norms
    foreign = left.language != right.language
    dot = nameable_dot = headline_dot = nameable_headline_dot = 0.0
    shared: list[float] = []
    both = values.keys() & theirs.keys()
    for feature in both:
        value, here, there = values[feature], ours[feature], theirs[feature]
        product = here * there * value * value
        dot += product
        evidence = value - _COMMON
        if here >= 1.0 and there >= 1.0:
            headline_dot += product
            if feature[0] != "w":
                nameable_dot += product
                nameable_headline_dot += product
        else:
            if feature[0] != "w":
                nameable_dot += product
            if here + there < 1.5:  # in the lead of both
                evidence = value * (here + there - 0.5) - _COMMON
        if evidence > 0:
            shared.append(evidence)
    if len(shared) > _MOST_SHARED:
        shared = sorted(shared, reverse=True)[:_MOST_SHARED]
    nameable_cosine = _ratio(nameable_dot, mine.nameable * its.nameable)
    if foreign:
        cosine = nameable_cosine
        headline = _ratio(nameable_headline_dot, mine.nameable_headline * its.nameable_headline)
    else:
        cosine = _ratio(dot, mine.all * its.all)
        headline = _ratio(headline_dot, mine.headline * its.headline)
    people = other_people = 0.0
    if left.people and right.people:
        people = len(left.people & right.people) / len(left.people | right.people)
        other_people = 1.0 if exchanged(left.people, right.people) else 0.0
    return (
        cosine,
        headline,
        nameable_cosine,
        sum(shared),
        people,
        other_people,
        1.0 if left.places and right.places and exchanged(left.places, right.places) else 0.0,
        min(abs(left.time - right.time) / 86400, 3.0),
        1.0 if left.counted and right.counted and contradict(left, right) else 0.0,
        1.0 if foreign else 0.0,
        1.0 if left.weapons and right.weapons and other_weapons(left, right) else 0.0,
        1.0 if foreign and not any(feature[:3] in _NAMES for feature in both) else 0.0,
    )


def _compare_manner(profile: Profile, right: Traits) -> tuple[float, float, float]:
    """The comparisons after `no_name_shared`, each at most 1: how the headlines put it, and what is done."""
    left = profile.traits
    letters = words = 0.0
    if left.language == right.language:
        letters = len(left.letters & right.letters) / max(1, min(len(left.letters), len(right.letters)))
        words = fuzz.token_set_ratio(left.title, right.title) / 100
    return letters, words, 1.0 if different_doings(profile, right) else 0.0


def other_weapons(a: Traits, b: Traits) -> bool:
    """Whether each headline names a weapon of which the other report says nothing: a cruise and a ballistic missile."""
    return not (a.weapons <= b.matter or b.weapons <= a.matter)


def different_doings(entry: Profile, other: Traits) -> bool:
    """Whether both reports name what is done or with what, nothing of it alike, and share nothing else specific.

    The same leader at a missile launch and at a drill of snipers: two events, however much else is the same.
    """
    ours = entry.traits
    return bool(
        ours.matter
        and other.matter
        and ours.matter.isdisjoint(other.matter)
        and not shares_something_specific(entry, other)
    )


def shares_something_specific(entry: Profile, other: Traits) -> bool:
    """Whether two reports share more than who it is about and of which country: a doing, a thing, a second person, a
    town or a country seldom in the news, a body, a number."""
    ours = entry.traits
    if len(ours.people & other.people) > 1:
        return True
    return any(
        feature.startswith(_SPECIFIC) and feature not in _FRAME and entry.values[feature] >= _RARE
        for feature in entry.values.keys() & other.features.keys()
    )


def likelihood(entry: Profile, other: Traits) -> float:
    """The probability that two entries report the same event, 0 to 1."""
    score = WEIGHTS["bias"] + sum(map(mul, compare(entry, other), WEIGHTS.values()))
    return _probability(score + _by_embedding(entry, other))


def with_story(entry: Profile, story: Sequence[Traits], least: float = 0.0) -> float:
    """How likely an entry belongs to a story: the mean of its likeliest and its average member.

    The average is what keeps a saga from growing entry by entry into one blob. Below `least` (under 1) any number below
    `least` may be returned: most stories are out of the question before headlines are compared.
    """
    weights = [*WEIGHTS.values()]
    *manner, bias = weights[-len(_MANNER) - 1 :]
    matter = [bias + sum(map(mul, _compare_matter(entry, other), weights)) for other in story]
    most = sum([weight for weight in manner if weight > 0])
    if entry.traits.vector is not None:
        most += entry.embedding_weight * (1.0 - _UNDECIDED)
    if _probability(max(matter) + most) < least:
        return 0.0
    scores = [
        _probability(
            score + sum(map(mul, _compare_manner(entry, other), manner)) + _by_embedding(entry, other)
        )
        for score, other in zip(matter, story, strict=True)
    ]
    return (max(scores) + sum(scores) / len(scores)) / 2


def _by_embedding(entry: Profile, other: Traits) -> float:
    """What the embedding model adds to the score; nothing unless one model has seen both texts."""
    ours = entry.traits
    if ours.vector is None or other.vector is None or ours.model != other.model:
        return 0.0
    return entry.embedding_weight * (cosine(ours.vector, other.vector) - _UNDECIDED)


def _probability(score: float) -> float:
    return 1 / (1 + math.exp(-score))


def _ratio(dot: float, norms: float) -> float:
    return dot / norms if norms else 0.0
