"""Manners: one request at a time per host, a pause, a common limit, and no host waits for another."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import Counter
from datetime import timedelta
from itertools import pairwise

import psutil
from aiohttp import web

from aggregator.config import Config
from aggregator.fetch.http import HttpFetcher

from .server import FEED, Clock, Handler, Names, Site, feed, fetcher, poll, site, wire


class Watch:
    """A handler that notes who is being served when."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.now: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.most_at_once = 0
        self.spans: dict[str, list[tuple[float, float]]] = {}

    def handler(self) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            host = request.host.partition(":")[0]
            loop = asyncio.get_running_loop()
            began = loop.time()
            self.now[host] += 1
            self.most[host] = max(self.most[host], self.now[host])
            self.most_at_once = max(self.most_at_once, sum(self.now.values()))
            await asyncio.sleep(self.seconds)
            self.now[host] -= 1
            self.spans.setdefault(host, []).append((began, loop.time()))
            return web.Response(body=FEED)

        return handle


def urls(server: Site, host: str, count: int) -> list[str]:
    return [server.url(f"/feed?{number}", host) for number in range(count)]


async def test_one_request_at_a_time_per_host_and_a_pause_after_each() -> None:
    watch = Watch(0.02)
    async with site() as server:
        server.on("/feed", watch.handler())
        every = urls(server, "a.test", 5) + urls(server, "b.test", 5)
        async with fetcher(*every, poll={"per_host_gap": "0.1s"}) as made:
            got = await poll(made, *(feed(url, number) for number, url in enumerate(every)))
            tallies = made.tallies()
    assert all(each.body == FEED for each in got)
    assert watch.most == {"a.test": 1, "b.test": 1}
    for spans in watch.spans.values():
        gaps = [after[0] - before[1] for before, after in pairwise(spans)]
        assert len(gaps) == 4
        assert min(gaps) >= 0.095
    assert watch.most_at_once == 2  # the hosts did not wait for each other
    for host in ("a.test", "b.test"):
        assert tallies[host].requests == 5
        shortest = tallies[host].shortest_gap
        assert shortest is not None
        assert 0.099 <= shortest < 0.5


async def test_manners_hold_across_calls_ports_and_spellings() -> None:
    watch = Watch(0.05)
    async with site() as one, site() as two:
        one.on("/feed", watch.handler())
        two.on("/feed", watch.handler())
        first, second, third = (
            one.url("/feed", "a.test"),
            two.url("/feed", "a.test"),
            one.url("/feed", "A.TEST."),
        )
        async with fetcher(first, second, third, poll={"per_host_gap": "0.05s"}) as made:
            calls = [poll(made, feed(url, number)) for number, url in enumerate((first, second, third))]
            found = await asyncio.gather(*calls)
    assert all(each.error is None for (each,) in found)
    assert watch.most["a.test"] + watch.most["A.TEST."] <= 2
    spans = sorted(span for each in watch.spans.values() for span in each)
    assert all(after[0] >= before[1] + 0.045 for before, after in pairwise(spans))


async def test_the_hops_of_a_redirect_are_requests_like_others() -> None:
    async with site() as server:
        server.redirect("/a", "/b")
        server.redirect("/b", server.url("/c"), 302)
        server.answer("/c")
        async with fetcher(server.url("/a"), poll={"per_host_gap": "0.1s"}) as made:
            loop = asyncio.get_running_loop()
            began = loop.time()
            (got,) = await poll(made, feed(server.url("/a")))
            assert got.body == FEED
            assert loop.time() - began >= 0.2
            assert got.seconds < 0.1  # the pauses are not the server's time
            assert made.tallies()["site.test"].requests == 3


async def test_two_hosts_that_redirect_to_each_other_do_not_lock_up() -> None:
    async with site() as server:
        for host, other in (("a.test", "b.test"), ("b.test", "a.test")):
            server.redirect(f"/{host}", server.url("/end", other), 302)
        server.answer("/end")
        every = [server.url(f"/{host}", host) for host in ("a.test", "b.test")] * 5
        async with fetcher(*set(every), poll={"per_host_gap": "0.01s"}) as made:
            got = await asyncio.wait_for(poll(made, *(feed(url, n) for n, url in enumerate(every))), 5)
        assert all(each.body == FEED for each in got)


async def test_a_slow_host_with_many_feeds_delays_nobody_else() -> None:
    async def slow(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(20)
        return web.Response(body=FEED)

    async with site() as server:
        server.on("/slow", slow)
        server.answer("/good")
        hogs = [server.url(f"/slow?{number}", "slow.test") for number in range(200)]
        good = [server.url("/good", f"good{number}.test") for number in range(30)]
        names = Names()
        names.slow["lost.test"] = 20  # its name server does not answer
        hogs.append(server.url("/good", "lost.test"))
        # Room for few at once: the slow host's queue must not take it up.
        async with fetcher(*hogs, *good, names=names, poll={"concurrency": 6}) as made:
            feeds = [feed(url, number) for number, url in enumerate(hogs + good)]
            loop = asyncio.get_running_loop()
            began = loop.time()
            found = made.fetch(feeds)
            arrived = [await asyncio.wait_for(anext(found), 3) for _ in good]
            assert {each.url for each in arrived} == set(good)
            assert loop.time() - began < 2
            await found.aclose()


async def test_no_more_than_the_limit_over_all_hosts() -> None:
    watch = Watch(0.02)
    async with site() as server:
        server.on("/feed", watch.handler())
        every = [server.url("/feed", f"h{number}.test") for number in range(40)]
        async with fetcher(*every, poll={"concurrency": 7}) as made:
            got = await poll(made, *(feed(url, number) for number, url in enumerate(every)))
    assert all(each.body == FEED for each in got)
    assert watch.most_at_once == 7


async def test_retry_after_holds_the_host_only_where_that_is_asked_for() -> None:
    async with site() as server:
        server.answer("/busy", status=429, Retry_After="600")
        server.answer("/feed")
        busy, other, third = server.url("/busy"), server.url("/feed"), server.url("/feed", "third.test")
        for hold in (False, True):
            clock = Clock()
            async with fetcher(busy, other, third, clock=clock, poll={"retry_after_host": hold}) as made:
                (first,) = await poll(made, feed(busy, 1))
                assert first.error is not None
                assert first.error.retry_at is not None
                second, elsewhere = await poll(made, feed(other, 2), feed(third, 3))
                assert elsewhere.body == FEED
                if not hold:
                    assert second.body == FEED
                    continue
                assert second.error is not None
                assert (second.error.code, second.error.refused) == ("host-held", True)
                assert second.error.retry_at is not None
                assert second.error.retry_at >= first.error.retry_at
                assert second.status == 0
                clock.offset = timedelta(seconds=601)
                (later,) = await poll(made, feed(other, 2))
                assert later.body == FEED


async def test_holds_known_from_before_a_restart() -> None:
    async with site() as server:
        server.answer("/feed")
        clock = Clock()
        url = server.url("/feed")
        holds = {"site.test": clock.now() + timedelta(hours=1)}
        config = Config(feeds=({"url": url, "allow_private": True},))
        made = HttpFetcher(
            config, clock=clock, secrets=lambda name: None, host_not_before=holds, resolver=Names()
        )
        try:
            (got,) = await poll(made, feed(url))
            assert got.error is not None
            assert got.error.code == "host-held"
            assert server.seen == []
            holds.clear()
            (got,) = await poll(made, feed(url))
            assert got.body == FEED
        finally:
            await made.close()


async def test_the_ledger_counts_what_a_host_saw() -> None:
    async with site() as server:
        server.answer("/feed")
        server.answer("/same", status=304, body=b"")
        server.answer("/busy", status=429)
        every = [server.url("/feed"), server.url("/same"), server.url("/busy")]
        async with fetcher(*every) as made:
            await poll(made, *(feed(url, number, etag='"x"') for number, url in enumerate(every)))
            stats = made.tallies()["site.test"]
    assert (stats.requests, stats.not_modified, stats.too_many, stats.received) == (3, 1, 1, len(FEED))


async def test_large_documents_take_turns_and_all_arrive() -> None:
    big = FEED + b" " * (2 * 1024**2)
    async with site() as server:
        server.answer("/big", body=big)
        every = [server.url("/big", f"h{number}.test") for number in range(40)]
        async with fetcher(*every) as made:
            got = await poll(made, *(feed(url, number) for number, url in enumerate(every)))
    assert [len(each.body or b"") for each in got] == [len(big)] * 40


async def test_manners_outlive_a_change_of_configuration() -> None:
    watch = Watch(0.1)
    async with site() as server:
        server.on("/feed", watch.handler())
        url = server.url("/feed")
        async with fetcher(url, poll={"per_host_gap": "0.2s"}) as old:
            under_way = asyncio.create_task(poll(old, feed(url, 1)))
            await asyncio.sleep(0.05)
            config = Config.model_validate(
                {"feeds": [{"url": url, "allow_private": True}], "poll": {"per_host_gap": "0.2s"}}
            )
            new = HttpFetcher(
                config, clock=Clock(), secrets=lambda name: None, resolver=Names(), predecessor=old
            )
            try:
                (later,), (earlier,) = await asyncio.gather(poll(new, feed(url, 2)), under_way)
            finally:
                await new.close()
    assert earlier.body == later.body == FEED
    first, second = watch.spans["site.test"]
    assert second[0] >= first[1] + 0.19


async def test_a_slow_consumer_slows_the_fetching_not_the_machine() -> None:
    async def big(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(96):
            await response.write(b"<rss>" + bytes(65531))
        return response

    async with site() as server:
        server.on("/big", big)
        every = [server.url("/big", f"h{number}.test") for number in range(100)]
        process = psutil.Process(os.getpid())
        idle = process.memory_info().rss
        async with fetcher(*every, http={"timeout": "30s"}) as made:
            peak, count = 0, 0
            async for got in made.fetch([feed(url, number) for number, url in enumerate(every)]):
                assert len(got.body or b"") == 6 * 1024**2, got.error
                del got
                count += 1
                if count == 1:
                    await asyncio.sleep(0.7)  # without a limit, all 600 MB would be here by now
                peak = max(peak, process.memory_info().rss)
        assert count == 100
        assert peak - idle < 250 * 1024**2


async def test_a_server_that_breaks_off_is_not_asked_again_at_once() -> None:
    asked = 0

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1

    async with wire(play) as port:
        url = f"http://site.test:{port}/feed"
        async with fetcher(url) as made:
            (got,) = await poll(made, feed(url))
    assert got.error is not None
    assert got.error.code == "disconnected"
    assert asked == 1


async def test_a_connection_that_the_server_closed_meanwhile_is_opened_anew() -> None:
    heads = 0
    connections = 0

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal heads, connections
        connections += 1
        await reader.readuntil(b"\r\n\r\n")
        heads += 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(FEED), FEED))
        await writer.drain()
        with contextlib.suppress(asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")  # the next request comes too late for this connection
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        url = f"http://site.test:{server.sockets[0].getsockname()[1]}/feed"
        async with fetcher(url) as made:
            got = [(await poll(made, feed(url)))[0] for _ in range(3)]
    assert [each.body for each in got] == [FEED] * 3
    assert (heads, connections) == (3, 3)
