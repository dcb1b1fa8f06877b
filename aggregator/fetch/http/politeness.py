"""Politeness towards a host: one request at a time, a pause after each, and holds that it asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from aggregator.core.ports import Clock

_PRUNE_ABOVE = 20_000


@dataclass(slots=True)
class HostStats:
    """What a host has seen of us since the start."""

    requests: int = 0
    not_modified: int = 0
    too_many: int = 0
    """Answers 429."""
    received: int = 0
    """Bytes on the wire."""
    shortest_gap: float | None = None
    """Seconds between the end of one request and the start of the next; None before the second."""


@dataclass(slots=True)
class _Host:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0
    ended: float | None = None
    not_before: datetime | None = None
    stats: HostStats = field(default_factory=HostStats)


class Hosts:
    """Hands out turns. A turn of a slow host holds up the turns of that host and nobody else's.

    `gap` is in seconds, `concurrency` the number of turns at once over all hosts, `not_before` says until when
    a host is to be left alone. What `predecessor` knows of each host carries over: its turn under way, its last
    one, its holds.
    """

    def __init__(
        self,
        *,
        gap: float,
        concurrency: int,
        clock: Clock,
        not_before: Mapping[str, datetime],
        predecessor: Hosts | None = None,
    ) -> None:
        self._gap = gap
        self._clock = clock
        self._not_before = not_before
        self._all = asyncio.Semaphore(concurrency)
        self._hosts: dict[str, _Host] = {} if predecessor is None else predecessor._hosts

    def held(self, host: str) -> datetime | None:
        """Until when a host is left alone because it asked for it; None when it is not."""
        known = self._hosts.get(host)
        holds = [known.not_before if known else None, self._not_before.get(host)]
        until = max((hold for hold in holds if hold is not None), default=None)
        return until if until is not None and until > self._clock.now() else None

    def hold(self, host: str, until: datetime) -> None:
        """Leave a host alone until a moment."""
        entry = self._entry(host)
        entry.not_before = until if entry.not_before is None else max(entry.not_before, until)

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[HostStats]:
        """Wait for the host, then for the pause, then for room among all; hold all three meanwhile."""
        entry = self._entry(host)
        entry.users += 1
        loop = asyncio.get_running_loop()
        try:
            async with entry.lock:
                if entry.ended is not None:
                    await asyncio.sleep(max(0.0, entry.ended + self._gap - loop.time()))
                # Only now: a host that makes its feeds queue must not occupy room while they do.
                async with self._all:
                    if entry.ended is not None:
                        gap = loop.time() - entry.ended
                        shortest = entry.stats.shortest_gap
                        entry.stats.shortest_gap = gap if shortest is None else min(shortest, gap)
                    try:
                        yield entry.stats
                    finally:
                        entry.ended = loop.time()
        finally:
            entry.users -= 1

    def tallies(self) -> Mapping[str, HostStats]:
        """By host name."""
        return {host: entry.stats for host, entry in self._hosts.items()}

    def _entry(self, host: str) -> _Host:
        if len(self._hosts) > _PRUNE_ABOVE:
            self._prune()
        return self._hosts.setdefault(host, _Host())

    def _prune(self) -> None:
        """Forget hosts that nobody waits for, whose pause is over and who asked for none."""
        moment = asyncio.get_running_loop().time()
        now = self._clock.now()
        for host, entry in list(self._hosts.items()):
            rested = entry.ended is None or moment > entry.ended + self._gap
            held = entry.not_before is not None and entry.not_before > now
            if entry.users == 0 and rested and not held:
                del self._hosts[host]
