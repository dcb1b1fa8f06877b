"""A feed as a row, and back. Pure."""

from __future__ import annotations

from typing import Any

from aggregator.core.types import FeedState, Health
from aggregator.store.feed_memory import memory_from_json, memory_to_json
from aggregator.store.rows.encoding import Row, micros_or_none, moment_or_none


def feed_to_row(feed: FeedState) -> dict[str, Any]:
    return {
        "url": feed.url,
        "location": feed.location,
        "title": feed.title,
        "origin": feed.origin,
        "kind": feed.kind,
        "country": feed.country,
        "language": feed.language,
        "active": feed.active,
        "etag": feed.etag,
        "last_modified": feed.last_modified,
        "body_hash": feed.body_hash,
        "next_due": micros_or_none(feed.next_due),
        "last_polled": micros_or_none(feed.last_polled),
        "last_success": micros_or_none(feed.last_success),
        "failures": feed.failures,
        "health": str(feed.health),
        "health_since": micros_or_none(feed.health_since),
        "health_why": feed.health_why,
        "memory_json": memory_to_json(feed.memory),
    }


def row_to_feed(row: Row) -> FeedState:
    return FeedState(
        id=row["id"],
        url=row["url"],
        location=row["location"],
        title=row["title"],
        origin=row["origin"],
        kind=row["kind"],
        country=row["country"],
        language=row["language"],
        active=bool(row["active"]),
        etag=row["etag"],
        last_modified=row["last_modified"],
        body_hash=row["body_hash"],
        next_due=moment_or_none(row["next_due"]),
        last_polled=moment_or_none(row["last_polled"]),
        last_success=moment_or_none(row["last_success"]),
        failures=row["failures"],
        health=Health(row["health"]),
        health_since=moment_or_none(row["health_since"]),
        health_why=row["health_why"],
        memory=memory_from_json(row["memory_json"]),
    )
