"""Forgetting: old entries with the stories they leave empty, old polls, what grouping needs no more."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update

from aggregator.core.types import ALIKE, Story
from aggregator.store.database import Database
from aggregator.store.queries import held_back
from aggregator.store.queries.chunked import chunks
from aggregator.store.queries.story_loading import load
from aggregator.store.queries.story_writing import write
from aggregator.store.rows.encoding import micros, moment
from aggregator.store.tables import ALARMS, ENTRIES, HISTORY, LABELS, POLLS, REVISIONS, STORIES, STORY_LABELS


class Retention:
    """Deletes what is too old. Fingerprints stay: an old item that comes back is not news."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def newest(self) -> datetime | None:
        """When the newest entry was first seen; None when there is none."""
        with self._database.read() as connection:
            found = connection.execute(select(func.max(ENTRIES.c.seen))).scalar()
        return None if found is None else moment(found)

    def older(self, before: datetime, most: int) -> dict[str, str]:
        """The story of each entry first seen before then; `most` at once, the oldest first."""
        old = select(ENTRIES.c.id, ENTRIES.c.story).where(ENTRIES.c.seen < micros(before))
        with self._database.read() as connection:
            rows = connection.execute(old.order_by(ENTRIES.c.seen).limit(most))
            return {row.id: row.story for row in rows}

    def stories_besides(self, entry_stories: Mapping[str, str]) -> dict[str, Story]:
        """The stories of those entries that have others too, as they are without those entries."""
        ids = sorted(set(entry_stories.values()))
        with self._database.read() as connection:
            found = load(connection, _homes_without(connection, ids, entry_stories))
        return {
            id: replace(story, entries=tuple(m for m in story.entries if m.entry.id not in entry_stories))
            for id, story in found.items()
        }

    def forget_entries(self, entry_stories: Mapping[str, str], left: Sequence[Story], now: datetime) -> int:
        """Delete entries and the stories they leave empty, and write those that go on with fewer; how many went.

        `entry_stories` is the story of each entry, `left` the stories that go on, in one transaction with the rest.
        """
        touched = sorted(set(entry_stories.values()))
        with self._database.write() as connection:
            held_back.forget(connection, list(entry_stories))
            _forget(connection, list(entry_stories))
            alive = _drop_empty(connection, touched)
            write(connection, left, now)
        return len(touched) - len(alive)

    def forget_rest(
        self, *, polls_before: datetime, history_before: datetime, window_before: datetime
    ) -> int:
        """Delete old polls, what happened to stories that are gone, and what grouping needs no more; how many polls."""
        with self._database.write() as connection:
            connection.execute(delete(ALARMS).where(ALARMS.c.at < micros(polls_before)))
            polls = connection.execute(delete(POLLS).where(POLLS.c.at < micros(polls_before))).rowcount
        with self._database.write() as connection:
            gone = HISTORY.c.story.not_in(select(STORIES.c.id))
            connection.execute(delete(HISTORY).where(HISTORY.c.at < micros(history_before), gone))
        with self._database.write() as connection:
            # Of entries that can be in no window any more; their exact keys stay.
            old = (ENTRIES.c.seen < micros(window_before)) & (ENTRIES.c.fingerprint_json != "{}")
            connection.execute(update(ENTRIES).where(old).values(fingerprint_json="{}"))
        return polls


def _homes_without(connection: Connection, stories: Sequence[str], ids: Container[str]) -> list[str]:
    """Those of the stories that have an entry besides the ones named, one that is kept whole."""
    found: set[str] = set()
    for chunk in chunks(stories):
        statement = select(ENTRIES.c.story, ENTRIES.c.id).where(
            ENTRIES.c.story.in_(chunk), ENTRIES.c.basis != ALIKE
        )
        found.update(row.story for row in connection.execute(statement) if row.id not in ids)
    return sorted(found)


def _forget(connection: Connection, ids: Sequence[str]) -> None:
    """Delete entries with their labels and revisions."""
    for chunk in chunks(ids):
        for table in (LABELS, REVISIONS):
            connection.execute(delete(table).where(table.c.entry.in_(chunk)))
        connection.execute(delete(ENTRIES).where(ENTRIES.c.id.in_(chunk)))


def _drop_empty(connection: Connection, ids: Sequence[str]) -> list[str]:
    """Delete those of the stories that have no entry left; return the ids of those that still have some."""
    alive: set[str] = set()
    for chunk in chunks(list(ids)):
        whole = ENTRIES.c.story.in_(chunk), ENTRIES.c.basis != ALIKE
        statement = select(ENTRIES.c.story).where(*whole).distinct()
        alive.update(connection.execute(statement).scalars())
    for chunk in chunks([story for story in ids if story not in alive]):
        connection.execute(delete(STORY_LABELS).where(STORY_LABELS.c.story.in_(chunk)))
        connection.execute(delete(STORIES).where(STORIES.c.id.in_(chunk)))
    return sorted(alive)
