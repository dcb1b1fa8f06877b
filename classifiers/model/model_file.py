"""A trained model as one file: a skops archive beside a JSON header, in a zip. Never a pickle.

    model.json      format, versions, topic, hashes, metrics: read and checked before anything else is touched
    pipeline.skops  the scikit-learn pipeline
    facets.skops    the facets' pipeline, when there is one

skops rebuilds objects only of types it was told to trust; ours are listed here by name. A file with any other
type, another format or another scikit-learn than it was made with is refused, and the caller trains anew.
"""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from dataclasses import asdict, fields
from datetime import datetime
from pathlib import Path

import sklearn
import skops.io
from sklearn.pipeline import Pipeline

from classifiers.model.model_header import DAMAGE, FORMAT, ArtifactError, read_header, read_member
from classifiers.model.topic_model import Metrics, TopicModel

__all__ = ["TRUSTED", "ArtifactError", "load", "read_header", "save"]

TRUSTED = (
    "classifiers.model.samples.rule_features",
    "classifiers.model.samples.samples_text",
    "classifiers.model.vectorizer.NgramVectorizer",
)
"""The only types beyond skops' own defaults that a model is made of."""


def save(model: TopicModel, path: Path) -> None:
    """Write `model` to `path`: whole or not at all, also when the machine stops half-way."""
    header = {
        "format": FORMAT,
        "sklearn": sklearn.__version__,
        "topic": model.topic,
        "version": model.version,
        "corpus": model.corpus,
        "rules": model.rules,
        "trained": model.trained.isoformat() if model.trained else "",
        "metrics": asdict(model.metrics),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, scratch = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                archive.writestr("model.json", json.dumps(header, indent=1))
                archive.writestr("pipeline.skops", skops.io.dumps(model.pipeline))
                if model.facets is not None:
                    archive.writestr("facets.skops", skops.io.dumps(model.facets))
            file.flush()
            os.fsync(file.fileno())
        os.replace(scratch, path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


def load(path: Path) -> TopicModel:
    """Read a model. Raises ArtifactError for anything but a file that `save` of this version wrote."""
    header = read_header(path)
    try:
        with zipfile.ZipFile(path) as archive:
            pipeline = _pipeline(read_member(archive, "pipeline.skops"), path)
            named = "facets.skops" in archive.namelist()
            facets = _pipeline(read_member(archive, "facets.skops"), path) if named else None
        known = {item.name for item in fields(Metrics)}
        return TopicModel(
            topic=str(header["topic"]),
            version=str(header["version"]),
            pipeline=pipeline,
            facets=facets,
            corpus=str(header["corpus"]),
            rules=str(header["rules"]),
            trained=datetime.fromisoformat(header["trained"]) if header["trained"] else None,
            metrics=Metrics(**{name: value for name, value in header["metrics"].items() if name in known}),
        )
    except DAMAGE as error:
        raise ArtifactError(f"{path} is damaged ({error}); train the topic again") from error


def _pipeline(data: bytes, path: Path) -> Pipeline:
    foreign = sorted(set(skops.io.get_untrusted_types(data=data)) - set(TRUSTED))
    if foreign:
        raise ArtifactError(f"{path} holds types that are not part of a model: {', '.join(foreign)}")
    pipeline = skops.io.loads(data, trusted=list(TRUSTED))
    if not isinstance(pipeline, Pipeline):
        raise ArtifactError(f"{path} holds no pipeline; train the topic again")
    return pipeline
