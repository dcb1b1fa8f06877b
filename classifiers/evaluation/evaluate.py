"""How well a topic works, measured on what people said of its stories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from classifiers.evaluation.term_report import ExcludeReport, TermReport, report_terms
from classifiers.model.background import Background, learn_background
from classifiers.model.dataset import Judged, judged, rule_samples, temporal_folds, without_copies
from classifiers.model.fitting import Settings
from classifiers.model.metrics import Bools, Floats, Scores, score
from classifiers.model.samples import samples_text
from classifiers.model.topic_model import TopicModel
from classifiers.model.train import train_on
from classifiers.rules.rule_classifier import RuleClassifier
from classifiers.rules.topic import Topic
from classifiers.topic_classifier import forbidden
from classifiers.types import Document, Judgement

PARTS = 4
"""Stretches of time that are predicted, each from all that was judged before it."""
FEWEST = 25
"""Judgements below which figures are too uncertain to show for a model."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures of one topic."""

    topic: str
    judgements: int
    method: str
    """How the figures were made, in a sentence."""
    rules: Scores
    """The rules alone, on the same stories as the model."""
    model: Scores | None
    """Rules and model together; None with fewer than `FEWEST` judgements."""
    facet_accuracy: float | None
    """Share of facets as people chose them, of stories that belong and for which they named one."""
    terms: tuple[TermReport, ...]
    excluded: tuple[ExcludeReport, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What someone should look at."""
        return tuple(report.warning for report in self.excluded if report.warning)

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return {
            "topic": self.topic,
            "judgements": self.judgements,
            "method": self.method,
            "rules": self.rules.as_dict(),
            "model": self.model.as_dict() if self.model else None,
            "facet_accuracy": self.facet_accuracy,
            "terms": [report.as_dict() for report in self.terms],
            "excluded": [report.as_dict() for report in self.excluded],
            "warnings": list(self.warnings),
        }


def evaluate(
    topic: Topic,
    documents: Sequence[Document],
    judgements: Sequence[Judgement],
    background: Sequence[Document],
    *,
    seed: int = 0,
    parts: int = PARTS,
    settings: Settings | None = None,
) -> Evaluation:
    """Measure a topic by temporal cross-validation on its judgements, and report on its terms.

    Each of `parts` stretches of time is predicted by a model that was trained on earlier judgements only. The
    stream that teaches words and weak labels (`background`) is cleared of every judged story and its copies.
    """
    rules = RuleClassifier({topic.slug: topic})
    known = judged(topic.slug, documents, judgements, rules)
    verdicts = {
        sample.document.id: bool(yes) for sample, yes in zip(known.samples, known.relevant, strict=True)
    }
    terms, excluded = report_terms(topic, _each_once(documents, background), verdicts)
    if len(known) < FEWEST:
        scores, decided = rule_decisions(known)
        return Evaluation(
            topic=topic.slug,
            judgements=len(known),
            method=f"Rules alone on all {len(known)} judgements; a model is measured from {FEWEST} on.",
            rules=score(known.relevant, decided, scores, known.groups, seed),
            model=None,
            facet_accuracy=None,
            terms=terms,
            excluded=excluded,
        )
    clear = rule_samples(topic.slug, without_copies(background, samples_text(known.samples)), rules)
    stream = learn_background(clear or known.samples[: len(known) // (parts + 1)], seed=seed)
    tested, probabilities, facets = _predicted(topic.slug, known, stream, parts, seed, settings)
    late = known.take(tested)
    scores, decided = rule_decisions(late)
    barred = barred_by(rules, topic, [sample.document for sample in late.samples])
    return Evaluation(
        topic=topic.slug,
        judgements=len(known),
        method=(
            f"Temporal cross-validation: {len(late)} of {len(known)} judgements in {parts} stretches of time, "
            "each predicted from earlier ones only; intervals by bootstrap over stories."
        ),
        rules=score(late.relevant, decided, scores, late.groups, seed),
        model=score(
            late.relevant, (probabilities >= topic.threshold) & ~barred, probabilities, late.groups, seed
        ),
        facet_accuracy=round(sum(facets) / len(facets), 4) if facets else None,
        terms=terms,
        excluded=excluded,
    )


def _predicted(
    topic: str, known: Judged, stream: Background, parts: int, seed: int, settings: Settings | None
) -> tuple[list[int], Floats, list[bool]]:
    """Return the places predicted from earlier ones, their probabilities, and which facets were right."""
    tested: list[int] = []
    chances: list[Floats] = []
    facets: list[bool] = []
    for learn, test in temporal_folds(known, parts):
        moment = datetime(1970, 1, 1, tzinfo=UTC)
        model = train_on(topic, known.take(learn), stream, now=moment, seed=seed, settings=settings)
        part = known.take(test)
        chances.append(_chances(model, part))
        tested.extend(int(place) for place in test)
        if model is not None:
            facets += [
                chosen == facet
                for chosen, facet in zip(model.facet(part.samples), part.facets, strict=True)
                if facet and chosen
            ]
    return tested, np.concatenate(chances), facets


def rule_decisions(known: Judged) -> tuple[Floats, Bools]:
    """Return scores and decisions of the rules alone on judged samples."""
    scores = np.array([sample.rules.score if sample.rules else 0.0 for sample in known.samples])
    decided = np.array(
        [sample.rules is not None and sample.rules.belongs for sample in known.samples], dtype=np.bool_
    )
    return scores, decided


def barred_by(rules: RuleClassifier, topic: Topic, documents: Sequence[Document]) -> Bools:
    """Return which documents the configuration itself keeps out, whatever a model says."""
    return np.array(
        [forbidden(topic, rules.evidence(document).get(topic.slug)) for document in documents], dtype=np.bool_
    )


def _chances(model: TopicModel | None, part: Judged) -> Floats:
    return model.probabilities(part.samples) if model is not None else rule_decisions(part)[0]


def _each_once(*several: Sequence[Document]) -> list[Document]:
    return list({document.id: document for documents in several for document in documents}.values())
