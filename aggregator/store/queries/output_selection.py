"""Queries behind the outputs: which stories, in what order, from where on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, func, select, tuple_

from aggregator.store.queries.chunked import chunks
from aggregator.store.rows.encoding import micros, moment
from aggregator.store.tables import ENTRIES, HISTORY, STORIES, STORY_LABELS


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an output asks for, as far as indexes can answer; the rest is filtered on whole stories."""

    topics: tuple[str, ...] = ()
    """Empty: any topic."""
    belongs: bool = True
    """False: near misses, down to `margin` below the threshold."""
    margin: float = 0.15
    min_score: float = 0.0
    order: str = "changed"
    """changed, published, first_seen or score."""
    since: datetime | None = None
    span: tuple[datetime, datetime] | None = None
    """Only stories first seen in [from, until); old news too."""
    before: tuple[datetime, str] | None = None
    """Only what comes after this (moment, story) in the order."""
    with_it: bool = False
    """And that story itself."""


_MOMENTS = {"published": STORIES.c.published, "first_seen": STORIES.c.first_seen}


def ids(connection: Connection, wanted: Wanted, limit: int) -> list[str]:
    """Ids of the stories in order: (moment, id) descending, or score first."""
    labels, stories = STORY_LABELS.c, STORIES.c
    labelled = _labelled(wanted)
    moment_column = _MOMENTS.get(wanted.order, stories.changed)
    statement: Select[tuple[str]] = select(stories.id).where(*_chosen(wanted))
    if wanted.before is not None:
        at, story = wanted.before
        place, end = tuple_(moment_column, stories.id), (micros(at), story)
        statement = statement.where(place <= end if wanted.with_it else place < end)
    if wanted.order == "score":
        best = select(func.max(labels.score)).where(labels.story == stories.id, *labelled).scalar_subquery()
        statement = statement.order_by(best.desc(), stories.changed.desc(), stories.id.desc())
    else:
        statement = statement.order_by(moment_column.desc(), stories.id.desc())
    return [row.id for row in connection.execute(statement.limit(limit))]


def outline(connection: Connection, wanted: Wanted) -> list[tuple[datetime, str, int]]:
    """(first seen, id, number of entries) of the stories in order of their first sight, the oldest first."""
    entries = select(func.count()).where(ENTRIES.c.story == STORIES.c.id).scalar_subquery()
    statement = (
        select(STORIES.c.first_seen, STORIES.c.id, entries)
        .where(*_chosen(wanted))
        .order_by(STORIES.c.first_seen, STORIES.c.id)
    )
    return [(moment(at), story, count) for at, story, count in connection.execute(statement)]


def _labelled(wanted: Wanted) -> list[ColumnElement[bool]]:
    """What one label of a story must fulfil."""
    labels = STORY_LABELS.c
    conditions: list[ColumnElement[bool]] = [
        labels.belongs == wanted.belongs,
        labels.score >= wanted.min_score,
    ]
    if not wanted.belongs:
        conditions += [labels.score >= labels.threshold - wanted.margin, labels.score < labels.threshold]
    if wanted.topics:
        conditions.append(labels.topic.in_(wanted.topics))
    return conditions


def _chosen(wanted: Wanted) -> list[ColumnElement[bool]]:
    """What a story must fulfil, its place in the order apart."""
    stories = STORIES.c
    labelled = select(STORY_LABELS.c.story).where(*_labelled(wanted))
    found: list[ColumnElement[bool]] = [
        # A topic with many stories is read along its index; grouping would read it whole to the end.
        stories.id.in_(labelled)
        if wanted.topics
        # Over all topics the stories are read in their order until there are enough, each looked up among the labels.
        else labelled.where(STORY_LABELS.c.story == stories.id).exists()
    ]
    if wanted.span is None:
        found.append(stories.announced)
    else:
        start, end = wanted.span
        found += [stories.first_seen >= micros(start), stories.first_seen < micros(end)]
    if wanted.since is not None:
        found.append(stories.changed >= micros(wanted.since))
    return found


def withdrawn(
    connection: Connection, topics: Sequence[str], since: datetime, limit: int
) -> list[tuple[str, datetime, str, str]]:
    """(story, moment, why, headline) of stories that left one of the topics (none named: any) and have not come back."""
    statement = (
        select(HISTORY.c.story, HISTORY.c.at, HISTORY.c.detail_json)
        .where(HISTORY.c.kind == "withdrawn", HISTORY.c.at >= micros(since))
        .order_by(HISTORY.c.n.desc())
    )
    back = select(STORY_LABELS.c.story).where(STORY_LABELS.c.belongs)
    if topics:
        back = back.where(STORY_LABELS.c.topic.in_(topics))
        statement = statement.where(func.json_extract(HISTORY.c.detail_json, "$.topic").in_(topics))
    found: dict[str, tuple[datetime, str, str]] = {}
    for row in connection.execute(statement.where(HISTORY.c.story.not_in(back))):
        into = json.loads(row.detail_json).get("into", "")
        why = "merged into another story" if into else "no longer in the topic"
        found.setdefault(row.story, (moment(row.at), why, into or row.story))
        if len(found) == limit:
            break
    titles: dict[str, str] = {}
    for chunk in chunks([named for _, _, named in found.values()]):
        rows = connection.execute(select(STORIES.c.id, STORIES.c.title).where(STORIES.c.id.in_(chunk)))
        titles.update((row.id, row.title) for row in rows)
    return [(story, at, why, titles.get(named, "")) for story, (at, why, named) in found.items()]


def oldest(connection: Connection) -> datetime | None:
    """When the oldest story held was first seen."""
    value = connection.execute(select(func.min(STORIES.c.first_seen))).scalar()
    return None if value is None else moment(value)


def changed_since(connection: Connection, since: datetime, limit: int, after: str = "") -> list[str]:
    """Ids of announced stories beyond (moment, id), oldest change first."""
    statement = (
        select(STORIES.c.id)
        .where(STORIES.c.announced, tuple_(STORIES.c.changed, STORIES.c.id) > (micros(since), after))
        .order_by(STORIES.c.changed, STORIES.c.id)
        .limit(limit)
    )
    return list(connection.execute(statement).scalars())


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
