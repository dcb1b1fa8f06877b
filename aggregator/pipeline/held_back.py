"""Of the entries that are more than their feed may announce, those that matter most are announced all the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from aggregator.core.types import Changes
from aggregator.pipeline.worker import Analysis
from classifiers.types import Label

BEST_COUNT = 20
"""So many entries of one document may be announced for their score alone: a flood that is written to score high stays
a flood."""


def announce_best(changes: Changes, analyses: Mapping[str, Analysis]) -> Changes:
    """The changes of one document, the best of what its feed's ration held back let through.

    The best belong to a topic with a score in the upper half between its threshold and 1; at most BEST_COUNT.
    `analyses`: of the new entries, by id. Pure.
    """
    scores = {entry: _height(analyses[entry].labels) for entry in changes.held_back if entry in analyses}
    best = sorted((entry for entry, height in scores.items() if height >= 0.5), key=lambda e: (-scores[e], e))
    told = frozenset(best[:BEST_COUNT])
    return replace(changes, held_back=changes.held_back - told, archived=changes.archived - told)


def _height(labels: Sequence[Label]) -> float:
    """How far the best score stands between its topic's threshold (0) and 1 (1); -1 where no topic holds the entry."""
    heights = [
        (label.score - label.threshold) / (1 - label.threshold) if label.threshold < 1 else 1.0
        for label in labels
        if label.belongs
    ]
    return max(heights, default=-1.0)
