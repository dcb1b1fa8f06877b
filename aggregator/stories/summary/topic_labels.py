"""A story's topic labels, from those of its entries.

    a person's judgement on the story or any of its entries   decides alone; the newest counts
    up to three entries                                       the best label among them
    four and more                                             the second best: one stray entry is not enough

The best label is one that belongs before one that does not, then the higher score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from aggregator.core.types import StoryEntry
from classifiers.types import Label, Reason

_FEW = 3
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Judged(Protocol):
    """A person's yes or no on a topic, however it is stored."""

    @property
    def topic(self) -> str: ...
    @property
    def relevant(self) -> bool: ...
    @property
    def facet(self) -> str: ...
    @property
    def at(self) -> datetime | None: ...


def story_labels(members: Sequence[StoryEntry], judgements: Sequence[Judged]) -> tuple[Label, ...]:
    """One label a topic that has any evidence, in the order of topics."""
    by_topic: dict[str, list[Label]] = {}
    for member in members:
        for label in member.labels:
            by_topic.setdefault(label.topic, []).append(label)
    rank = 0 if len(members) <= _FEW else 1
    chosen: dict[str, Label] = {}
    for topic, labels in by_topic.items():
        labels.sort(key=lambda label: (label.belongs, label.score), reverse=True)
        judged = next((label for label in labels if any(r.kind == "feedback" for r in label.reasons)), None)
        if judged is not None:
            chosen[topic] = judged
        elif rank < len(labels):
            chosen[topic] = labels[rank]
        else:  # the only one of many that has any evidence: shown, but it does not carry the story
            chosen[topic] = replace(labels[0], belongs=False)
    newest = {judged.topic: judged for judged in sorted(judgements, key=lambda one: one.at or _LONG_AGO)}
    for topic, word in newest.items():
        label = chosen.get(topic) or Label(topic, 1.0 if word.relevant else 0.0, 0.5, word.relevant)
        said = Reason("feedback", "relevant" if word.relevant else "not relevant")
        reasons = (said, *(reason for reason in label.reasons if reason.kind != "feedback"))
        chosen[topic] = replace(
            label, belongs=word.relevant, facet=word.facet or label.facet, reasons=reasons
        )
    return tuple(chosen[topic] for topic in sorted(chosen))
