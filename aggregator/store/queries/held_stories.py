"""How many entries stories hold, and who in them has a link: asked where a story can be large, answered in a few rows."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, or_, select

from aggregator.core.types import ALIKE, Entry
from aggregator.store.import_sources import public_url
from aggregator.store.queries.chunked import chunks
from aggregator.store.rows.entry_row import row_to_entry
from aggregator.store.tables import ENTRIES, FEEDS

_MOST_HOLDERS = 200


def holders(
    connection: Connection, stories: Sequence[str], urls: Sequence[str], guids: Sequence[str]
) -> list[tuple[str, Entry]]:
    """(story, entry) of entries in those stories with one of those links or guids, without their full text: 200 at most,
    the earliest."""
    # The empty strings keep the row's shape while sparing SQLite the overflow pages of long texts.
    columns = [c for c in ENTRIES.c if c.name not in {"fingerprint_json", "content", "text"}]
    found: list[tuple[str, Entry]] = []
    for chunk in chunks(stories):
        statement = (
            select(*columns)
            .where(
                ENTRIES.c.story.in_(chunk),
                ENTRIES.c.basis != ALIKE,
                or_(ENTRIES.c.url.in_(urls), ENTRIES.c.guid.in_(guids)),
            )
            .order_by(ENTRIES.c.n)
            .limit(_MOST_HOLDERS)
        )
        rows = connection.execute(statement).mappings()
        found.extend((row["story"], row_to_entry({**row, "content": "", "text": ""})) for row in rows)
    return found


def kept(connection: Connection, stories: Sequence[str]) -> dict[tuple[str, int], int]:
    """(story, feed id) to how many of the feed's entries the story keeps whole."""
    found: dict[tuple[str, int], int] = {}
    for chunk in chunks(stories):
        statement = (
            select(ENTRIES.c.story, ENTRIES.c.feed_id, func.count().label("entries"))
            .where(ENTRIES.c.story.in_(chunk), ENTRIES.c.basis != ALIKE)
            .group_by(ENTRIES.c.story, ENTRIES.c.feed_id)
        )
        found.update(((row.story, row.feed_id), row.entries) for row in connection.execute(statement))
    return found


def alike_of(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[tuple[str, int], ...]]:
    """Of each story (feed's title or origin, how many of its entries are only counted there), most first."""
    number = func.count().label("entries")
    statement = (
        select(ENTRIES.c.story, FEEDS.c.title, FEEDS.c.origin, FEEDS.c.url, number)
        .join(FEEDS, FEEDS.c.id == ENTRIES.c.feed_id)
        .where(ENTRIES.c.story.in_(ids), ENTRIES.c.basis == ALIKE)
        .group_by(ENTRIES.c.story, ENTRIES.c.feed_id)
        .order_by(number.desc(), ENTRIES.c.feed_id)
    )
    found: dict[str, list[tuple[str, int]]] = {}
    for row in connection.execute(statement):
        name = row.title or row.origin or public_url(row.url)
        found.setdefault(row.story, []).append((name, row.entries))
    return {story: tuple(counted) for story, counted in found.items()}
