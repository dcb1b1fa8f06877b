"""What polls did: feeds' new states, the poll log, alarms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from aggregator.core.types import Alarm, Outcome, PollIntent, PollRecord
from aggregator.store.queries.feed_states import IDENTITY
from aggregator.store.rows.encoding import micros, moment
from aggregator.store.rows.feed_row import feed_to_row
from aggregator.store.tables import ALARMS, FEEDS, POLLS


def write_polls(connection: Connection, polls: Sequence[PollIntent]) -> None:
    """Write feeds' new states, the poll log and alarms; a poll that is in the log already adds nothing to it."""
    if not polls:
        return
    states = [{**feed_to_row(intent.feed), "feed": intent.feed.id} for intent in polls]
    # Identity belongs to the configuration (`sync`), which may have changed while the poll was under way.
    columns = [name for name in states[0] if name not in {"feed", "url", "active", *IDENTITY}]
    statement = (
        update(FEEDS)
        .where(FEEDS.c.id == bindparam("feed"))
        .values({name: bindparam(name) for name in columns})
    )
    connection.execute(statement, [{name: s[name] for name in (*columns, "feed")} for s in states])
    titles = [{"feed": intent.feed.id, "learned": intent.feed.title} for intent in polls if intent.feed.title]
    if titles:
        connection.execute(
            update(FEEDS)
            .where(FEEDS.c.id == bindparam("feed"), FEEDS.c.title == "")
            .values(title=bindparam("learned")),
            titles,
        )
    logged = _logged(connection, polls)
    fresh = [intent for intent in polls if (intent.record.feed_id, micros(intent.record.at)) not in logged]
    if not fresh:
        return
    connection.execute(insert(POLLS), [_poll_row(intent.record) for intent in fresh])
    alarms = [alarm for intent in fresh for alarm in intent.alarms]
    if alarms:
        connection.execute(
            insert(ALARMS),
            [
                {"feed_id": a.feed_id, "at": micros(a.at), "kind": a.kind, "message": a.message}
                for a in alarms
            ],
        )


def _logged(connection: Connection, polls: Sequence[PollIntent]) -> set[tuple[int, int]]:
    """Of the feeds polled, (feed, moment) of the polls that the log has since the first of these."""
    statement = select(POLLS.c.feed_id, POLLS.c.at).where(
        POLLS.c.at >= min(micros(intent.record.at) for intent in polls),
        POLLS.c.feed_id.in_([intent.record.feed_id for intent in polls]),
    )
    return {(row.feed_id, row.at) for row in connection.execute(statement)}


def _poll_row(record: PollRecord) -> dict[str, Any]:
    return {
        "feed_id": record.feed_id,
        "at": micros(record.at),
        "outcome": str(record.outcome),
        "status": record.status,
        "seconds": record.seconds,
        "received": record.received,
        "entries": record.entries,
        "new": record.new,
        "revised": record.revised,
        "host": record.host,
        "error": record.error,
    }


def polls(
    connection: Connection, *, feed_id: int | None = None, since: datetime | None = None, limit: int = 1000
) -> list[PollRecord]:
    """The poll log, newest first."""
    statement = select(POLLS).order_by(POLLS.c.at.desc(), POLLS.c.n.desc()).limit(limit)
    if feed_id is not None:
        statement = statement.where(POLLS.c.feed_id == feed_id)
    if since is not None:
        statement = statement.where(POLLS.c.at >= micros(since))
    return [
        PollRecord(
            feed_id=row["feed_id"],
            at=moment(row["at"]),
            outcome=Outcome(row["outcome"]),
            status=row["status"],
            seconds=row["seconds"],
            received=row["received"],
            entries=row["entries"],
            new=row["new"],
            revised=row["revised"],
            host=row["host"],
            error=row["error"],
        )
        for row in connection.execute(statement).mappings()
    ]


def alarms(connection: Connection, *, since: datetime | None = None, limit: int = 200) -> list[Alarm]:
    """Feeds' alarms, newest first."""
    statement = select(ALARMS).order_by(ALARMS.c.at.desc(), ALARMS.c.n.desc()).limit(limit)
    if since is not None:
        statement = statement.where(ALARMS.c.at >= micros(since))
    return [
        Alarm(feed_id=row["feed_id"], at=moment(row["at"]), kind=row["kind"], message=row["message"])
        for row in connection.execute(statement).mappings()
    ]
