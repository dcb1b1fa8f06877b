"""How likely two entries, or an entry and a story, report the same event.

A logistic model over a dozen comparisons of two entries. Its weights (WEIGHTS) were fitted on pairs of judged
entries; docs/stories.md says which, and how it was checked that they carry over. Three are set by
hand: `different_doings` and `no_name_shared`, because the judged entries hardly show them and what they forbid must not
depend on how often it was seen; and 1.1 of `languages`, because reports in two languages share less of what can be
named even where they tell the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import mul
from typing import Final

from rapidfuzz import fuzz

from aggregator.stories.grouping.contrast import contradict, different_doings, exchanged, other_weapons
from aggregator.stories.grouping.traits import Profile, Traits
from classifiers.model.embedding import cosine

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


_NAMES: Final = ("per", "pla", "org")
_UNDECIDED: Final = 0.5
"""The cosine of two embeddings that speaks neither for nor against one event."""


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
        days_apart(left, right),
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


def likelihood(entry: Profile, other: Traits) -> float:
    """The probability that two entries report the same event, 0 to 1."""
    return _probability(_score(entry, other))


def likelihood_at_any_time(entry: Profile, other: Traits) -> float:
    """As `likelihood`, were both published at once."""
    return _probability(_score(entry, other) - WEIGHTS["days_apart"] * days_apart(entry.traits, other))


def days_apart(a: Traits, b: Traits) -> float:
    """Days between two reports, at most three: further apart is no less likely."""
    return min(abs(a.time - b.time) / 86400, 3.0)


def _score(entry: Profile, other: Traits) -> float:
    weighed = sum(map(mul, compare(entry, other), WEIGHTS.values()))
    return float(WEIGHTS["bias"] + weighed + _by_embedding(entry, other))


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
