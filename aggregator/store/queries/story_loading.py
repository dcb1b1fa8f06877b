"""Reading stories whole, with their entries and labels, and following merges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, tuple_

from aggregator.core.types import ALIKE, Story, StoryEntry, published_order
from aggregator.store.import_sources import public_url
from aggregator.store.queries.chunked import chunks
from aggregator.store.queries.entry_lookup import labels_of
from aggregator.store.queries.held_stories import alike_of
from aggregator.store.queries.texts import excerpt_of
from aggregator.store.rows.encoding import micros, moment
from aggregator.store.rows.entry_row import row_to_entry
from aggregator.store.rows.label_row import row_to_label
from aggregator.store.rows.story_row import row_to_story
from aggregator.store.tables import ENTRIES, FEEDS, HISTORY, REDIRECTS, STORIES, STORY_LABELS
from classifiers.types import Label


def load(connection: Connection, ids: Sequence[str], *, text: bool = True) -> dict[str, Story]:
    """The stories of those ids with their entries, which have no content, and of their full text what `members_of` says."""
    stories: dict[str, Story] = {}
    for chunk in chunks(list(ids)):
        members = members_of(connection, chunk, text=text)
        labels = story_labels(connection, chunk)
        alike = alike_of(connection, chunk)
        for row in connection.execute(select(STORIES).where(STORIES.c.id.in_(chunk))).mappings():
            stories[row["id"]] = row_to_story(
                row,
                entries=members.get(row["id"], ()),
                labels=labels.get(row["id"], ()),
                alike=alike.get(row["id"], ()),
            )
    return stories


def members_of(
    connection: Connection, ids: Sequence[str], *, text: bool = True
) -> dict[str, list[StoryEntry]]:
    """Each story's entries in order of publication, with their feed's identity and their own labels.

    Those that are only counted (ALIKE) are left out. A story can have many entries of many pages each: their content is
    never read with it, and of their full text, with `text`, the beginning and the end.
    """
    feed = (
        FEEDS.c.title.label("feed_title"),
        FEEDS.c.url.label("feed_url"),
        FEEDS.c.origin.label("feed_origin"),
        FEEDS.c.kind,
        FEEDS.c.country,
    )
    # The empty strings keep the row's shape while sparing SQLite the overflow pages of long texts.
    columns = [c for c in ENTRIES.c if c.name not in {"fingerprint_json", "content", "text"}]
    excerpt = [excerpt_of(ENTRIES.c.text).label("text")] if text else []
    statement = (
        select(*columns, *excerpt, *feed)
        .join(FEEDS, FEEDS.c.id == ENTRIES.c.feed_id)
        .where(ENTRIES.c.story.in_(ids), ENTRIES.c.basis != ALIKE)
    )
    rows = connection.execute(statement).mappings().all()
    labels = labels_of(connection, [row["id"] for row in rows])
    found: dict[str, list[StoryEntry]] = {}
    for row in rows:
        whole = {"text": "", **row, "content": ""}
        found.setdefault(row["story"], []).append(
            StoryEntry(
                entry=row_to_entry(whole),
                basis=row["basis"],
                feed_title=row["feed_title"],
                feed_url=public_url(row["feed_url"]),
                origin=row["feed_origin"],
                kind=row["kind"],
                country=row["country"],
                labels=labels.get(row["id"], ()),
                archived=bool(row["archived"]),
            )
        )
    for members in found.values():
        members.sort(key=published_order)
    return found


def story_labels(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[Label, ...]]:
    """Each story's labels, highest score first."""
    found: dict[str, list[Label]] = {}
    statement = (
        select(STORY_LABELS)
        .where(STORY_LABELS.c.story.in_(ids))
        .order_by(STORY_LABELS.c.score.desc(), STORY_LABELS.c.topic)
    )
    for row in connection.execute(statement).mappings():
        found.setdefault(row["story"], []).append(row_to_label(row))
    return {story: tuple(labels) for story, labels in found.items()}


def redirects(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    """Where merged ids lead."""
    found: dict[str, str] = {}
    for chunk in chunks(list(ids)):
        statement = select(REDIRECTS.c.story, REDIRECTS.c.into).where(REDIRECTS.c.story.in_(chunk))
        found.update((row.story, row.into) for row in connection.execute(statement))
    return found


def history_of(connection: Connection, story: str) -> list[tuple[datetime, str, str]]:
    """(moment, kind, detail as JSON) of what happened to a story, oldest first."""
    statement = select(HISTORY).where(HISTORY.c.story == story).order_by(HISTORY.c.n)
    return [
        (moment(row["at"]), row["kind"], row["detail_json"])
        for row in connection.execute(statement).mappings()
    ]


def walk_ids(
    connection: Connection, *, since: datetime | None = None, size: int = 500
) -> Iterator[list[str]]:
    """All stories' ids, most recently changed first, in runs."""
    last: tuple[int, int] | None = None
    while True:
        statement = select(STORIES.c.id, STORIES.c.changed, STORIES.c.n).order_by(
            STORIES.c.changed.desc(), STORIES.c.n.desc()
        )
        if since is not None:
            statement = statement.where(STORIES.c.changed >= micros(since))
        if last is not None:
            statement = statement.where(tuple_(STORIES.c.changed, STORIES.c.n) < last)
        rows = connection.execute(statement.limit(size)).all()
        if not rows:
            return
        last = (rows[-1].changed, rows[-1].n)
        yield [row.id for row in rows]


def growth(connection: Connection, since: datetime) -> list[tuple[str, int, timedelta]]:
    """(topic, entries, time from first to last) of every story published since then, for each topic it belongs to."""
    at = func.coalesce(ENTRIES.c.published, ENTRIES.c.seen)
    spans = (
        select(ENTRIES.c.story, func.count().label("entries"), (func.max(at) - func.min(at)).label("span"))
        .where(ENTRIES.c.story.in_(select(STORIES.c.id).where(STORIES.c.published >= micros(since))))
        .where(ENTRIES.c.basis != ALIKE)
        .group_by(ENTRIES.c.story)
        .subquery()
    )
    statement = (
        select(STORY_LABELS.c.topic, spans.c.entries, spans.c.span)
        .join(spans, spans.c.story == STORY_LABELS.c.story)
        .where(STORY_LABELS.c.belongs)
    )
    return [
        (row.topic, row.entries, timedelta(microseconds=row.span)) for row in connection.execute(statement)
    ]
