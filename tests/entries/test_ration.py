"""What a feed may announce: an honest one everything, however unevenly it is polled; a flood a bounded part."""

from __future__ import annotations

import gzip
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.config.polling import PollConfig
from aggregator.core.types import Changes, Entry, FeedState, Fetched, KnownEntry, ParsedFeed
from aggregator.entries.changes import detect_changes
from aggregator.entries.ration import BURST_COUNT, BURST_SPAN, DAY_COUNT, FIRST_COUNT
from aggregator.fetch.outcome import decide

START = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PAUSES = [timedelta(hours=hours) for hours in (0.25, 0.5, 1, 1, 2, 3, 6, 12, 24, 48, 96)]


class Feed:
    """One feed polled again and again; counts what is announced and what is held back."""

    def __init__(self) -> None:
        self.state = FeedState(7, "https://news.example/feed", "https://news.example/feed")
        self.known: dict[str, KnownEntry] = {}
        self.announced = 0
        self.held_back = 0

    def poll(self, document: Sequence[Entry], now: datetime) -> Changes:
        first = self.state.last_success is None
        found = [replace(entry, seen=now) for entry in document]
        changes = detect_changes(found, self.known, {}, self.state, now, first)
        self.known |= {e.id: KnownEntry(e.id, e.hash, e.title, e.summary, e.id) for e in changes.new}
        self.announced += len(changes.new) - len(changes.archived)
        self.held_back += len(changes.held_back)
        answer = Fetched(self.state, now, self.state.url, 200, {}, str(now).encode())
        self.state = decide(self.state, answer, ParsedFeed(), changes, now, PollConfig()).feed
        return changes


def entry(name: str, at: datetime) -> Entry:
    return Entry(name, 7, name, "", f"Title {name}", published=at, seen=at, hash=name)


def unevenly(entries: Sequence[Entry], seed: int) -> Feed:
    """A document lists what came since the last poll, ten at least; polls come after pauses of minutes to days."""
    chance, feed = random.Random(seed), Feed()
    ordered = sorted(entries, key=lambda one: one.published or START)
    dates = [one.published for one in ordered if one.published]
    now, last = dates[0] + DAY, dates[0]
    while last < dates[-1]:
        past = [one for one in ordered if one.published and one.published <= now]
        news = [one for one in past if one.published and one.published > last]
        feed.poll((news if len(news) >= 10 else past[-10:])[::-1], now)
        last, now = now, now + chance.choice(PAUSES)
    return feed


def newspaper(days: int, seed: int) -> Iterator[Entry]:
    """Some 250 entries a day, most by day and twice as many on one day in ten."""
    chance = random.Random(seed)
    for day in range(days):
        for number in range(500 if day % 10 == 7 else 250):
            hour = min(max(chance.gauss(13, 4), 0), 23.9)
            yield entry(f"{day}-{number}", START + DAY * day + HOUR * hour)


@pytest.mark.parametrize("seed", range(5))
def test_a_large_newspaper_polled_at_uneven_intervals_is_announced_in_full(seed: int) -> None:
    feed = unevenly(list(newspaper(60, seed)), seed)
    assert feed.announced > 10_000
    assert feed.held_back == 0


@pytest.mark.reference
@pytest.mark.parametrize("seed", range(2))
def test_real_outlets_polled_at_uneven_intervals_are_announced_in_full(
    reference_data: Path, seed: int
) -> None:
    outlets = defaultdict(list)
    with gzip.open(reference_data / "entries/stream-2025.jsonl.gz", "rt") as file:
        for line in file:
            row = json.loads(line)
            at = datetime.fromisoformat(row["published"]).astimezone(UTC)
            outlets[row["source"]].append(entry(row["k"], at))
    held_back = {name: unevenly(entries, seed).held_back for name, entries in outlets.items()}
    assert len(held_back) == 11
    assert {name: count for name, count in held_back.items() if count} == {}


def test_an_outage_of_days_loses_nothing_of_a_feed_that_is_known() -> None:
    feed, paper = Feed(), sorted(newspaper(20, 1), key=lambda one: str(one.published))
    for hour in range(24 * 14):
        now = START + HOUR * hour
        feed.poll([one for one in paper if one.published and one.published <= now][-30:], now)
    now = START + 18 * DAY
    missed = [one for one in paper if one.published and now - 4 * DAY < one.published <= now]
    assert len(missed) > 1000
    assert feed.poll(missed, now).held_back == frozenset()


def flood(name: str, at: datetime, count: int = 1000) -> list[Entry]:
    return [entry(f"{name}-{number}", at) for number in range(count)]


def test_a_small_feed_that_suddenly_pours_is_rationed() -> None:
    feed = Feed()
    for hour in range(24 * 20):
        now = START + HOUR * hour
        feed.poll([entry(f"h{n}", START + HOUR * n) for n in range(max(0, hour - 9), hour + 1)], now)
    assert feed.held_back == 0
    before = feed.announced
    feed.poll(flood("first", now + HOUR), now + HOUR)
    assert feed.announced - before <= max(DAY_COUNT, FIRST_COUNT)
    for number in range(1, 49):
        feed.poll(flood(f"q{number}", now + BURST_SPAN * number), now + HOUR + BURST_SPAN * number)
    assert feed.announced - before <= FIRST_COUNT + 48 * BURST_COUNT


def test_pouring_does_not_make_a_flood_usual() -> None:
    feed = Feed()
    announced = []
    for day in range(4):
        for hour in range(24):
            now = START + DAY * day + HOUR * hour
            before = feed.announced
            feed.poll(flood(f"{day}-{hour}", now), now)
            announced.append(feed.announced - before)
    assert max(announced) <= max(FIRST_COUNT, BURST_COUNT * (HOUR // BURST_SPAN))


def test_a_first_document_that_claims_a_high_rate_lends_little_credit() -> None:
    feed = Feed()
    feed.poll(flood("first", START, 400), START)
    before = feed.announced
    feed.poll(flood("second", START + DAY), START + DAY)
    assert feed.announced - before <= FIRST_COUNT


def test_what_is_held_back_is_named_and_the_newest_are_told() -> None:
    feed = Feed()
    feed.poll([entry("one", START)], START)
    found = [entry(f"n{number:04}", START + timedelta(seconds=number)) for number in range(1000)]
    changes = feed.poll(found, START + HOUR)
    assert changes.held_back == changes.archived
    told = {one.id for one in changes.new} - changes.held_back
    assert told == {f"n{number:04}" for number in range(1000 - len(told), 1000)}
