"""A machine that was asleep, or busy, does late what it would have done in time."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from pathlib import Path

from aggregator.config.load import load
from aggregator.daemon.scheduler import JobScheduler
from aggregator.pipeline.runtime import Runtime
from aggregator.pipeline.stats import RunStats

CONFIG = """
[poll]
workers = 0

[store]
path = "a.db"
"""


def test_a_job_whose_time_passed_while_the_machine_slept_is_done(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG, encoding="utf-8")
    done: list[float] = []

    async def job() -> None:
        done.append(time.monotonic())

    async def nothing() -> None: ...

    def count(_: RunStats) -> None: ...

    async def main() -> float:
        async with Runtime(load(path)) as runtime:
            driver = JobScheduler(runtime, nothing, count)
            driver.start()
            driver.add("job", timedelta(seconds=2), job)
            time.sleep(3.4)  # noqa: ASYNC251  (the whole process sleeps, as with the machine)
            awake = time.monotonic()
            await asyncio.sleep(0.3)
            await driver.stop()
            return awake

    awake = asyncio.run(main())
    assert done
    assert done[0] - awake < 0.5, "at once, not at the next turn"
