"""People's judgements of stories and entries, as they are stored. They are written as parts of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select

from aggregator.core.types import Feedback
from aggregator.store.database import Database
from aggregator.store.queries.chunked import chunks
from aggregator.store.rows.encoding import micros, moment
from aggregator.store.tables import FEEDBACK


class Judgements:
    """Reads people's yes and no. Raises StoreError when the database cannot be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, topic: str | None = None) -> list[Feedback]:
        """Every judgement that counts (superseded ones left out), oldest first; of one topic, or all."""
        statement = select(FEEDBACK).order_by(FEEDBACK.c.n)
        if topic is not None:
            statement = statement.where(FEEDBACK.c.topic == topic)
        newest: dict[tuple[str, str], Feedback] = {}
        with self._database.read() as connection:
            for row in connection.execute(statement).mappings():
                f = _feedback(row)
                newest.pop((f.entry or f.story, f.topic), None)
                newest[f.entry or f.story, f.topic] = f
        return list(newest.values())

    def newest(self, *, story: str, topic: str) -> Feedback | None:
        """The newest judgement on that story as a whole; None when there is none."""
        return self._newest(FEEDBACK.c.story == story, FEEDBACK.c.entry == "", FEEDBACK.c.topic == topic)

    def newest_about(self, *, story: str, entry: str, topic: str) -> Feedback | None:
        """The newest judgement on that story, an entry of it, or that entry: what an undo takes back.

        `story` or `entry` may be empty; None when there is no judgement.
        """
        about = [
            *([FEEDBACK.c.story == story] if story else []),
            *([FEEDBACK.c.entry == entry] if entry else []),
        ]
        return self._newest(FEEDBACK.c.topic == topic, or_(*about)) if about else None

    def of_stories(self, stories: Sequence[str]) -> dict[str, list[Feedback]]:
        """The judgements on each of the stories or on entries in them, oldest first."""
        found: dict[str, list[Feedback]] = {}
        with self._database.read() as connection:
            # Most installations have none, and batches then skip the look-up.
            if connection.execute(select(FEEDBACK.c.n).limit(1)).first() is None:
                return found
            for chunk in chunks(list(stories)):
                statement = select(FEEDBACK).where(FEEDBACK.c.story.in_(chunk)).order_by(FEEDBACK.c.n)
                for row in connection.execute(statement).mappings():
                    found.setdefault(row["story"], []).append(_feedback(row))
        return found

    def _newest(self, *where: Any) -> Feedback | None:
        statement = select(FEEDBACK).where(*where).order_by(FEEDBACK.c.n.desc()).limit(1)
        with self._database.read() as connection:
            row = connection.execute(statement).mappings().first()
        return None if row is None else _feedback(row)


def record(connection: Connection, feedback: Sequence[Feedback]) -> None:
    """Add judgements; the newest on an entry or story and topic counts. One that is held already is left as it is."""
    rows = [
        {
            "entry": f.entry,
            "story": f.story,
            "topic": f.topic,
            "relevant": f.relevant,
            "facet": f.facet,
            "at": micros(f.at),
            "by": f.by,
        }
        for f in feedback
    ]
    for row in rows:
        same = [FEEDBACK.c[name] == value for name, value in row.items()]
        if connection.execute(select(FEEDBACK.c.n).where(*same).limit(1)).first() is None:
            connection.execute(insert(FEEDBACK), row)


def take_back(connection: Connection, numbers: Sequence[int]) -> None:
    """Delete judgements by their numbers."""
    if numbers:
        connection.execute(delete(FEEDBACK).where(FEEDBACK.c.n.in_(numbers)))


def _feedback(row: Any) -> Feedback:
    return Feedback(
        entry=row["entry"],
        story=row["story"],
        topic=row["topic"],
        relevant=bool(row["relevant"]),
        facet=row["facet"],
        at=moment(row["at"]),
        by=row["by"],
        n=row["n"],
    )
