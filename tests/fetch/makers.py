"""Feeds, answers and documents for the tests of what a poll decides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from aggregator.core.types import (
    Changes,
    Entry,
    FeedState,
    Fetched,
    ParsedFeed,
    PollError,
    RawEntry,
    ScheduleHints,
)

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)  # a Wednesday
URL = "https://news.example/feed.xml"
BODY = b"<rss/>"


def state(**fields: Any) -> FeedState:
    fields = {"id": 7, "url": URL, "location": fields.get("url", URL), **fields}
    return FeedState(**fields)


def fetched(feed: FeedState, **fields: Any) -> Fetched:
    """A good answer, unless an error is given."""
    fields = {"at": NOW, "url": feed.location, "status": 200, "seconds": 0.2, "received": 6, **fields}
    if fields.get("error") is None and fields["status"] == 200:
        fields.setdefault("body", BODY)
    return Fetched(feed, **fields)


def same(feed: FeedState, **fields: Any) -> Fetched:
    """A 304."""
    return fetched(feed, status=304, conditional=True, **fields)


def failed(feed: FeedState, code: str = "http-500", *, status: int | None = None, **fields: Any) -> Fetched:
    if status is None:
        status = int(code[5:]) if code.startswith("http-") else 0
    retry_at = fields.pop("retry_at", None)
    refused = fields.pop("refused", False)
    error = PollError(code, f"it went wrong: {code}", refused=refused, retry_at=retry_at)
    return fetched(feed, status=status, error=error, **fields)


def document(count: int = 1, **fields: Any) -> ParsedFeed:
    hints = ScheduleHints(**fields.pop("hints", {}))
    entries = tuple(RawEntry(guid=str(number), title=f"Title {number}") for number in range(count))
    return ParsedFeed(title="The feed", format="rss20", entries=entries, hints=hints, **fields)


def entries(*ages: timedelta, now: datetime = NOW) -> tuple[Entry, ...]:
    return tuple(
        Entry(f"e{n}-{age}", 7, f"g{n}", "", f"Title {n}", published=now - age, seen=now)
        for n, age in enumerate(ages)
    )


def changes(new: Sequence[Entry] = (), *, unchanged: int = 5, **fields: Any) -> Changes:
    ids = tuple(entry.id for entry in new) + tuple(f"old{n}" for n in range(unchanged))
    return Changes(new=tuple(new), unchanged=unchanged, **{"ids": ids, **fields})
