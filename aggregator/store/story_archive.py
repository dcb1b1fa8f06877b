"""Stored stories, chosen, searched, walked and followed through merges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from aggregator.core.types import Story
from aggregator.store.database import Database
from aggregator.store.queries import output_selection, search, story_loading
from aggregator.store.queries.output_selection import Wanted


class StorySelection:
    """Reads stories for outputs, pages and verbs: without entries' full texts, which lists never show.

    Raises StoreError when the database cannot be used.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def wanted(self, wanted: Wanted, limit: int) -> list[Story]:
        """The stories an output asks for, in its order, at most `limit`."""
        with self._database.read() as connection:
            return _whole(connection, output_selection.ids(connection, wanted, limit))

    def outline(self, wanted: Wanted) -> list[tuple[datetime, str, int]]:
        """(first seen, id, number of entries) of the stories an output asks for, the oldest first, unread."""
        with self._database.read() as connection:
            return output_selection.outline(connection, wanted)

    def newest(
        self, *, topics: Sequence[str] | None = None, since: datetime | None = None, limit: int = 100
    ) -> list[Story]:
        """Announced stories, most recently changed first: of those topics, or (None) all."""
        with self._database.read() as connection:
            return _whole(
                connection, output_selection.newest(connection, topics=topics, since=since, limit=limit)
            )

    def changed_since(self, since: datetime, limit: int, *, after: str = "") -> list[Story]:
        """Announced stories that changed since a moment, the oldest change first, those of one moment by id.

        Of those of that very moment only the ones that come after the story `after`: what was read before goes on.
        """
        with self._database.read() as connection:
            return _whole(connection, output_selection.changed_since(connection, since, limit, after))

    def search(self, words: str, limit: int) -> list[Story]:
        """Stories with an entry that has all these words (a phrase in quotation marks: as written), newest first."""
        with self._database.read() as connection:
            return _whole(connection, search.search(connection, words, limit))

    def walk(self, *, since: datetime | None = None) -> Iterator[Story]:
        """All stories, or those changed since then, most recently changed first, in one read."""
        with self._database.read() as connection:
            for ids in story_loading.walk_ids(connection, since=since):
                yield from _whole(connection, ids)

    def withdrawn(
        self, topics: Sequence[str], since: datetime, limit: int
    ) -> list[tuple[str, datetime, str, str]]:
        """(story, moment, why, headline) of stories that left one of the topics (none named: any) for good."""
        with self._database.read() as connection:
            return output_selection.withdrawn(connection, topics, since, limit)

    def oldest(self) -> datetime | None:
        """When the oldest story held was first seen."""
        with self._database.read() as connection:
            return output_selection.oldest(connection)

    def growth(self, since: datetime) -> list[tuple[str, int, timedelta]]:
        """(topic, entries, time from first to last) of stories published since then, for each topic they belong to."""
        with self._database.read() as connection:
            return story_loading.growth(connection, since)


def _whole(connection: Connection, ids: Sequence[str]) -> list[Story]:
    found = story_loading.load(connection, ids, text=False)
    return [found[story] for story in ids if story in found]
