"""Finished fetches in batches: large enough to be written well, small enough for memory, none waiting for long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

from aggregator.core.types import Fetched

FLUSH_AFTER = 0.5
"""Seconds a finished fetch waits at most for company before it is written."""

MOST_BYTES = 32 * 1024 * 1024
"""Documents taken together at most, however few feeds that is: memory is bounded by bytes, not by feeds."""


async def in_batches(
    source: AsyncIterator[Fetched], size: int, wait: float = FLUSH_AFTER
) -> AsyncIterator[list[Fetched]]:
    """Collect what arrives into batches of at most `size`, none waiting longer than `wait` seconds."""
    # One place only: the fetcher itself counts the bytes that nobody has taken yet, and pauses.
    queue: asyncio.Queue[Fetched | None] = asyncio.Queue(1)

    async def fill() -> None:
        async for fetched in source:
            await queue.put(fetched)
        await queue.put(None)

    filler = asyncio.create_task(fill())
    try:
        while (first := await queue.get()) is not None:
            batch, ended = [first], False
            held = len(first.body or b"")
            deadline = time.monotonic() + wait
            while len(batch) < size and held < MOST_BYTES and not ended:
                try:
                    item = await asyncio.wait_for(queue.get(), max(0.0, deadline - time.monotonic()))
                except TimeoutError:
                    break
                if item is None:
                    ended = True
                else:
                    batch.append(item)
                    held += len(item.body or b"")
            yield batch
            if ended:
                break
        await filler
    finally:
        filler.cancel()
