"""A clock that runs a year ahead for a minute deletes nothing; once the servers agree again, retention goes on."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web

from aggregator.config.load import load
from aggregator.daemon.scheduler import JobScheduler
from aggregator.daemon.store_source import StoreSource
from aggregator.pipeline.runtime import Runtime
from aggregator.pipeline.stats import RunStats
from tests.clocks import ShiftedClock

YEAR = timedelta(days=370)
FEED = """<rss version="2.0"><channel><title>t</title><item><title>North Korea fires a missile</title>
<guid isPermaLink="false">one</guid></item></channel></rss>"""


async def _nothing() -> None: ...


def _count(_: RunStats) -> None: ...


def _entries(runtime: Runtime) -> int:
    return len(runtime.store.retention.older(runtime.clock.now() + 10 * YEAR, 10))


def test_nothing_is_deleted_while_the_servers_tell_another_time(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.WARNING)
    clock = ShiftedClock()

    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=FEED, content_type="application/rss+xml")

    async def main() -> None:
        app = web.Application()
        app.router.add_get("/feed", answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/feed"
        path = tmp_path / "config.toml"
        path.write_text(
            f'[poll]\nworkers = 0\n[store]\npath = "a.db"\n[[feeds]]\nurl = "{url}"\nallow_private = true\n',
            encoding="utf-8",
        )
        try:
            async with Runtime(load(path), clock=clock) as runtime:
                driver = JobScheduler(runtime, _nothing, _count)
                assert (await runtime.poller.poll(runtime.store.due(clock.now(), 10))).new == 1
                clock.shift = YEAR
                await driver.forget()
                assert _entries(runtime) == 1, "deleted by a clock that no server confirms"
                told = StoreSource(runtime).health()
                assert "days ahead" in told["retention"]
                # The same when a poll under the wrong clock has been answered.
                await runtime.poller.poll(runtime.store.due(clock.now(), 10))
                await driver.forget()
                assert _entries(runtime) == 1
                # A year that has really gone by: the servers say so too.
                clock.shift = timedelta(0)
                await driver.forget()
                assert _entries(runtime) == 1
                assert "retention" not in StoreSource(runtime).health()
        finally:
            await runner.cleanup()

    asyncio.run(main())
    assert "retention waits" in "".join(capfd.readouterr()) + caplog.text


def test_a_machine_that_starts_with_a_wrong_clock_waits_for_a_servers_word(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[poll]\nworkers = 0\n[store]\npath = "a.db"\n', encoding="utf-8")
    row = {"id": "x", "title": "North Korea fires a missile", "source": "archive"}

    async def store() -> None:
        from aggregator.pipeline.import_file import source_resolver

        async with Runtime(load(path)) as runtime:
            resolve = source_resolver(runtime.store, runtime.config)
            assert (await runtime.importer.import_rows([(1, row)], resolve)).new == 1

    async def start_a_year_ahead() -> int:
        async with Runtime(load(path), clock=ShiftedClock(YEAR)) as runtime:
            await JobScheduler(runtime, _nothing, _count).forget()
            return _entries(runtime)

    asyncio.run(store())
    assert asyncio.run(start_a_year_ahead()) == 1
