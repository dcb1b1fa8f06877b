"""When a feed is next due, and what a poll teaches about its cadence. Pure.

What counts, strongest first:

    1. the server: Retry-After; Cache-Control and Expires; then the document's ttl, sy:updatePeriod, skip hours
       and days
    2. the feed's own `interval` in config.toml
    3. its cadence, within poll.floor and poll.ceiling
    4. jitter, so that feeds do not fall due together; always later, never earlier

A wish beyond the ceiling is taken as the ceiling (a year of max-age is a mistake, not a wish), except
Retry-After, which holds for up to seven days, and skipped hours and days, which are never entered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import pairwise

from aggregator.config.polling import PollConfig
from aggregator.core.httpdate import RETRY_CAP, parse_http_date
from aggregator.core.types import Changes, FeedMemory, FeedState, ParsedFeed, PollError, ScheduleHints
from aggregator.fetch.finished_poll import FinishedPoll

MUTED = timedelta(days=36525)
"""How far away the next poll of a feed is that answered 410: nobody will see it."""
_AFTER_OUTAGE = timedelta(minutes=5)
_NOTHING_SENT = frozenset(("url", "credentials"))
"""Mistakes of ours that no server noticed: looked at again soon, so that a correction takes effect."""
SHARE_OF_GAP = 12.0
"""Polls in the time between two arrivals."""
SHARE_OF_SILENCE = 20.0
"""Polls in the silence so far. Both chosen on one half of the outlets in benchmarks/bench_schedule.py and
confirmed on the other: a third of the polls of a busy feed and two thirds of a rare one's are saved, at a median
delay of some minutes more."""
_TRUNCATED_RETRIES = 2
"""So many documents cut off on their way, in a row, are asked for again at once."""
_SMOOTHING = 0.3
_SAME_BATCH = timedelta(minutes=15)
"""Entries published closer together than this count as one arrival: many sites publish in batches."""
_SAMPLE = 20
_DECAY = 0.98


@dataclass(frozen=True, slots=True)
class Plan:
    """When to poll next, and what was learnt."""

    next_due: datetime
    memory: FeedMemory


def plan(poll: FinishedPoll, settings: PollConfig, fixed: timedelta | None = None) -> Plan:
    """Decide when a feed is next due; `fixed` is its own interval in config.toml."""
    feed, now = poll.feed, poll.now
    if poll.error is not None:
        return Plan(_after_failure(poll, poll.error, settings, fixed), feed.memory)
    memory = learn(feed.memory, poll.document, _arrivals(feed, poll.changes), now)
    wish = min(server_wish(poll.fetched.headers, memory.hints), settings.ceiling)
    spread = _spread(feed.id, now) * settings.jitter
    if poll.document is not None and 0 < memory.truncated_in_a_row <= _TRUNCATED_RETRIES:
        # A transfer that failed: how long its beginning stays fresh says nothing about the rest.
        due = now + max(fixed or settings.floor, timedelta(seconds=1)) * (1 + spread)
    elif fixed is not None:
        interval = max(fixed, wish)
        due = now + interval * (1 + spread)
    else:
        lower = max(settings.floor, wish)
        ceiling = max(settings.ceiling, settings.floor)
        interval = min(max(cadence(memory, now), lower), ceiling)
        wait = interval * (1 + spread)
        if wait > ceiling:
            wait = max(ceiling * (1 - spread), lower)
        due = now + wait
    return Plan(_outside_skipped(due, memory.hints, spread), memory)


def _arrivals(feed: FeedState, changes: Changes | None) -> list[datetime]:
    """Times of the entries that tell a feed's cadence: its news, or at the first poll its backlog."""
    if changes is None:
        return []
    first = feed.memory.last_new is None
    times = [entry.time for entry in changes.new if first or entry.id not in changes.archived]
    return [time for time in times if time is not None]


def learn(
    memory: FeedMemory, parsed: ParsedFeed | None, arrivals: Sequence[datetime], now: datetime
) -> FeedMemory:
    """Take what a good poll teaches: the gap between arrivals, the longest silence, the document's hints."""
    if parsed is not None:
        truncated = memory.truncated_in_a_row + 1 if parsed.truncated else 0
        memory = replace(memory, hints=parsed.hints, truncated_in_a_row=truncated)
    if not arrivals:
        return memory
    times = _batches([min(moment, now) for moment in arrivals])
    gap, longest, with_news = memory.gap, memory.longest_silence, memory.polls_with_news
    if memory.last_new is not None:
        elapsed = max((now - memory.last_new).total_seconds(), 1.0)
        sample = elapsed / len(times)
        gap = sample if gap is None else gap + _SMOOTHING * (sample - gap)
        longest = max(elapsed, longest * _DECAY)
        with_news += 1
    elif len(times) > 1:
        # The first document's own dates: a cadence to begin with.
        recent = times[-_SAMPLE:]
        gap = (recent[-1] - recent[0]).total_seconds() / (len(recent) - 1)
        longest = max((b - a).total_seconds() for a, b in pairwise(recent))
    last_new = now if memory.last_new is not None or not times else times[-1]
    return replace(memory, gap=gap, last_new=last_new, longest_silence=longest, polls_with_news=with_news)


def cadence(memory: FeedMemory, now: datetime) -> timedelta:
    """The interval that a feed's own rhythm suggests, before any bound; zero while it is unknown."""
    silence = (now - memory.last_new).total_seconds() if memory.last_new is not None else 0.0
    return timedelta(seconds=max((memory.gap or 0.0) / SHARE_OF_GAP, silence / SHARE_OF_SILENCE, 0.0))


def server_wish(headers: Mapping[str, str], hints: ScheduleHints) -> timedelta:
    """How long server and document ask to be left alone, from now."""
    seconds = [freshness(headers).total_seconds(), float(hints.ttl or 0), float(hints.update_period or 0)]
    return timedelta(seconds=min(max(seconds), 10 * 365 * 86400.0))


def freshness(headers: Mapping[str, str]) -> timedelta:
    """What is left of a response's freshness (RFC 9111, sections 4.2.1 and 4.2.3), at most a year.

    `no-cache`, `no-store` and everything unreadable are no wish at all.
    """
    control = headers.get("cache-control", "").lower()
    if re.search(r"\bno-(cache|store)\b", control):
        return timedelta(0)
    stated = re.search(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,12})", control)
    if stated:
        age = re.fullmatch(r"\s*(\d{1,12})\s*", headers.get("age", ""))
        seconds = int(stated[1]) - (int(age[1]) if age else 0)
    else:
        expires = parse_http_date(headers.get("expires", ""))
        date = parse_http_date(headers.get("date", ""))
        if expires is None or date is None:
            return timedelta(0)
        seconds = int((expires - date).total_seconds())
    return timedelta(seconds=min(max(seconds, 0), 365 * 86400))


def _after_failure(
    poll: FinishedPoll, error: PollError, settings: PollConfig, fixed: timedelta | None
) -> datetime:
    feed, now = poll.feed, poll.now
    spread = _spread(feed.id, now) * settings.jitter
    if error.code == "host-held" and error.retry_at is not None:
        return min(error.retry_at, now + RETRY_CAP) + settings.per_host_gap * (1 + spread)
    if error.code == "stopped":
        return now
    if poll.network_down:
        # No server was reached, so asking again soon burdens none.
        return now + min(_AFTER_OUTAGE, settings.floor) * (1 + spread)
    if error.code == "http-410":
        return now + MUTED
    base = max(fixed or settings.floor, timedelta(seconds=1))
    if error.code in _NOTHING_SENT:
        return now + base * (1 + spread)
    ceiling = max(settings.ceiling, base)
    wait = min(base * 2.0 ** min(feed.failures, 20), ceiling)
    wait = wait * (1 + spread) if wait * (1 + spread) <= ceiling else max(ceiling * (1 - spread), base)
    due = now + wait
    if error.retry_at is not None:
        due = max(due, min(error.retry_at, now + RETRY_CAP))
    return due


def _spread(feed_id: int, now: datetime) -> float:
    """A number in [0, 1) that feed and moment determine: random enough to spread, the same on every run."""
    digest = blake2b(f"{feed_id}:{int(now.timestamp())}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def _outside_skipped(due: datetime, hints: ScheduleHints, spread: float) -> datetime:
    """The first moment from `due` on that is in no skipped hour or day; `due` itself if all are skipped."""
    if not hints.skip_hours and not hints.skip_days:
        return due
    moment = due.astimezone(UTC)
    for _ in range(7 * 24 + 1):
        if moment.weekday() not in hints.skip_days and moment.hour not in hints.skip_hours:
            return moment
        # Not on the stroke of the hour, when everybody comes.
        moment = moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1, minutes=30 * spread)
    return due


def _batches(times: Iterable[datetime]) -> list[datetime]:
    """Arrivals in order, those of one batch taken as one."""
    kept: list[datetime] = []
    for moment in sorted(times):
        if not kept or moment - kept[-1] >= _SAME_BATCH:
            kept.append(moment)
    return kept
