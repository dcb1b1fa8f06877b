"""Which kind of story inside a topic: a linear model of the facets that people named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import FeatureUnion, Pipeline

from classifiers.background import Background, learn_background
from classifiers.compact import logistic
from classifiers.corpus import Judged
from classifiers.linear import make_pipeline, margins, parts
from classifiers.samples import LOG_ODDS, Sample, rule_features

FEWEST = 5
"""Judgements with a facet before a model takes part in the choice."""
FOLDS = 5
STRENGTH = 6.0
"""scikit-learn's C."""
EVIDENCE = 1.0
"""Scale of the rules' evidence beside the words."""
LATENT = 1.0
"""Scale of the latent features."""
HALFWAY = 40.0
"""Judgements at which the rules' choice and the learned one weigh the same."""
GUESS = 2.0
"""Log-odds of the rules' own choice."""
UNSEEN = -2.0
"""Log-odds of a facet that rules know and nobody has chosen yet."""
FACET = "facet="


def train_facets(known: Judged, stream: Background, *, seed: int = 0) -> tuple[Pipeline | None, float, int]:
    """Fit a pipeline from samples to facets, and measure it.

    Returns:
        The pipeline, or None when too few judgements name a facet; the cross-validated share of facets that
        came out as people chose them (copies of one text on one side of each split); over how many judgements.
        The last two are 0 when there are too few to tell.
    """
    places = np.array([place for place, facet in enumerate(known.facets) if facet], dtype=np.int64)
    if len(places) < FEWEST or len({known.facets[place] for place in places}) < 2:
        return None, 0.0, 0
    chosen = known.take(places)
    fitter = FacetFitter.learn(known, stream, seed)
    fitted = fitter.fit(chosen.samples, chosen.facets)
    if len(places) < 2 * FEWEST or len(set(chosen.groups.tolist())) < FOLDS:
        return fitted, 0.0, 0
    right = 0
    for learn, test in GroupKFold(n_splits=FOLDS).split(places, groups=chosen.groups):
        taught, asked = chosen.take(learn), chosen.take(test)
        answers = choose(fitter.fit(taught.samples, taught.facets), asked.samples)
        right += sum(a == b for a, b in zip(answers, asked.facets, strict=True))
    return fitted, right / len(places), len(places)


@dataclass(frozen=True, slots=True)
class FacetFitter:
    """What every fit on one stream shares."""

    learned: Background
    """Words and latent features of what belongs, by judgement or by the rules."""
    evidence: Pipeline
    """Fitted: samples to the rules' evidence."""
    guesses: Mapping[str, int]
    """Column of the evidence that says the rules chose a facet, by facet."""

    @classmethod
    def learn(cls, known: Judged, stream: Background, seed: int) -> FacetFitter:
        """Learn from the stories of the stream and of the judgements that belong."""
        judged_ids = {sample.document.id for sample in known.samples}
        inside = [
            sample
            for sample in stream.samples
            if sample.rules and sample.rules.belongs and sample.document.id not in judged_ids
        ]
        told = [sample for sample, yes in zip(known.samples, known.relevant, strict=True) if yes]
        evidence = parts(make_pipeline())[1]
        assert evidence is not None
        evidence["vector"].fit([{LOG_ODDS: 0.0}, *rule_features([*inside, *told])])
        guesses = {
            name.removeprefix(FACET): column
            for name, column in evidence["vector"].vocabulary_.items()
            if name.startswith(FACET)
        }
        return cls(learn_background([*inside, *told], seed=seed, min_df=2), evidence, guesses)

    def fit(self, samples: Sequence[Sample], facets: Sequence[str]) -> Pipeline:
        """Fit what people chose, blend it with what the rules choose, and fold latent features into the words.

        As in `fitting`, the learned part weighs n / (n + HALFWAY).
        """
        trust = len(facets) / (len(facets) + HALFWAY)
        rules = sparse.csr_array(self.evidence.transform(samples)) * EVIDENCE
        words = sparse.csr_array(self.learned.text.transform(samples))
        latent = LATENT * self.learned.latent
        design = sparse.hstack([words, sparse.csr_array(words @ latent), rules], format="csr")
        classes = sorted({*facets, *self.guesses})
        weights = np.zeros((len(classes), words.shape[1] + rules.shape[1]))
        intercepts = np.full(len(classes), UNSEEN)
        if len(set(facets)) > 1:
            learned = logistic(design, np.array(facets), STRENGTH)
            found, at = by_class(learned)
            width, inner = words.shape[1], latent.shape[1]
            for name, row, shift in zip(learned.classes_, found, at, strict=True):
                place = classes.index(name)
                weights[place, :width] = trust * (row[:width] + latent @ row[width : width + inner])
                weights[place, width:] = trust * EVIDENCE * row[width + inner :]
                intercepts[place] = shift
        intercepts *= trust
        for name, column in self.guesses.items():
            weights[classes.index(name), words.shape[1] + column] += (1 - trust) * GUESS
        decide = LogisticRegression()
        decide.coef_, decide.intercept_ = weights, intercepts
        decide.classes_ = np.array(classes)
        decide.n_features_in_ = weights.shape[1]
        decide.n_iter_ = np.array([1], dtype=np.int32)
        branches = [("text", self.learned.text), ("rules", self.evidence)]
        return Pipeline([("features", FeatureUnion(branches)), ("decide", decide)])


def by_class(decide: LogisticRegression) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return one row of coefficients and one intercept a class, also where scikit-learn keeps one for two."""
    if len(decide.classes_) == 2:
        return np.vstack([-decide.coef_, decide.coef_]) / 2, np.concatenate(
            [-decide.intercept_, decide.intercept_]
        ) / 2
    return decide.coef_, decide.intercept_


def choose(
    pipeline: Pipeline, samples: Sequence[Sample], counts: sparse.csr_array | None = None
) -> list[str]:
    """Return each sample's most likely facet."""
    if not samples:
        return []
    scores = margins(pipeline, samples, counts)
    classes = [str(name) for name in pipeline["decide"].classes_]
    if scores.shape[1] == 1:
        return [classes[int(score > 0)] for score in scores[:, 0]]
    return [classes[best] for best in scores.argmax(axis=1)]
