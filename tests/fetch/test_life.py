"""Feeds polled again and again over real HTTP, parsed and decided on as the daemon does, with the clock set forward."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime
from itertools import pairwise

from aiohttp import web

from aggregator.config import Config
from aggregator.core.types import Alarm, Entry, Health, KnownEntry, Outcome, ParsedFeed, PollIntent
from aggregator.entries.changes import detect_changes
from aggregator.entries.normalise import normalise
from aggregator.entries.parse import parse
from aggregator.fetch.http import HttpFetcher
from aggregator.fetch.outcome import body_hash, decide

from .server import Clock, Names, Site, feed, site

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Desk:
    """One feed's daemon: a fetcher, and what the store would hold."""

    def __init__(self, server: Site, path: str = "/feed", **poll: object) -> None:
        self.clock = Clock()
        self.config = Config.model_validate(
            {
                "feeds": [{"url": server.url(path), "allow_private": True}],
                "poll": {"per_host_gap": 0, "jitter": 0, **poll},
            }
        )
        self.fetcher = HttpFetcher(self.config, clock=self.clock, secrets=lambda name: None, resolver=Names())
        self.feed = feed(server.url(path))
        self.entries: dict[str, Entry] = {}
        self.alarms: list[Alarm] = []
        self.parsed = 0

    async def __aenter__(self) -> Desk:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.fetcher.close()

    async def poll(self, after: timedelta = MINUTE) -> PollIntent:
        self.clock.offset += after
        (fetched,) = [each async for each in self.fetcher.fetch([self.feed])]
        now = self.clock.now()
        document = news = None
        if fetched.body is not None and body_hash(fetched.body) != self.feed.body_hash:
            self.parsed += 1
            document = parse(fetched)
            if isinstance(document, ParsedFeed):
                found = normalise(document, self.feed, now)
                known = {
                    e.id: KnownEntry(e.id, e.hash, e.title, e.summary, "") for e in self.entries.values()
                }
                first = self.feed.last_success is None
                news = detect_changes(found, known, {}, self.feed, now, first_poll=first)
                self.entries |= {entry.id: entry for entry in found}
        intent = decide(self.feed, fetched, document, news, now, self.config.poll)
        self.feed = intent.feed
        self.alarms += intent.alarms
        return intent

    def kinds(self) -> list[str]:
        return [alarm.kind for alarm in self.alarms]

    def wait(self) -> timedelta:
        """Until the next poll, to the minute."""
        assert self.feed.next_due is not None
        seconds = (self.feed.next_due - self.clock.now()).total_seconds()
        return timedelta(minutes=round(seconds / 60))


def rss(desk_or_clock: Clock, *numbers: int, extra: str = "") -> bytes:
    """A document of items, each published as many hours ago as its number is below 100."""
    items = "".join(
        f"<item><guid isPermaLink='false'>g{n}</guid><title>Title {n}</title><link>http://site.test/{n}</link>"
        f"<pubDate>{format_datetime(desk_or_clock.now() - HOUR * (100 - n))}</pubDate></item>"
        for n in sorted(numbers, reverse=True)
    )
    return f"<rss version='2.0'><channel><title>T</title>{extra}{items}</channel></rss>".encode()


async def test_an_ordinary_feed_costs_one_document_and_then_304s() -> None:
    async with site() as server, Desk(server) as desk:
        body = rss(desk.clock, 1, 2, 3)

        async def handler(request: web.Request) -> web.StreamResponse:
            if request.headers.get("If-None-Match") == '"v1"':
                return web.Response(status=304, headers={"ETag": '"v1"'})
            return web.Response(body=body, headers={"ETag": '"v1"'})

        server.on("/feed", handler)
        outcomes = [(await desk.poll(HOUR)).record.outcome for _ in range(4)]
        assert outcomes == [Outcome.NEW, *[Outcome.NOT_MODIFIED] * 3]
        assert desk.parsed == 1
        assert desk.feed.health is Health.OK


async def test_an_equal_body_is_not_parsed_again() -> None:
    async with site() as server, Desk(server) as desk:
        server.answer("/feed", body=rss(desk.clock, 1, 2, 3))
        outcomes = [(await desk.poll(HOUR)).record.outcome for _ in range(3)]
        assert outcomes == [Outcome.NEW, Outcome.UNCHANGED, Outcome.UNCHANGED]
        assert desk.parsed == 1


async def test_a_server_whose_etag_sticks_is_asked_plainly_once_a_day() -> None:
    async with site() as server, Desk(server) as desk:
        count = 90

        async def handler(request: web.Request) -> web.StreamResponse:
            if request.headers.get("If-None-Match") == '"stuck"':
                return web.Response(status=304)
            return web.Response(body=rss(desk.clock, *range(80, count)), headers={"ETag": '"stuck"'})

        server.on("/feed", handler)
        await desk.poll()
        for hour in range(24 * 8):
            count = 91 + hour // 24
            await desk.poll(HOUR)
        plain = [n for n, request in enumerate(server.seen) if "If-None-Match" not in request.headers]
        gaps = [after - before for before, after in pairwise(plain)]
        assert len(plain) >= 6
        assert min(gaps) >= 24
        assert max(gaps) <= 50
        assert desk.feed.memory.sticky_validators
        assert len(desk.entries) == count - 80


async def test_a_feed_that_moved_for_good_is_fetched_at_its_new_place_after_three_polls() -> None:
    async with site() as server, Desk(server) as desk:
        server.redirect("/feed", "/new", 308)
        server.answer("/new", body=rss(desk.clock, 1, 2, 3))
        for _ in range(5):
            await desk.poll(HOUR)
        assert server.paths() == ["/feed", "/new"] * 3 + ["/new"] * 2
        assert desk.feed.location == server.url("/new")
        assert desk.feed.url == server.url("/feed")
        assert desk.kinds() == ["moved"]
        assert desk.feed.health is Health.MOVED


async def test_a_feed_that_is_elsewhere_for_a_while_keeps_its_url() -> None:
    async with site() as server, Desk(server) as desk:
        server.redirect("/feed", "/new", 307)
        server.answer("/new", body=rss(desk.clock, 1, 2, 3))
        for _ in range(5):
            await desk.poll(HOUR)
        assert server.paths() == ["/feed", "/new"] * 5
        assert desk.feed.location == server.url("/feed")


async def test_what_the_server_asks_for_is_kept_after_200_and_304() -> None:
    async with site() as server, Desk(server) as desk:
        server.answer("/feed", body=rss(desk.clock, 98, 99), ETag='"1"', Cache_Control="max-age=7200")
        await desk.poll()
        assert desk.wait() == 2 * HOUR
        server.answer("/feed", status=304, body=b"", Cache_Control="max-age=10800")
        await desk.poll()
        assert desk.wait() == 3 * HOUR


async def test_the_documents_ttl_is_kept() -> None:
    async with site() as server, Desk(server) as desk:
        server.answer("/feed", body=rss(desk.clock, 98, 99, extra="<ttl>240</ttl>"))
        await desk.poll()
        assert desk.wait() == 4 * HOUR


async def test_a_busy_server_is_left_alone_for_as_long_as_it_asks() -> None:
    async with site() as server, Desk(server) as desk:
        server.answer("/feed", status=429, body=b"", Retry_After="172800")
        await desk.poll()
        assert desk.wait() == 2 * DAY
        assert desk.feed.failures == 1


async def test_a_feed_that_is_gone_is_muted_and_says_so() -> None:
    async with site() as server, Desk(server) as desk:
        server.answer("/feed", body=rss(desk.clock, 1))
        await desk.poll()
        server.answer("/feed", status=410, body=b"")
        intent = await desk.poll()
        assert intent.record.outcome is Outcome.GONE
        assert desk.feed.health is Health.GONE
        assert desk.wait() > 10_000 * DAY
        assert desk.kinds() == ["gone"]


async def test_a_page_where_the_feed_was_is_named_and_offers_its_feeds() -> None:
    async with site() as server, Desk(server) as desk:
        server.answer("/feed", body=rss(desk.clock, 1), ETag='"1"')
        await desk.poll()
        page = b"<!DOCTYPE html><html><head><link rel=alternate type='application/rss+xml' href='/rss'></head><p>Hi</p></html>"
        server.answer("/feed", body=page, ETag='"page"')
        for _ in range(3):
            intent = await desk.poll(HOUR)
        assert intent.record.error.startswith("html: ")
        assert desk.kinds() == ["html", "failing"]
        assert server.url("/rss") in desk.alarms[0].message
        assert desk.feed.etag == '"1"'
        server.answer("/feed", body=rss(desk.clock, 1, 2))
        await desk.poll(HOUR)
        assert desk.kinds() == ["html", "failing", "recovered"]


async def test_entries_missed_between_two_polls_raise_an_alarm() -> None:
    async with site() as server, Desk(server) as desk:
        for numbers in ((1, 2, 3, 4), (3, 4, 5, 6), (20, 21, 22, 23)):
            server.answer("/feed", body=rss(desk.clock, *numbers))
            await desk.poll(HOUR)
        assert desk.kinds() == ["gap"]
        assert desk.feed.health is Health.DEGRADED


async def test_a_feed_that_breaks_and_heals() -> None:
    async with site() as server, Desk(server) as desk:
        server.answer("/feed", status=500, body=b"")
        waits = []
        for _ in range(10):
            await desk.poll(HOUR)
            waits.append(desk.wait())
        assert waits[:4] == [15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR]
        assert waits[-1] == DAY
        assert desk.feed.health is Health.FAILING
        server.answer("/feed", body=rss(desk.clock, 98, 99))
        await desk.poll(HOUR)
        assert desk.feed.failures == 0
        assert desk.wait() < HOUR
        assert desk.kinds() == ["failing", "recovered"]
