"""Texts to counted n-gram features: the first step of a topic's model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from classifiers.model.ngrams import Grams, grams

Ints = NDArray[np.int32]

BITS = 20
"""Hashes are kept modulo 2**BITS: few enough to look up in a table, many enough that features hardly collide."""
BLOCK = 100
"""Texts counted at once: what fits the processor's cache is faster than all of a large batch."""


def buckets(found: Grams) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the bucket, below 2**BITS, of every n-gram."""
    return np.asarray(found.hash >> np.uint64(64 - BITS), dtype=np.int64)


def hashed(texts: Sequence[str]) -> sparse.csr_array:
    """Return the counts of all n-grams, one row a text and one column a bucket.

    This is the costly part of reading a text, and the same for every model: do it once for all topics.
    """
    blocks = [_count(texts[first : first + BLOCK]) for first in range(0, max(len(texts), 1), BLOCK)]
    return sparse.csr_array(sparse.vstack(blocks)) if len(blocks) != 1 else blocks[0]


def _count(texts: Sequence[str]) -> sparse.csr_array:
    found = grams(texts)
    width = 1 << BITS
    keys, counts = np.unique(found.row << BITS | buckets(found), return_counts=True)
    starts = np.searchsorted(keys, np.arange(len(texts) + 1) << BITS)
    columns = (keys & (width - 1)).astype(np.int32)
    return sparse.csr_array(
        (counts.astype(np.float64), columns, starts.astype(np.int32)), shape=(len(texts), width)
    )


class NgramVectorizer(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # sklearn has no types
    """Count the word and character n-grams that at least `min_df` of the fitted texts contain.

    Learns `columns_` (the buckets kept, ascending). Takes texts, or what `hashed` returned for them.
    """

    def __init__(self, min_df: int = 2) -> None:
        self.min_df = min_df

    def fit(self, X: Iterable[str] | sparse.csr_array, y: object = None) -> Self:
        """Learn which n-grams to keep."""
        counts = _counts(X)
        frequency = np.bincount(counts.indices, minlength=1 << BITS)
        self.columns_ = np.flatnonzero(frequency >= self.min_df).astype(np.int32)
        return self

    def transform(self, X: Iterable[str] | sparse.csr_array) -> sparse.csr_array:
        """Return one row of counts a text, one column for each of `columns_`."""
        check_is_fitted(self)
        counts = _counts(X)
        columns, known = _lookup(self.columns_, counts.indices)
        starts = np.concatenate(([0], np.cumsum(known)))[counts.indptr].astype(np.int32)
        return sparse.csr_array(
            (counts.data[known], columns[known], starts), shape=(counts.shape[0], len(self.columns_))
        )

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.requires_fit = True
        return tags


def _lookup(kept: Ints, asked: Ints) -> tuple[Ints, NDArray[np.bool_]]:
    """Return where each of `asked` stands in the ascending `kept`, and whether it stands there at all."""
    if len(asked) > 20_000:
        place = np.full(1 << BITS, -1, dtype=np.int32)
        place[kept] = np.arange(len(kept), dtype=np.int32)
        columns = place[asked]
        return columns, columns >= 0
    columns = np.minimum(np.searchsorted(kept, asked), max(len(kept) - 1, 0)).astype(np.int32)
    return columns, kept[columns] == asked if len(kept) else np.zeros(len(asked), dtype=np.bool_)


def _counts(given: Iterable[str] | sparse.csr_array) -> sparse.csr_array:
    if sparse.issparse(given):
        return given
    if isinstance(given, str):
        raise ValueError("Iterable over raw text documents expected, string object received.")
    return hashed(list(given))
