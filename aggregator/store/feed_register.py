"""Feeds as they are stored: who they are, when they are due, how their polls ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from aggregator.config import FeedConfig
from aggregator.core.types import Alarm, FeedState, PollRecord
from aggregator.store.database import Database
from aggregator.store.queries import feed_states, held_back, poll_log


class Feeds:
    """Reads and keeps feeds. Raises StoreError when the database cannot be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sync(self, configured: Sequence[FeedConfig]) -> tuple[int, int]:
        """Make the stored feeds those of the configuration; (added, put to rest)."""
        with self._database.write() as connection:
            return feed_states.sync(connection, configured)

    def hasten(self, urls: Sequence[str]) -> None:
        """Make feeds due at once: their settings changed."""
        with self._database.write() as connection:
            feed_states.hasten(connection, urls)

    def import_sources(self, names: Iterable[str], known: Mapping[str, FeedConfig]) -> dict[str, FeedState]:
        """The stored feed of each import source, made where missing. `known`: what gives kind and country, by name."""
        with self._database.write() as connection:
            return feed_states.import_sources(connection, names, dict(known))

    def all(self, *, imports: bool = False) -> list[FeedState]:
        """Every feed, also those at rest; import sources only on request."""
        with self._database.read() as connection:
            return feed_states.all_feeds(connection, imports=imports)

    def by_id(self) -> dict[int, FeedState]:
        """Every feed by its id, import sources and those at rest too."""
        return {feed.id: feed for feed in self.all(imports=True)}

    def due(self, now: datetime, limit: int) -> list[FeedState]:
        """Feeds to poll now, longest waiting first."""
        with self._database.read() as connection:
            return feed_states.due(connection, now, limit)

    def next_due(self) -> datetime | None:
        """The earliest moment at which an active feed is due; None when none is planned."""
        with self._database.read() as connection:
            return feed_states.next_due(connection)

    def polls(
        self, *, feed_id: int | None = None, since: datetime | None = None, limit: int = 1000
    ) -> list[PollRecord]:
        """The poll log, newest first: of one feed or all."""
        with self._database.read() as connection:
            return poll_log.polls(connection, feed_id=feed_id, since=since, limit=limit)

    def alarms(self, *, since: datetime | None = None, limit: int = 200) -> list[Alarm]:
        """Feeds' alarms, newest first."""
        with self._database.read() as connection:
            return poll_log.alarms(connection, since=since, limit=limit)

    def held_back(self) -> dict[int, int]:
        """How many entries of each feed (by id) were more than it may announce; feeds without any are left out."""
        with self._database.read() as connection:
            return held_back.counts(connection)

    def held_back_of(self, feed_id: int, most: int) -> dict[str, str]:
        """The story of each entry of a feed that is held back; `most` at once."""
        with self._database.read() as connection:
            return held_back.of_feed(connection, feed_id, most)
