"""The disk is full: SQLite itself refuses to grow. It is told, nothing breaks, and it goes on by itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import event

from aggregator.config.load import load
from aggregator.core.errors import StoreError
from aggregator.core.types import Health
from aggregator.daemon import due_polls
from aggregator.daemon.publisher import Publisher
from aggregator.daemon.scheduler import JobScheduler
from aggregator.daemon.web_app import build_app
from aggregator.pipeline.runtime import Runtime
from aggregator.pipeline.stats import RunStats
from aggregator.store import Store, database
from aggregator.store.export import export_entries

CONFIG = """
[poll]
workers = 0
tick = "1s"
per_host_gap = "0s"

[http]
allow_private = true

[store]
path = "a.db"

[[feeds]]
url = "http://127.0.0.1:{port}/feed"
interval = "1s"

[[feeds]]
url = "http://127.0.0.1:{port}/other"
interval = "1s"
"""


class Disk:
    """How many pages SQLite may have: as many as there are, or as many as it likes."""

    def __init__(self, opened: Store) -> None:
        self._engine = opened._database.engine
        event.listen(self._engine, "connect", self._set)
        self.full = False

    def _set(self, connection: Any, _: object) -> None:
        # The least is what is in use; freed pages are few here.
        connection.execute(f"PRAGMA max_page_count={1 if self.full else 2**31 - 2}")

    def fill(self, full: bool) -> None:
        self.full = full
        self._engine.dispose()


def document(start: int, count: int) -> str:
    items = "".join(
        f"<item><guid>{n}</guid><title>Report number {n} of {start}</title>"
        f"<description>{f'words of report {n} ' * 200}</description></item>"
        for n in range(start, start + count)
    )
    return f"<rss version='2.0'><channel><title>T</title>{items}</channel></rss>"


async def until(true: Callable[[], bool], what: str) -> None:
    for _ in range(200):
        if true():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"waited ten seconds for {what}")


async def health(app: Any) -> tuple[int, dict[str, Any]]:
    """GET /health, as a monitor does."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "GET", "path": "/health", "raw_path": b"/health", "query_string": b"",
        "headers": [(b"host", b"127.0.0.1")], "client": ("127.0.0.1", 1), "scheme": "http",
        "server": ("127.0.0.1", 80), "root_path": "", "http_version": "1.1", "asgi": {"version": "3.0"},
    }  # fmt: skip
    await app(scope, receive, send)
    body = b"".join(part.get("body", b"") for part in sent[1:])
    return sent[0]["status"], json.loads(body)


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(due_polls, "_FIRST_PAUSE", 0.3)
    monkeypatch.setattr(database, "TROUBLE_LASTS", 1.0)
    start, asked = 0, 0

    async def answer(request: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        first = start + (500 if request.path == "/other" else 0)
        return web.Response(text=document(first, 40), content_type="application/rss+xml")

    async def main() -> None:
        nonlocal start
        app = web.Application()
        app.router.add_get("/{name}", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        path = tmp_path / "config.toml"
        path.write_text(CONFIG.format(port=runner.addresses[0][1]), encoding="utf-8")
        async with Runtime(load(path)) as runtime:
            disk = Disk(runtime.store)
            publisher = Publisher(runtime)
            served = build_app(runtime, publisher, "http://127.0.0.1")

            async def nothing() -> None: ...

            def count(_: RunStats) -> None: ...

            driver = JobScheduler(runtime, nothing, count)
            driver.start()
            await until(lambda: len(list(export_entries(runtime.store))) == 80, "the first entries")
            assert (await health(served))[0] == 200

            disk.fill(True)
            start = 1000
            before = asked
            await until(lambda: not publisher.source.health()["ok"], "health to tell")
            status, told = await health(served)
            assert status == 503
            assert "full" in told["why"]
            assert told["version"]
            assert asked - before <= 4, "servers are not asked again and again in vain"
            with pytest.raises(StoreError, match="full"):
                runtime.store.meta.set("long", "x" * 10_000_000)
            assert len(list(export_entries(runtime.store))) == 80

            disk.fill(False)
            await until(lambda: len(list(export_entries(runtime.store))) == 160, "what was held up")
            await until(lambda: bool(publisher.source.health()["ok"]), "health to recover")
            assert (await health(served))[0] == 200
            states = runtime.store.feeds.all()
            assert [(f.failures, f.health) for f in states] == [(0, Health.OK)] * 2, "no feed is blamed"
            await driver.stop()
        await runner.cleanup()

    asyncio.run(main())
