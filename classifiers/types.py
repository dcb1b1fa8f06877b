"""The records that travel into and out of a topic decision.

Everything is a frozen dataclass of plain values, so it pickles cheaply between worker processes and
can be built by hand in a notebook.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Document:
    """What a classifier may look at: one entry, as plain text (no markup)."""

    id: str
    title: str
    summary: str = ""
    text: str = ""
    """The full text where there is one; empty when only title and summary are known."""
    url: str = ""
    source: str = ""
    """The origin's slug ("yonhap"), or the feed's title where no origin is configured."""
    source_kind: str = ""
    """agency, newspaper, broadcaster, state-media, government, think-tank, or empty."""
    categories: tuple[str, ...] = ()
    author: str = ""
    language: str = ""
    """ISO 639-1 ("ko"), or empty when unknown."""
    published: datetime | None = None
    """Time-zone aware, UTC."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One piece of evidence behind a label."""

    kind: str
    """term, group, exclude, source, distinct, model, facet or feedback."""
    what: str
    """The term or group as written in config.toml, or the model's feature."""
    weight: float = 0.0
    """What it added to (or, negative, took from) the score, in the unit of its kind."""
    where: str = ""
    """The field it was found in: title, summary, text, url, source, category, author, language."""
    found: str = ""
    """The characters of the entry that matched."""
    passing: bool = False
    """It was only mentioned in passing, so it weighed a part of what it would have (`classifiers.rules`)."""


@dataclass(frozen=True, slots=True)
class Label:
    """The decision of one topic on one document."""

    topic: str
    score: float
    """Between 0 and 1. Calibrated where a model takes part: of the stories with 0.8, four in five belong."""
    threshold: float
    belongs: bool
    """The decision. Normally `score >= threshold`; an exclusion or a person's feedback overrules the score."""
    facet: str = ""
    reasons: tuple[Reason, ...] = ()
    rules: str = ""
    """Hash of the topic's configuration that decided."""
    model: str = ""
    """Version of the model that took part; empty when rules decided alone."""


class Classifier(Protocol):
    """Anything that labels documents. One label a topic with any evidence; no label means score 0."""

    def classify(self, documents: Sequence[Document]) -> list[tuple[Label, ...]]:
        """Return, in the order of `documents`, each document's labels in the order of the topics."""
        ...


@dataclass(frozen=True, slots=True)
class Judgement:
    """A person's yes or no on one entry or story for one topic (feedback)."""

    id: str
    topic: str
    relevant: bool
    facet: str = ""
    at: datetime | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong in a configuration: where (a path of keys from the root), what, and the remedy."""

    path: tuple[str | int, ...]
    message: str
    warning: bool = field(default=False)
    """True when the configuration still works, as with a term that can never match."""
