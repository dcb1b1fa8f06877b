"""A topic's model: an ordinary scikit-learn pipeline, linear in n-grams and in the rules' evidence.

    Sample ─┬─ text ── NgramVectorizer ── TfidfTransformer ─┐
            └─ rules' label ── DictVectorizer ──────────────┴─ LogisticRegression ── probability

Being linear, it can say what weighed most; being one product of a sparse row and a vector, it is fast.
What training learns beyond that (latent features of the background, calibration) is folded into the
coefficients, so that nothing else has to be stored, trusted or computed later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import expit
from sklearn.pipeline import Pipeline

from classifiers.model.ngrams import grams
from classifiers.model.pipeline import choose, margins, parts
from classifiers.model.samples import Sample, samples_text
from classifiers.model.vectorizer import buckets, hashed
from classifiers.types import Reason

Floats = NDArray[np.float64]
FAINTEST = 0.02
"""Log-odds below which a word is not worth naming as a reason."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """How well a model did on judgements it had not seen (by cross-validation), and what it was made of."""

    judgements: int = 0
    relevant: int = 0
    background: int = 0
    precision: float = 0.0
    recall: float = 0.0
    f1: float = 0.0
    average_precision: float = 0.0
    brier: float = 0.0
    """Mean squared difference of probability and truth."""
    rules_f1: float = 0.0
    rules_average_precision: float = 0.0
    facet_accuracy: float = 0.0
    facet_judgements: int = 0


@dataclass(frozen=True, slots=True)
class TopicModel:
    """A trained model of one topic. Immutable; a new training makes a new one with a new version."""

    topic: str
    version: str
    pipeline: Pipeline
    """Samples to calibrated probabilities: `pipeline.predict_proba(samples)[:, 1]`."""
    facets: Pipeline | None = None
    """Samples to facets; None until judgements name at least two."""
    corpus: str = ""
    """Hash of what it was trained on."""
    rules: str = ""
    """Hash of the topic's configuration at training time."""
    trained: datetime | None = None
    metrics: Metrics = field(default_factory=Metrics)

    def probabilities(self, samples: Sequence[Sample], counts: sparse.csr_array | None = None) -> Floats:
        """Return for each sample the probability that it belongs.

        `counts` is `hashed` of the samples' texts, where the caller already has it.
        """
        return np.asarray(expit(margins(self.pipeline, samples, counts)[:, 0]))

    def facet(self, samples: Sequence[Sample], counts: sparse.csr_array | None = None) -> list[str]:
        """Return each sample's most likely facet; empty strings when no facets were learned."""
        if self.facets is None:
            return [""] * len(samples)
        return choose(self.facets, samples, counts)

    def reasons(
        self, samples: Sequence[Sample], counts: sparse.csr_array | None = None, most: int = 5
    ) -> list[tuple[Reason, ...]]:
        """Return for each sample the words that weighed most for or against, heaviest first, in log-odds.

        What an n-gram weighs is shared among its places in the text, and there among the words it touches.
        """
        if not samples:
            return []
        text, weights = parts(self.pipeline)[0], self.pipeline["decide"].coef_[0]
        texts = samples_text(samples)
        kept = text["ngrams"].columns_
        rows = text["analyse"].transform(
            text["ngrams"].transform(hashed(texts) if counts is None else counts)
        )
        effects = rows.data * weights[rows.indices]
        answers = []
        for place, read in enumerate(texts):
            own = slice(rows.indptr[place], rows.indptr[place + 1])
            answers.append(_heaviest(read, kept[rows.indices[own]], effects[own], most))
        return answers


def _heaviest(read: str, columns: NDArray[np.int32], effects: Floats, most: int) -> tuple[Reason, ...]:
    """Return the words of one text with what they weigh; `columns` (buckets) and `effects` are of its n-grams."""
    found = grams([read])
    distinct, inverse, times = np.unique(buckets(found), return_inverse=True, return_counts=True)
    weighed = np.zeros(len(distinct))
    weighed[np.searchsorted(distinct, columns)] = effects
    first = np.searchsorted(found.word_ends, found.start, side="right")
    last = np.searchsorted(found.word_starts, found.end, side="left")
    shares = (weighed / times)[inverse] / np.maximum(last - first, 1)
    sums = np.bincount(first, shares, len(found.word_starts) + 1)
    sums -= np.bincount(last, shares, len(found.word_starts) + 1)
    by_word: dict[str, float] = {}
    for place, weight in enumerate(np.cumsum(sums)[:-1].tolist()):
        name = found.text[found.word_starts[place] : found.word_ends[place]]
        by_word[name] = by_word.get(name, 0.0) + weight
    heaviest = sorted(by_word.items(), key=lambda pair: -abs(pair[1]))[:most]
    return tuple(
        Reason("model", word, round(weight, 3), "text", word)
        for word, weight in heaviest
        if abs(weight) >= FAINTEST
    )
