"""The scikit-learn pipeline that a topic's model and its facets share, and how its scores are read off.

Sample ─┬─ text ── NgramVectorizer ── TfidfTransformer ─┐
        └─ rules' label ── DictVectorizer ──────────────┴─ LogisticRegression ── decision
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import FunctionTransformer

from classifiers.model.samples import Sample, rule_features, samples_text
from classifiers.model.vectorizer import NgramVectorizer, hashed


def make_pipeline(*, min_df: int = 2, C: float = 12.0, rules: bool = True) -> Pipeline:
    """Return an unfitted pipeline from samples to a decision. `C` is the inverse strength of regularisation."""
    text = Pipeline(
        [
            ("read", FunctionTransformer(samples_text)),
            ("ngrams", NgramVectorizer(min_df=min_df)),
            ("analyse", TfidfTransformer(sublinear_tf=True)),
        ]
    )
    steps: list[tuple[str, Any]] = [("text", text)]
    if rules:
        evidence = Pipeline(
            [("read", FunctionTransformer(rule_features)), ("vector", DictVectorizer(sparse=True))]
        )
        steps.append(("rules", evidence))
    return Pipeline([("features", FeatureUnion(steps)), ("decide", LogisticRegression(C=C, max_iter=500))])


def parts(pipeline: Pipeline) -> tuple[Pipeline, Pipeline | None]:
    """Return the text and the rules branch of a pipeline that `make_pipeline` made."""
    branches = dict(pipeline["features"].transformer_list)
    return branches["text"], branches.get("rules")


def margins(
    pipeline: Pipeline, samples: Sequence[Sample], counts: sparse.csr_array | None = None
) -> NDArray[np.float64]:
    """Return `pipeline.decision_function(samples)` as columns, one a class, without reading texts twice."""
    text, evidence = parts(pipeline)
    if counts is None:
        counts = hashed(samples_text(samples))
    decide = pipeline["decide"]
    width = len(text["ngrams"].columns_)
    words = text["analyse"].transform(text["ngrams"].transform(counts))
    scores = words @ decide.coef_[:, :width].T + decide.intercept_
    if evidence is not None:
        scores = scores + evidence.transform(samples) @ decide.coef_[:, width:].T
    return np.asarray(scores)


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
