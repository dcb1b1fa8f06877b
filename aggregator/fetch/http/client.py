"""`HttpFetcher`: the network edge of the daemon."""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from traceback import format_tb

import aiohttp
import structlog
from aiohttp.abc import AbstractResolver

from aggregator.config import Config, FeedConfig
from aggregator.core.ports import Clock
from aggregator.core.types import FeedState, Fetched, PollError
from aggregator.core.urls import host_of
from aggregator.fetch.http.address_guard import socket_factory
from aggregator.fetch.http.backpressure import Backpressure
from aggregator.fetch.http.exchange import Call, Exchanger, Limits, Reply
from aggregator.fetch.http.headers import FEED_TYPES, common, validators
from aggregator.fetch.http.politeness import Hosts, HostStats
from aggregator.fetch.http.resolver import PooledResolver
from aggregator.fetch.http.retry import no_silent_retry
from aggregator.fetch.http.urls import BadUrl, origin, request_url, without_userinfo

_log = structlog.get_logger(__name__)
_LONGEST_LINE = 16 * 1024
_LONGEST_HEADER = 32 * 1024
_MOST_HEADERS = 200
_READ_AHEAD = 32 * 1024
"""Bytes; up to twice as many wait in each connection, and hundreds are open at once."""
_MOST_WAITING = 32 * 1024**2
"""Bytes of documents that wait to be taken before fetching pauses."""


class HttpFetcher:
    """Implements `ports.Fetcher` over HTTP.

    `secrets` maps the name of an environment variable or systemd credential to its value; `host_not_before`
    says until when a host asked to be left alone (read at each request, so it may be a live view);
    `resolver` looks up names, by default the system's; `tls` says whom to trust, by default the system's
    authorities. A fetcher made for a changed configuration is given its `predecessor`, so that hosts notice
    nothing of the change; that one is still to be closed. Use within one event loop; `close` it there.
    """

    def __init__(
        self,
        config: Config,
        *,
        clock: Clock,
        secrets: Callable[[str], str | None],
        host_not_before: Mapping[str, datetime] | None = None,
        resolver: AbstractResolver | None = None,
        tls: ssl.SSLContext | None = None,
        predecessor: HttpFetcher | None = None,
    ) -> None:
        self._config = config
        self._clock = clock
        self._secrets = secrets
        self._resolver = resolver
        self._tls = tls or ssl.create_default_context()
        self._own_resolver: PooledResolver | None = None
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self._polls: set[asyncio.Task[None]] = set()
        self._closed = False
        self._hosts: Hosts = Hosts(
            gap=config.poll.per_host_gap.total_seconds(),
            concurrency=config.poll.concurrency,
            clock=clock,
            not_before=host_not_before or {},
            predecessor=predecessor._hosts if predecessor is not None else None,
        )
        self._exchanger = Exchanger(
            session=self._session,
            hosts=self._hosts,
            clock=clock,
            limits=Limits(
                config.http.timeout.total_seconds(), config.http.max_size, config.http.max_redirects
            ),
            proxy=config.http.proxy,
        )

    async def fetch(self, feeds: Sequence[FeedState]) -> AsyncIterator[Fetched]:
        """Fetch all, yielding each as it completes. Never raises for a feed: failures are in `Fetched.error`.

        Closing the iterator early abandons the requests still under way. While many megabytes wait to be taken,
        no further request is sent: a slow consumer slows the fetching, not the machine.
        """
        done: asyncio.Queue[Fetched] = asyncio.Queue()
        backpressure = Backpressure(_MOST_WAITING)

        async def one(feed: FeedState) -> None:
            fetched = await self._safely(feed, backpressure)
            backpressure.put(len(fetched.body or b""))
            done.put_nowait(fetched)

        def watched(feed: FeedState) -> asyncio.Task[None]:
            task = asyncio.create_task(one(feed))
            task.add_done_callback(
                lambda ended: done.put_nowait(self._stopped(feed)) if ended.cancelled() else None
            )
            task.add_done_callback(self._polls.discard)
            self._polls.add(task)
            return task

        tasks = [watched(feed) for feed in feeds]
        try:
            for _ in tasks:
                fetched = await done.get()
                backpressure.take(len(fetched.body or b""))
                yield fetched
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def run(self, call: Call) -> Reply:
        """Carry out one call with the same address guard, caps and politeness as a poll."""
        return await self._exchanger.run(call)

    def common_headers(self, accept: str) -> dict[str, str]:
        """The headers of every request of ours."""
        return common(self._config.http, accept)

    def tallies(self) -> Mapping[str, HostStats]:
        """What each host has seen of us since the start, by host name."""
        return self._hosts.tallies()

    async def close(self) -> None:
        """Release connections. Polls still under way end with the error "stopped", which is held against no feed."""
        self._closed = True
        under_way = list(self._polls)
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        sessions, self._sessions = list(self._sessions.values()), {}
        for session in sessions:
            await session.close()
        if self._own_resolver is not None:
            resolver, self._own_resolver = self._own_resolver, None
            await resolver.close()

    async def _safely(self, feed: FeedState, backpressure: Backpressure) -> Fetched:
        try:
            return self._stopped(feed) if self._closed else await self._poll(feed, backpressure)
        except Exception as error:  # a mistake of ours must not stop the other feeds
            # Neither the exception's words nor local variables: both can hold credentials.
            where = "".join(format_tb(error.__traceback__))
            _log.error("fetch failed inside", feed=feed.id, error=type(error).__name__, where=where)
            message = f"{type(error).__name__} in the fetcher; please report this with the log"
            return Fetched(feed, self._clock.now(), feed.location, error=PollError("internal", message))

    def _stopped(self, feed: FeedState) -> Fetched:
        error = PollError("stopped", "the fetcher was closed before this poll was done", refused=True)
        return Fetched(feed, self._clock.now(), without_userinfo(feed.location)[0], error=error)

    async def _poll(self, feed: FeedState, backpressure: Backpressure) -> Fetched:
        now = self._clock.now()
        settings = self._config.feed_by_url.get(feed.url)
        try:
            url, info = without_userinfo(feed.location)
            home, home_info = without_userinfo(feed.url)
            secret = self._secret(settings, home_info or info)
            belongs = origin(request_url(home)) if secret else None
        except (BadUrl, ValueError):
            message = "the feed's URL is not valid; correct it in config.toml"
            return Fetched(feed, now, feed.location, error=PollError("url", message, refused=True))
        except LookupError as error:
            return Fetched(feed, now, url, error=PollError("credentials", str(error.args[0]), refused=True))
        asked = validators(feed, now)
        reply = await self._exchanger.run(
            Call(
                url,
                {**common(self._config.http, FEED_TYPES), **asked},
                secret=secret,
                secret_for=belongs,
                conditional=bool(asked),
                allow_private=self._config.http.allow_private or bool(settings and settings.allow_private),
                backpressure=backpressure,
            )
        )
        self._hold(reply)
        return Fetched(
            feed,
            reply.at,
            reply.url,
            status=reply.status,
            headers=reply.headers,
            body=reply.body,
            error=reply.error,
            permanent_url=reply.permanent_url,
            seconds=reply.seconds,
            received=reply.received,
            conditional=bool(asked),
        )

    def _secret(self, settings: FeedConfig | None, info: tuple[str, str] | None) -> dict[str, str]:
        """The credentials' headers. Raises LookupError with words for people when one is missing."""
        found: dict[str, str] = {}
        if settings is not None and settings.username:
            password = self._look_up(settings.password_env) if settings.password_env else ""
            info = (settings.username, password)
        if info is not None:
            found["Authorization"] = "Basic " + b64encode(":".join(info).encode()).decode("ascii")
        if settings is not None and settings.header:
            found[settings.header] = self._look_up(settings.header_env)
        return found

    def _look_up(self, name: str) -> str:
        value = self._secrets(name) if name else None
        if not value or not value.strip():
            raise LookupError(f"no secret named {name!r} is set; this feed needs it, so it was not asked")
        value = value.strip("\r\n")
        if any(ord(char) < 32 or ord(char) == 127 for char in value):
            raise LookupError(f"the secret named {name!r} contains control characters; it was not sent")
        return value

    def _hold(self, reply: Reply) -> None:
        error = reply.error
        if self._config.poll.retry_after_host and error is not None and error.retry_at is not None:
            with suppress(BadUrl):
                self._hosts.hold(host_of(request_url(reply.url)), error.retry_at)

    def _session(self, allow_private: bool) -> aiohttp.ClientSession:
        """The session for public addresses, or the one that may reach private ones.

        Two, since a pooled connection to a private address must never serve a feed that may not go there.
        """
        allow = allow_private or bool(
            self._config.http.proxy
        )  # the proxy itself is usually a private address
        if allow not in self._sessions:
            if self._resolver is None and self._own_resolver is None:
                self._own_resolver = PooledResolver()
            self._sessions[allow] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=0,
                    ssl=self._tls,
                    ttl_dns_cache=60,
                    resolver=self._resolver or self._own_resolver,
                    socket_factory=socket_factory(allow_private=allow),
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(
                    total=None, sock_connect=self._config.http.connect_timeout.total_seconds()
                ),
                auto_decompress=False,
                trust_env=False,
                middlewares=(no_silent_retry,),
                read_bufsize=_READ_AHEAD,
                max_line_size=_LONGEST_LINE,
                max_field_size=_LONGEST_HEADER,
                max_headers=_MOST_HEADERS,
            )
        return self._sessions[allow]
