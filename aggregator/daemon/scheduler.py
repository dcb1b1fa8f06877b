"""One machine's driver: APScheduler runs a handful of jobs over the pipeline.

    tick        every [poll] tick      poll the feeds whose time has come (due_polls.py)
    pages       every ten seconds      full text of new entries, where a feed asks for it
    retrain     at start, then hourly  topics whose judgements changed
    forget      at start, then hourly  apply retention, once a day
    watchdog    half its interval      tell systemd that the loop still turns

Besides, what is stored is classified anew in the background after a change of topics or models. When a feed is due is
a column in the database, never a job: the scheduler knows a handful of jobs, whatever the number of feeds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog
from apscheduler.job import Job
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from aggregator.core.errors import StoreError
from aggregator.daemon import clock_watch
from aggregator.daemon.due_polls import DuePolls
from aggregator.daemon.failures import tell_failure
from aggregator.pipeline import retention
from aggregator.pipeline.reclassify import is_stale, reclassify
from aggregator.pipeline.runtime import Runtime
from aggregator.pipeline.stats import RunStats
from aggregator.store.opening import store_path
from aggregator.topics import training

log = structlog.get_logger("aggregator")

_STOP_WITHIN = 6.0
"""Seconds that polls under way have to finish when the daemon stops; systemd gives ten."""


class Every(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """Again after a span. Runs that were missed, while the machine slept or its clock jumped, count as one.

    APScheduler's own interval goes through every missed run: a second's job and a clock that jumps by a year keep it
    busy for minutes.
    """

    def __init__(self, span: timedelta) -> None:
        self._span = max(timedelta(seconds=0.1), span)

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """The next run after the one at `previous_fire_time`; never one that is over already."""
        following = (previous_fire_time or now) + self._span
        return following if following > now else now + self._span


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
        self.polls = DuePolls(runtime, changed, count)
        # Late is better than not at all: by default, what is a second late is dropped, a daily job for a whole day.
        self._scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self._reclassifying: asyncio.Task[None] | None = None
        self._clock_watch: asyncio.Task[None] | None = None
        self._stopping = False
        self._noted: str | None = ""
        self._displaced = False

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
        first = {"next_run_time": self._runtime.clock.now()} if at_once else {}
        self._scheduler.add_job(job, Every(every), id=name, replace_existing=True, **first)

    def jobs(self) -> list[Job]:
        """The regular jobs, with when each runs next."""
        return list(self._scheduler.get_jobs())

    def add(self, name: str, every: timedelta, job: Callable[[], Awaitable[None]]) -> None:
        """One more regular job; replaces the one of that name."""
        self._every(name, every, job)

    def _clock_set_back(self, span: timedelta) -> None:
        log.warning(
            "the system's clock was set back; everything is looked at now", seconds=span.total_seconds()
        )
        # The scheduler waits for moments of the old time: as long as the clock went back, nothing would run.
        for job in self.jobs():
            job.modify(next_run_time=self._runtime.clock.now())

    async def tick(self) -> None:
        """Take over what a person changed, and start polling what is due."""
        if self._stopping or self.polls.paused:
            return
        if self._runtime.store.is_displaced() and not self._displaced:
            log.error(
                "the database file was deleted or replaced: what is stored now is lost; restart the daemon"
            )
            self._displaced = True
        try:
            await self._look_for_changes()
        except StoreError as error:
            self.polls.pause("the database cannot be read; polling pauses", error)
            return
        await self.polls.start_due()

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

    def reclassify_if_stale(self) -> None:
        """Classify stored entries anew in the background when topics or models changed since they were."""
        if self._reclassifying is not None and not self._reclassifying.done():
            self._reclassifying.cancel()
        self._reclassifying = asyncio.create_task(self._reclassify())

    async def _reclassify(self) -> None:
        runtime = self._runtime
        # What was analysed under the old topics is stored first, so that it is not overlooked.
        await self.polls.finished()
        try:
            if not await asyncio.to_thread(is_stale, runtime.store, runtime.workers.plan):
                return
            result = await reclassify(runtime.workers, runtime.writer)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            tell_failure(
                "stored entries could not be classified anew; the next start or reload tries again", error
            )
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
        except Exception as error:
            tell_failure("cannot ask which topics to train; the next hour tries again", error)
            return
        used = False
        for topic in due:
            database = store_path(runtime.config, runtime.env)
            try:
                done = await training.train_apart(database, runtime.workers.plan, topic, runtime.clock.now())
            except Exception as error:
                tell_failure("training failed; the next hour tries again", error, topic=topic)
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
        except Exception as error:
            tell_failure("pages could not be read; they are tried again", error)

    async def forget(self) -> None:
        """Apply retention, when it is time."""
        try:
            doubt = await asyncio.to_thread(self._runtime.clock_doubt)
            gone = await retention.apply_if_due(self._runtime.writer, doubt=doubt)
        except Exception as error:
            tell_failure("retention could not be applied; the next hour tries again", error)
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
        await self.polls.stop(_STOP_WITHIN)
