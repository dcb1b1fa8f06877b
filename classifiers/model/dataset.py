"""What a model is trained on: judged samples, the unlabelled background, and honest ways to split them."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from classifiers.model.samples import Sample, document_text, samples_text
from classifiers.model.vectorizer import hashed
from classifiers.types import Classifier, Document, Judgement, Label

SAME = 0.7
"""Cosine of n-gram counts from which two texts count as one: reprints and updates, not reports of one event."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Judged:
    """The judgements of one topic, joined to their documents; parallel sequences in order of publication."""

    samples: tuple[Sample, ...]
    relevant: NDArray[np.bool_]
    facets: tuple[str, ...]
    """Empty where the person named none, and for what does not belong."""
    groups: NDArray[np.int64]
    """Samples with equal numbers are copies of one text and stay on one side of every split."""
    times: tuple[datetime, ...]

    def __len__(self) -> int:
        return len(self.samples)

    def take(self, places: Sequence[int] | NDArray[np.int64]) -> Judged:
        """Return the judgements at these places, in this order."""
        at = np.asarray(places, dtype=np.int64)
        return Judged(
            samples=tuple(self.samples[i] for i in at),
            relevant=self.relevant[at],
            facets=tuple(self.facets[i] for i in at),
            groups=self.groups[at],
            times=tuple(self.times[i] for i in at),
        )


def rule_samples(topic: str, documents: Sequence[Document], rules: Classifier) -> list[Sample]:
    """Return each document with what `rules` say of it for `topic`."""
    return [
        Sample(document, label_of(topic, labels))
        for document, labels in zip(documents, rules.classify(documents), strict=True)
    ]


def label_of(topic: str, labels: Sequence[Label]) -> Label | None:
    """Return the label of `topic` among a document's labels."""
    return next((label for label in labels if label.topic == topic), None)


def judged(
    topic: str, documents: Sequence[Document], judgements: Sequence[Judgement], rules: Classifier
) -> Judged:
    """Join judgements of `topic` to their documents; of several on one id, the last counts.

    Judgements on documents that are not given (deleted since, say) are left out.
    """
    verdicts: Mapping[str, Judgement] = {item.id: item for item in judgements if item.topic == topic}
    chosen = {document.id: document for document in documents if document.id in verdicts}
    ordered = sorted(chosen.values(), key=lambda document: (time_of(document, verdicts), document.id))
    samples = tuple(rule_samples(topic, ordered, rules)) if ordered else ()
    answers = [verdicts[document.id] for document in ordered]
    return Judged(
        samples=samples,
        relevant=np.array([answer.relevant for answer in answers], dtype=np.bool_),
        facets=tuple(answer.facet if answer.relevant else "" for answer in answers),
        groups=copies(samples_text(samples)),
        times=tuple(time_of(document, verdicts) for document in ordered),
    )


def time_of(document: Document, verdicts: Mapping[str, Judgement]) -> datetime:
    """Return the moment to order a judged document by: its publication, else the judgement's time."""
    return document.published or verdicts[document.id].at or _EPOCH


def copies(texts: Sequence[str]) -> NDArray[np.int64]:
    """Return a number for each text, equal for texts that are copies of one another (cosine over `SAME`)."""
    if not texts:
        return np.zeros(0, dtype=np.int64)
    rows = _unit(hashed(texts))
    _, groups = connected_components(_close(rows, rows), directed=False)
    return np.asarray(groups, dtype=np.int64)


def without_copies(documents: Sequence[Document], of: Sequence[str]) -> list[Document]:
    """Return those of `documents` whose text is not a copy of one of the texts `of`."""
    texts = [document_text(document) for document in documents]
    if not texts or not of:
        return list(documents)
    close = _close(_unit(hashed(texts)), _unit(hashed(list(of))))
    alike = np.diff(close.indptr) > 0
    return [document for document, drop in zip(documents, alike, strict=True) if not drop]


def _unit(counts: sparse.csr_array) -> sparse.csr_array:
    lengths = np.sqrt(np.asarray(counts.multiply(counts).sum(axis=1)).ravel())
    lengths[lengths == 0] = 1
    return sparse.csr_array(sparse.diags_array(1 / lengths) @ counts)


def _close(a: sparse.csr_array, b: sparse.csr_array) -> sparse.csr_array:
    """Return which rows of `a` and `b` are copies, as a sparse matrix; a block of rows at a time."""
    turned = sparse.csc_array(b.T)
    blocks = []
    for first in range(0, a.shape[0], 1000):
        block = sparse.csr_array(a[first : first + 1000] @ turned)
        block.data[block.data < SAME] = 0
        block.eliminate_zeros()
        blocks.append(block)
    return sparse.csr_array(sparse.vstack(blocks))


def folds(
    groups: NDArray[np.int64], relevant: NDArray[np.bool_], parts: int, seed: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield (train, test) places so that each copy-group stays whole and each part has its share of relevant."""
    from sklearn.model_selection import StratifiedGroupKFold

    splitter: Any = StratifiedGroupKFold(n_splits=parts, shuffle=True, random_state=seed)
    yield from splitter.split(np.zeros(len(groups)), relevant, groups)


def temporal_folds(judged_: Judged, parts: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield (train, test) places where each test part is later than all it is trained on.

    The earliest 1/(parts+1) is only ever trained on. A training sample that is a copy of a test sample is dropped.
    """
    edges = np.linspace(0, len(judged_), parts + 2).astype(int)
    for first, last in itertools.pairwise(edges[1:]):
        test = np.arange(first, last)
        earlier = np.arange(first)
        yield earlier[~np.isin(judged_.groups[earlier], judged_.groups[test])], test


def corpus_hash(judged_: Judged, background: Sequence[Sample]) -> str:
    """Return a short hash of everything that was trained on: texts, verdicts and the rules' evidence."""
    digest = hashlib.blake2b(digest_size=8)
    for sample, relevant, facet in zip(judged_.samples, judged_.relevant, judged_.facets, strict=True):
        digest.update(f"{sample.document.id}\0{bool(relevant)}\0{facet}\0".encode())
    for sample in (*judged_.samples, *background):
        score = sample.rules.score if sample.rules else 0.0
        digest.update(f"{document_text(sample.document)}\0{score:.4f}\0".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
