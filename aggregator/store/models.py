"""Where trained models lie on disk, and which of them can be used.

The register names a file relative to the database's folder, so that folder can be moved or restored elsewhere.
"""

from __future__ import annotations

from pathlib import Path

import structlog

from aggregator.store import Store
from aggregator.store.feedback import StoredModel
from classifiers.model.model_header import ArtifactError, check

log = structlog.get_logger("aggregator")

_FOLDER = "models"


def name_of(topic: str, version: str) -> str:
    """The file of a model, as the register has it."""
    return f"{_FOLDER}/{topic}-{version}.model"


def file_of(store: Store, model: StoredModel) -> Path:
    """Where a registered model's file is, or should be."""
    return store.folder / model.path


def usable(store: Store, model: StoredModel) -> Path | None:
    """A registered model's file; None, with a warning, where it is gone, damaged or of another version."""
    path = file_of(store, model)
    try:
        check(path)
    except ArtifactError as error:
        log.warning(
            "a model cannot be used; rules decide alone until it is fitted anew, which the daemon does by itself",
            topic=model.topic,
            why=str(error),
        )
        return None
    return path
