"""The outbox in the database: what is still to be told, and to whom.

A row is `waiting`, `sent` (`due` is then the moment of sending), `merged` (sent as part of the message of a
`sent` row) or `dead`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from aggregator.publish.push.types import DeadLetter, Delivery, Waiting
from aggregator.store.database import Database
from aggregator.store.queries.chunked import chunks
from aggregator.store.rows.encoding import dump, micros, moment
from aggregator.store.tables import DELIVERIES


class SqlOutbox:
    """`push.types.Outbox` in the database. Each call is one transaction; raises StoreError when it cannot be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def queue(self, deliveries: Sequence[Delivery]) -> int:
        """Add those whose key was never queued before; how many those were."""
        if not deliveries:
            return 0
        rows = [
            {
                "output": one.output,
                "channel": one.channel,
                "story": one.story,
                "key": one.key,
                "body_json": dump(dict(one.body)),
                "state": "waiting",
                "due": micros(one.created),
                "attempts": 0,
                "created": micros(one.created),
                "error": "",
            }
            for one in deliveries
        ]
        with self._database.write() as connection:
            before = connection.scalar(select(func.max(DELIVERIES.c.n))) or 0
            connection.execute(insert(DELIVERIES).prefix_with("OR IGNORE"), rows)
            added = select(func.count()).where(DELIVERIES.c.n > before)
            return connection.scalar(added) or 0

    def due(self, now: datetime, limit: int) -> list[Waiting]:
        """Waiting deliveries that are due, longest due first, at most `limit` of each channel of each output."""
        c = DELIVERIES.c
        place = func.row_number().over(partition_by=(c.output, c.channel), order_by=(c.due, c.n))
        ranked = (
            select(DELIVERIES, place.label("place"))
            .where(c.state == "waiting", c.due <= micros(now))
            .subquery()
        )
        query = select(ranked).where(ranked.c.place <= limit).order_by(ranked.c.due, ranked.c.n)
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [Waiting(row["n"], _delivery(row), row["attempts"]) for row in rows]

    def sent_since(self, since: datetime) -> Mapping[tuple[str, str], Sequence[datetime]]:
        """When messages were sent after `since`, by output and channel; a summary counts once."""
        c = DELIVERIES.c
        query = select(c.output, c.channel, c.due).where(c.state == "sent", c.due > micros(since))
        found: defaultdict[tuple[str, str], list[datetime]] = defaultdict(list)
        with self._database.read() as connection:
            for output, channel, due in connection.execute(query):
                found[output, channel].append(moment(due))
        return found

    def done(self, numbers: Sequence[int], at: datetime) -> None:
        """These arrived, together in one message."""
        values = {"due": micros(at), "error": ""}
        with self._database.write() as connection:
            _set(connection, numbers[:1], state="sent", **values)
            _set(connection, numbers[1:], state="merged", **values)

    def retry(self, numbers: Sequence[int], due: datetime, error: str) -> None:
        """These were tried in vain; try again at `due`."""
        with self._database.write() as connection:
            _set(connection, numbers, due=micros(due), error=error, attempts=DELIVERIES.c.attempts + 1)

    def dead(self, numbers: Sequence[int], error: str) -> None:
        """Give these up; they are kept and listed."""
        with self._database.write() as connection:
            _set(connection, numbers, state="dead", error=error)

    def dead_letters(self, limit: int = 100) -> list[DeadLetter]:
        """What was given up, newest first."""
        query = select(DELIVERIES).where(DELIVERIES.c.state == "dead")
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(DELIVERIES.c.n.desc()).limit(limit)).mappings().all()
        return [
            DeadLetter(
                n=row["n"],
                output=row["output"],
                channel=row["channel"],
                story=row["story"],
                body=json.loads(row["body_json"]),
                created=moment(row["created"]),
                attempts=row["attempts"],
                error=row["error"],
            )
            for row in rows
        ]

    def revive(self, numbers: Sequence[int] | None, now: datetime) -> int:
        """Let dead letters (None: all) wait again, as if they were new; how many there were."""
        c = DELIVERIES.c
        change = update(DELIVERIES).values(
            state="waiting", due=micros(now), created=micros(now), attempts=0, error=""
        )
        with self._database.write() as connection:
            if numbers is None:
                return connection.execute(change.where(c.state == "dead")).rowcount
            return sum(
                connection.execute(change.where(c.state == "dead", c.n.in_(part))).rowcount
                for part in chunks(numbers)
            )

    def counts(self) -> Mapping[tuple[str, str, str], int]:
        """How many deliveries there are, by output, channel and state; for the status page and metrics."""
        c = DELIVERIES.c
        query = select(c.output, c.channel, c.state, func.count()).group_by(c.output, c.channel, c.state)
        with self._database.read() as connection:
            return {(output, channel, state): n for output, channel, state, n in connection.execute(query)}

    def prune(self, before: datetime) -> int:
        """Forget what was sent or given up before that moment; how many there were.

        Their keys are forgotten too, so the moment should lie well before any change that is still news
        (`plan.STALE`); with `when = "new"` a story that changes after it would be told a second time.
        """
        c = DELIVERIES.c
        with self._database.write() as connection:
            gone = delete(DELIVERIES).where(c.state != "waiting", c.due < micros(before))
            return connection.execute(gone).rowcount


def _set(connection: Connection, numbers: Sequence[int], **values: Any) -> None:
    """Change rows that wait; one that was settled meanwhile stays as it is."""
    for part in chunks(numbers):
        chosen = DELIVERIES.c.n.in_(part), DELIVERIES.c.state == "waiting"
        connection.execute(update(DELIVERIES).where(*chosen).values(**values))


def _delivery(row: Mapping[Any, Any]) -> Delivery:
    return Delivery(
        output=row["output"],
        channel=row["channel"],
        story=row["story"],
        key=row["key"],
        body=json.loads(row["body_json"]),
        created=moment(row["created"]),
    )
