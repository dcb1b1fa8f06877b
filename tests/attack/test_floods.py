"""A feed that is new to us, and pours: what it may announce is bounded, whatever its dates and ids say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from aggregator.config.polling import PollConfig
from aggregator.core.hashes import text_keys
from aggregator.core.types import FeedState, Fetched, Health, KnownEntry, ParsedFeed
from aggregator.entries.changes import detect_changes
from aggregator.entries.normalise import normalise
from aggregator.entries.parse import parse
from aggregator.entries.ration import BURST_COUNT, BURST_SPAN, FIRST_COUNT
from aggregator.fetch.outcome import decide

START = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
URL = "https://news.example/feed"


class Desk:
    """One feed from its first poll on: what is stored of it, and what was announced."""

    def __init__(self) -> None:
        self.now = START
        self.feed = FeedState(7, URL, URL)
        self.known: dict[str, KnownEntry] = {}
        self.seen: dict[int, str] = {}
        self.announced: list[str] = []

    def poll(self, items: Iterable[str], after: timedelta = timedelta(0)) -> int:
        """Take a document with these items; how many of its entries are announced."""
        self.now += after
        body = f"<rss version='2.0'><channel><title>T</title>{''.join(items)}</channel></rss>".encode()
        fetched = Fetched(self.feed, self.now, URL, 200, {}, body)
        document = parse(fetched)
        assert isinstance(document, ParsedFeed)
        found = normalise(document, self.feed, self.now)
        first = self.feed.last_success is None
        changes = detect_changes(found, self.known, self.seen, self.feed, self.now, first)
        self.feed = decide(self.feed, fetched, document, changes, self.now, PollConfig()).feed
        for entry in changes.new:
            self.known[entry.id] = KnownEntry(entry.id, entry.hash, entry.title, entry.summary, entry.id)
            self.seen.update(dict.fromkeys(text_keys(entry), entry.id))
        told = [entry.title for entry in changes.new if entry.id not in changes.archived]
        self.announced += told
        return len(told)


def items(count: int, name: str = "item", at: datetime | None = START, step: float = 1.0) -> list[str]:
    """The newest first, `step` seconds apart; None: without dates."""
    made = []
    for n in range(count):
        date = f"<pubDate>{format_datetime(at - timedelta(seconds=step * n))}</pubDate>" if at else ""
        made.append(
            f"<item><guid isPermaLink='false'>{name}-{n}</guid><title>{name} with the number {n}</title>"
            f"<link>https://news.example/{name}/{n}</link>{date}</item>"
        )
    return made


@pytest.mark.parametrize(
    "at", [START, START + timedelta(days=400), None], ids=["today", "in the future", "undated"]
)
def test_a_first_document_of_thousands(at: datetime | None) -> None:
    desk = Desk()
    assert desk.poll(items(5000, at=at)) <= FIRST_COUNT
    assert len(desk.known) == 5000, "what is held back is stored"
    assert desk.feed.health is Health.OK, "a first document's past is no trouble"
    desk.poll(items(500, "more", at))
    assert desk.feed.health is Health.DEGRADED


def test_the_newest_of_a_first_document_are_announced() -> None:
    desk = Desk()
    desk.poll(reversed(items(800)))
    assert sorted(desk.announced) == sorted(f"item with the number {n}" for n in range(FIRST_COUNT))


def test_a_long_first_document_of_the_last_days_is_announced_in_full() -> None:
    assert Desk().poll(items(300)) == 300


@pytest.mark.parametrize("at", [START, None], ids=["today", "undated"])
def test_documents_that_grow_from_poll_to_poll(at: datetime | None) -> None:
    desk = Desk()
    for size in (0, 1, 20, 200, 2000, 5000):
        assert desk.poll(items(size, f"size{size}", at)) <= BURST_COUNT
    assert desk.poll(items(5000, "later", at), BURST_SPAN) <= BURST_COUNT
    assert len(desk.known) == 12221


def test_documents_that_keep_what_they_had_and_grow() -> None:
    desk = Desk()
    for size in (10, 300, 2000, 5000):
        assert desk.poll(items(size, at=START), BURST_SPAN) <= BURST_COUNT, "the first has ten"


def test_an_archive_that_comes_after_the_first_poll() -> None:
    desk = Desk()
    assert desk.poll(items(3)) == 3
    archive = items(40, "old", START - timedelta(days=4), step=60)
    assert desk.poll([*items(3), *archive], timedelta(minutes=15)) == 0


def test_a_feed_all_of_whose_items_are_others_at_each_poll() -> None:
    desk = Desk()
    hours = 24
    for n in range(hours * 4):
        desk.poll(items(400, f"poll{n}", desk.now), timedelta(minutes=15))
    assert len(desk.announced) <= FIRST_COUNT + BURST_COUNT * hours * 4


def test_ids_that_change_at_each_poll() -> None:
    desk = Desk()
    desk.poll(items(40))
    for n in range(8):
        churned = [text.replace("item-", f"{n}-") for text in items(40)]
        assert desk.poll(churned, timedelta(minutes=15)) == 0


def test_a_large_feed_that_is_polled_once_a_day_loses_nothing() -> None:
    desk = Desk()
    desk.poll(items(300))
    for n in range(3):
        assert desk.poll(items(300, f"day{n}", desk.now + timedelta(days=1)), timedelta(days=1)) == 300


def test_a_clock_that_is_set_back_silences_no_feed() -> None:
    desk = Desk()
    desk.poll(items(100))
    desk.now -= timedelta(days=300)
    assert desk.poll(items(30, "b", desk.now)) == 30
    assert desk.poll(items(30, "c", desk.now), BURST_SPAN) == 30


def test_a_feed_stored_before_there_was_such_a_bound() -> None:
    desk = Desk()
    desk.poll(items(300))
    desk.feed = replace(desk.feed, memory=replace(desk.feed.memory, first_read=None, spent_until=None))
    assert desk.poll(items(300, "next")) == 300


def test_items_that_stand_in_a_document_longer_than_retention() -> None:
    desk = Desk()
    standing = items(3)
    desk.poll(standing)
    desk.known.clear()
    news = items(1, "news", START + timedelta(days=400))
    assert desk.poll([*news, *standing], timedelta(days=400)) == 1
    assert len(desk.known) == 1, "what retention deleted is not stored again"


def test_old_items_that_come_back_after_retention() -> None:
    desk = Desk()
    desk.poll(items(3))
    desk.poll(items(1, "other"), timedelta(days=200))
    desk.known.clear()
    news = items(9, "news", START + timedelta(days=400))
    assert desk.poll([*news, *items(3)], timedelta(days=200)) == 9
