"""Forgetting: old entries with the stories they leave empty, old polls, what grouping needs no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from aggregator.core.types import Story
from aggregator.store import entries, feeds, held_back, stories
from aggregator.store.database import Database


class Retention:
    """Deletes what is too old. Fingerprints stay: an old item that comes back is not news."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def newest(self) -> datetime | None:
        """When the newest entry was first seen; None when there is none."""
        with self._database.read() as connection:
            return entries.newest_seen(connection)

    def older(self, before: datetime, most: int) -> dict[str, str]:
        """The story of each entry first seen before then; `most` at once, the oldest first."""
        with self._database.read() as connection:
            return entries.older(connection, before, most)

    def stories_besides(self, entry_stories: Mapping[str, str]) -> dict[str, Story]:
        """The stories of those entries that have others too, as they are without those entries."""
        ids = sorted(set(entry_stories.values()))
        with self._database.read() as connection:
            found = stories.load(connection, entries.homes_without(connection, ids, entry_stories))
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
            entries.forget(connection, list(entry_stories))
            alive = stories.drop_empty(connection, touched)
            stories.write(connection, left, now)
        return len(touched) - len(alive)

    def forget_rest(
        self, *, polls_before: datetime, history_before: datetime, window_before: datetime
    ) -> int:
        """Delete old polls, what happened to stories that are gone, and what grouping needs no more; how many polls."""
        with self._database.write() as connection:
            polls = feeds.forget_polls(connection, polls_before)
        with self._database.write() as connection:
            stories.forget_history(connection, history_before)
        with self._database.write() as connection:
            entries.forget_fingerprints(connection, window_before)
        return polls
