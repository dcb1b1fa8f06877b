"""People's judgements of stories and entries, as they are stored. They are written as parts of a batch."""

from __future__ import annotations

from collections.abc import Sequence

from aggregator.core.types import Feedback
from aggregator.store import feedback as queries
from aggregator.store.database import Database


class Judgements:
    """Reads people's yes and no. Raises StoreError when the database cannot be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, topic: str | None = None) -> list[Feedback]:
        """Every judgement that counts (superseded ones left out), oldest first; of one topic, or all."""
        with self._database.read() as connection:
            return queries.all_feedback(connection, topic)

    def newest(self, *, story: str, topic: str) -> Feedback | None:
        """The newest judgement on that story as a whole; None when there is none."""
        with self._database.read() as connection:
            return queries.newest(connection, story=story, topic=topic)

    def newest_about(self, *, story: str, entry: str, topic: str) -> Feedback | None:
        """The newest judgement on that story, an entry of it, or that entry: what an undo takes back."""
        with self._database.read() as connection:
            return queries.newest_about(connection, story=story, entry=entry, topic=topic)

    def of_stories(self, stories: Sequence[str]) -> dict[str, list[Feedback]]:
        """The judgements on each of the stories or on entries in them, oldest first."""
        with self._database.read() as connection:
            # Most installations have none, and batches then skip the look-up.
            return queries.of_stories(connection, stories) if queries.any_feedback(connection) else {}
