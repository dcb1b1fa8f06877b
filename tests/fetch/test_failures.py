"""Connections that do not come about: slow ones, proxies, names; each with its own words."""

from __future__ import annotations

import asyncio
import socket
from datetime import timedelta
from itertools import count

import aiohttp
import pytest

from aggregator.core.httpdate import parse_http_date
from aggregator.fetch.http import failures, politeness
from aggregator.fetch.http.politeness import Hosts

from .server import FEED, Clock, Names, feed, fetcher, poll, poll_one, site, wire


async def test_a_refused_connection_says_so_plainly() -> None:
    got = await poll_one("http://site.test:1/feed?key=sesame")
    assert got.error is not None
    assert got.error.code == "connect"
    assert got.error.message == "no connection to http://site.test:1/feed?…: connection refused"


async def test_a_connection_that_never_comes_about_is_given_up() -> None:
    listener = socket.socket()
    crowd = []
    try:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):  # fill the queue of connections: further ones get no answer
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
            crowd.append(one)
        url = f"http://site.test:{listener.getsockname()[1]}/feed"
        got = await poll_one(url, http={"connect_timeout": "0.3s"})
    finally:
        for each in (listener, *crowd):
            each.close()
    assert got.error is not None
    assert (got.error.code, got.status) == ("connect", 0)
    assert "in time" in got.error.message


async def test_the_cap_on_time_is_one_for_the_whole_chain() -> None:
    numbers = count()

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.3)
        writer.write(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /%d\r\n\r\n" % next(numbers))

    async with wire(play) as port:
        url = f"http://site.test:{port}/feed"
        loop = asyncio.get_running_loop()
        began = loop.time()
        got = await poll_one(url, http={"timeout": "1s", "max_redirects": 20})
    assert got.error is not None
    assert got.error.code == "timeout"
    assert loop.time() - began < 1.5


async def test_waiting_for_a_turn_is_not_counted() -> None:
    async with site() as server:
        server.answer("/feed")
        every = [server.url(f"/feed?{n}") for n in range(4)]
        async with fetcher(*every, http={"timeout": "0.5s"}, poll={"per_host_gap": "0.4s"}) as made:
            got = await poll(made, *(feed(url, n) for n, url in enumerate(every)))
    assert all(each.body == FEED for each in got)


@pytest.mark.parametrize(
    ("proxy", "url", "words"),
    [
        ("http://127.0.0.1:1", "http://far.example/feed", "cannot be reached"),
        ("http://127.0.0.1:{port}", "https://far.example/feed", "407"),
        ("http://nowhere.example:3128", "http://far.example/feed", "not known"),
    ],
)
async def test_a_proxy_in_trouble_is_named_instead_of_the_feed(proxy: str, url: str, words: str) -> None:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")

    async with wire(play) as port, fetcher(http={"proxy": proxy.format(port=port)}) as made:
        (got,) = await poll(made, feed(url))
    assert got.error is not None
    assert got.error.code == "proxy", got.error
    assert words in got.error.message


def test_a_look_up_that_may_work_later_is_told_from_an_unknown_name() -> None:
    key = aiohttp.client_reqrep.ConnectionKey("a.example", 80, False, True, None, None, None)
    later = aiohttp.ClientConnectorDNSError(key, socket.gaierror(socket.EAI_AGAIN, "again"))
    never = aiohttp.ClientConnectorDNSError(key, socket.gaierror(socket.EAI_NONAME, "no name"))
    assert "cannot be looked up now" in failures.from_exception(later, (), "x").message
    assert "is not known" in failures.from_exception(never, (), "x").message
    assert (
        failures.from_exception(never, (), "x").code == failures.from_exception(later, (), "x").code == "dns"
    )


def test_an_exception_nobody_foresaw_is_named_without_its_words() -> None:
    got = failures.from_exception(RuntimeError("sesame"), (), "http://a.example/")
    assert got.code == "internal"
    assert "RuntimeError" in got.message
    assert "sesame" not in got.message


async def test_hosts_are_forgotten_when_there_are_very_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(politeness, "_PRUNE_ABOVE", 10)
    clock = Clock()
    made = Hosts(gap=0, concurrency=5, clock=clock, not_before={})
    made.hold("held.test", clock.now() + timedelta(hours=1))
    async with made.turn("busy.test"):
        for number in range(30):
            async with made.turn(f"h{number}.test"):
                pass
            await asyncio.sleep(0.001)
        assert {"held.test", "busy.test"} <= set(made.tallies())
        assert len(made.tallies()) <= 12
    assert made.held("held.test") is not None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37+00:00"),
        ("Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37+00:00"),
        ("Sun Nov  6 08:49:37 1994", "1994-11-06T08:49:37+00:00"),
        ("Sun, 06 Nov 1994 08:49:37 +0900", "1994-11-05T23:49:37+00:00"),
        ("Fri, 31 Dec 9999 23:59:59 -1400", None),
        ("0", None),
        ("", None),
        ("-1", None),
        ("Sun, 99 Nov 1994 08:49:37 GMT", None),
    ],
)
def test_http_dates(text: str, expected: str | None) -> None:
    got = parse_http_date(text)
    assert (got.isoformat() if got else None) == expected


async def test_names_that_are_not_ascii_are_asked_for_in_ascii() -> None:
    async with site() as server:
        server.answer("/피드")
        url = f"http://신문.test:{server.port}/피드?q=새 소식"
        names = Names()
        got = await poll_one(url, names=names)
    assert got.body == FEED, got.error
    assert server.seen[0].headers["Host"].startswith("xn--")
    assert server.seen[0].raw_path == "/%ED%94%BC%EB%93%9C?q=%EC%83%88+%EC%86%8C%EC%8B%9D"


async def test_a_shorter_hold_does_not_end_a_longer_one() -> None:
    clock = Clock()
    made = Hosts(gap=0, concurrency=1, clock=clock, not_before={})
    late, early = clock.now() + timedelta(hours=2), clock.now() + timedelta(hours=1)
    made.hold("a.test", late)
    made.hold("a.test", early)
    assert made.held("a.test") == late
    assert made.held("b.test") is None


async def test_the_ledger_keeps_the_shortest_gap() -> None:
    made = Hosts(gap=0, concurrency=1, clock=Clock(), not_before={})
    for pause in (0, 0.2, 0.05, 0.2):
        await asyncio.sleep(pause)
        async with made.turn("a.test") as stats:
            pass
    assert stats.shortest_gap is not None
    assert 0.05 <= stats.shortest_gap < 0.15
