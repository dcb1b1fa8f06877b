"""Retention is applied when the database says that it is time, whoever runs and for how short a time."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.cli.run import poll_once
from aggregator.config import Config
from aggregator.config.load import load
from aggregator.core.types import Story
from aggregator.daemon.scheduler import JobScheduler
from aggregator.pipeline import retention
from aggregator.pipeline.import_file import source_resolver
from aggregator.pipeline.runtime import Runtime
from aggregator.pipeline.stats import RunStats
from aggregator.store.export import export_entries
from tests.clocks import ShiftedClock

from .conftest import CONFIG, row, write

DAY = timedelta(days=1)
KEEP = CONFIG.replace("[store]", '[store]\nretention = "30d"\nkeep_polls = "30d"')


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return write(tmp_path, KEEP)


def ids(runtime: Runtime) -> set[str]:
    return {str(entry["id"]) for entry in export_entries(runtime.store)}


async def bring(runtime: Runtime, *rows: dict[str, object]) -> None:
    resolve = source_resolver(runtime.store, runtime.config)
    stats = await runtime.importer.import_rows(enumerate(rows, 1), resolve)
    assert stats.new == len(rows), stats


def store_long_ago(config: Config, *rows: dict[str, object], ago: timedelta = 40 * DAY) -> None:
    """Store rows as a daemon did then, and one more an hour ago: nothing else speaks for the clock without a network."""
    clock = ShiftedClock(-ago)

    async def main() -> None:
        async with Runtime(config, clock=clock) as runtime:
            await bring(runtime, *rows)
            assert await retention.apply_if_due(runtime.writer) is not None
            clock.shift = timedelta(hours=-1)
            await bring(runtime, row("late", "Bakers of Busan bake bread"))

    asyncio.run(main())


def test_a_daemon_that_never_runs_for_a_day_forgets(config: Config) -> None:
    store_long_ago(config, row("old", "North Korea fires a missile"))

    async def nothing() -> None: ...

    def count(_: RunStats) -> None: ...

    async def main() -> set[str]:
        async with Runtime(config) as runtime:
            driver = JobScheduler(runtime, nothing, count)
            driver.start()
            for _ in range(100):
                if not ids(runtime):
                    break
                await asyncio.sleep(0.05)
            await driver.stop()
            return ids(runtime)

    assert asyncio.run(main()) == {"late"}


def test_polling_once_forgets_too(config: Config, tmp_path: Path) -> None:
    store_long_ago(config, row("old", "North Korea fires a missile"))
    asyncio.run(poll_once(load(tmp_path / "config.toml"), [], show=False))

    async def main() -> set[str]:
        async with Runtime(config) as runtime:
            return ids(runtime)

    assert asyncio.run(main()) == {"late"}


def test_it_is_done_once_a_day_and_again_after_the_clock_was_set_back(config: Config) -> None:
    clock = ShiftedClock()

    async def main() -> list[bool]:
        async with Runtime(config, clock=clock) as runtime:
            done = []
            for hours in (0, 1, 23, 25, 26, 2, 3):
                clock.shift = timedelta(hours=hours)
                done.append(await retention.apply_if_due(runtime.writer) is not None)
            return done

    assert asyncio.run(main()) == [True, False, False, True, False, True, False]


def test_for_ever_is_no_moment_beyond_the_calendar(tmp_path: Path) -> None:
    config = write(
        tmp_path, KEEP.replace('"30d"', '"99999w"').replace('keep_polls = "99999w"', 'keep_polls = "999999w"')
    )
    store_long_ago(config, row("old", "North Korea fires a missile"))

    async def main() -> set[str]:
        async with Runtime(config) as runtime:
            assert await retention.apply_if_due(runtime.writer) is not None
            return ids(runtime)

    assert asyncio.run(main()) == {"late", "old"}


def test_more_than_one_slice(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "SLICE", 7)
    rows = [row(f"e{n}", f"Report number {n} on something else entirely {n * n}") for n in range(30)]
    store_long_ago(config, *rows)

    async def main() -> None:
        async with Runtime(config) as runtime:
            gone = await retention.apply_if_due(runtime.writer)
            assert gone is not None
            assert gone["entries"] == 30
            assert ids(runtime) == {"late"}
            assert len(runtime.store.selection.newest(limit=100)) == 1

    asyncio.run(main())


TITLE = "North Korea fires a missile into the sea, Seoul says on Tuesday"


def test_what_is_left_of_a_story_speaks_for_itself_and_nobody_is_told(config: Config) -> None:
    clock = ShiftedClock(-40 * DAY)
    text = "South Korea's military said North Korea fired a missile into the sea."

    async def main() -> tuple[Story, Story]:
        async with Runtime(config, clock=clock) as runtime:
            await bring(runtime, row("first", TITLE, text), row("second", TITLE, text, source="Other"))
            clock.shift = -20 * DAY
            await bring(runtime, row("third", TITLE, text, source="Third"))
            (id,) = {runtime.store.find(name)[1] for name in ("first", "second", "third")}
            before = runtime.store.stories([id])[id]
            clock.shift = timedelta()
            await retention.apply_if_due(runtime.writer)
            return before, runtime.store.stories([id])[id]

    before, after = asyncio.run(main())
    assert [m.entry.id for m in before.entries] == ["first", "second", "third"]
    assert [m.entry.id for m in after.entries] == ["third"]
    assert after.corroboration.origins == ("Third",), "no claim that the entries held do not bear out"
    assert after.corroboration.state == "single-source"
    assert after.corroboration.history[: len(before.corroboration.history)] == before.corroboration.history
    told = ("changed", "change", "labels", "first_seen", "published", "announced")
    assert [getattr(after, name) for name in told] == [getattr(before, name) for name in told]
