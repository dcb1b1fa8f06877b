"""Defects and full disks: what one feed or row brings about costs no other."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from aggregator.cli.demo.site import DemoSite
from aggregator.config import Config
from aggregator.core.errors import StoreError
from aggregator.core.types import Batch
from aggregator.daemon.scheduler import JobScheduler
from aggregator.pipeline.import_file import source_resolver
from aggregator.pipeline.runtime import Runtime
from aggregator.pipeline.stats import RunStats
from aggregator.store.export import export_entries

from .conftest import CONFIG, row, run, write


def break_on(
    runtime: Runtime, text: str, monkeypatch: pytest.MonkeyPatch, error: Exception | None = None
) -> None:
    """A defect that one entry brings to light: storing it raises."""
    apply = runtime.store.apply

    def broken(batch: Batch, now: Any) -> None:
        if any(text in candidate.entry.title for candidate in batch.candidates):
            raise error or ZeroDivisionError(text)
        apply(batch, now)

    monkeypatch.setattr(runtime.store, "apply", broken)


def test_a_row_that_cannot_be_stored_is_named_and_the_others_are_there(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(runtime: Runtime) -> RunStats:
        break_on(runtime, "poison", monkeypatch)
        rows = [row(f"e{n}", "poison" if n == 5 else f"Title number {n} of nine") for n in range(9)]
        resolve = source_resolver(runtime.store, runtime.config)
        stats = await runtime.importer.import_rows(enumerate(rows, 1), resolve)
        assert {e["id"] for e in export_entries(runtime.store)} == {f"e{n}" for n in range(9) if n != 5}
        return stats

    stats = run(config, work)
    assert stats.new == 8
    assert stats.bad_rows == ["entry e5: could not be stored (ZeroDivisionError); see the log"]


def test_a_feed_that_cannot_be_stored_backs_off_and_the_others_are_there(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async with DemoSite(_now()) as site:
            listed = "".join(f'\n[[feeds]]\nurl = "{feed["url"]}"\n' for feed in site.feeds)
            async with Runtime(write(tmp_path, CONFIG + listed)) as runtime:
                due = runtime.store.due(_now(), 100)
                break_on(runtime, site.outlets[0].pieces[0].title, monkeypatch)
                stats = await runtime.poller.poll(due)
                assert stats.outcomes["failed"] >= 1
                assert stats.outcomes["new"] >= 8
                states = {f.url: f for f in runtime.store.feeds.all()}
                failed = [f for f in states.values() if f.failures]
                assert failed
                assert all(f.next_due is not None and f.next_due > _now() for f in states.values())

    asyncio.run(main())


def test_a_database_at_fault_is_not_taken_for_a_bad_row(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(runtime: Runtime) -> None:
        break_on(runtime, "any", monkeypatch, StoreError("disk is full"))
        resolve = source_resolver(runtime.store, runtime.config)
        with pytest.raises(StoreError):
            await runtime.importer.import_rows(enumerate([row("e1", "any")], 1), resolve)

    run(config, work)


def test_the_log_names_feeds_whose_poll_failed_and_why(tmp_path: Any) -> None:
    async def main() -> None:
        async with DemoSite(_now()) as site:
            missing = "".join(f'\n[[feeds]]\nurl = "{site.url}/missing/{n}?token=t0p"\n' for n in range(7))
            good = f'\n[[feeds]]\nurl = "{site.feeds[0]["url"]}"\n'
            async with Runtime(write(tmp_path, CONFIG + missing + good)) as runtime:

                async def nothing() -> None: ...

                driver = JobScheduler(runtime, nothing, lambda _: None)
                with capture_logs() as told:
                    await driver.tick()
                    await driver.polls.finished()
                (polled,) = [line for line in told if line["event"] == "polled"]
                assert (polled["log_level"], polled["failed"], polled["others"]) == ("info", 7, 2)
                assert len(polled["why"]) == 5
                assert all(
                    "/missing/" in one and "HTTP 404: there is nothing" in one for one in polled["why"]
                )
                assert "t0p" not in str(polled)

    asyncio.run(main())


def _now() -> Any:
    from datetime import UTC, datetime

    return datetime.now(UTC)
