"""One machine's driver: APScheduler runs a handful of jobs over the pipeline.

    tick        every [poll] tick      poll the feeds whose time has come
    publish     after changes          files, pushes (see `publishing.py`)
    reclassify  after a change         classify stored entries anew, in the background
    pages       every ten seconds      full text of new entries, where a feed asks for it
    retrain     once an hour           topics whose judgements changed
    forget      at start, then hourly  apply retention, once a day
    watchdog    half its interval      tell systemd that the loop still turns

When a feed is due is a column in the database, never a job: the scheduler knows a handful of jobs, whatever the number
of feeds. A second driver, for several machines, would replace this module and nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from aggregator.core.errors import StoreError
from aggregator.core.types import FeedState
from aggregator.daemon import clock_watch
from aggregator.pipeline import retention
from aggregator.pipeline.reclassify import is_stale, reclassify
from aggregator.pipeline.runtime import Runtime
from aggregator.pipeline.stats import RunStats
from aggregator.store.opening import store_path
from aggregator.topics import training

log = structlog.get_logger("aggregator")

_STOP_WITHIN = 6.0
"""Seconds that polls under way have to finish when the daemon stops; systemd gives ten."""

_NAMED = 5
"""Feeds whose failed polls are named at most, of those polled together; the page of feeds names all."""

_FIRST_PAUSE = 30.0
_LONGEST_PAUSE = 300.0
"""Seconds without polling when the database takes nothing: doubled from the first to the longest."""


class JobScheduler:
    """Runs the jobs.

    `changed` is awaited after anything that outputs may show has changed; `count` gets every run's stats.
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
        # Late is better than not at all: by default, what is a second late is dropped, a daily job for a whole day.
        self._scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self._in_flight: set[int] = set()
        self._polls: set[asyncio.Task[None]] = set()
        self._reclassifying: asyncio.Task[None] | None = None
        self._clock_watch: asyncio.Task[None] | None = None
        self._stopping = False
        self._noted: str | None = ""
        self._displaced = False
        self._troubles = 0
        self._resume = 0.0
        self.total = RunStats()
        self.last_tick: float | None = None

    def start(self) -> None:
        """Begin; call inside a running event loop."""
        settings = self._runtime.config.poll
        self._every("tick", settings.tick, self.tick, at_once=True)
        self._every("pages", timedelta(seconds=10), self.read_pages)
        self._every("retrain", timedelta(hours=1), self.retrain, at_once=True)
        self._every("forget", timedelta(hours=1), self.forget, at_once=True)
        self._scheduler.start()
        self._clock_watch = asyncio.create_task(clock_watch.watch(self._runtime.clock, self._clock_set_back))
        self.reclassify_if_stale()

    def _every(
        self, name: str, every: timedelta, job: Callable[[], Awaitable[None]], *, at_once: bool = False
    ) -> None:
        self._scheduler.add_job(
            job,
            "interval",
            seconds=max(0.1, every.total_seconds()),
            id=name,
            replace_existing=True,
            **({"next_run_time": self._runtime.clock.now()} if at_once else {}),
        )

    def add(self, name: str, every: timedelta, job: Callable[[], Awaitable[None]]) -> None:
        """One more regular job; replaces the one of that name."""
        self._every(name, every, job)

    def _clock_set_back(self, span: timedelta) -> None:
        log.warning(
            "the system's clock was set back; everything is looked at now", seconds=span.total_seconds()
        )
        # The scheduler waits for moments of the old time: as long as the clock went back, nothing would run.
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=self._runtime.clock.now())

    async def tick(self) -> None:
        """Start polling what is due and not under way. Slow feeds of earlier ticks hold nothing up."""
        self.last_tick = asyncio.get_running_loop().time()
        if self._stopping or self.last_tick < self._resume:
            return
        runtime = self._runtime
        if runtime.store.is_displaced() and not self._displaced:
            log.error(
                "the database file was deleted or replaced: what is stored now is lost; restart the daemon"
            )
            self._displaced = True
        limit = runtime.config.poll.batch + len(self._in_flight)
        await self._look_for_changes()
        try:
            due = await asyncio.to_thread(runtime.store.due, runtime.clock.now(), limit)
        except Exception:
            # The next tick tries again: a full disk or a locked database must not end the daemon.
            log.exception("cannot ask which feeds are due")
            return
        if not self._in_flight:
            await runtime.close_retired()
        free = [feed for feed in due if feed.id not in self._in_flight][: runtime.config.poll.batch]
        if not free:
            return
        self._in_flight.update(feed.id for feed in free)
        task = asyncio.create_task(self._poll(free))
        self._polls.add(task)
        task.add_done_callback(self._polls.discard)

    async def _look_for_changes(self) -> None:
        """Take over what a person changed through another process: feedback, corrections, models."""
        runtime = self._runtime
        note = await asyncio.to_thread(runtime.touched)
        if note == self._noted:
            return
        first, self._noted = self._noted == "", note
        if first:
            return
        await runtime.writer.run(runtime.writer.forget_caches)
        runtime.refresh_plan()
        self.reclassify_if_stale()
        await self._changed()

    async def _poll(self, feeds: Sequence[FeedState]) -> None:
        try:
            stats = await self._runtime.poller.poll(feeds)
        except StoreError as error:
            log.error("polls could not be stored; polling pauses", why=str(error), seconds=self._pause())
            return
        except Exception:
            log.exception("polls could not be stored; polling pauses", seconds=self._pause())
            return
        finally:
            self._in_flight.difference_update(feed.id for feed in feeds)
        self._troubles = 0
        self.total.add(stats)
        self._count(stats)
        log.info(
            "polled", feeds=len(feeds), new=stats.new, revised=stats.revised, **_plain(stats), **_why(stats)
        )
        if stats.new or stats.revised:
            await self._changed()

    def _pause(self) -> float:
        """Poll nothing for a while: due times could not be written either, and all would be asked again at once.

        Returns for how many seconds.
        """
        now = asyncio.get_running_loop().time()
        if now >= self._resume:  # batches that were under way together fail together
            self._troubles += 1
            self._resume = now + min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(self._troubles - 1, 20))
        return round(self._resume - now, 1)

    def reclassify_if_stale(self) -> None:
        """Classify stored entries anew in the background when topics or models changed since they were."""
        if self._reclassifying is not None and not self._reclassifying.done():
            self._reclassifying.cancel()
        self._reclassifying = asyncio.create_task(self._reclassify())

    async def _reclassify(self) -> None:
        runtime = self._runtime
        if self._polls:
            # What was analysed under the old topics is stored first, so that it is not overlooked.
            await asyncio.wait(set(self._polls))
        try:
            if not await asyncio.to_thread(is_stale, runtime.store, runtime.workers.plan):
                return
            result = await reclassify(runtime.workers, runtime.writer)
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("stored entries could not be classified anew; the next start or reload tries again")
            return
        if result.entries:
            log.info(
                "classified stored entries anew",
                entries=result.entries,
                entered=dict(result.entered),
                left=dict(result.left),
            )
            await self._changed()

    async def retrain(self) -> None:
        """Train topics whose judgements changed, one after the other, in a process apart."""
        runtime = self._runtime
        try:
            due = await asyncio.to_thread(training.due_topics, runtime.store, runtime.workers.plan)
        except asyncio.CancelledError:
            return  # the daemon stops
        except Exception:
            log.exception("cannot ask which topics to train; the next hour tries again")
            return
        used = False
        for topic in due:
            database = store_path(runtime.config, runtime.env)
            try:
                done = await training.train_apart(database, runtime.workers.plan, topic, runtime.clock.now())
            except Exception:
                log.exception("training failed; the next hour tries again", topic=topic)
                continue
            log.info("trained", topic=topic, version=done.version or None, why=done.why)
            used = used or done.used
        if used:
            runtime.refresh_plan(anew=True)
            self.reclassify_if_stale()

    async def read_pages(self) -> None:
        """Fetch full texts."""
        if self._runtime.store.takes_nothing:
            return  # the same pages would be fetched again and again
        try:
            if await self._runtime.pages.run():
                await self._changed()
        except Exception:
            log.exception("pages could not be read; they are tried again")

    async def forget(self) -> None:
        """Apply retention, when it is time."""
        try:
            doubt = await asyncio.to_thread(self._runtime.clock_doubt)
            gone = await retention.apply_if_due(self._runtime.writer, doubt=doubt)
        except Exception:
            log.exception("retention could not be applied; the next hour tries again")
            return
        if gone is not None:
            log.info("forgot what retention says", **gone)

    def retime(self) -> None:
        """Take over a changed `[poll] tick`."""
        self._every("tick", self._runtime.config.poll.tick, self.tick, at_once=True)

    async def stop(self) -> None:
        """Stop taking new work, give polls under way a moment, then abandon those that have not answered."""
        self._stopping = True
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        for own in (self._reclassifying, self._clock_watch):
            if own is not None:
                own.cancel()
        if self._polls:
            _, late = await asyncio.wait(self._polls, timeout=_STOP_WITHIN)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


def _why(stats: RunStats) -> dict[str, object]:
    told: dict[str, object] = {"why": stats.failures[:_NAMED]} if stats.failures else {}
    rest = len(stats.failures) - _NAMED
    return {**told, "others": rest} if rest > 0 else told


def _plain(stats: RunStats) -> dict[str, int]:
    return {str(name).replace("-", "_"): count for name, count in stats.outcomes.items() if name != "new"}
