"""What another configuration would do to stories we hold. Pure: nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from classifiers.model.dataset import label_of
from classifiers.model.metrics import Scores, score
from classifiers.rules.topic import Topic
from classifiers.types import Classifier, Document, Judgement, Label, Reason

_BARS = ("points", "threshold", "distinct")
"""Settings that say how much is enough: raised, they keep stories out, lowered, they let them in."""


@dataclass(frozen=True, slots=True)
class Change:
    """One story that would enter or leave."""

    id: str
    title: str
    before: float
    after: float
    """Scores."""
    terms: tuple[Reason, ...]
    """What made the difference: settings of the topic first, then evidence, heaviest first; `weight` is what it
    adds now minus what it added before."""
    judged: bool | None = None
    """What a person said; None when nobody did."""

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return {
            "id": self.id,
            "title": self.title,
            "before": round(self.before, 4),
            "after": round(self.after, 4),
            "terms": [
                {"kind": item.kind, "what": item.what, "weight": round(item.weight, 4)} for item in self.terms
            ],
            "judged": self.judged,
        }


@dataclass(frozen=True, slots=True)
class Backtest:
    """Two configurations of one topic on the same documents."""

    topic: str
    documents: int
    belonged: int
    belongs: int
    """How many belong before and after."""
    entered: tuple[Change, ...]
    left: tuple[Change, ...]
    """Those judged wrongly first, then the largest change of score."""
    responsible: tuple[tuple[str, int, int], ...]
    """Setting, term or group, stories it helped in, stories it helped out; most stories first."""
    before: Scores
    after: Scores
    """On the judged documents, with all copies counted once in the intervals' resampling only."""

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return {
            "topic": self.topic,
            "documents": self.documents,
            "belonged": self.belonged,
            "belongs": self.belongs,
            "entered": [change.as_dict() for change in self.entered],
            "left": [change.as_dict() for change in self.left],
            "responsible": [
                {"what": what, "entered": entered, "left": left} for what, entered, left in self.responsible
            ],
            "before": self.before.as_dict(),
            "after": self.after.as_dict(),
        }


def backtest(
    topic: str,
    documents: Sequence[Document],
    judgements: Sequence[Judgement],
    before: Classifier,
    after: Classifier,
    *,
    settings: Sequence[tuple[Reason, bool]] = (),
    seed: int = 0,
) -> Backtest:
    """Compare two classifiers on `documents` for one topic; a topic that one of them lacks has no labels there.

    `settings`: what changed of the topic's own (`changed_settings`).
    """
    verdicts = {item.id: item.relevant for item in judgements if item.topic == topic}
    old = [label_of(topic, labels) for labels in before.classify(documents)]
    new = [label_of(topic, labels) for labels in after.classify(documents)]
    entered: list[Change] = []
    left: list[Change] = []
    counts: dict[str, list[int]] = {}
    for document, was, now in zip(documents, old, new, strict=True):
        if _belongs(was) == _belongs(now):
            continue
        change = Change(
            id=document.id,
            title=document.title,
            before=_score(was),
            after=_score(now),
            terms=(*(one for one, eases in settings if eases is _belongs(now)), *_difference(was, now)),
            judged=verdicts.get(document.id),
        )
        (entered if _belongs(now) else left).append(change)
        for reason in change.terms:
            counts.setdefault(reason.what, [0, 0])[0 if _belongs(now) else 1] += 1
    judged = [place for place, document in enumerate(documents) if document.id in verdicts]
    truth = np.array([verdicts[documents[place].id] for place in judged], dtype=np.bool_)
    return Backtest(
        topic=topic,
        documents=len(documents),
        belonged=sum(map(_belongs, old)),
        belongs=sum(map(_belongs, new)),
        entered=_ordered(entered, wrong=False),
        left=_ordered(left, wrong=True),
        responsible=tuple(
            sorted(
                ((what, ins, outs) for what, (ins, outs) in counts.items()),
                key=lambda row: (-row[1] - row[2], row[0]),
            )
        ),
        before=_scores(truth, [old[place] for place in judged], seed),
        after=_scores(truth, [new[place] for place in judged], seed),
    )


def changed_settings(before: Topic, after: Topic) -> list[tuple[Reason, bool]]:
    """Return each setting of a topic that now asks for more or less, as a reason, and whether it asks for less."""
    pairs = [(name, getattr(before, name), getattr(after, name)) for name in _BARS]
    return [
        (Reason("setting", f"{name} {was:g} -> {now:g}"), now < was) for name, was, now in pairs if was != now
    ]


def _belongs(label: Label | None) -> bool:
    return label is not None and label.belongs


def _score(label: Label | None) -> float:
    return label.score if label else 0.0


def _scores(
    truth: np.ndarray[tuple[int], np.dtype[np.bool_]], labels: Sequence[Label | None], seed: int
) -> Scores:
    belongs = np.array([_belongs(label) for label in labels], dtype=np.bool_)
    return score(truth, belongs, np.array([_score(label) for label in labels]), seed=seed)


def _weights(label: Label | None) -> Mapping[tuple[str, str], float]:
    return {(reason.kind, reason.what): reason.weight for reason in label.reasons} if label else {}


def _difference(was: Label | None, now: Label | None) -> tuple[Reason, ...]:
    """Return what weighs otherwise than before. Exclusions count in full, although they weigh nothing."""
    before, after = _weights(was), _weights(now)
    changed = []
    for kind, what in dict.fromkeys((*after, *before)):
        if kind == "facet":
            continue
        weight = after.get((kind, what), 0.0) - before.get((kind, what), 0.0)
        appeared = ((kind, what) in after) != ((kind, what) in before)
        if abs(weight) > 1e-9 or (appeared and kind in ("exclude", "must", "distinct")):
            changed.append(Reason(kind, what, weight))
    return tuple(sorted(changed, key=lambda reason: -abs(reason.weight)))


def _ordered(changes: Sequence[Change], *, wrong: bool) -> tuple[Change, ...]:
    return tuple(
        sorted(changes, key=lambda change: (change.judged is not wrong, -abs(change.after - change.before)))
    )
