"""Stored entries one by one or all in turn, apart from the stories they are in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from aggregator.core.types import EarlierVersion, Entry
from aggregator.store.database import Database
from aggregator.store.queries import entry_lookup as queries
from aggregator.store.queries import held_stories
from classifiers.types import Label


class Entries:
    """Reads entries. Raises StoreError when the database cannot be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def by_ids(self, ids: Sequence[str]) -> list[Entry]:
        """The entries of those ids, in no particular order."""
        with self._database.read() as connection:
            return queries.by_ids(connection, ids)

    def labels_of(self, ids: Sequence[str]) -> dict[str, tuple[Label, ...]]:
        """Each entry's labels, highest score first; an entry without any is left out."""
        with self._database.read() as connection:
            return queries.labels_of(connection, ids)

    def earlier_versions(self, entry: str) -> list[EarlierVersion]:
        """What an entry said before it was revised, newest first."""
        with self._database.read() as connection:
            return queries.earlier_versions(connection, entry)

    def first_of_stories(self, stories: Sequence[str]) -> dict[str, str]:
        """The id of each story's earliest entry."""
        with self._database.read() as connection:
            return queries.first_of_stories(connection, stories)

    def newest_before(self, place: int | None, size: int = 1000) -> tuple[list[Entry], int | None]:
        """The newest entries older than `place` (None: from the top), and the place to go on from (None: the end)."""
        with self._database.read() as connection:
            return queries.newest_before(connection, place, size)

    def walk(
        self, *, since: datetime | None = None, size: int = 1000
    ) -> Iterator[list[tuple[Entry, str, str]]]:
        """All entries, or those seen since then, as (entry, story, basis), newest first, in batches of one read."""
        with self._database.read() as connection:
            yield from queries.walk(connection, since=since, size=size)

    def wanting_pages(self, feeds: Sequence[str], since: datetime, limit: int) -> list[Entry]:
        """Entries of those feeds (URLs), first seen since then, whose page was never asked for; newest first."""
        with self._database.read() as connection:
            return queries.wanting_pages(connection, feeds, since, limit)

    def holders(
        self, stories: Sequence[str], urls: Sequence[str], guids: Sequence[str]
    ) -> list[tuple[str, Entry]]:
        """(story, entry) of entries in those stories with one of those links or guids, without their full text: of
        each run of 2,000 stories the 200 earliest."""
        with self._database.read() as connection:
            return held_stories.holders(connection, stories, urls, guids)

    def kept_by_feed(self, stories: Sequence[str]) -> dict[tuple[str, int], int]:
        """(story, feed id) to how many of the feed's entries the story keeps whole."""
        with self._database.read() as connection:
            return held_stories.kept(connection, stories)
