"""Polls the feeds whose time has come, none of them twice at once, and pauses while the database takes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from aggregator.core.types import FeedState
from aggregator.daemon.failures import tell_failure
from aggregator.pipeline.runtime import Runtime
from aggregator.pipeline.stats import RunStats
from aggregator.pipeline.worker_pool import WorkersUnavailable

log = structlog.get_logger("aggregator")

_NAMED = 5
"""Feeds whose failed polls are named at most, of those polled together; the page of feeds names all."""

_FIRST_PAUSE = 30.0
_LONGEST_PAUSE = 300.0
"""Seconds without polling when the database takes nothing: doubled from the first to the longest."""


class DuePolls:
    """Keeps what is being polled apart from what is due. Runs in one event loop.

    `changed` is awaited after polls that brought something; `count` gets every run's stats.
    """

    def __init__(
        self,
        runtime: Runtime,
        changed: Callable[[], Awaitable[None]],
        count: Callable[[RunStats], None],
    ) -> None:
        self._runtime = runtime
        self._changed = changed
        self._count = count
        self._in_flight: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._troubles = 0
        self._resume = 0.0

    @property
    def in_flight(self) -> frozenset[int]:
        """Ids of the feeds that are being polled now."""
        return frozenset(self._in_flight)

    @property
    def paused(self) -> bool:
        """Whether nothing is to be polled for a while."""
        return asyncio.get_running_loop().time() < self._resume

    async def start_due(self) -> None:
        """Start polling what is due and not under way. Slow feeds of earlier calls hold nothing up."""
        runtime = self._runtime
        # A poll that ends while due feeds are read may still be among them as it was before: it counts as under way.
        under_way = self.in_flight
        limit = runtime.config.poll.batch + len(under_way)
        try:
            due = await asyncio.to_thread(runtime.store.due, runtime.clock.now(), limit)
        except Exception as error:
            # A full disk or a locked database must not end the daemon.
            self.pause("cannot ask which feeds are due; polling pauses", error)
            return
        if not self._in_flight:
            await runtime.close_retired()
        busy = under_way | self._in_flight
        free = [feed for feed in due if feed.id not in busy][: runtime.config.poll.batch]
        if not free:
            return
        self._in_flight.update(feed.id for feed in free)
        task = asyncio.create_task(self._poll(free))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _poll(self, feeds: Sequence[FeedState]) -> None:
        try:
            stats = await self._runtime.poller.poll(feeds)
        except WorkersUnavailable as error:
            log.error("polls could not be read; polling pauses", why=str(error), seconds=self._pause())
            return
        except Exception as error:
            self.pause("polls could not be stored; polling pauses", error)
            return
        finally:
            self._in_flight.difference_update(feed.id for feed in feeds)
        self._troubles = 0
        self._count(stats)
        log.info(
            "polled", feeds=len(feeds), new=stats.new, revised=stats.revised, **_plain(stats), **_why(stats)
        )
        if stats.new or stats.revised:
            await self._changed()

    def pause(self, why: str, error: Exception) -> None:
        """Poll nothing for a while, after a failure that would come again at once."""
        tell_failure(why, error, seconds=self._pause())

    def _pause(self) -> float:
        """Poll nothing for a while: due times could not be written either, and all would be asked again at once.

        Returns for how many seconds.
        """
        now = asyncio.get_running_loop().time()
        if now >= self._resume:  # batches that were under way together fail together
            self._troubles += 1
            self._resume = now + min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(self._troubles - 1, 20))
        return round(self._resume - now, 1)

    async def finished(self) -> None:
        """Wait for the polls that are under way now."""
        if self._tasks:
            await asyncio.wait(set(self._tasks))

    async def stop(self, patience: float) -> None:
        """Give polls under way so many seconds, then abandon those that have not answered."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=patience)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


def _why(stats: RunStats) -> dict[str, object]:
    told: dict[str, object] = {"why": stats.failures[:_NAMED]} if stats.failures else {}
    rest = len(stats.failures) - _NAMED
    return {**told, "others": rest} if rest > 0 else told


def _plain(stats: RunStats) -> dict[str, int]:
    return {str(name).replace("-", "_"): count for name, count in stats.outcomes.items() if name != "new"}
