"""Judgements and the stream -> a model of one topic. Pure: the same input and seed give the same model.

    documents, judgements ─ judged ──────────────────────┐
    background ─ rule_samples ─ learn_background ────────┴─ fit ─ calibrate ─ fold ─> TopicModel

Why so: docs/model.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline

from classifiers.background import Background, learn_background
from classifiers.corpus import Judged, corpus_hash, folds, judged, rule_samples
from classifiers.facets import train_facets
from classifiers.linear import Metrics, TopicModel, make_pipeline, parts
from classifiers.types import Classifier, Document, Judgement

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Settings:
    """How a model is fitted. Chosen by cross-validation inside training sets; see docs/model.md."""

    C: float = 3.0  # scikit-learn's name
    prior: float = 40.0
    """What the rules' decisions on the stream weigh together, in judgements; so judgements take over as they come."""
    prior_samples: int = 2000
    """Most stories of the stream that carry that weight, belonging ones first."""
    folds: int = 5


@dataclass(frozen=True, slots=True)
class Fit:
    """Coefficients over tf-idf columns and the rules' features, with the intercept, in log-odds."""

    words: Floats
    rules: Floats
    intercept: float

    def margins(self, words: sparse.csr_array, rules: sparse.csr_array) -> Floats:
        """Return the log-odds of each row."""
        return np.asarray(words @ self.words + rules @ self.rules + self.intercept)

    def scaled(self, slope: float, shift: float) -> Fit:
        """Return the fit whose margins are `slope * margin + shift`."""
        return Fit(slope * self.words, slope * self.rules, slope * self.intercept + shift)


@dataclass(frozen=True, slots=True)
class Prior:
    """Stories of the stream with the rules' decision, as weak judgements."""

    words: sparse.csr_array
    rules: sparse.csr_array
    belongs: NDArray[np.bool_]
    weights: Floats
    """Each story's; together 1."""


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

    `documents` hold at least those judged; `background` is the stored stream, judged or not. `rules` are the
    topic's rules alone. `now` (UTC) is only written down.
    """
    known = judged(topic, documents, judgements, rules)
    stream = learn_background(rule_samples(topic, background, rules), seed=seed) if background else None
    return train_on(topic, known, stream, now=now, seed=seed, settings=settings)


def train_on(
    topic: str,
    known: Judged,
    stream: Background | None,
    *,
    now: datetime,
    seed: int = 0,
    settings: Settings | None = None,
) -> TopicModel | None:
    """Train as `train` does, on what it prepares; use it to fit several models on one stream."""
    settings = settings or Settings()
    if stream is None:
        stream = learn_background(known.samples, seed=seed)
    both = len(set(known.relevant.tolist())) == 2
    weak = min(int(stream.weak.sum()), int((~stream.weak).sum()))
    if not both and weak < 5:
        return None
    evidence = parts(make_pipeline())[1]
    assert evidence is not None
    evidence.fit([*known.samples, *stream.samples])
    prior = make_prior(stream, known, evidence, settings, seed)
    words = sparse.csr_array(stream.text.transform(known.samples)) if len(known) else None
    named = sparse.csr_array(evidence.transform(known.samples)) if len(known) else None

    fitted = fit(words, named, known.relevant, stream.mix, prior, settings)
    held_out = None
    if both and words is not None and named is not None and len(known) >= 2 * settings.folds:
        held_out = out_of_fold(words, named, known, stream.mix, prior, settings, seed)
        fitted = fitted.scaled(*calibration(held_out, known.relevant))
    pipeline = assemble(stream.text, evidence, fitted)
    corpus = corpus_hash(known, stream.samples)
    version = hashlib.blake2b(f"{topic}\0{corpus}\0{seed}\0{settings}".encode(), digest_size=6).hexdigest()
    return TopicModel(
        topic=topic,
        version=version,
        pipeline=pipeline,
        facets=train_facets(known, stream, seed=seed),
        corpus=corpus,
        rules=next((s.rules.rules for s in (*known.samples, *stream.samples) if s.rules), ""),
        trained=now,
        metrics=Metrics(
            judgements=len(known), relevant=int(known.relevant.sum()), background=len(stream.samples)
        ),
    )


def make_prior(
    stream: Background, known: Judged, evidence: Pipeline, settings: Settings, seed: int
) -> Prior | None:
    """Choose stories of the stream to stand for the rules: half their weight on belonging ones, half on others."""
    taken = {sample.document.id for sample in known.samples}
    free = np.array([sample.document.id not in taken for sample in stream.samples], dtype=np.bool_)
    inside, outside = np.flatnonzero(free & stream.weak), np.flatnonzero(free & ~stream.weak)
    if not len(inside) or not len(outside):
        return None
    chance = np.random.default_rng(seed)
    half = settings.prior_samples // 2
    inside = np.sort(chance.permutation(inside)[:half])
    outside = np.sort(chance.permutation(outside)[:half])
    weights = [np.full(len(side), 0.5 / len(side)) for side in (inside, outside)]
    places = np.concatenate([inside, outside])
    return Prior(
        words=stream.rows[places],
        rules=sparse.csr_array(evidence.transform([stream.samples[place] for place in places])),
        belongs=stream.weak[places],
        weights=np.concatenate(weights),
    )


def fit(
    words: sparse.csr_array | None,
    rules: sparse.csr_array | None,
    relevant: NDArray[np.bool_],
    mix: Floats,
    prior: Prior | None,
    settings: Settings,
) -> Fit:
    """Fit judgements and prior together, and fold latent features into the weights of the words."""
    sides: list[tuple[Any, Any, Any, Any]] = []
    if words is not None and rules is not None:
        sides.append((words, rules, relevant, np.ones(words.shape[0])))
    if prior is not None:
        sides.append((prior.words, prior.rules, prior.belongs, settings.prior * prior.weights))
    design = sparse.vstack(
        [sparse.hstack([side[0], sparse.csr_array(side[0] @ mix), side[1]]) for side in sides], format="csr"
    )
    decide = LogisticRegression(C=settings.C, max_iter=500)
    decide.fit(
        design,
        np.concatenate([side[2] for side in sides]),
        sample_weight=np.concatenate([side[3] for side in sides]),
    )
    weights, width, latent = decide.coef_[0], mix.shape[0], mix.shape[1]
    return Fit(
        words=weights[:width] + mix @ weights[width : width + latent],
        rules=weights[width + latent :],
        intercept=float(decide.intercept_[0]),
    )


def out_of_fold(
    words: sparse.csr_array,
    rules: sparse.csr_array,
    known: Judged,
    mix: Floats,
    prior: Prior | None,
    settings: Settings,
    seed: int,
) -> Floats:
    """Return each judged sample's margin from a model that has seen neither it nor a copy of it."""
    margins = np.zeros(len(known))
    for learn, test in folds(known.groups, known.relevant, settings.folds, seed):
        part = fit(words[learn], rules[learn], known.relevant[learn], mix, prior, settings)
        margins[test] = part.margins(words[test], rules[test])
    return margins


def calibration(margins: Floats, relevant: NDArray[np.bool_]) -> tuple[float, float]:
    """Return slope and shift that turn held-out margins into log-odds (Platt, 1999)."""
    platt = LogisticRegression(C=1.0, max_iter=200).fit(margins[:, None], relevant)
    return float(platt.coef_[0, 0]), float(platt.intercept_[0])


def assemble(text: Pipeline, evidence: Pipeline | None, fitted: Fit) -> Pipeline:
    """Return an ordinary fitted pipeline with these branches and coefficients."""
    decide = LogisticRegression()
    decide.coef_ = np.concatenate([fitted.words, fitted.rules])[None, :]
    decide.intercept_ = np.array([fitted.intercept])
    decide.classes_ = np.array([False, True])
    decide.n_features_in_ = decide.coef_.shape[1]
    decide.n_iter_ = np.array([1], dtype=np.int32)
    branches = [("text", text)] + ([("rules", evidence)] if evidence is not None else [])
    return Pipeline([("features", FeatureUnion(branches)), ("decide", decide)])
