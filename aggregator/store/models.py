"""Trained models: which there are, from what, how good they are, which of a topic is in use, and where their files lie.

The register names a file relative to the database's folder, so that folder can be moved or restored elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Connection, delete, insert, select, update

from aggregator.store.database import Database
from aggregator.store.rows.encoding import dump, micros, moment
from aggregator.store.tables import MODELS
from classifiers.model.model_header import ArtifactError, check

log = structlog.get_logger("aggregator")

_FOLDER = "models"


@dataclass(frozen=True, slots=True)
class StoredModel:
    """What is known of a trained model besides its file."""

    version: str
    topic: str
    at: datetime
    path: str
    """Of its file, from the database's folder."""
    active: bool
    corpus: str
    metrics: Mapping[str, Any]


def name_of(topic: str, version: str) -> str:
    """The file of a model, as the register has it."""
    return f"{_FOLDER}/{topic}-{version}.model"


class Models:
    """The register of trained models. Raises StoreError when the database cannot be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, topic: str | None = None) -> list[StoredModel]:
        """Trained models, newest first; of one topic, or all."""
        with self._database.read() as connection:
            return _models(connection, topic)

    def active(self, topic: str) -> StoredModel | None:
        """The topic's model in use; None: rules alone."""
        return next((model for model in self.all(topic) if model.active), None)

    def add(self, model: StoredModel, *, keep: int) -> list[StoredModel]:
        """Register a model (an active one is then the topic's only active one) and strike old ones.

        `keep`: versions that stay besides the one in use. Returns those that were struck, whose files can go.
        """
        with self._database.write() as connection:
            _add(connection, model)
            old = [m for m in _models(connection, model.topic) if not m.active][keep:]
            if old:
                struck = [m.version for m in old]
                connection.execute(delete(MODELS).where(MODELS.c.version.in_(struck)))
        return old

    def activate(self, topic: str, version: str | None) -> None:
        """Make one version the model of its topic that is in use; None: rules alone."""
        with self._database.write() as connection:
            _activate(connection, topic, version)

    def file_of(self, model: StoredModel) -> Path:
        """Where a registered model's file is, or should be."""
        return self._database.path.parent / model.path

    def usable(self, model: StoredModel) -> Path | None:
        """A registered model's file; None, with a warning, where it is gone, damaged or of another version."""
        path = self.file_of(model)
        try:
            check(path)
        except ArtifactError as error:
            log.warning("a model cannot be used; rules decide alone", topic=model.topic, why=str(error))
            return None
        return path


def _models(connection: Connection, topic: str | None = None) -> list[StoredModel]:
    """Trained models, newest first."""
    statement = select(MODELS).order_by(MODELS.c.at.desc())
    if topic is not None:
        statement = statement.where(MODELS.c.topic == topic)
    return [
        StoredModel(
            row["version"],
            row["topic"],
            moment(row["at"]),
            row["path"],
            bool(row["active"]),
            row["corpus"],
            json.loads(row["metrics_json"]),
        )
        for row in connection.execute(statement).mappings()
    ]


def _add(connection: Connection, model: StoredModel) -> None:
    """Register a trained model; when it is active, it is the topic's only active one."""
    connection.execute(delete(MODELS).where(MODELS.c.version == model.version))
    connection.execute(
        insert(MODELS),
        {
            "version": model.version,
            "topic": model.topic,
            "at": micros(model.at),
            "path": model.path,
            "active": False,
            "corpus": model.corpus,
            "metrics_json": dump(dict(model.metrics)),
        },
    )
    if model.active:
        _activate(connection, model.topic, model.version)


def _activate(connection: Connection, topic: str, version: str | None) -> None:
    """Make one version the active model of its topic; None: rules alone."""
    connection.execute(update(MODELS).where(MODELS.c.topic == topic).values(active=False))
    if version is not None:
        connection.execute(update(MODELS).where(MODELS.c.version == version).values(active=True))
