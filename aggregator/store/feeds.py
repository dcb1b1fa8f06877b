"""Queries on feeds, polls and alarms. Each takes a connection and leaves the transaction to its caller."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select, update

from aggregator.config import FeedConfig
from aggregator.config.secrets import mask
from aggregator.core.types import Alarm, FeedState, Health, Outcome, PollIntent, PollRecord
from aggregator.store.codec import feed_to_row, micros, moment, row_to_feed
from aggregator.store.tables import AlarmRow, FeedRow, PollRow, core

FEEDS = core(FeedRow)
POLLS = core(PollRow)
ALARMS = core(AlarmRow)

IMPORT_PREFIX = "import:"
"""Feeds whose URL starts so are the sources of imported files: they are never polled."""


def public_url(url: str) -> str:
    """A feed's URL as others may see it: empty for an import's source, and where it holds anything secret."""
    return "" if url.startswith(IMPORT_PREFIX) or mask(url) != url else url


_CLOCKS_DIFFER = timedelta(minutes=1)
"""Less than this in the future is no clock set back."""

_IDENTITY = ("title", "origin", "kind", "country", "language")


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

    One that was polled later than `now` is due too: the clock has been set back, and its due time means nothing.
    """
    statement = (
        select(FEEDS)
        .where(
            FEEDS.c.active,
            FEEDS.c.health != Health.GONE,
            or_(
                FEEDS.c.next_due.is_(None),
                FEEDS.c.next_due <= micros(now),
                FEEDS.c.last_polled > micros(now + _CLOCKS_DIFFER),
            ),
        )
        .order_by(FEEDS.c.next_due.nulls_first(), FEEDS.c.id)
        .limit(limit)
    )
    return [row_to_feed(row) for row in connection.execute(statement).mappings()]


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


def write_polls(connection: Connection, polls: Sequence[PollIntent]) -> None:
    """Write feeds' new states, the poll log and alarms; a poll that is in the log already adds nothing to it."""
    if not polls:
        return
    states = [{**feed_to_row(intent.feed), "feed": intent.feed.id} for intent in polls]
    # Identity belongs to the configuration (`sync`), which may have changed while the poll was under way.
    columns = [name for name in states[0] if name not in {"feed", "url", "active", *_IDENTITY}]
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


def forget_polls(connection: Connection, before: datetime) -> int:
    """Delete the poll log and alarms older than `before`; return how many polls went."""
    connection.execute(delete(ALARMS).where(ALARMS.c.at < micros(before)))
    return connection.execute(delete(POLLS).where(POLLS.c.at < micros(before))).rowcount
