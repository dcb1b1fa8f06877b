"""Pings to a real hub on loopback, which fetches the feed and hands it to a subscriber."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import aiohttp
import feedparser

from aggregator.cli.demo import DemoSite
from aggregator.config.outputs import OutputConfig
from aggregator.publish.push.payload import moment_key
from aggregator.publish.push.plan import plan_pings
from aggregator.store.outbox import SqlOutbox

from .hub import Hub, Subscriber
from .servers import dispatcher, output, serving

NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@dataclass
class World:
    """A publisher's site, a hub, and a subscriber to two of the site's feeds."""

    site: DemoSite
    hub: Hub
    subscriber: Subscriber
    output: OutputConfig
    topics: list[str]


@asynccontextmanager
async def world(fault: Callable[[int], int] | None = None) -> AsyncIterator[World]:
    async with DemoSite(NOW) as site, aiohttp.ClientSession() as session:
        hub, subscriber = Hub(session, fault=fault), Subscriber()
        async with serving(hub=hub.answer, callback=subscriber.answer) as url:
            topics = [site.url + "/saebyeok-en/feed.xml", site.url + "/namsan-times/feed.xml"]
            for topic in topics:
                status = await subscriber.subscribe(session, url + "/hub", topic, url + "/callback")
                assert status == 202
            out = output({"kind": "websub", "name": "hub", "url": url + "/hub"})
            yield World(site, hub, subscriber, out, topics)


def titles(body: bytes) -> set[str]:
    return {entry.title for entry in feedparser.parse(io.BytesIO(body)).entries}


def test_a_subscriber_gets_what_changed_through_the_hub(outbox: SqlOutbox) -> None:
    async def run() -> None:
        async with world() as w, dispatcher(w.output) as one:
            outbox.queue(plan_pings(w.output, w.topics, "1", NOW))
            done = await one.drain(outbox, NOW)
            assert (done.sent, done.messages) == (1, 1)
            assert w.hub.pings == w.topics
            before = set().union(*map(titles, w.subscriber.received))

            w.site.step(NOW + 5 * MINUTE)
            outbox.queue(plan_pings(w.output, w.topics, "2", NOW + 5 * MINUTE))
            await one.drain(outbox, NOW + 5 * MINUTE)
            assert len(w.subscriber.received) == 4
            after = set().union(*map(titles, w.subscriber.received[2:]))
            assert "Two Koreas restore military hotline after 14 months" in after - before

            # Nothing changed: planned again, nothing is waiting.
            assert outbox.queue(plan_pings(w.output, w.topics, "2", NOW + 5 * MINUTE)) == 0
            assert (await one.drain(outbox, NOW + 20 * MINUTE)).messages == 0

    asyncio.run(run())


def test_a_hub_that_is_down_hears_of_it_later_and_once(outbox: SqlOutbox) -> None:
    async def run() -> None:
        async with world(lambda number: 503 if number <= 3 else 0) as w, dispatcher(w.output) as one:
            for minute in range(30):
                now = NOW + minute * MINUTE
                if minute < 5:
                    outbox.queue(plan_pings(w.output, w.topics, moment_key(now), now))
                await one.drain(outbox, now)
            assert w.hub.pings == w.topics
            assert w.hub.asked == 5
            assert len(w.subscriber.received) == 2
            assert outbox.dead_letters() == []
            assert outbox.due(NOW + timedelta(days=1), 99) == []

    asyncio.run(run())


def test_when_the_second_feed_is_refused_both_are_told_again(outbox: SqlOutbox) -> None:
    async def run() -> None:
        async with world(lambda number: 500 if number == 2 else 0) as w, dispatcher(w.output) as one:
            outbox.queue(plan_pings(w.output, w.topics, "1", NOW))
            assert (await one.drain(outbox, NOW)).failed == 1
            assert (await one.drain(outbox, NOW + 2 * MINUTE)).sent == 1
            assert w.hub.pings == [w.topics[0], *w.topics]
            assert len(w.subscriber.received) == 2

    asyncio.run(run())


def test_the_hub_verifies_whom_it_serves() -> None:
    async def run() -> None:
        async with world() as w, aiohttp.ClientSession() as session:
            stranger = Subscriber()
            async with serving(callback=stranger.answer) as url:
                form = {"hub.mode": "subscribe", "hub.topic": w.topics[0], "hub.secret": "x"}
                form["hub.callback"] = url + "/callback"
                async with session.post(w.output.push[0].url, data=form) as answer:
                    assert answer.status == 404

    asyncio.run(run())
