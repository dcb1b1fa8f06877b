"""How good decisions and probabilities are, in numbers with confidence intervals. Pure arithmetic, no model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

DRAWS = 500
"""Bootstrap samples behind a confidence interval."""
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its bootstrap confidence interval (percentiles; Efron and Tibshirani, 1993)."""

    value: float
    low: float
    high: float

    def as_dict(self) -> dict[str, float]:
        """Return value, low and high, rounded to four places."""
        return {"value": round(self.value, 4), "low": round(self.low, 4), "high": round(self.high, 4)}


@dataclass(frozen=True, slots=True)
class Bin:
    """One line of a calibration table."""

    low: float
    high: float
    count: int
    predicted: float
    """Mean probability of its stories."""
    actual: float
    """Share of them that belong."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Decisions and probabilities of one method, set against judgements."""

    count: int
    relevant: int
    precision: Interval
    recall: Interval
    f1: Interval
    average_precision: Interval
    brier: float
    calibration_error: float
    """Expected calibration error over ten bins (Guo et al., 2017)."""
    calibration: tuple[Bin, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return {
            "count": self.count,
            "relevant": self.relevant,
            "precision": self.precision.as_dict(),
            "recall": self.recall.as_dict(),
            "f1": self.f1.as_dict(),
            "average_precision": self.average_precision.as_dict(),
            "brier": round(self.brier, 4),
            "calibration_error": round(self.calibration_error, 4),
            "calibration": [
                {name: round(getattr(line, name), 4) for name in line.__dataclass_fields__}
                for line in self.calibration
            ],
        }


def precision(truth: Bools, belongs: Bools) -> float:
    """Return the share of what was let in that belongs; 0 when nothing was let in."""
    return float((truth & belongs).sum() / max(1, belongs.sum()))


def recall(truth: Bools, belongs: Bools) -> float:
    """Return the share of what belongs that was let in; 0 when nothing belongs."""
    return float((truth & belongs).sum() / max(1, truth.sum()))


def f1(truth: Bools, belongs: Bools) -> float:
    """Return the harmonic mean of precision and recall; 0 when nothing is right."""
    return float(2 * (truth & belongs).sum() / max(1, truth.sum() + belongs.sum()))


def average_precision(truth: Bools, scores: Floats) -> float:
    """Return the mean, over relevant stories, of precision at their rank; ties keep the order given."""
    ordered = truth[np.argsort(-scores, kind="stable")]
    if not ordered.any():
        return 0.0
    hits = np.cumsum(ordered)
    return float((hits / np.arange(1, len(ordered) + 1))[ordered].mean())


def brier(truth: Bools, probabilities: Floats) -> float:
    """Return the mean squared difference of probability and truth."""
    return float(np.mean((probabilities - truth) ** 2)) if len(truth) else 0.0


def calibration(truth: Bools, probabilities: Floats, bins: int = 10) -> tuple[Bin, ...]:
    """Return for equal steps of probability what was predicted and what came true; empty steps are left out."""
    place = np.minimum((probabilities * bins).astype(int), bins - 1)
    return tuple(
        Bin(
            low=number / bins,
            high=(number + 1) / bins,
            count=int(inside.sum()),
            predicted=float(probabilities[inside].mean()),
            actual=float(truth[inside].mean()),
        )
        for number in range(bins)
        if (inside := place == number).any()
    )


def calibration_error(lines: tuple[Bin, ...]) -> float:
    """Return the mean distance of predicted and actual, weighted by the stories in each bin."""
    total = sum(line.count for line in lines)
    return sum(line.count * abs(line.predicted - line.actual) for line in lines) / total if total else 0.0


def bootstrap(
    measure: Callable[[NDArray[np.int64]], float], groups: NDArray[np.int64], seed: int, draws: int = DRAWS
) -> Floats:
    """Return `measure` of `draws` resamplings of the places 0..n-1. Copies (equal groups) are drawn together."""
    chance = np.random.default_rng(seed)
    names, first = np.unique(groups, return_inverse=True)
    members = np.split(np.argsort(first, kind="stable"), np.cumsum(np.bincount(first))[:-1])
    results = np.empty(draws)
    for draw in range(draws):
        chosen = chance.integers(0, len(names), len(names))
        results[draw] = measure(np.concatenate([members[name] for name in chosen]))
    return results


def interval(measure: Callable[[NDArray[np.int64]], float], groups: NDArray[np.int64], seed: int) -> Interval:
    """Return `measure` over all places with its confidence interval."""
    draws = bootstrap(measure, groups, seed)
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(draws, [tail, 100 - tail])
    return Interval(measure(np.arange(len(groups))), float(low), float(high))


def score(
    truth: Bools,
    belongs: Bools,
    probabilities: Floats,
    groups: NDArray[np.int64] | None = None,
    seed: int = 0,
) -> Scores:
    """Set decisions and probabilities against the truth. `groups` marks copies; None: there are none."""
    if groups is None:
        groups = np.arange(len(truth))
    if not len(truth):
        nothing = Interval(0.0, 0.0, 0.0)
        return Scores(0, 0, nothing, nothing, nothing, nothing, 0.0, 0.0)
    lines = calibration(truth, probabilities)
    return Scores(
        count=len(truth),
        relevant=int(truth.sum()),
        precision=interval(lambda at: precision(truth[at], belongs[at]), groups, seed),
        recall=interval(lambda at: recall(truth[at], belongs[at]), groups, seed),
        f1=interval(lambda at: f1(truth[at], belongs[at]), groups, seed),
        average_precision=interval(lambda at: average_precision(truth[at], probabilities[at]), groups, seed),
        brier=brier(truth, probabilities),
        calibration_error=calibration_error(lines),
        calibration=lines,
    )
