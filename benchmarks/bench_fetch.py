"""Time polling many feeds on loopback: `HttpFetcher` beside a bare aiohttp GET of the same URLs.

    python benchmarks/bench_fetch.py [--feeds 2000] [--concurrency 200] [--items 40] [--rounds 3]

The server runs in a process of its own, so CPU seconds are the client's alone. Each feed has a host name of
its own, as in life; names are looked up without a network. Three kinds of poll are timed: gzip documents,
304 answers, and gzip documents with the host's pause kept at one feed a host (which must cost nothing).
The ratio to bare aiohttp, in the same run, is what carries over to another machine.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import multiprocessing
import resource
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from multiprocessing.connection import Connection

import aiohttp
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from aggregator.config import Config
from aggregator.core.types import FeedState
from aggregator.fetch.http import HttpFetcher


class Loopback(AbstractResolver):
    """Every name is this machine."""

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=2, proto=6, flags=4)]

    async def close(self) -> None:
        pass


class Clock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def document(items: int) -> bytes:
    """An RSS document of a usual size."""
    item = "<item><guid>{0}</guid><title>Headline number {0}</title><link>https://news.example/{0}</link>" + (
        "<description>" + "Some words about what happened today and why. " * 10 + "</description></item>"
    )
    body = "".join(item.format(n) for n in range(items))
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>T</title>{body}</channel></rss>".encode()


def serve(pipe: Connection, items: int) -> None:
    """Run the server; sends its port."""
    packed = gzip.compress(document(items))

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        if "If-None-Match" in request.headers:
            return web.Response(status=304, headers={"ETag": '"1"'})
        return web.Response(body=packed, headers={"Content-Encoding": "gzip", "ETag": '"1"'})

    async def main() -> None:
        runner = web.ServerRunner(web.Server(handle))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=2048).start()
        pipe.send(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(main())


async def bare(urls: list[str], concurrency: int, headers: dict[str, str]) -> None:
    """What any client would do: GET each and read it."""
    room = asyncio.Semaphore(concurrency)
    connector = aiohttp.TCPConnector(limit=0, resolver=Loopback())
    async with aiohttp.ClientSession(connector=connector) as session:

        async def one(url: str) -> None:
            async with room, session.get(url, headers=headers) as response:
                await response.read()

        await asyncio.gather(*(one(url) for url in urls))


async def ours(urls: list[str], concurrency: int, etag: str | None, gap: float) -> None:
    """The same through the fetcher."""
    config = Config.model_validate(
        {"poll": {"concurrency": concurrency, "per_host_gap": f"{gap}s"}, "http": {"allow_private": True}}
    )
    made = HttpFetcher(config, clock=Clock(), secrets=lambda name: None, resolver=Loopback())
    good = 0
    async for got in made.fetch([FeedState(n, url, url, etag=etag) for n, url in enumerate(urls)]):
        good += got.error is None
    await made.close()
    assert good == len(urls), f"only {good} of {len(urls)} feeds were fetched"


def timed(run: Callable[[], Awaitable[None]]) -> tuple[float, float]:
    """Seconds on the wall, CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    began = time.perf_counter()
    asyncio.run(run())  # type: ignore[arg-type]
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_SELF)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--feeds", type=int, default=2000)
    parser.add_argument("--concurrency", type=int, default=200)
    parser.add_argument("--items", type=int, default=40, help="items in each document")
    parser.add_argument("--rounds", type=int, default=3, help="the median of so many runs counts")
    options = parser.parse_args()
    here, there = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(there, options.items), daemon=True)
    server.start()
    try:
        port = here.recv()
        urls = [f"http://h{number}.test:{port}/feed" for number in range(options.feeds)]
        asked = {"If-None-Match": '"1"'}
        runs: list[tuple[str, Callable[[], Awaitable[None]], Callable[[], Awaitable[None]]]] = [
            ("gzip documents", lambda: bare(urls, options.concurrency, {}), lambda: ours(urls, options.concurrency, None, 0)),
            ("304 answers", lambda: bare(urls, options.concurrency, asked), lambda: ours(urls, options.concurrency, '"1"', 0)),
            ("gzip, 1 s pause", lambda: bare(urls, options.concurrency, {}), lambda: ours(urls, options.concurrency, None, 1)),
        ]  # fmt: skip
        size = len(document(options.items)) // 1024
        print(f"{options.feeds} feeds of {size} KiB on as many hosts, {options.concurrency} at once")
        print(f"{'':<16} {'CPU s':>7} {'feeds/s':>8} | {'bare CPU s':>10} {'feeds/s':>8} | {'CPU ratio':>9}")
        for name, theirs, mine in runs:
            pairs = [(timed(theirs), timed(mine)) for _ in range(options.rounds)]
            bare_wall, bare_cpu = (statistics.median(pair[0][n] for pair in pairs) for n in (0, 1))
            wall, cpu = (statistics.median(pair[1][n] for pair in pairs) for n in (0, 1))
            ratio = statistics.median(pair[1][1] / pair[0][1] for pair in pairs)
            print(
                f"{name:<16} {cpu:7.2f} {options.feeds / wall:8.0f} | {bare_cpu:10.2f} "
                f"{options.feeds / bare_wall:8.0f} | {ratio:9.2f}"
            )
    finally:
        server.terminate()
        server.join()


if __name__ == "__main__":
    main()
