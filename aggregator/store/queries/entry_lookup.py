"""Reading entries: what came before, by id, by what a person names, one batch after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from aggregator.core import urls
from aggregator.core.errors import NotFound
from aggregator.core.types import ALIKE, EarlierVersion, Entry, KnownEntry
from aggregator.store.queries.chunked import chunks
from aggregator.store.rows.encoding import micros, moment
from aggregator.store.rows.entry_row import row_to_entry
from aggregator.store.rows.label_row import row_to_label
from aggregator.store.tables import ENTRIES, FEEDS, LABELS, REDIRECTS, REVISIONS
from classifiers.types import Label


def known(connection: Connection, ids: Sequence[str]) -> dict[str, KnownEntry]:
    """What is held of those of the entries that have come before."""
    columns = (
        ENTRIES.c.id,
        ENTRIES.c.hash,
        ENTRIES.c.title,
        ENTRIES.c.summary,
        ENTRIES.c.story,
        ENTRIES.c.revisions,
        ENTRIES.c.recent_hashes,
    )
    found: dict[str, KnownEntry] = {}
    for chunk in chunks(ids):
        for row in connection.execute(select(*columns).where(ENTRIES.c.id.in_(chunk))):
            found[row.id] = KnownEntry(
                row.id,
                row.hash,
                row.title,
                row.summary,
                row.story,
                row.revisions,
                tuple(row.recent_hashes.split()),
            )
    return found


def by_ids(connection: Connection, ids: Sequence[str]) -> list[Entry]:
    """The entries of those ids, in no particular order."""
    return [
        row_to_entry(row)
        for chunk in chunks(ids)
        for row in connection.execute(select(ENTRIES).where(ENTRIES.c.id.in_(chunk))).mappings()
    ]


def labels_of(connection: Connection, entries: Sequence[str]) -> dict[str, tuple[Label, ...]]:
    """Each entry's labels, highest score first."""
    found: dict[str, list[Label]] = {}
    for chunk in chunks(entries):
        statement = (
            select(LABELS).where(LABELS.c.entry.in_(chunk)).order_by(LABELS.c.score.desc(), LABELS.c.topic)
        )
        for row in connection.execute(statement).mappings():
            found.setdefault(row["entry"], []).append(row_to_label(row))
    return {entry: tuple(labels) for entry, labels in found.items()}


def first_of_stories(connection: Connection, stories: Sequence[str]) -> dict[str, str]:
    """Each story's earliest entry."""
    found: dict[str, str] = {}
    at = func.coalesce(ENTRIES.c.published, ENTRIES.c.seen)
    for chunk in chunks(stories):
        statement = (
            select(ENTRIES.c.story, ENTRIES.c.id).where(ENTRIES.c.story.in_(chunk)).order_by(at, ENTRIES.c.id)
        )
        for row in connection.execute(statement):
            found.setdefault(row.story, row.id)
    return found


def walk(
    connection: Connection, *, since: datetime | None = None, size: int = 1000
) -> Iterator[list[tuple[Entry, str, str]]]:
    """All entries as (entry, story, basis), newest first, in batches. Stable while others write."""
    last: int | None = None
    while True:
        statement = select(ENTRIES).order_by(ENTRIES.c.n.desc()).limit(size)
        if last is not None:
            statement = statement.where(ENTRIES.c.n < last)
        if since is not None:
            statement = statement.where(ENTRIES.c.seen >= micros(since))
        rows = connection.execute(statement).mappings().all()
        if not rows:
            return
        last = rows[-1]["n"]
        yield [(row_to_entry(row), row["story"], row["basis"]) for row in rows]


def newest_before(
    connection: Connection, before: int | None, size: int = 1000
) -> tuple[list[Entry], int | None]:
    """The newest entries older than the place `before` (None: from the top), and the place to go on from."""
    statement = select(ENTRIES).where(ENTRIES.c.basis != ALIKE).order_by(ENTRIES.c.n.desc()).limit(size)
    if before is not None:
        statement = statement.where(ENTRIES.c.n < before)
    rows = connection.execute(statement).mappings().all()
    return [row_to_entry(row) for row in rows], rows[-1]["n"] if rows else None


def find(connection: Connection, what: str) -> tuple[str, str]:
    """(entry id, story id) by an entry's id, a story's id (merged ones too) or an entry's URL.

    The entry is empty when a story was named. Raises NotFound.
    """
    by_id = select(ENTRIES.c.id, ENTRIES.c.story).where(ENTRIES.c.id == what)
    by_url = select(ENTRIES.c.id, ENTRIES.c.story).where(ENTRIES.c.url.in_(urls.spellings(what))).limit(1)
    for statement in (by_id, by_url):
        if row := connection.execute(statement).first():
            return row.id, row.story
    into = connection.execute(select(REDIRECTS.c.into).where(REDIRECTS.c.story == what)).scalar()
    story: str = into or what
    if connection.execute(select(ENTRIES.c.id).where(ENTRIES.c.story == story).limit(1)).first() is None:
        raise NotFound(
            f"nothing is stored under {what!r}; give the id of an entry or story, or an entry's URL"
        )
    return "", story


def earlier_versions(connection: Connection, entry: str) -> list[EarlierVersion]:
    """An entry's earlier versions, newest first."""
    statement = select(REVISIONS).where(REVISIONS.c.entry == entry).order_by(REVISIONS.c.n.desc())
    return [
        EarlierVersion(
            at=moment(row["at"]),
            title=row["title"],
            summary=row["summary"],
            hash=row["hash"],
            diff=row["diff"],
            flapping=bool(row["flapping"]),
        )
        for row in connection.execute(statement).mappings()
    ]


def wanting_pages(connection: Connection, feeds: Sequence[str], since: datetime, limit: int) -> list[Entry]:
    """Entries of those feeds (URLs), first seen since then, whose page was never asked for; newest first."""
    statement = (
        select(ENTRIES)
        .join(FEEDS, FEEDS.c.id == ENTRIES.c.feed_id)
        .where(
            FEEDS.c.url.in_(feeds),
            ENTRIES.c.page == "",
            ENTRIES.c.url != "",
            ENTRIES.c.basis != ALIKE,
            ENTRIES.c.seen >= micros(since),
        )
        .order_by(ENTRIES.c.n.desc())
        .limit(limit)
    )
    return [row_to_entry(row) for row in connection.execute(statement).mappings()]
