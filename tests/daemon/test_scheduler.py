"""The driver: no feed is asked twice at once, and a clock that jumps holds nothing up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web

from aggregator.config.load import load
from aggregator.core.types import FeedState
from aggregator.daemon.scheduler import JobScheduler
from aggregator.pipeline.runtime import Runtime
from aggregator.pipeline.stats import RunStats

CONFIG = """
[poll]
workers = 0
per_host_gap = "0s"

[http]
allow_private = true

[store]
path = "a.db"

[[feeds]]
url = "{url}/feed"
"""
FEED = "<rss version='2.0'><channel><title>Slow</title><item><title>News</title></item></channel></rss>"


async def nothing() -> None: ...


def count(_: RunStats) -> None: ...


def driven(
    folder: Path,
    work: Callable[[JobScheduler, Runtime, asyncio.Event, list[float]], Awaitable[None]],
) -> None:
    """A driver over one feed, whose server answers when the event is set and notes when it was asked."""

    async def main() -> None:
        answer, asked = asyncio.Event(), list[float]()

        async def serve(_: web.Request) -> web.Response:
            asked.append(time.monotonic())
            await answer.wait()
            return web.Response(text=FEED, content_type="application/rss+xml")

        app = web.Application()
        app.router.add_get("/feed", serve)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        path = folder / "config.toml"
        path.write_text(CONFIG.format(url=f"http://127.0.0.1:{runner.addresses[0][1]}"), encoding="utf-8")
        try:
            async with Runtime(load(path)) as runtime:
                driver = JobScheduler(runtime, nothing, count)
                try:
                    await work(driver, runtime, answer, asked)
                finally:
                    answer.set()
                    await driver.stop()
        finally:
            await runner.cleanup()

    asyncio.run(main())


def test_a_feed_whose_poll_is_stored_while_due_feeds_are_read_is_not_asked_again(tmp_path: Path) -> None:
    async def work(driver: JobScheduler, runtime: Runtime, answer: asyncio.Event, asked: list[float]) -> None:
        read, loop = runtime.store.due, asyncio.get_running_loop()
        await driver.tick()
        await asyncio.sleep(0.5)
        assert len(asked) == 1, "the server was asked, and has not answered yet"

        def read_before_it_is_stored(now: datetime, limit: int) -> list[FeedState]:
            found = read(now, limit)
            loop.call_soon_threadsafe(answer.set)
            end = time.monotonic() + 20
            while read(now, limit) or driver.polls.in_flight:
                assert time.monotonic() < end, "the poll under way was never stored"
                time.sleep(0.01)
            return found

        runtime.store.due = read_before_it_is_stored  # type: ignore[method-assign]
        await driver.tick()
        runtime.store.due = read  # type: ignore[method-assign]
        await asyncio.sleep(0.3)
        assert len(asked) == 1

    driven(tmp_path, work)


def test_a_slow_feed_is_asked_once_however_often_the_clock_ticks(tmp_path: Path) -> None:
    async def work(driver: JobScheduler, runtime: Runtime, answer: asyncio.Event, asked: list[float]) -> None:
        for _ in range(5):
            await driver.tick()
            await asyncio.sleep(0.05)
        assert len(asked) == 1

    driven(tmp_path, work)


def test_a_clock_that_jumps_ahead_for_years_runs_each_job_once_and_at_once(tmp_path: Path) -> None:
    done: list[float] = []

    async def job() -> None:
        done.append(time.monotonic())

    async def work(driver: JobScheduler, *_: object) -> None:
        driver.add("job", timedelta(seconds=0.5), job)
        driver.start()
        (found,) = (one for one in driver.jobs() if one.id == "job")
        began = time.process_time()
        found.modify(next_run_time=datetime.now(UTC) - timedelta(days=3653))
        await asyncio.sleep(1.2)
        assert 1 <= len(done) <= 3, "once for all that was missed, then every half second"
        assert time.process_time() - began < 2.0

    driven(tmp_path, work)
