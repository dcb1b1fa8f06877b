"""One request and its answer, within all caps; and a chain of them along redirects.

Call -> turn of the host -> request -> status
             ^                          | redirect: check the hop, drop what is not for it
             +--------------------------+
                                        | anything else: body within its caps -> Reply
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import aiohttp
from yarl import URL

from aggregator.core.ports import Clock
from aggregator.core.types import PollError
from aggregator.core.urls import host_of
from aggregator.fetch.http import failures
from aggregator.fetch.http.address_guard import Connecting, connecting, literal, why_refused
from aggregator.fetch.http.backpressure import Backpressure
from aggregator.fetch.http.decode import Decoder, TooLarge, Undecodable
from aggregator.fetch.http.headers import kept
from aggregator.fetch.http.politeness import Hosts
from aggregator.fetch.http.retry import BrokenOff
from aggregator.fetch.http.urls import BadUrl, Origin, origin, request_url, resolve, shown

_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_PERMANENT = frozenset((301, 308))
_BIG = 256 * 1024
_MANY_BIG = 10


@dataclass(frozen=True, slots=True)
class Call:
    """What to fetch and how far to go for it."""

    url: str
    headers: Mapping[str, str]
    """Sent on every hop."""
    secret: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Headers with credentials: sent to the origin of `secret_for` alone."""
    secret_for: Origin | None = None
    """Whom the credentials belong to."""
    conditional: bool = False
    """Whether `headers` holds validators, so that 304 is an answer."""
    allow_private: bool = False
    """Whether every hop may be at a private address."""
    private_for: Origin | None = None
    """The one origin that may be at a private address, where not all may."""
    size: int | None = None
    """Cap on the document, where it is lower than the common one."""
    allowed: Callable[[str], Awaitable[PollError | None]] | None = None
    """Asked before each hop, outside the host's turn, whether its URL may be fetched."""
    backpressure: Backpressure | None = None
    """Where the document goes; a request waits until there is room."""

    def opens(self, url: URL) -> bool:
        """Whether a hop to this URL may be at a private address."""
        return self.allow_private or (self.private_for is not None and origin(url) == self.private_for)


@dataclass(frozen=True, slots=True)
class Reply:
    """How a chain of requests ended. `body` is set after a 200, `error` after anything but 200 and 304."""

    url: str
    at: datetime
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    error: PollError | None = None
    permanent_url: str = ""
    seconds: float = 0.0
    received: int = 0


@dataclass(slots=True)
class _Hop:
    """One answer on the way: `location` is set when it redirects."""

    at: datetime
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    error: PollError | None = None
    location: str | None = None
    seconds: float = 0.0
    received: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps on one whole exchange."""

    seconds: float
    """Over all hops, from the first byte sent to the last received; waiting for one's turn is not counted."""
    size: int
    """Bytes of the document, and of its compressed form."""
    redirects: int


class Exchanger:
    """Carries out calls politely. `session(allow_private)` gives the client session to use."""

    def __init__(
        self,
        *,
        session: Callable[[bool], aiohttp.ClientSession],
        hosts: Hosts,
        clock: Clock,
        limits: Limits,
        proxy: str = "",
    ) -> None:
        self._session = session
        self._hosts = hosts
        self._clock = clock
        self._limits = limits
        self._proxy = proxy or None
        self._big = asyncio.Semaphore(_MANY_BIG)

    async def run(self, call: Call) -> Reply:
        """Follow a call to its end. Never raises for anything the other side does."""
        left = self._limits.seconds
        current = call.url
        seen: set[str] = set()
        permanent = True
        now = self._clock.now()
        while True:
            try:
                url = request_url(current)
            except BadUrl as error:
                return Reply(current, now, error=_bad_url(str(error), hop=bool(seen)))
            refusal = self._refuse_host(url, call)
            if refusal is not None:
                return Reply(current, now, error=refusal)
            if call.allowed is not None:
                refusal = await call.allowed(current)
                if refusal is not None:
                    return Reply(current, now, error=refusal)
            seen.add(current)
            host = host_of(url)
            held = self._hosts.held(host)
            if held is not None:
                return Reply(current, now, error=_held(host, held))
            async with self._hosts.turn(host) as stats:
                if call.backpressure is not None:
                    await call.backpressure.room()
                hop = await self._request(url, call, left)
                stats.requests += 1
                stats.received += hop.received
                stats.not_modified += hop.status == 304
                stats.too_many += hop.status == 429
            left -= hop.seconds
            if hop.location is None:
                led = current if permanent and len(seen) > 1 and hop.error is None else ""
                return Reply(
                    current,
                    hop.at,
                    hop.status,
                    hop.headers,
                    hop.body,
                    hop.error,
                    led,
                    hop.seconds,
                    hop.received,
                )
            permanent = permanent and hop.status in _PERMANENT
            step = self._next(url, current, hop.location, seen)
            if isinstance(step, PollError):
                return Reply(current, hop.at, hop.status, hop.headers, error=step, seconds=hop.seconds)
            if left <= 0:
                return Reply(current, hop.at, error=failures.timed_out(self._limits.seconds))
            current = step

    def _refuse_host(self, url: URL, call: Call) -> PollError | None:
        """Refuse a literal address early; with a proxy this is the only look we get at the target."""
        host = url.raw_host or ""
        spelled = literal(host)
        why = why_refused(spelled, allow_private=call.opens(url)) if spelled else None
        if why is None and self._proxy and not call.opens(url):
            name = host_of(url)
            if name == "localhost" or name.endswith((".localhost", ".local", ".internal")):
                why = "a local name"
        return failures.address([why], shown(str(url))) if why else None

    def _next(self, url: URL, current: str, location: str, seen: set[str]) -> str | PollError:
        """Where a redirect leads, or why it is not followed."""
        try:
            target = resolve(current, location)
            following = request_url(target)
        except BadUrl as error:
            return _bad_url(str(error), hop=True)
        if url.scheme == "https" and following.scheme == "http":
            return PollError(
                "redirect-downgrade",
                f"the server redirects from https to plain http ({shown(target)}), which is not followed; "
                "set that URL in config.toml if you accept it",
                refused=True,
            )
        if target in seen:
            return PollError(
                "redirect-loop", "the server redirects in a circle; look for the feed's new address"
            )
        if len(seen) > self._limits.redirects:
            return PollError(
                "redirect-limit",
                f"more than {self._limits.redirects} redirects in a row; look for the feed's new address",
            )
        return target

    async def _request(self, url: URL, call: Call, seconds: float) -> _Hop:
        """One request, in its turn."""
        loop = asyncio.get_running_loop()
        headers = dict(call.headers)
        if call.secret and call.secret_for == origin(url):
            headers.update(call.secret)
        seen = Connecting()
        token = connecting.set(seen)
        hop = _Hop(at=self._clock.now())
        began = loop.time()
        waited = 0.0
        cap = asyncio.timeout(seconds)
        try:
            async with cap:
                try:
                    waited = await self._send(url, headers, call, hop, cap)
                except BrokenOff:
                    if seen.fresh:
                        raise
                    waited = await self._send(url, headers, call, hop, cap)
        except TooLarge:
            hop.error = failures.too_large(self._size(call))
        except Undecodable as error:
            hop.error = PollError("encoding", f"the body cannot be decompressed: {error}")
        except Exception as error:
            if cap.expired() and isinstance(error, TimeoutError):
                hop.error = failures.timed_out(self._limits.seconds)
            else:
                hop.error = failures.from_exception(
                    error, seen.refused, shown(str(url)), proxied=bool(self._proxy)
                )
        finally:
            connecting.reset(token)
        hop.seconds = loop.time() - began - waited
        if hop.error is not None:
            hop.body = None
        return hop

    async def _send(
        self, url: URL, headers: Mapping[str, str], call: Call, hop: _Hop, cap: asyncio.Timeout
    ) -> float:
        """Send it once and take the answer; as `_answer`."""
        async with self._session(call.opens(url)).get(
            url, headers=headers, allow_redirects=False, proxy=self._proxy
        ) as response:
            return await self._answer(response, call, hop, cap)

    async def _answer(
        self, response: aiohttp.ClientResponse, call: Call, hop: _Hop, cap: asyncio.Timeout
    ) -> float:
        """Read what the status calls for; return the seconds spent waiting for our own memory."""
        hop.status = response.status
        hop.headers = kept(response.raw_headers)
        if hop.status in _REDIRECTS and "Location" in response.headers:
            hop.location = response.headers["Location"]
            return 0.0
        if hop.status == 304 and call.conditional:
            return 0.0
        if hop.status not in (200, 203):
            hop.error = failures.from_status(hop.status, hop.headers, hop.at)
            return 0.0
        return await self._body(response, hop, cap, call)

    def _size(self, call: Call) -> int:
        return self._limits.size if call.size is None else min(call.size, self._limits.size)

    async def _body(
        self, response: aiohttp.ClientResponse, hop: _Hop, cap: asyncio.Timeout, call: Call
    ) -> float:
        limit = self._size(call)
        if (response.content_length or 0) > limit:
            raise TooLarge
        decoder = Decoder(hop.headers.get("content-encoding", ""), limit)
        loop = asyncio.get_running_loop()
        waited = 0.0
        big = False
        try:
            async for chunk in response.content.iter_any():
                hop.received += len(chunk)
                if hop.received > limit:
                    raise TooLarge
                decoder.push(chunk)
                if not big and decoder.size > _BIG:
                    # Few documents are this large; many at once are an attack on our memory. They take turns,
                    # and the time they wait is not held against them.
                    left = (cap.when() or 0.0) - loop.time()
                    cap.reschedule(None)
                    began = loop.time()
                    await self._big.acquire()
                    big = True
                    if call.backpressure is not None:
                        await call.backpressure.room()
                    waited = loop.time() - began
                    cap.reschedule(loop.time() + left)
            hop.body = decoder.finish()
        finally:
            if big:
                self._big.release()
        if not hop.body:
            hop.error = PollError("empty", "the server sent an empty document")
        return waited


def _held(host: str, until: datetime) -> PollError:
    return PollError(
        "host-held",
        f"{host} asked for no requests until {until:%Y-%m-%d %H:%M} UTC",
        refused=True,
        retry_at=until + timedelta(seconds=1),
    )


def _bad_url(why: str, *, hop: bool) -> PollError:
    if hop:
        return PollError(
            "redirect-target", f"the server redirects to something not fetched: {why}", refused=True
        )
    return PollError(
        "url", f"the feed's URL cannot be fetched: {why}; correct it in config.toml", refused=True
    )
