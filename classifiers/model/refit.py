"""When to train again, and whether the new model may replace the old one. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from classifiers.model.background import learn_background
from classifiers.model.dataset import Judged, judged, rule_samples
from classifiers.model.fitting import Settings
from classifiers.model.metrics import average_precision, bootstrap, f1
from classifiers.model.topic_model import TopicModel
from classifiers.model.train import train_on
from classifiers.types import Classifier, Document, Judgement

NEW_SHARE = 0.1
"""A refit is due when this share of the judgements is new, other than it was, or taken back ..."""
NEW_FEWEST = 5
"""... and at least so many are."""
HELD_OUT = 0.25
"""Share of the judgements, the latest, on which old and new are compared."""
FEWEST_HELD_OUT = 20
"""With fewer held out a comparison would be chance; the new model is then taken."""
SURE = 0.9
"""How sure the comparison must be that the new model is worse before it is refused."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models on the same judgements."""

    count: int
    old_f1: float
    new_f1: float
    old_average_precision: float
    new_average_precision: float
    keep_new: bool
    why: str

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class Refit:
    """What a training came to: the model to use, or None to leave everything as it is, and why."""

    model: TopicModel | None
    why: str
    comparison: Comparison | None = None


def is_refit_due(model: TopicModel | None, changed: int, rules: str) -> str:
    """Return why a model should be trained again, or an empty string when nothing has changed enough.

    Args:
        model: the one in use, if any.
        changed: how many judgements were given, turned or taken back since the last training.
        rules: hash of the topic's configuration now.
    """
    if model is None:
        return "there is no model yet"
    if model.rules and rules and model.rules != rules:
        return "the topic's configuration changed"
    before = model.metrics.judgements
    if changed >= max(NEW_FEWEST, NEW_SHARE * before):
        return f"{changed} judgements changed since a training on {before}"
    return ""


def better(
    old: TopicModel, new: TopicModel, held_out: Judged, threshold: float = 0.5, seed: int = 0
) -> Comparison:
    """Compare two models on judgements that `new` has not seen.

    `old` may have seen some of them, which is to its advantage: the check errs towards what is in use. The new
    one is refused when in nine of ten resamplings it does worse, by F1 or by average precision.
    """
    truth = held_out.relevant
    before, after = old.probabilities(held_out.samples), new.probabilities(held_out.samples)

    def loss(at: NDArray[np.int64]) -> float:
        by_f1 = f1(truth[at], before[at] >= threshold) - f1(truth[at], after[at] >= threshold)
        ranked = average_precision(truth[at], before[at]) - average_precision(truth[at], after[at])
        return max(by_f1, ranked)

    worse = float(np.mean(bootstrap(loss, held_out.groups, seed) > 1e-9)) if len(truth) else 0.0
    keep = worse < SURE
    share = f"worse than the one in use in {worse:.0%} of resamplings of {len(truth)} held-out judgements"
    return Comparison(
        count=len(truth),
        old_f1=f1(truth, before >= threshold),
        new_f1=f1(truth, after >= threshold),
        old_average_precision=average_precision(truth, before),
        new_average_precision=average_precision(truth, after),
        keep_new=keep,
        why=f"kept: {share}" if keep else f"refused: {share}",
    )


def refit(
    topic: str,
    documents: Sequence[Document],
    judgements: Sequence[Judgement],
    background: Sequence[Document],
    rules: Classifier,
    previous: TopicModel | None,
    *,
    now: datetime,
    threshold: float = 0.5,
    seed: int = 0,
    settings: Settings | None = None,
) -> Refit:
    """Train, and compare with the model in use on the latest judgements, which the compared fit has not seen.

    A model of another configuration is not compared with: its evidence no longer means the same.
    """
    if not background:
        return Refit(None, "nothing to learn from: no stories are stored")
    known = judged(topic, documents, judgements, rules)
    stream = learn_background(rule_samples(topic, background, rules), seed=seed)
    model = train_on(topic, known, stream, now=now, seed=seed, settings=settings)
    if model is None:
        return Refit(
            None, "nothing to learn from: no judgements, and the rules find too little in the stream"
        )
    if previous is None or previous.rules != model.rules:
        return Refit(model, "first model of this configuration")
    if previous.version == model.version:
        return Refit(None, "nothing changed since the model in use was trained")
    late = np.arange(len(known) - int(len(known) * HELD_OUT), len(known))
    if len(late) < FEWEST_HELD_OUT:
        return Refit(model, f"kept: only {len(late)} judgements to compare on, fewer than {FEWEST_HELD_OUT}")
    early = np.setdiff1d(np.arange(len(known)), late)
    early = early[~np.isin(known.groups[early], known.groups[late])]
    candidate = train_on(topic, known.take(early), stream, now=now, seed=seed, settings=settings)
    if candidate is None:
        return Refit(model, "kept: too few earlier judgements to compare with")
    comparison = better(previous, candidate, known.take(late), threshold, seed)
    return Refit(model if comparison.keep_new else None, comparison.why, comparison)
