"""Which entries were more than their feed may announce, until a person lets them through or they are forgotten."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, select, update

from aggregator.core.types import Candidate
from aggregator.store.queries.bulk import insert_rows
from aggregator.store.queries.chunked import chunks
from aggregator.store.tables import ENTRIES, HELD_BACK


def keep(connection: Connection, candidates: Sequence[Candidate]) -> None:
    """Note those of new entries that were held back."""
    rows = [{"entry": c.entry.id, "feed_id": c.entry.feed_id} for c in candidates if c.held_back]
    insert_rows(connection, HELD_BACK, rows, conflict="IGNORE")


def counts(connection: Connection) -> dict[int, int]:
    """How many entries of each feed are held back; feeds without any are left out."""
    found = select(HELD_BACK.c.feed_id, func.count()).group_by(HELD_BACK.c.feed_id)
    return {row[0]: row[1] for row in connection.execute(found)}


def of_feed(connection: Connection, feed_id: int, most: int) -> dict[str, str]:
    """The story of each entry of a feed that is held back; `most` at once."""
    joined = HELD_BACK.join(ENTRIES, ENTRIES.c.id == HELD_BACK.c.entry)
    found = (
        select(ENTRIES.c.id, ENTRIES.c.story)
        .select_from(joined)
        .where(HELD_BACK.c.feed_id == feed_id)
        .order_by(ENTRIES.c.id)
        .limit(most)
    )
    return {row.id: row.story for row in connection.execute(found)}


def release(connection: Connection, entries: Sequence[str]) -> None:
    """Let entries through: they are announced as any other."""
    for chunk in chunks(entries):
        connection.execute(update(ENTRIES).where(ENTRIES.c.id.in_(chunk)).values(archived=False))
    forget(connection, entries)


def forget(connection: Connection, entries: Sequence[str]) -> None:
    """Keep nothing of entries that are deleted."""
    for chunk in chunks(entries):
        connection.execute(delete(HELD_BACK).where(HELD_BACK.c.entry.in_(chunk)))
