"""Everything one poll changes about a feed. Pure: the outcome, its schedule, its health, in one PollIntent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2b

from aggregator.config.polling import PollConfig
from aggregator.core.types import (
    Changes,
    FeedMemory,
    FeedState,
    Fetched,
    Outcome,
    ParsedFeed,
    PollError,
    PollIntent,
    PollRecord,
)
from aggregator.core.urls import host_of
from aggregator.fetch import health, schedule
from aggregator.fetch.finished_poll import FinishedPoll, finished_poll

MOVED_AFTER = 3
"""Polls in a row that must be redirected to the same place for good before we believe it."""
_BACK_AFTER = 5
"""Failed polls in a row at a place we were redirected to, before the configured URL is tried again."""
_CHURN_AFTER = 3
_MOST_IDS = 500


def body_hash(body: bytes) -> str:
    """Identify a document's bytes (blake2b, 128 bits, hex)."""
    return blake2b(body, digest_size=16).hexdigest()


def host_holds(feeds: Iterable[FeedState], now: datetime) -> dict[str, datetime]:
    """Until when each host asked to be left alone, from what its feeds remember: for a fetcher after a restart."""
    holds: dict[str, datetime] = {}
    for feed in feeds:
        until = feed.memory.retry_at
        if until is not None and until > now:
            host = host_of(feed.location)
            holds[host] = max(until, holds.get(host, until))
    return holds


def decide(
    feed: FeedState,
    fetched: Fetched,
    parsed: ParsedFeed | PollError | None,
    changes: Changes | None,
    now: datetime,
    settings: PollConfig,
    fixed: timedelta | None = None,
    network_down: bool = False,
) -> PollIntent:
    """Compose the new state of a feed from one poll.

    `feed` is the state before it; `parsed` is None when nothing was parsed (304, a body equal to the last, a
    failed fetch), a PollError when the document could not be read; `changes` goes with a ParsedFeed; `fixed` is
    the feed's own interval. With `network_down`, a poll that reached no server does not count against its feed.
    """
    poll = finished_poll(feed, fetched, parsed, changes, now, network_down)
    planned = schedule.plan(poll, settings, fixed)
    after = replace(feed, next_due=planned.next_due, last_polled=fetched.at, memory=planned.memory)
    if poll.error is None:
        after = _succeeded(after, poll)
    elif not poll.blameless:
        after = _failed(after, poll.error)
    judged = health.assess(poll, after, settings)
    memory = replace(after.memory, health=judged.memory)
    after = replace(
        after, health=judged.health, health_since=judged.since, health_why=judged.why, memory=memory
    )
    return PollIntent(after, _record(poll), judged.alarms)


def _record(poll: FinishedPoll) -> PollRecord:
    fetched, error, changes = poll.fetched, poll.error, poll.changes
    return PollRecord(
        feed_id=poll.feed.id,
        at=fetched.at,
        outcome=_outcome(fetched, error, changes),
        status=fetched.status,
        seconds=round(fetched.seconds, 6),
        received=fetched.received,
        entries=_size(poll.document, changes),
        new=len(changes.new) if changes else 0,
        revised=len(changes.revised) if changes else 0,
        error=f"{error.code}: {error.message}" if error else "",
        host=host_of(fetched.url),
    )


def _size(document: ParsedFeed | None, changes: Changes | None) -> int:
    """Items in the document; a document that comes back from a worker is without its raw ones."""
    counted = len(changes.new) + len(changes.revised) + changes.unchanged if changes else 0
    return max(len(document.entries) if document else 0, counted)


def _outcome(fetched: Fetched, error: PollError | None, changes: Changes | None) -> Outcome:
    if error is not None:
        if error.code == "http-410":
            return Outcome.GONE
        return Outcome.REFUSED if error.refused else Outcome.FAILED
    if fetched.not_modified:
        return Outcome.NOT_MODIFIED
    return Outcome.NEW if changes is not None and (changes.new or changes.revised) else Outcome.UNCHANGED


def _succeeded(feed: FeedState, poll: FinishedPoll) -> FeedState:
    fetched, document = poll.fetched, poll.document
    headers = fetched.headers
    memory = replace(_moving(_remember(feed, fetched, poll.changes), fetched), retry_at=None)
    location = feed.location
    if memory.moved_count >= MOVED_AFTER:
        location, memory = memory.moved_to, replace(memory, moved_to="", moved_count=0)
    if fetched.not_modified:
        etag = headers.get("etag", feed.etag)
        last_modified = headers.get("last-modified", feed.last_modified)
        digest = feed.body_hash
    else:
        etag, last_modified = headers.get("etag"), headers.get("last-modified")
        digest = body_hash(fetched.body) if fetched.body is not None else feed.body_hash
        if document is not None:
            came_before = memory.truncated_body == digest
            memory = replace(memory, truncated_body=digest or "" if document.truncated else "")
            if document.truncated and not came_before:
                # A server that says "not modified" would keep the rest from us.
                etag, last_modified, digest = None, None, feed.body_hash
    if poll.changes is not None and poll.changes.left_out:
        etag = last_modified = digest = None  # it is read again, though it may not have changed
    return replace(
        feed,
        location=location,
        title=feed.title or (document.title if document else ""),
        etag=etag,
        last_modified=last_modified,
        body_hash=digest,
        last_success=poll.now,
        failures=0,
        memory=memory,
    )


def _failed(feed: FeedState, error: PollError) -> FeedState:
    """Validators and hash stay those of the last good document, so that its return is recognised."""
    failures = feed.failures + 1
    back = failures >= _BACK_AFTER and feed.location != feed.url
    memory = replace(feed.memory, moved_to="", moved_count=0, retry_at=error.retry_at)
    return replace(feed, failures=failures, location=feed.url if back else feed.location, memory=memory)


def _remember(feed: FeedState, fetched: Fetched, changes: Changes | None) -> FeedMemory:
    memory = feed.memory
    if not fetched.conditional:
        memory = replace(memory, last_unconditional=fetched.at)
    if changes is None:
        return memory
    news = any(entry.id not in changes.archived for entry in changes.new)
    churn = memory.churn + 1 if changes.churned else 0
    return replace(
        memory,
        sticky_validators=_sticky(feed, fetched, news),
        overlap=bool(memory.last_ids) and not changes.gap and (changes.unchanged + len(changes.revised)) > 0,
        last_ids=changes.ids[:_MOST_IDS] or memory.last_ids,
        churn=churn,
        first_read=memory.first_read or (fetched.at if feed.last_success is None else None),
        spent_until=changes.spent_until,
        stored=changes.stored,
        usual=changes.usual,
        unstable_guids=churn >= _CHURN_AFTER or (memory.unstable_guids and changes.churned),
    )


def _sticky(feed: FeedState, fetched: Fetched, news: bool) -> bool:
    """Whether the server's validators stay the same while the feed goes on.

    Proved by an unconditional answer with news under the very validators we hold; disproved by news in answer
    to a conditional request.
    """
    if not news:
        return feed.memory.sticky_validators
    if fetched.conditional:
        return False
    held = (feed.etag, feed.last_modified)
    return held != (None, None) and held == (
        fetched.headers.get("etag"),
        fetched.headers.get("last-modified"),
    )


def _moving(memory: FeedMemory, fetched: Fetched) -> FeedMemory:
    if not fetched.permanent_url:
        return replace(memory, moved_to="", moved_count=0)
    count = memory.moved_count + 1 if memory.moved_to == fetched.permanent_url else 1
    return replace(memory, moved_to=fetched.permanent_url, moved_count=count)
