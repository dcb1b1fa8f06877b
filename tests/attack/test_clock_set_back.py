"""The machine's clock ran ahead and is put right: polling must not wait for that day, nor grouping lose its window."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.config.load import load
from aggregator.daemon import clock_watch
from aggregator.daemon.scheduler import JobScheduler
from aggregator.pipeline.runtime import Runtime
from aggregator.pipeline.stats import RunStats
from aggregator.store.export import export_entries
from tests.attack.hosts import ADDRESSES, configuration, hosts, item
from tests.clocks import ShiftedClock

CONFIG = """
[poll]
workers = 0
tick = "1s"

[store]
path = "a.db"

[[feeds]]
url = "http://127.0.0.1:9/feed"
"""


def test_setting_the_clock_back_is_noticed_and_setting_it_forward_is_none_of_it() -> None:
    clock = ShiftedClock()
    told: list[timedelta] = []

    async def main() -> None:
        task = asyncio.create_task(clock_watch.watch(clock, told.append, every=0.02))
        for shift in (timedelta(0), timedelta(hours=5), timedelta(hours=5, seconds=-20), timedelta(hours=2)):
            clock.shift = shift
            await asyncio.sleep(0.1)
        task.cancel()

    asyncio.run(main())
    assert [round(span.total_seconds()) for span in told] == [3 * 3600 - 20]


def test_a_feed_polled_in_the_future_is_due(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG, encoding="utf-8")
    clock = ShiftedClock()

    async def main() -> list[int]:
        async with Runtime(load(path), clock=clock) as runtime:
            counts = []
            for shift in (timedelta(0), timedelta(hours=-9), timedelta(hours=-9)):
                clock.shift = shift
                feeds = runtime.store.due(clock.now(), 10)
                counts.append(len(feeds))
                await runtime.poller.poll(feeds)
            return counts

    assert asyncio.run(main()) == [1, 1, 0]


def test_the_jobs_go_on(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG, encoding="utf-8")
    done: list[float] = []

    async def job() -> None:
        done.append(time.monotonic())

    async def nothing() -> None: ...

    def count(_: RunStats) -> None: ...

    async def main() -> None:
        async with Runtime(load(path)) as runtime:
            driver = JobScheduler(runtime, nothing, count)
            driver.start()
            driver.add("job", timedelta(days=1), job)
            await asyncio.sleep(0.2)
            assert not done
            driver._clock_set_back(timedelta(days=1))
            await asyncio.sleep(0.3)
            await driver.stop()

    asyncio.run(main())
    assert len(done) == 1


EVENT = "Earthquake of magnitude six shakes Hualien in Taiwan"
REPORT = "Magnitude six earthquake shakes Hualien, Taiwan"


@pytest.mark.allow_hosts([*ADDRESSES])
@pytest.mark.parametrize("ahead", [timedelta(hours=5), timedelta(days=365)])
@pytest.mark.parametrize("restart", [False, True])
def test_reports_are_joined_after_a_clock_that_was_ahead(
    tmp_path: Path, ahead: timedelta, restart: bool
) -> None:
    """An undated entry, and one that dates itself by its own clock, come while ours is ahead; then ours is put right."""
    began = datetime.now(UTC)

    async def main() -> list[dict[str, str]]:
        clock = ShiftedClock()
        with hosts(3) as (one, two, three):
            path = tmp_path / "config.toml"
            path.write_text(configuration([one, two, three]), encoding="utf-8")
            one.items = [item("a", EVENT, "Houses fell, the mayor said.", "https://a.example/1", began)]
            undated = "<item><guid>u</guid><title>Parliament of Peru elects a speaker</title></item>"
            runtime = Runtime(load(path), clock=clock)
            for shift in (timedelta(0), ahead, timedelta(hours=6)):
                clock.shift = shift
                if shift == ahead:
                    dated = item(
                        "f", "Museum in Oslo opens", "A crown.", "https://c.example/1", began + ahead
                    )
                    two.items = [undated, dated]
                elif shift:
                    three.items = [item("b", REPORT, "Many fled.", "https://b.example/1", began)]
                    if restart:
                        await runtime.close()
                        runtime = Runtime(load(path), clock=clock)
                await runtime.poller.poll(runtime.store.due(clock.now(), 10))
            rows = list(export_entries(runtime.store))
            await runtime.close()
            return rows

    rows = asyncio.run(main())
    stories = {row["title"]: row["story"] for row in rows}
    assert len(stories) == 4
    assert stories[EVENT] == stories[REPORT]
