"""What runs in worker processes: the CPU-bound, pure stages, many feeds or entries a call.

    parse_feeds   Fetched       -> Document understood and clean entries     (parse | normalise)
    clean_rows    imported rows -> clean entries                             (normalise)
    analyse       Entries       -> labels and fingerprints                   (classify | fingerprint)

A worker holds one `Worker`, built once when the process starts, from a `WorkerPlan` that pickles in a few kilobytes.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from aggregator.config import OriginConfig
from aggregator.core.errors import BadRow
from aggregator.core.types import Entry, Extract, FeedState, Fetched, Fingerprint, Page, ParsedFeed, PollError
from aggregator.entries.fulltext import extract
from aggregator.entries.normalise import clean, from_row
from aggregator.entries.parse import parse
from aggregator.stories.features.fingerprint import Fingerprinter
from aggregator.stories.features.names import grouping_names
from aggregator.stories.summary.credits import attribute
from aggregator.stories.summary.outlets import Origins
from classifiers.model.embedding import Embedder, EmbeddingError
from classifiers.rules.read_topics import Topic
from classifiers.terms.name_finder import Spellings
from classifiers.topic_classifier import TopicClassifier
from classifiers.types import Document, Label


@dataclass(frozen=True)
class WorkerPlan:
    """From what a worker builds its tools."""

    topics: Mapping[str, Topic] = field(default_factory=dict)
    models: Mapping[str, Path] = field(default_factory=dict)
    """Topic -> file of its active model."""
    entities: Mapping[str, Any] = field(default_factory=dict)
    origins: Mapping[str, OriginConfig] = field(default_factory=dict)
    embedding: str = ""
    """Folder of the embedding model."""


class Worker:
    """A worker's tools."""

    def __init__(self, plan: WorkerPlan) -> None:
        names = grouping_names(plan.entities, plan.origins)
        self.classifier = make_classifier(plan, names)
        self.fingerprinter = Fingerprinter(names, _embedder(plan))
        self.origins = Origins(plan.origins)

    def parse_feeds(self, fetched: Sequence[Fetched], now: datetime) -> list[ParsedDocument]:
        """Understand documents. A document that cannot be read is an error in its own result, nowhere else."""
        return [self._parse(one, now) for one in fetched]

    def _parse(self, fetched: Fetched, now: datetime) -> ParsedDocument:
        parsed = parse(fetched)
        if isinstance(parsed, PollError):
            return ParsedDocument(parsed)
        entries, problems = clean(parsed, fetched.feed, now)
        written = tuple(attribute(self.origins, entry, fetched.feed.origin) for entry in entries)
        return ParsedDocument(replace(parsed, entries=(), problems=problems), written)

    def clean_rows(
        self, rows: Sequence[tuple[Mapping[str, Any], FeedState]], now: datetime
    ) -> list[Entry | str]:
        """Imported rows as entries; for a row that cannot be read, what is wrong with it."""
        return [self._clean(row, feed, now) for row, feed in rows]

    def _clean(self, row: Mapping[str, Any], feed: FeedState, now: datetime) -> Entry | str:
        try:
            return attribute(self.origins, from_row(row, feed, now), feed.origin)
        except BadRow as error:
            return str(error)

    def analyse(self, entries: Sequence[Entry], feeds: Mapping[int, FeedState]) -> list[Analysis]:
        """Labels and fingerprint of each entry, in order. `feeds` must hold every entry's feed."""
        documents = [document(entry, feeds[entry.feed_id]) for entry in entries]
        scans = self.classifier.scan(documents)  # once an entry, for topics and for grouping
        labels = self.classifier.classify(documents, scans)
        fingerprints = self.fingerprinter.fingerprint(entries, scans)
        return [Analysis(*pair) for pair in zip(labels, fingerprints, strict=True)]

    def label(self, entries: Sequence[Entry], feeds: Mapping[int, FeedState]) -> list[tuple[Label, ...]]:
        """Labels alone, for entries that are grouped already."""
        return self.classifier.classify([document(entry, feeds[entry.feed_id]) for entry in entries])

    def extract(self, pages: Sequence[Page]) -> list[Extract]:
        """The main text of entries' pages."""
        return [extract(page) for page in pages]

    def classify(self, documents: Sequence[Document]) -> list[tuple[Label, ...]]:
        """Labels of documents that are not entries of ours."""
        return self.classifier.classify(documents)

    def clean_and_analyse(
        self, rows: Sequence[tuple[Mapping[str, Any], FeedState]], now: datetime
    ) -> tuple[list[Entry | str], list[Analysis]]:
        """Both in one call, to cross the process border once; the second list skips the rows that failed."""
        cleaned = self.clean_rows(rows, now)
        feeds = {feed.id: feed for _, feed in rows}
        return cleaned, self.analyse([entry for entry in cleaned if isinstance(entry, Entry)], feeds)


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """A document understood, or why not. `feed` comes without its raw entries: `entries` are the clean ones."""

    feed: ParsedFeed | PollError
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Analysis:
    """What topics and grouping need to know of an entry."""

    labels: tuple[Label, ...]
    fingerprint: Fingerprint | None
    """None when only the labels were asked for."""


def document(entry: Entry, feed: FeedState) -> Document:
    """An entry as classifiers see it."""
    return Document(
        id=entry.id,
        title=entry.title,
        summary=entry.summary,
        text=entry.text,
        url=entry.url,
        source=entry.origin or feed.origin or feed.title,
        source_kind=feed.kind,
        categories=entry.categories,
        author=entry.author,
        language=entry.language,
        published=entry.published,
    )


def make_classifier(plan: WorkerPlan, names: Spellings | None = None) -> TopicClassifier:
    """Rules, and each topic's model where one can be read; a model that cannot be read leaves rules alone."""
    models = {}
    if plan.models:
        from classifiers.model.model_file import (  # brings scikit-learn: only where a model is used
            ArtifactError,
            load,
        )

        for topic, path in plan.models.items():
            try:
                models[topic] = load(path)
            except ArtifactError as error:
                logging.getLogger("aggregator").warning("%s: %s; its rules decide alone", topic, error)
    return TopicClassifier(plan.topics, models, names)


def _embedder(plan: WorkerPlan) -> Embedder | None:
    try:
        return Embedder(plan.embedding) if plan.embedding else None
    except EmbeddingError as error:  # it was there when the configuration was read
        logging.getLogger("aggregator").warning("%s; entries are grouped without it", error)
        return None


def spare_collector() -> None:
    """Let the garbage collector look for cycles a hundred times less often than it would.

    We hold hundreds of thousands of small records that live long and form no cycles; walking through them took a
    fifth of an import's time. Everything that is without cycles is freed at once as ever.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
