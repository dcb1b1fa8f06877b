"""Queries on people's judgements, and on the models trained from them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select, update

from aggregator.core.types import Feedback as Feedback
from aggregator.store.codec import dump, micros, moment
from aggregator.store.entries import chunks
from aggregator.store.stories import FEEDBACK
from aggregator.store.tables import ModelRow, ValueRow, core

MODELS = core(ModelRow)
VALUES = core(ValueRow)


@dataclass(frozen=True, slots=True)
class StoredModel:
    """What is known of a trained model besides its file."""

    version: str
    topic: str
    at: datetime
    path: str
    active: bool
    corpus: str
    metrics: Mapping[str, Any]


def record(connection: Connection, feedback: Sequence[Feedback]) -> None:
    """Add judgements; the newest on an entry or story and topic counts. One that is held already is left as it is."""
    rows = [
        {
            "entry": f.entry,
            "story": f.story,
            "topic": f.topic,
            "relevant": f.relevant,
            "facet": f.facet,
            "at": micros(f.at),
            "by": f.by,
        }
        for f in feedback
    ]
    for row in rows:
        same = [FEEDBACK.c[name] == value for name, value in row.items()]
        if connection.execute(select(FEEDBACK.c.n).where(*same).limit(1)).first() is None:
            connection.execute(insert(FEEDBACK), row)


def take_back(connection: Connection, numbers: Sequence[int]) -> None:
    """Delete judgements by their numbers."""
    if numbers:
        connection.execute(delete(FEEDBACK).where(FEEDBACK.c.n.in_(numbers)))


def newest_about(connection: Connection, *, story: str, entry: str, topic: str) -> Feedback | None:
    """The newest judgement on that story or entry, or on an entry of that story; None when there is none."""
    about = or_(
        *([FEEDBACK.c.story == story] if story else []), *([FEEDBACK.c.entry == entry] if entry else [])
    )
    statement = select(FEEDBACK).where(FEEDBACK.c.topic == topic, about)
    row = connection.execute(statement.order_by(FEEDBACK.c.n.desc()).limit(1)).mappings().first()
    return None if row is None else _feedback(row)


def newest(connection: Connection, *, story: str, topic: str) -> Feedback | None:
    """The newest judgement on that story as a whole, or None."""
    statement = select(FEEDBACK).where(
        FEEDBACK.c.story == story, FEEDBACK.c.entry == "", FEEDBACK.c.topic == topic
    )
    row = connection.execute(statement.order_by(FEEDBACK.c.n.desc()).limit(1)).mappings().first()
    return None if row is None else _feedback(row)


def undo(connection: Connection, *, story: str, entry: str, topic: str) -> Feedback | None:
    """Delete the newest judgement on that story or entry, and return it; None when there was none."""
    found = newest_about(connection, story=story, entry=entry, topic=topic)
    if found is not None:
        take_back(connection, [found.n])
    return found


def all_feedback(connection: Connection, topic: str | None = None) -> list[Feedback]:
    """Every judgement that counts (superseded ones left out), oldest first."""
    statement = select(FEEDBACK).order_by(FEEDBACK.c.n)
    if topic is not None:
        statement = statement.where(FEEDBACK.c.topic == topic)
    newest: dict[tuple[str, str], Feedback] = {}
    for row in connection.execute(statement).mappings():
        f = _feedback(row)
        newest.pop((f.entry or f.story, f.topic), None)
        newest[f.entry or f.story, f.topic] = f
    return list(newest.values())


def of_stories(connection: Connection, stories: Sequence[str]) -> dict[str, list[Feedback]]:
    """The judgements on each of the stories or on entries in them, oldest first."""
    found: dict[str, list[Feedback]] = {}
    for chunk in chunks(list(stories)):
        for row in connection.execute(
            select(FEEDBACK).where(FEEDBACK.c.story.in_(chunk)).order_by(FEEDBACK.c.n)
        ).mappings():
            found.setdefault(row["story"], []).append(_feedback(row))
    return found


def any_feedback(connection: Connection) -> bool:
    """Whether there is any judgement at all: most installations have none, and batches then skip the look-up."""
    return connection.execute(select(FEEDBACK.c.n).limit(1)).first() is not None


def _feedback(row: Any) -> Feedback:
    return Feedback(
        entry=row["entry"],
        story=row["story"],
        topic=row["topic"],
        relevant=bool(row["relevant"]),
        facet=row["facet"],
        at=moment(row["at"]),
        by=row["by"],
        n=row["n"],
    )


def models(connection: Connection, topic: str | None = None) -> list[StoredModel]:
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


def add_model(connection: Connection, model: StoredModel) -> None:
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
        activate_model(connection, model.topic, model.version)


def forget_models(connection: Connection, versions: Sequence[str]) -> None:
    """Strike models from the register."""
    if versions:
        connection.execute(delete(MODELS).where(MODELS.c.version.in_(versions)))


def activate_model(connection: Connection, topic: str, version: str | None) -> None:
    """Make one version the active model of its topic; None: rules alone."""
    connection.execute(update(MODELS).where(MODELS.c.topic == topic).values(active=False))
    if version is not None:
        connection.execute(update(MODELS).where(MODELS.c.version == version).values(active=True))


def value(connection: Connection, key: str) -> str | None:
    """A small fact of the installation."""
    found: str | None = connection.execute(select(VALUES.c.value).where(VALUES.c.key == key)).scalar()
    return found


def set_value(connection: Connection, key: str, text: str) -> None:
    """Keep a small fact of the installation."""
    connection.execute(delete(VALUES).where(VALUES.c.key == key))
    connection.execute(insert(VALUES), {"key": key, "value": text})
