"""Servers on loopback for the fetch tests: a real one that plays scripted answers, and one that speaks raw bytes."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from aggregator.config import Config, FeedConfig
from aggregator.core.types import FeedState, Fetched
from aggregator.fetch.http import HttpFetcher

FEED = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>T</title>
<item><guid>1</guid><title>One</title><link>http://example.org/1</link></item></channel></rss>"""

_TRUSTING = ssl.create_default_context()
"""Made once: reading the system's authorities takes longer than most tests."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Raw = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Clock:
    """The machine's clock, which a test may set forward."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset


class Names(AbstractResolver):
    """A resolver that knows what it was told; each look-up takes the next of a name's answers, then the last."""

    def __init__(self, names: Mapping[str, str | list[str]] | None = None) -> None:
        self.names = dict(names or {})
        self.asked: Counter[str] = Counter()
        self.slow: dict[str, float] = {}

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        host = host.lower().rstrip(".")
        await asyncio.sleep(self.slow.get(host, 0))
        answer = self.names.get(host, "127.0.0.1" if host.endswith(".test") else None)
        if answer is None:
            raise OSError(None, "unknown name")
        answers = [answer] if isinstance(answer, str) else answer
        address = answers[min(self.asked[host], len(answers) - 1)]
        self.asked[host] += 1
        kind = 10 if ":" in address else 2
        return [ResolveResult(hostname=host, host=address, port=port, family=kind, proto=6, flags=4)]

    async def close(self) -> None:
        pass


@dataclass
class Site:
    """A running aiohttp server. `seen` holds every request in order."""

    port: int
    handlers: dict[str, Handler] = field(default_factory=dict)
    seen: list[web.Request] = field(default_factory=list)
    scheme: str = "http"

    def url(self, path: str, host: str = "site.test") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    def on(self, path: str, handler: Handler) -> None:
        self.handlers[path] = handler

    def answer(self, path: str, *, status: int = 200, body: bytes = FEED, **headers: str) -> None:
        """Always answer a path the same way; header names are written with underscores."""

        async def handler(request: web.Request) -> web.StreamResponse:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return web.Response(status=status, body=body, headers=named)

        self.on(path, handler)

    def redirect(self, path: str, to: str, status: int = 301) -> None:
        self.answer(path, status=status, body=b"", Location=to)

    def paths(self) -> list[str]:
        return [request.path_qs for request in self.seen]


@asynccontextmanager
async def site(*, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> AsyncIterator[Site]:
    """Run a site for as long as the block lasts."""
    running = Site(0, scheme="https" if tls else "http")

    async def dispatch(request: web.Request) -> web.StreamResponse:
        running.seen.append(request)
        handler = running.handlers.get(request.path)
        return await handler(request) if handler else web.Response(status=404)

    runner = web.ServerRunner(web.Server(dispatch), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, host, 0, ssl_context=tls, backlog=1024).start()
    running.port = runner.addresses[0][1]
    try:
        yield running
    finally:
        await runner.cleanup()


@asynccontextmanager
async def wire(play: Raw, *, tls: ssl.SSLContext | None = None, eager: bool = False) -> AsyncIterator[int]:
    """Run a server that reads a request head and then does with the connection what `play` says; gives its port.

    An `eager` one does not wait for the head.
    """
    tasks: set[asyncio.Task[Any]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            if not eager:
                await reader.readuntil(b"\r\n\r\n")
            await play(reader, writer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            return  # the client went away, or the test is over
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.sleep(0)


def feed(url: str, number: int = 1, **state: Any) -> FeedState:
    """A feed as stored, never polled unless `state` says otherwise."""
    return FeedState(number, url, state.pop("location", url), **state)


@asynccontextmanager
async def fetcher(
    *urls: str | FeedConfig,
    names: Names | None = None,
    secrets: Mapping[str, str] | None = None,
    clock: Clock | None = None,
    tls: ssl.SSLContext | None = None,
    **sections: Any,
) -> AsyncIterator[HttpFetcher]:
    """A fetcher whose named feeds may be on loopback, without pauses unless `poll` sets one."""
    feeds = tuple(
        each if isinstance(each, FeedConfig) else FeedConfig(url=each, allow_private=True) for each in urls
    )
    sections["poll"] = {"per_host_gap": 0, **sections.get("poll", {})}
    sections["http"] = {"timeout": "5s", **sections.get("http", {})}
    made = HttpFetcher(
        Config(feeds=feeds, **sections),
        clock=clock or Clock(),
        secrets=(secrets or {}).get,
        resolver=names or Names(),
        tls=tls or _TRUSTING,
    )
    try:
        yield made
    finally:
        await made.close()


async def poll(made: HttpFetcher, *feeds: FeedState) -> list[Fetched]:
    """Fetch all; results in the order of `feeds`."""
    found = {fetched.feed.id: fetched async for fetched in made.fetch(feeds)}
    return [found[each.id] for each in feeds]


async def poll_one(url: str, **options: Any) -> Fetched:
    """Fetch one URL with a fetcher of its own, loopback allowed."""
    state = options.pop("state", None) or feed(url)
    async with fetcher(url, **options) as made:
        return (await poll(made, state))[0]
