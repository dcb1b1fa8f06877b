"""Documents that were fetched and not yet taken: when they are too many, fetching waits."""

from __future__ import annotations

import asyncio
from contextlib import suppress

_LONGEST_PAUSE = 30.0
"""Seconds. A pause that ends by itself cannot lock up with a consumer that waits for another of our requests."""


class Backpressure:
    """Counts bytes. `limit` is how many may lie there before `room` makes its caller wait."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._bytes = 0
        self._room = asyncio.Event()
        self._room.set()

    def put(self, size: int) -> None:
        """A document was fetched."""
        self._bytes += size
        if self._bytes > self._limit:
            self._room.clear()

    def take(self, size: int) -> None:
        """The consumer took one."""
        self._bytes -= size
        if self._bytes <= self._limit:
            self._room.set()

    async def room(self) -> None:
        """Wait until there is room, at most half a minute."""
        if not self._room.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._room.wait(), _LONGEST_PAUSE)
