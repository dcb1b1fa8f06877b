"""Feeds follow the configuration and keep their state; polls are logged; what is due is polled."""

from __future__ import annotations

from dataclasses import replace

from aggregator.config import FeedConfig
from aggregator.core.types import (
    Alarm,
    Batch,
    FeedMemory,
    FeedState,
    Health,
    Outcome,
    PollIntent,
    PollRecord,
)
from aggregator.store import Store
from aggregator.store.host_report import by_host

from .conftest import A, B
from .makers import HOUR, NOW


def polled(feed: FeedState, outcome: Outcome = Outcome.NEW) -> Batch:
    return Batch(polls=(PollIntent(feed, PollRecord(feed.id, NOW, outcome)),))


def test_feeds_follow_the_configuration_and_keep_their_state(store: Store) -> None:
    a, b = store.due(NOW, 10)
    assert (a.url, b.origin) == (A, "b.example")
    after = replace(
        a,
        etag='W/"x"',
        next_due=NOW + HOUR,
        failures=2,
        health=Health.FAILING,
        memory=FeedMemory(gap=60.0, last_new=NOW, last_ids=("x",)),
    )
    record = PollRecord(a.id, NOW, Outcome.FAILED, 500, 0.1, 10, host="a.example", error="http-500: no")
    alarm = Alarm(a.id, NOW, "failing", "it fails")
    store.apply(Batch(polls=(PollIntent(after, record, (alarm,)),)), NOW)
    assert [f.url for f in store.due(NOW, 10)] == [B]
    assert store.feeds.due(NOW + HOUR, 10)[1] == after
    assert store.feeds.polls() == store.feeds.polls(feed_id=a.id, since=NOW, limit=1) == [record]
    assert store.feeds.polls(feed_id=b.id) == store.feeds.polls(since=NOW + HOUR) == []
    assert store.feeds.alarms() == store.feeds.alarms(since=NOW, limit=1) == [alarm]
    assert store.feeds.alarms(since=NOW + HOUR) == []
    assert store.feeds.next_due() == NOW + HOUR
    assert [(h.host, h.requests, h.errors) for h in by_host(store.feeds, since=NOW)] == [("a.example", 1, 1)]
    assert store.feeds.sync([FeedConfig(url=A, title="New name")]) == (0, 1)
    (a,) = store.due(NOW + HOUR, 10)
    assert (a.title, a.etag) == ("New name", 'W/"x"')
    assert store.sync_feeds([FeedConfig(url=B)]) == (0, 1)
    assert [f.url for f in store.due(NOW + HOUR, 10)] == [B]
    assert [f.url for f in store.feeds.all()] == [A, B], "a feed that left keeps its place"


def test_the_longest_waiting_is_due_first(store: Store) -> None:
    names = [f"https://{n}.example/feed" for n in range(6)]
    store.sync_feeds([FeedConfig(url=url) for url in names])
    feeds = {feed.url: feed for feed in store.feeds.all() if feed.active}
    waits = dict(zip(names, (3, 1, 2, -1, None, 0), strict=True))
    for url, hours in waits.items():
        if hours is not None:
            store.apply(polled(replace(feeds[url], next_due=NOW - hours * HOUR, last_polled=NOW)), NOW)
    order = [4, 0, 2, 1, 5]
    assert [f.url for f in store.due(NOW, 10)] == [names[n] for n in order]
    assert [f.url for f in store.due(NOW, 3)] == [names[n] for n in order[:3]]


def test_a_feed_polled_in_what_is_now_the_future_is_due(store: Store) -> None:
    a, b = store.due(NOW, 10)
    store.apply(polled(replace(a, last_polled=NOW + 9 * HOUR, next_due=NOW + 10 * HOUR)), NOW)
    store.apply(polled(replace(b, last_polled=NOW, next_due=NOW + HOUR)), NOW)
    assert [f.id for f in store.due(NOW, 10)] == [a.id]
    assert store.due(NOW + 9 * HOUR - HOUR / 100, 10)[0].id == b.id


def test_settings_that_changed_make_a_feed_due(store: Store) -> None:
    for feed in store.due(NOW, 10):
        store.apply(polled(replace(feed, next_due=NOW + HOUR)), NOW)
    assert store.due(NOW, 10) == []
    store.feeds.hasten([A])
    store.feeds.hasten([])
    assert [f.url for f in store.due(NOW, 10)] == [A]


def test_a_feed_that_is_gone_is_polled_no_more(store: Store) -> None:
    a, _ = store.due(NOW, 10)
    store.apply(polled(replace(a, health=Health.GONE), Outcome.GONE), NOW)
    assert a.id not in {f.id for f in store.due(NOW + 1000 * HOUR, 10)}


def test_a_title_learned_from_the_document_gives_way_to_a_configured_one(store: Store) -> None:
    _, b = store.due(NOW, 10)
    store.apply(polled(replace(b, title="Learned")), NOW)
    assert store.due(NOW, 10)[1].title == "Learned"
    store.sync_feeds([FeedConfig(url=A), FeedConfig(url=B)])
    assert store.due(NOW, 10)[1].title == "Learned"
    store.sync_feeds([FeedConfig(url=A), FeedConfig(url=B, title="Given")])
    assert store.due(NOW, 10)[1].title == "Given"


def test_import_sources_borrow_what_is_known_of_the_outlet(store: Store) -> None:
    known = {
        "yna": FeedConfig(url="https://y.example/rss", title="Y", origin="y", kind="agency", country="KR")
    }
    found = store.feeds.import_sources(["yna", "other"], known)
    assert (found["yna"].kind, found["yna"].country, found["other"].origin) == ("agency", "KR", "other")
    assert not found["yna"].active
    assert store.feeds.import_sources(["yna"], {}) == {"yna": found["yna"]}
    assert [f.url for f in store.feeds.all()] == [A, B]
    assert len(store.feeds.all(imports=True)) == len(store.feeds_by_id()) == len(store.feeds.by_id()) == 4
    assert store.sync_feeds([]) == (0, 2), "sources of imports are not put to rest"
