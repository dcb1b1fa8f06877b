"""Writing stories: what they are now, what happened to them, and merging one into another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from aggregator.core.types import Story
from aggregator.store.queries.bulk import insert_rows, upsert_rows
from aggregator.store.queries.chunked import chunks
from aggregator.store.queries.story_loading import redirects
from aggregator.store.rows.encoding import dump, micros
from aggregator.store.rows.label_row import label_to_row
from aggregator.store.rows.story_row import story_to_row
from aggregator.store.tables import ENTRIES, FEEDBACK, HISTORY, REDIRECTS, STORIES, STORY_LABELS


def write(connection: Connection, stories: Sequence[Story], now: datetime) -> None:
    """Insert or replace stories with their labels; a topic that lost a story is noted as a withdrawal."""
    if not stories:
        return
    ids = [story.id for story in stories]
    before: dict[str, dict[str, bool]] = {}
    for chunk in chunks(ids):
        decisions = select(STORY_LABELS.c.story, STORY_LABELS.c.topic, STORY_LABELS.c.belongs)
        for row in connection.execute(decisions.where(STORY_LABELS.c.story.in_(chunk))):
            before.setdefault(row.story, {})[row.topic] = bool(row.belongs)
    upsert_rows(connection, STORIES, [story_to_row(story) for story in stories], key="id")
    if before:
        for chunk in chunks(list(before)):
            connection.execute(delete(STORY_LABELS).where(STORY_LABELS.c.story.in_(chunk)))
    labels: list[dict[str, Any]] = []
    history: list[tuple[str, datetime, str, dict[str, Any]]] = []
    for story in stories:
        changed = micros(story.changed)
        labels.extend(
            {"story": story.id, "changed": changed, **label_to_row(label)} for label in story.labels
        )
        had = {topic for topic, belongs in before.get(story.id, {}).items() if belongs}
        has = {label.topic for label in story.labels if label.belongs}
        history.extend((story.id, now, "withdrawn", {"topic": topic}) for topic in sorted(had - has))
    insert_rows(connection, STORY_LABELS, labels)
    add_history(connection, history)


def add_history(
    connection: Connection, events: Iterable[tuple[str, datetime, str, Mapping[str, Any]]]
) -> None:
    """Note (story, moment, kind, detail) for the stories' pages."""
    rows = [
        {"story": s, "at": micros(at), "kind": kind, "detail_json": dump(detail)}
        for s, at, kind, detail in events
    ]
    if rows:
        connection.execute(insert(HISTORY), rows)


def merge(connection: Connection, from_story: str, into: str, now: datetime) -> None:
    """Move everything of one story into another; the old id redirects for ever. Merging twice is harmless."""
    if from_story == into:
        return
    moved = connection.execute(
        update(ENTRIES).where(ENTRIES.c.story == from_story).values(story=into)
    ).rowcount
    connection.execute(update(FEEDBACK).where(FEEDBACK.c.story == from_story).values(story=into))
    there = connection.execute(select(STORIES.c.id).where(STORIES.c.id == from_story)).first()
    if not moved and there is None and redirects(connection, [from_story]).get(from_story) == into:
        return
    # Redirects are kept flat, so that following one is always a single step.
    connection.execute(update(REDIRECTS).where(REDIRECTS.c.into == from_story).values(into=into))
    redirect = upsert(REDIRECTS).values(story=from_story, into=into, at=micros(now))
    connection.execute(redirect.on_conflict_do_update(index_elements=["story"], set_={"into": into}))
    topics = connection.execute(
        select(STORY_LABELS.c.topic).where(STORY_LABELS.c.story == from_story, STORY_LABELS.c.belongs)
    ).scalars()
    add_history(
        connection, [(from_story, now, "withdrawn", {"topic": topic, "into": into}) for topic in topics]
    )
    add_history(connection, [(into, now, "merged", {"from": from_story})])
    connection.execute(delete(STORY_LABELS).where(STORY_LABELS.c.story == from_story))
    connection.execute(delete(STORIES).where(STORIES.c.id == from_story))


def delete_redirect(connection: Connection, story: str) -> None:
    """Let an id stand for itself again, when a person splits what was merged."""
    connection.execute(delete(REDIRECTS).where(REDIRECTS.c.story == story))
