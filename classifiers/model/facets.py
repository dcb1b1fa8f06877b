"""Which kind of story inside a topic: a linear model of the facets that people named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import FeatureUnion, Pipeline

from classifiers.model.background import Background, learn_background
from classifiers.model.dataset import Judged
from classifiers.model.low_rank import logistic
from classifiers.model.pipeline import choose, make_pipeline, parts
from classifiers.model.samples import LOG_ODDS, Sample, rule_features

FEWEST = 5
"""Judgements with a facet before a model takes part in the choice."""
FOLDS = 5
STRENGTH = 10.0
"""scikit-learn's C."""
WEAK = 30.0
"""What the rules' choices on the stream weigh together, in judgements."""
FACET = "facet="


def train_facets(known: Judged, stream: Background, *, seed: int = 0) -> tuple[Pipeline | None, float, int]:
    """Fit a pipeline from samples to facets, and measure it.

    Returns:
        The pipeline, or None when too few judgements name a facet; the cross-validated share of facets that
        came out as people chose them (copies of one text on one side of each split); over how many judgements.
        The last two are 0 when there are too few to tell.
    """
    places = np.array([place for place, facet in enumerate(known.facets) if facet], dtype=np.int64)
    if len(places) < FEWEST:
        return None, 0.0, 0
    chosen = known.take(places)
    fitter = FacetFitter.learn(known, stream, seed)
    fitted = fitter.fit(chosen.samples, chosen.facets)
    if fitted is None or len(places) < 2 * FEWEST or len(set(chosen.groups.tolist())) < FOLDS:
        return fitted, 0.0, 0
    right = 0
    for learn, test in GroupKFold(n_splits=FOLDS).split(places, groups=chosen.groups):
        taught, asked = chosen.take(learn), chosen.take(test)
        part = fitter.fit(taught.samples, taught.facets)
        answers = choose(part, asked.samples) if part is not None else [taught.facets[0]] * len(asked)
        right += sum(a == b for a, b in zip(answers, asked.facets, strict=True))
    return fitted, right / len(places), len(places)


@dataclass(frozen=True, slots=True)
class FacetFitter:
    """Fits facets; holds what every fit on one stream shares."""

    learned: Background
    """Words and latent features of what belongs, by judgement or by the rules."""
    evidence: Pipeline
    """Fitted: samples to the rules' evidence."""
    weak: tuple[Sample, ...]
    """Stories of the stream that belong by the rules. Their facet by the rules stands in for judgements."""

    @classmethod
    def learn(cls, known: Judged, stream: Background, seed: int) -> FacetFitter:
        """Learn from the stories of the stream and of the judgements that belong."""
        judged_ids = {sample.document.id for sample in known.samples}
        weak = tuple(
            sample
            for sample in stream.samples
            if sample.rules and sample.rules.belongs and sample.document.id not in judged_ids
        )
        told = [sample for sample, yes in zip(known.samples, known.relevant, strict=True) if yes]
        evidence = parts(make_pipeline())[1]
        assert evidence is not None
        evidence["vector"].fit([{LOG_ODDS: 0.0}, *rule_features([*weak, *told])])
        return cls(learn_background([*weak, *told], seed=seed, min_df=2), evidence, weak)

    def fit(self, samples: Sequence[Sample], facets: Sequence[str]) -> Pipeline | None:
        """Fit what people chose beside what the rules chose; None when all have one facet.

        The rules' choices weigh `WEAK` judgements together, so people's take over as they come.
        """
        both = [*samples, *self.weak]
        choices = np.array([*facets, *(sample.rules.facet if sample.rules else "" for sample in self.weak)])
        if len(set(choices.tolist())) < 2:
            return None
        weights = np.ones(len(both))
        if self.weak:
            weights[len(samples) :] = WEAK / len(self.weak)
        rules = sparse.csr_array(self.evidence.transform(both))
        words = sparse.csr_array(self.learned.text.transform(both))
        latent = self.learned.latent
        design = sparse.hstack([words, sparse.csr_array(words @ latent), rules], format="csr")
        decide = logistic(design, choices, STRENGTH, weights)
        found, width, inner = decide.coef_, words.shape[1], latent.shape[1]
        folded = found[:, :width] + found[:, width : width + inner] @ latent.T
        decide.coef_ = np.hstack([folded, found[:, width + inner :]])
        decide.n_features_in_ = decide.coef_.shape[1]
        branches = [("text", self.learned.text), ("rules", self.evidence)]
        return Pipeline([("features", FeatureUnion(branches)), ("decide", decide)])
