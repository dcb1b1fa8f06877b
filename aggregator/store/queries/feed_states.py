"""Feeds: those of the configuration, import sources, and which are due."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, func, insert, select, update

from aggregator.config import FeedConfig
from aggregator.core.types import FeedState, Health
from aggregator.store.import_sources import IMPORT_PREFIX
from aggregator.store.rows.encoding import micros, moment
from aggregator.store.rows.feed_row import feed_to_row, row_to_feed
from aggregator.store.tables import FEEDS

_CLOCKS_DIFFER = timedelta(minutes=1)
"""Less than this in the future is no clock set back."""

IDENTITY = ("title", "origin", "kind", "country", "language")
"""Columns that belong to the configuration, which may change while a poll is under way."""


def sync(connection: Connection, feeds: Iterable[FeedConfig]) -> tuple[int, int]:
    """Make the stored feeds those of the configuration; return how many were added and how many put to rest.

    A feed that left the configuration keeps its history and its place: it is only polled no more.
    """
    stored = {row["url"]: row for row in connection.execute(select(FEEDS)).mappings()}
    added, wanted = 0, set()
    for feed in feeds:
        identity: dict[str, Any] = {
            "title": feed.title,
            "origin": feed.origin or urlsplit(feed.url).hostname or "",
            "kind": feed.kind,
            "country": feed.country,
            "language": feed.language,
        }
        wanted.add(feed.url)
        row = stored.get(feed.url)
        if row is None:
            new = replace(FeedState(id=0, url=feed.url, location=feed.url, active=feed.enabled), **identity)
            connection.execute(insert(FEEDS), feed_to_row(new))
            added += 1
            continue
        if not identity["title"]:
            identity["title"] = row["title"]  # learned from the document
        changed = {name: value for name, value in identity.items() if row[name] != value}
        if bool(row["active"]) != feed.enabled:
            changed["active"] = feed.enabled
        if changed:
            connection.execute(update(FEEDS).where(FEEDS.c.id == row["id"]).values(**changed))
    gone = [
        row["id"]
        for url, row in stored.items()
        if url not in wanted and row["active"] and not url.startswith(IMPORT_PREFIX)
    ]
    if gone:
        connection.execute(update(FEEDS).where(FEEDS.c.id.in_(gone)).values(active=False))
    return added, len(gone)


def import_sources(
    connection: Connection, names: Iterable[str], known: dict[str, FeedConfig]
) -> dict[str, FeedState]:
    """The stored feed of each import source, made where missing. `known` gives kind and country by source name."""
    wanted = set(names)
    found = {
        feed.url.removeprefix(IMPORT_PREFIX): feed
        for feed in _feeds(connection, FEEDS.c.url.in_([IMPORT_PREFIX + name for name in wanted]))
    }
    for name in sorted(wanted - found.keys()):
        like = known.get(name)
        url = IMPORT_PREFIX + name
        state = FeedState(
            id=0,
            url=url,
            location=url,
            title=(like.title if like else "") or name,
            origin=(like.origin if like else "") or name,
            kind=like.kind if like else "",
            country=like.country if like else "",
            active=False,
        )
        connection.execute(insert(FEEDS), feed_to_row(state))
    missing = wanted - found.keys()
    if missing:
        for feed in _feeds(connection, FEEDS.c.url.in_([IMPORT_PREFIX + name for name in missing])):
            found[feed.url.removeprefix(IMPORT_PREFIX)] = feed
    return found


def _feeds(connection: Connection, *where: Any) -> list[FeedState]:
    return [
        row_to_feed(row)
        for row in connection.execute(select(FEEDS).where(*where).order_by(FEEDS.c.id)).mappings()
    ]


def all_feeds(connection: Connection, *, imports: bool = False) -> list[FeedState]:
    """Every feed, also those at rest; import sources only on request."""
    return _feeds(connection, *(() if imports else (FEEDS.c.url.not_like(IMPORT_PREFIX + "%"),)))


def due(connection: Connection, now: datetime, limit: int) -> list[FeedState]:
    """Active feeds whose time has come, longest waiting first; a feed that was never polled comes before all.

    One that was polled later than `now` is due too, after them: the clock has been set back, and its due time means
    nothing.
    """
    found: dict[int, FeedState] = {}
    # One after the other, each along an index: as one question SQLite would look at every feed there is.
    for reason, order in (
        (FEEDS.c.next_due.is_(None), FEEDS.c.id),
        (FEEDS.c.next_due <= micros(now), FEEDS.c.next_due),
        (FEEDS.c.last_polled > micros(now + _CLOCKS_DIFFER), FEEDS.c.last_polled),
    ):
        polled = (FEEDS.c.active, FEEDS.c.health != Health.GONE)
        statement = select(FEEDS).where(reason, *polled).order_by(order, FEEDS.c.id).limit(limit)
        for row in connection.execute(statement).mappings():
            found.setdefault(row["id"], row_to_feed(row))
        if len(found) >= limit:
            break
    return list(found.values())[:limit]


def hasten(connection: Connection, urls: Sequence[str]) -> None:
    """Make feeds due at once: their settings changed."""
    if urls:
        connection.execute(update(FEEDS).where(FEEDS.c.url.in_(urls)).values(next_due=None))


def next_due(connection: Connection) -> datetime | None:
    """The earliest moment at which an active feed is due; None when none is planned."""
    value = connection.execute(
        select(func.min(FEEDS.c.next_due)).where(FEEDS.c.active, FEEDS.c.health != Health.GONE)
    ).scalar()
    return None if value is None else moment(value)
