"""Queries on stories: reading them whole, writing what changed, following merges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, tuple_, update
from sqlalchemy.dialects.sqlite import insert as upsert

from aggregator.core.types import Constraint, Story, StoryEntry, published_order
from aggregator.store.bulk import insert_rows, upsert_rows
from aggregator.store.codec import (
    dump,
    label_to_row,
    micros,
    moment,
    row_to_entry,
    row_to_label,
    row_to_story,
    story_to_row,
)
from aggregator.store.entries import ENTRIES, chunks, labels_of
from aggregator.store.feeds import FEEDS, public_url
from aggregator.store.tables import (
    FeedbackRow,
    StoryConstraintRow,
    StoryHistoryRow,
    StoryLabelRow,
    StoryRedirectRow,
    StoryRow,
    core,
)
from classifiers.types import Label

STORIES = core(StoryRow)
STORY_LABELS = core(StoryLabelRow)
REDIRECTS = core(StoryRedirectRow)
HISTORY = core(StoryHistoryRow)
CONSTRAINTS = core(StoryConstraintRow)
FEEDBACK = core(FeedbackRow)


def load(connection: Connection, ids: Sequence[str], *, text: bool = True) -> dict[str, Story]:
    """The stories of those ids, whole. `text=False` leaves out entries' content and full text, which lists never show."""
    stories: dict[str, Story] = {}
    for chunk in chunks(list(ids)):
        members = members_of(connection, chunk, text=text)
        labels = story_labels(connection, chunk)
        for row in connection.execute(select(STORIES).where(STORIES.c.id.in_(chunk))).mappings():
            stories[row["id"]] = row_to_story(
                row, entries=members.get(row["id"], ()), labels=labels.get(row["id"], ())
            )
    return stories


def members_of(
    connection: Connection, ids: Sequence[str], *, text: bool = True
) -> dict[str, list[StoryEntry]]:
    """Each story's entries in order of publication, with their feed's identity and their own labels."""
    feed = (
        FEEDS.c.title.label("feed_title"),
        FEEDS.c.url.label("feed_url"),
        FEEDS.c.origin.label("feed_origin"),
        FEEDS.c.kind,
        FEEDS.c.country,
    )
    # The empty strings keep the row's shape while sparing SQLite the overflow pages of long texts.
    columns = [
        c for c in ENTRIES.c if c.name != "fingerprint_json" and (text or c.name not in {"content", "text"})
    ]
    statement = (
        select(*columns, *feed).join(FEEDS, FEEDS.c.id == ENTRIES.c.feed_id).where(ENTRIES.c.story.in_(ids))
    )
    rows = connection.execute(statement).mappings().all()
    labels = labels_of(connection, [row["id"] for row in rows])
    found: dict[str, list[StoryEntry]] = {}
    for row in rows:
        whole = row if text else {**row, "content": "", "text": ""}
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


def newest(
    connection: Connection,
    *,
    topics: Sequence[str] | None = None,
    since: datetime | None = None,
    limit: int = 100,
    belongs: bool = True,
) -> list[str]:
    """Ids of stories, most recently changed first: of those topics (None: all stories), announced ones only.

    `belongs=False` asks for stories that have a label of the topics but do not belong: near misses.
    """
    if topics is None:
        statement = (
            select(STORIES.c.id)
            .where(STORIES.c.announced)
            .order_by(STORIES.c.changed.desc(), STORIES.c.n.desc())
        )
        if since is not None:
            statement = statement.where(STORIES.c.changed >= micros(since))
        return list(connection.execute(statement.limit(limit)).scalars())
    chosen = (
        select(STORY_LABELS.c.story, func.max(STORY_LABELS.c.changed).label("changed"))
        .join(STORIES, STORIES.c.id == STORY_LABELS.c.story)
        .where(STORY_LABELS.c.topic.in_(list(topics)), STORY_LABELS.c.belongs == belongs, STORIES.c.announced)
        .group_by(STORY_LABELS.c.story)
        .order_by(func.max(STORY_LABELS.c.changed).desc(), STORY_LABELS.c.story)
        .limit(limit)
    )
    if since is not None:
        chosen = chosen.where(STORY_LABELS.c.changed >= micros(since))
    return [row.story for row in connection.execute(chosen)]


def growth(connection: Connection, since: datetime) -> list[tuple[str, int, timedelta]]:
    """(topic, entries, time from first to last) of every story published since then, for each topic it belongs to."""
    at = func.coalesce(ENTRIES.c.published, ENTRIES.c.seen)
    spans = (
        select(ENTRIES.c.story, func.count().label("entries"), (func.max(at) - func.min(at)).label("span"))
        .where(ENTRIES.c.story.in_(select(STORIES.c.id).where(STORIES.c.published >= micros(since))))
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


def redirects(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    """Where merged ids lead."""
    found: dict[str, str] = {}
    for chunk in chunks(list(ids)):
        statement = select(REDIRECTS.c.story, REDIRECTS.c.into).where(REDIRECTS.c.story.in_(chunk))
        found.update((row.story, row.into) for row in connection.execute(statement))
    return found


def drop_empty(connection: Connection, ids: Sequence[str]) -> list[str]:
    """Delete those of the stories that have no entry left; return the ids of those that still have some."""
    alive: set[str] = set()
    for chunk in chunks(list(ids)):
        statement = select(ENTRIES.c.story).where(ENTRIES.c.story.in_(chunk)).distinct()
        alive.update(connection.execute(statement).scalars())
    for chunk in chunks([story for story in ids if story not in alive]):
        connection.execute(delete(STORY_LABELS).where(STORY_LABELS.c.story.in_(chunk)))
        connection.execute(delete(STORIES).where(STORIES.c.id.in_(chunk)))
    return sorted(alive)


def forget_history(connection: Connection, before: datetime) -> None:
    """Delete what happened before then to stories that are no longer there."""
    gone = HISTORY.c.story.not_in(select(STORIES.c.id))
    connection.execute(delete(HISTORY).where(HISTORY.c.at < micros(before), gone))


def constraints(connection: Connection) -> dict[tuple[str, str], bool]:
    """People's corrections of grouping: (entry, entry) -> together?"""
    return {(row.a, row.b): bool(row.together) for row in connection.execute(select(CONSTRAINTS))}


def corrections(connection: Connection) -> list[tuple[str, str, bool, datetime, str]]:
    """People's corrections in full, oldest first: entry, entry, together?, when, by whom."""
    statement = select(CONSTRAINTS).order_by(CONSTRAINTS.c.at, CONSTRAINTS.c.a, CONSTRAINTS.c.b)
    return [
        (row.a, row.b, bool(row.together), moment(row.at), row.by) for row in connection.execute(statement)
    ]


def constrain(connection: Connection, pairs: Iterable[tuple[str, str, bool]], now: datetime, by: str) -> None:
    """Keep corrections; the latest word on a pair counts."""
    keep_constraints(connection, [Constraint(a, b, together, now, by) for a, b, together in pairs])


def keep_constraints(connection: Connection, given: Iterable[Constraint]) -> None:
    """Keep people's corrections of grouping; of a pair the one written last counts."""
    rows = [
        {
            "a": min(one.a, one.b),
            "b": max(one.a, one.b),
            "together": one.together,
            "at": micros(one.at),
            "by": one.by,
        }
        for one in given
    ]
    if rows:
        statement = upsert(CONSTRAINTS)
        excluded = statement.excluded
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["a", "b"],
                set_={"together": excluded.together, "at": excluded.at, "by": excluded.by},
            ),
            rows,
        )


def history_of(connection: Connection, story: str) -> list[tuple[datetime, str, str]]:
    """(moment, kind, detail as JSON) of what happened to a story, oldest first."""
    statement = select(HISTORY).where(HISTORY.c.story == story).order_by(HISTORY.c.n)
    return [
        (moment(row["at"]), row["kind"], row["detail_json"])
        for row in connection.execute(statement).mappings()
    ]
