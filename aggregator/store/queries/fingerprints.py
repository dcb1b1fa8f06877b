"""What tells that a text came before, and what grouping remembers of recent entries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter

from sqlalchemy import Connection, func, select, update

from aggregator.core.hashes import text_keys
from aggregator.core.types import ALIKE, Entry, Fingerprint
from aggregator.store.queries.chunked import chunks
from aggregator.store.rows.encoding import micros
from aggregator.store.rows.entry_row import fingerprint_from_json, row_to_entry
from aggregator.store.tables import ENTRIES, FINGERPRINTS, REDIRECTS


def seen(connection: Connection, keys: Sequence[int]) -> dict[int, str]:
    """The story of each fingerprint key that was ever stored; a merged story counts as the one it went into."""
    found: dict[int, str] = {}
    story = func.coalesce(REDIRECTS.c.into, FINGERPRINTS.c.story).label("story")
    joined = FINGERPRINTS.outerjoin(REDIRECTS, REDIRECTS.c.story == FINGERPRINTS.c.story)
    for chunk in chunks(keys):
        statement = select(FINGERPRINTS.c.key, story).select_from(joined).where(FINGERPRINTS.c.key.in_(chunk))
        found.update((row.key, row.story) for row in connection.execute(statement))
    return found


def own_keys(connection: Connection, fresh: Sequence[Entry]) -> dict[int, frozenset[int]]:
    """Of the keys of entries that are not stored: by feed, those under which that very feed stored an entry before.

    A key of a story of which nothing is left counts for every feed: an old item came back after its entry was deleted.
    """
    keys = {key: entry.feed_id for entry in fresh for key in text_keys(entry)}
    held = seen(connection, list(keys))
    stories = sorted(set(held.values()))
    feeds = {keys[key] for key in held}
    stored: set[str] = set()
    own: dict[int, set[int]] = {feed: set() for feed in feeds}
    columns = (ENTRIES.c.feed_id, ENTRIES.c.guid, ENTRIES.c.url, ENTRIES.c.title, ENTRIES.c.summary)
    for chunk in chunks(stories):
        within = select(ENTRIES.c.story).where(ENTRIES.c.story.in_(chunk)).distinct()
        stored.update(connection.execute(within).scalars())
        for row in connection.execute(
            select(*columns).where(ENTRIES.c.story.in_(chunk), ENTRIES.c.feed_id.in_(feeds))
        ):
            own[row.feed_id].update(
                text_keys(Entry("", row.feed_id, row.guid, row.url, row.title, row.summary))
            )
    gone = {key for key, story in held.items() if story not in stored}
    return {feed: frozenset(gone | found) for feed, found in own.items()}


def window(connection: Connection, since: datetime) -> list[tuple[str, Entry, Fingerprint]]:
    """(story, entry, fingerprint) of every entry kept whole whose own time is not before `since`, in order of arrival;
    without content and full text, which grouping has no use for."""
    at = ENTRIES.c.published
    columns = [c for c in ENTRIES.c if c.name not in {"content", "text"}]
    statement = (
        select(*columns)
        .where((at >= micros(since)) | (at.is_(None) & (ENTRIES.c.seen >= micros(since))))
        .where(ENTRIES.c.basis != ALIKE)
    )
    # Asked for this order, SQLite would read the whole table along it rather than look for what is recent.
    rows = [
        (
            row["n"],
            row["story"],
            row_to_entry({**row, "content": "", "text": ""}),
            fingerprint_from_json(row["fingerprint_json"]),
        )
        for row in connection.execute(statement).mappings()
    ]
    rows.sort(key=itemgetter(0))
    return [(story, entry, fingerprint) for _, story, entry, fingerprint in rows]


def repoint(connection: Connection, rows: Sequence[tuple[str, Sequence[int]]]) -> None:
    """Let fingerprint keys lead to another story: a person moved their entry there."""
    for story, keys in rows:
        for chunk in chunks(keys):
            connection.execute(update(FINGERPRINTS).where(FINGERPRINTS.c.key.in_(chunk)).values(story=story))
