"""Labelling a file of entries without storing anything: `aggregator classify`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aggregator.config import Config
from aggregator.core.errors import BadRow
from aggregator.core.serialise import label_as_dict
from aggregator.core.types import FeedState
from aggregator.entries.normalise import from_row
from aggregator.pipeline.import_file import read_rows
from aggregator.pipeline.runtime import worker_plan
from aggregator.pipeline.worker import WorkerPlan, document, make_classifier
from aggregator.store import Store
from aggregator.store.opening import store_path
from classifiers.types import Classifier, Document, Label

_BATCH = 1000


def classifier_of(config: Config, *, rules_only: bool = False) -> Classifier:
    """The classifier of this configuration, with the trained models of its database where there is one."""
    path = store_path(config)
    if rules_only or not path.is_file():
        plan = WorkerPlan(topics=config.topics)
    else:
        store = Store.open(path, backups=config.store.backups)
        try:
            plan = worker_plan(config, store)
        finally:
            store.close()
    return make_classifier(plan)


def classify_file(
    file: Path, config: Config, *, topic: str | None = None, rules_only: bool = False, bad: list[str]
) -> Iterator[dict[str, Any]]:
    """Each row's id (and `k`, where it has one) with its labels. Rows that cannot be read are named in `bad`.

    With `topic`, that label's score, in, facet and reasons stand in the row itself, also where nothing was found.
    """
    classifier = classifier_of(config, rules_only=rules_only)
    rows = read_documents(file, bad)
    while batch := list(itertools.islice(rows, _BATCH)):
        yield from _labelled(batch, classifier, config, topic)


def read_documents(file: Path, bad: list[str]) -> Iterator[tuple[Mapping[str, Any], Document]]:
    """Each row of a file of entries with what a classifier reads of it; rows that cannot be read go to `bad`."""
    now = datetime.now(UTC)
    for line, row in read_rows(file):
        try:
            if isinstance(row, str):
                raise BadRow(row)
            source = str(row.get("source") or "")
            feed = FeedState(id=0, url=f"import:{source}", location="", title=source, origin=source)
            yield row, document(from_row(row, feed, now), feed)
        except BadRow as error:
            bad.append(f"line {line}: {error}")


def _labelled(
    batch: list[tuple[Mapping[str, Any], Document]], classifier: Classifier, config: Config, topic: str | None
) -> Iterator[dict[str, Any]]:
    labels = classifier.classify([doc for _, doc in batch])
    for (row, doc), found in zip(batch, labels, strict=True):
        result: dict[str, Any] = {"id": row.get("id", doc.id)} | ({"k": row["k"]} if "k" in row else {})
        if topic is None:
            yield result | {"topics": [label_as_dict(label) for label in found]}
        else:
            none = Label(topic, 0.0, config.topics[topic].threshold, belongs=False)
            yield result | label_as_dict(next((label for label in found if label.topic == topic), none))
