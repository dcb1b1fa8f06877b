"""A hostile document, item or page beside twenty honest feeds, in real worker processes: the hostile one is named."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from aggregator.core.types import Entry, Fetched, Fingerprint, Health
from aggregator.pipeline import worker
from aggregator.pipeline.import_file import source_resolver
from aggregator.pipeline.runtime import Runtime
from aggregator.pipeline.worker import WorkerPlan
from aggregator.pipeline.worker_pool import Limits, WorkerPool
from aggregator.store.export import export_entries

from .conftest import CONFIG, row, write
from .test_pages import ARTICLE

pytestmark = pytest.mark.slow

LIMITS = Limits(seconds=2.0, patience=300.0, memory=192 * 1024 * 1024)
HOSTILE = 7


def misbehave(text: str) -> None:
    if "spins" in text:
        while True:
            pass
    if "crashes" in text:
        os.kill(os.getpid(), signal.SIGSEGV)
    if "fills the memory" in text:
        held = [bytearray(1024 * 1024) for _ in range(4096)]
        raise AssertionError(f"{len(held)} MB were there to be had")


class HostilePlan(WorkerPlan):
    """Pickled into the worker, it brings along a parser, an analysis and a reader of pages that can be harmed."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return (_vulnerable, ())


def _vulnerable() -> WorkerPlan:
    parse, fingerprint, extract = worker.parse, worker.Fingerprinter.fingerprint, worker.extract

    def vulnerable_parse(fetched: Fetched) -> Any:
        misbehave(fetched.body.decode() if fetched.body and b"document that" in fetched.body else "")
        return parse(fetched)

    def vulnerable_fingerprint(self: Any, entries: Sequence[Entry], *scans: Any) -> list[Fingerprint]:
        for entry in entries:
            misbehave(entry.title if "item that" in entry.title else "")
        return fingerprint(self, entries, *scans)

    def vulnerable_extract(page: Any) -> Any:
        misbehave(page.body.decode() if page.body and b"page that" in page.body else "")
        return extract(page)

    worker.parse = vulnerable_parse
    worker.Fingerprinter.fingerprint = vulnerable_fingerprint  # type: ignore[method-assign]
    worker.extract = vulnerable_extract
    return WorkerPlan()


def feed_of(number: int, hostile: str, url: str) -> str:
    title = f"Report number {number} of {number * 17 + 3} houses and {number} ships"
    if number == HOSTILE and "item" in hostile:
        title = hostile
    note = f"<!-- {hostile} -->" if number == HOSTILE and "document" in hostile else ""
    return (
        f"<rss version='2.0'><channel><title>Feed {number}</title>{note}<item><title>{title}</title>"
        f"<link>{url}/story/{number}</link><pubDate>{format_datetime(datetime.now(UTC))}</pubDate>"
        "</item></channel></rss>"
    )


@asynccontextmanager
async def feeds(folder: Path, hostile: str, *, full_text: bool = False) -> AsyncIterator[Runtime]:
    """Twenty honest feeds and one that is not, served and configured."""

    async def answer(request: web.Request) -> web.Response:
        kind, _, number = request.path.strip("/").partition("/")
        url = f"http://{request.host}"
        if kind == "feed":
            text = feed_of(int(number), hostile, url)
            return web.Response(text=text, content_type="application/rss+xml")
        if kind != "story":
            return web.Response(status=404)
        note = hostile if int(number) == HOSTILE else ""
        return web.Response(
            text=f"<html><body><article>{ARTICLE}<p>{note}</p></article></body></html>",
            content_type="text/html",
        )

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    tables = "".join(
        f'\n[[feeds]]\nurl = "{url}/feed/{number}"\nfull_text = {str(full_text).lower()}\n'
        for number in range(21)
    )
    try:
        async with Runtime(write(folder, CONFIG.replace("workers = 0", "workers = 2") + tables)) as runtime:
            runtime.workers = WorkerPool(2, HostilePlan(), limits=LIMITS)
            runtime._use(runtime.fetcher)
            yield runtime
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("hostile", "why"),
    [
        ("a document that spins", "processor time"),
        ("a document that crashes", "SIGSEGV"),
        ("a document that fills the memory", "of memory"),
    ],
)
def test_a_hostile_document(tmp_path: Path, hostile: str, why: str) -> None:
    async def main() -> None:
        async with feeds(tmp_path, hostile) as runtime:
            stats = await runtime.poller.poll(runtime.store.feeds.all())
            assert stats.new == 20
            states = {feed.url.rpartition("/")[2]: feed for feed in runtime.store.feeds.all()}
            bad = states.pop(str(HOSTILE))
            assert {(feed.health, feed.failures) for feed in states.values()} == {(Health.OK, 0)}
            assert bad.failures == 1
            (failure,) = stats.failures
            assert f"/feed/{HOSTILE}" in failure
            assert why in failure

    asyncio.run(main())


@pytest.mark.parametrize(
    ("hostile", "why"), [("an item that spins", "processor time"), ("an item that crashes", "SIGSEGV")]
)
def test_a_hostile_item_is_stored_and_its_feed_named(tmp_path: Path, hostile: str, why: str) -> None:
    async def main() -> None:
        async with feeds(tmp_path, hostile) as runtime:
            stats = await runtime.poller.poll(runtime.store.feeds.all())
            assert stats.new == 21
            states = {feed.url.rpartition("/")[2]: feed for feed in runtime.store.feeds.all()}
            bad = states.pop(str(HOSTILE))
            assert {feed.health for feed in states.values()} == {Health.OK}
            assert bad.health is Health.DEGRADED
            assert why in bad.health_why

    asyncio.run(main())


def test_a_hostile_page_is_asked_for_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with feeds(tmp_path, "a page that spins", full_text=True) as runtime:
            await runtime.poller.poll(runtime.store.feeds.all())
            assert await runtime.pages.run() == 20
            assert await runtime.pages.run() == 0
            wanted = [feed.url for feed in runtime.config.feeds]
            long_ago = datetime(2000, 1, 1, tzinfo=UTC)
            assert runtime.store.entries.wanting_pages(wanted, long_ago, 100) == []

    asyncio.run(main())


def test_a_hostile_row_of_an_import(tmp_path: Path) -> None:
    async def main() -> None:
        async with feeds(tmp_path, "") as runtime:
            rows = [row(f"r{n}", f"Report number {n} of {n * 17 + 3} houses") for n in range(20)]
            rows.insert(HOSTILE, row("bad", "an item that crashes"))
            runtime.importer._workers = runtime.workers
            resolve = source_resolver(runtime.store, runtime.config)
            stats = await runtime.importer.import_rows(enumerate(rows, 1), resolve)
            assert (stats.new, stats.bad_rows) == (21, [])
            assert {one["id"] for one in export_entries(runtime.store)} == {one["id"] for one in rows}

    asyncio.run(main())
