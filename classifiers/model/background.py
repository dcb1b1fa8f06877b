"""What the unlabelled stream teaches: which words occur, which go together, and what the rules make of it.

Three things are learned without any judgement and reused for every fit on the same stream:

- the n-grams worth keeping and how rare each is (tf-idf),
- latent features: directions of words that occur together (Deerwester et al., "Indexing by latent semantic
  analysis", 1990), so that a judgement on one word carries over to its companions,
- the rules' echo: a linear model taught the rules' own decisions on the stream (weak supervision), which finds
  words that no rule names but that keep company with those that do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from classifiers.model.blas_threads import one_thread
from classifiers.model.pipeline import make_pipeline, parts
from classifiers.model.samples import Sample

LATENT = 100
"""Latent features; fewer when the stream is small."""
FEWEST_WEAK = 15
"""Stories the rules must have found before their echo is worth learning."""


@dataclass(frozen=True, slots=True)
class Background:
    """The unlabelled stream, learned."""

    samples: tuple[Sample, ...]
    text: Pipeline
    """Fitted: samples to tf-idf rows."""
    rows: sparse.csr_array
    """tf-idf rows of `samples`."""
    weak: NDArray[np.bool_]
    """The rules' decision on each sample."""
    latent: NDArray[np.float64]
    """Columns by which a tf-idf row is multiplied to give its latent features."""
    echo: NDArray[np.float64]
    """Weights whose product with a tf-idf row is the rules' echo; zeros where the rules found too little."""

    @property
    def mix(self) -> NDArray[np.float64]:
        """Latent directions and echo side by side."""
        return np.column_stack([self.latent, self.echo])


def learn_background(samples: Sequence[Sample], *, seed: int = 0, min_df: int = 3) -> Background:
    """Learn from `samples`, at least one, what needs no judgement. Same samples and seed, same result.

    On one thread: the daemon goes on beside it, and sums do not depend on how many processors there are.
    """
    with one_thread():
        return _learn(samples, seed, min_df)


def _learn(samples: Sequence[Sample], seed: int, min_df: int) -> Background:
    text, _ = parts(make_pipeline(min_df=min_df if len(samples) >= 500 else 1))
    rows = sparse.csr_array(text.fit_transform(samples))
    weak = np.array([sample.rules is not None and sample.rules.belongs for sample in samples], dtype=np.bool_)
    columns = []
    size = min(LATENT, len(samples) // 20, rows.shape[1] - 1)
    if size >= 2:
        columns.append(TruncatedSVD(size, n_iter=3, random_state=seed).fit(rows).components_.T)
    heard = np.zeros(rows.shape[1])
    if min(weak.sum(), (~weak).sum()) >= FEWEST_WEAK:
        heard = echo(rows, weak)
    latent = np.hstack(columns) if columns else np.zeros((rows.shape[1], 0))
    return Background(tuple(samples), text, rows, weak, latent, heard)


def echo(rows: sparse.csr_array, decisions: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the weight of each column in a linear model of `decisions`, scaled so that scores spread by 1/4."""
    fitted = LogisticRegression(C=10.0, max_iter=300).fit(rows, decisions)
    weights = np.asarray(fitted.coef_[0])
    return weights / (np.std(rows @ weights) * 4 or 1.0)
