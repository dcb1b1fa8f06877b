"""Which kind of story inside a topic: a linear model of the facets that people named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import FeatureUnion, Pipeline

from classifiers.background import Background, learn_background
from classifiers.corpus import Judged
from classifiers.linear import make_pipeline, parts
from classifiers.samples import Sample

FEWEST = 10
"""Judgements with a facet before a model replaces the rules' choice."""
STRENGTH = 3.0


def train_facets(known: Judged, stream: Background | None, *, seed: int = 0) -> Pipeline | None:
    """Fit a pipeline from samples to facets, or return None when too few judgements name any."""
    places = np.array([place for place, facet in enumerate(known.facets) if facet], dtype=np.int64)
    if len(places) < FEWEST or len({known.facets[place] for place in places}) < 2:
        return None
    chosen = known.take(places)
    inside = [sample for sample in stream.samples if sample.rules and sample.rules.belongs] if stream else []
    learned = learn_background([*inside, *chosen.samples], seed=seed, min_df=2)
    return _fit(chosen.samples, chosen.facets, learned)


def facet_folds(known: Judged, parts_: int = 5) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield (train, test) places of the judgements that name a facet, copies on one side."""
    places = np.array([place for place, facet in enumerate(known.facets) if facet], dtype=np.int64)
    if len(places) < parts_ * 2 or len(set(known.groups[places].tolist())) < parts_:
        return
    for learn, test in GroupKFold(n_splits=parts_).split(places, groups=known.groups[places]):
        yield places[learn], places[test]


def _fit(samples: Sequence[Sample], facets: Sequence[str], learned: Background) -> Pipeline:
    """Fit on tf-idf rows, their latent features and the rules' evidence, and fold the latent ones away."""
    evidence = parts(make_pipeline())[1]
    assert evidence is not None
    vector: DictVectorizer = evidence["vector"]
    named = sparse.csr_array(evidence.fit_transform(samples))
    words = sparse.csr_array(learned.text.transform(samples))
    latent = learned.mix
    design = sparse.hstack([words, sparse.csr_array(words @ latent), named], format="csr")
    counts = Counter(facets)
    weights = np.array([(len(facets) / len(counts) / counts[facet]) ** 0.3 for facet in facets])
    decide = LogisticRegression(C=STRENGTH, max_iter=500).fit(design, np.array(facets), sample_weight=weights)
    width = words.shape[1]
    coefficients = decide.coef_
    decide.coef_ = np.hstack(
        [
            coefficients[:, :width] + coefficients[:, width : width + latent.shape[1]] @ latent.T,
            coefficients[:, width + latent.shape[1] :],
        ]
    )
    decide.n_features_in_ = width + len(vector.feature_names_)
    return Pipeline(
        [("features", FeatureUnion([("text", learned.text), ("rules", evidence)])), ("decide", decide)]
    )
