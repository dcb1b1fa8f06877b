"""Judgements and the stream -> a model of one topic. Pure: the same input and seed give the same model.

    documents, judgements ─ judged ──────────────────────┐
    background ─ rule_samples ─ learn_background ────────┴─ fit ─ calibrate ─ assemble ─> TopicModel

What is fitted and why: `fitting.py` and docs/model.md. When to train, and whether to keep it: `refit.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline

from classifiers.model.background import Background, learn_background
from classifiers.model.blas_threads import one_thread
from classifiers.model.dataset import Judged, corpus_hash, judged, rule_samples
from classifiers.model.facets import train_facets
from classifiers.model.fitting import Fit, Rows, Settings, make_fitter
from classifiers.model.metrics import average_precision, brier, f1, precision, recall
from classifiers.model.pipeline import make_pipeline, parts
from classifiers.model.samples import LOG_ODDS, rule_features
from classifiers.model.topic_model import Metrics, TopicModel
from classifiers.types import Classifier, Document, Judgement

SMALLEST = 10
"""Fewest judgements on which a model can be measured and calibrated."""


def train(
    topic: str,
    documents: Sequence[Document],
    judgements: Sequence[Judgement],
    background: Sequence[Document],
    rules: Classifier,
    *,
    now: datetime,
    seed: int = 0,
    settings: Settings | None = None,
) -> TopicModel | None:
    """Train a model of `topic`, or return None when there is nothing to learn from.

    `documents` hold at least those judged; `background` is the stored stream, judged or not, oldest or newest
    first alike. `rules` are the topic's rules alone. `now` (UTC) is only written down.
    """
    if not background:
        return None
    known = judged(topic, documents, judgements, rules)
    stream = learn_background(rule_samples(topic, background, rules), seed=seed)
    return train_on(topic, known, stream, now=now, seed=seed, settings=settings)


def train_on(
    topic: str,
    known: Judged,
    stream: Background,
    *,
    now: datetime,
    seed: int = 0,
    settings: Settings | None = None,
) -> TopicModel | None:
    """Train as `train` does, on what it prepares; use it to fit several models on one stream."""
    with one_thread():
        return _train(topic, known, stream, now, seed, settings or Settings())


def _train(
    topic: str, known: Judged, stream: Background, now: datetime, seed: int, settings: Settings
) -> TopicModel | None:
    both = 0 < int(known.relevant.sum()) < len(known)
    if not (both or stream.echo.any()):
        return None
    evidence = parts(make_pipeline())[1]
    assert evidence is not None
    evidence["vector"].fit([{LOG_ODDS: 0.0}, *rule_features([*known.samples, *stream.samples])])
    fitter = make_fitter(stream, known, evidence, settings, seed)
    fitted, metrics = fitter.prior(), Metrics()
    if both:
        rows = Rows(
            sparse.csr_array(stream.text.transform(known.samples)),
            sparse.csr_array(evidence.transform(known.samples)),
            known.relevant,
            known.relevant != decisions(known),
        )
        fitted = fitter.fit(rows)
        if min(known.relevant.sum(), (~known.relevant).sum()) >= 2 and len(known) >= SMALLEST:
            margins = fitter.held_out(known, rows, seed)
            slope, shift = fitter.calibration(margins, known.relevant)
            fitted = fitted.scaled(slope, shift)
            metrics = _metrics(known, expit(slope * margins + shift))
    facets, accuracy, asked = train_facets(known, stream, seed=seed)
    metrics = replace(
        metrics,
        judgements=len(known),
        relevant=int(known.relevant.sum()),
        background=len(stream.samples),
        facet_accuracy=accuracy,
        facet_judgements=asked,
    )
    corpus = corpus_hash(known, stream.samples)
    version = hashlib.blake2b(f"{topic}\0{corpus}\0{seed}\0{settings}".encode(), digest_size=6).hexdigest()
    return TopicModel(
        topic=topic,
        version=version,
        pipeline=assemble(stream.text, evidence, fitted),
        facets=facets,
        corpus=corpus,
        rules=next((s.rules.rules for s in (*known.samples, *stream.samples) if s.rules), ""),
        trained=now,
        metrics=metrics,
    )


def decisions(known: Judged) -> NDArray[np.bool_]:
    """Return what the rules alone decide on each judged sample."""
    return np.array(
        [sample.rules is not None and sample.rules.belongs for sample in known.samples], dtype=np.bool_
    )


def _metrics(known: Judged, probabilities: NDArray[np.float64]) -> Metrics:
    """Return how well held-out probabilities did, and the rules on the same samples."""
    scores = np.array([sample.rules.score if sample.rules else 0.0 for sample in known.samples])
    decided = decisions(known)
    thresholds = np.array([sample.rules.threshold if sample.rules else 0.5 for sample in known.samples])
    belongs = probabilities >= thresholds
    return Metrics(
        precision=precision(known.relevant, belongs),
        recall=recall(known.relevant, belongs),
        f1=f1(known.relevant, belongs),
        average_precision=average_precision(known.relevant, probabilities),
        brier=brier(known.relevant, probabilities),
        rules_f1=f1(known.relevant, decided),
        rules_average_precision=average_precision(known.relevant, scores),
    )


def assemble(text: Pipeline, evidence: Pipeline, fitted: Fit) -> Pipeline:
    """Return an ordinary fitted pipeline with these branches and coefficients."""
    decide = LogisticRegression()
    decide.coef_ = np.concatenate([fitted.words, fitted.rules])[None, :]
    decide.intercept_ = np.array([fitted.intercept])
    decide.classes_ = np.array([False, True])
    decide.n_features_in_ = decide.coef_.shape[1]
    decide.n_iter_ = np.array([1], dtype=np.int32)
    return Pipeline([("features", FeatureUnion([("text", text), ("rules", evidence)])), ("decide", decide)])
