"""The database's file is damaged: under a running daemon, and before it starts."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from aggregator.cli.app import main
from aggregator.config.load import load
from aggregator.core.errors import StoreError
from aggregator.daemon.publisher import Publisher
from aggregator.daemon.scheduler import JobScheduler
from aggregator.daemon.web_app import build_app
from aggregator.pipeline.runtime import Runtime
from aggregator.store.opening import open_store

CONFIG = """
[poll]
workers = 0
tick = "1s"

[store]
path = "a.db"

[[feeds]]
url = "http://127.0.0.1:9/feed"
title = "A feed"

[[outputs]]
slug = "all"
title = "All stories"
"""


def damage(path: Path, table: str) -> None:
    """Overwrite the first page of a table, as a bad disk does; everything else stays."""
    with sqlite3.connect(path) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
        (page,) = connection.execute("select rootpage from sqlite_master where name = ?", (table,)).fetchone()
        (size,) = connection.execute("pragma page_size").fetchone()
    connection.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)


async def ask(app: Any, path: str, accept: str = "text/html") -> tuple[int, str]:
    sent: list[MutableMapping[str, Any]] = []
    path, _, query = path.partition("?")

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": query.encode(),
        "headers": [(b"host", b"127.0.0.1"), (b"accept", accept.encode())], "client": ("127.0.0.1", 1),
        "scheme": "http", "server": ("127.0.0.1", 80), "root_path": "", "http_version": "1.1",
        "asgi": {"version": "3.0"},
    }  # fmt: skip
    await app(scope, receive, send)
    return sent[0]["status"], b"".join(part.get("body", b"") for part in sent[1:]).decode()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


@pytest.mark.parametrize("table", ["feeds", "stories", "entries"])
def test_under_a_running_daemon(config: Path, table: str) -> None:
    async def run() -> tuple[list[tuple[int, str]], list[MutableMapping[str, Any]]]:
        async with Runtime(load(config)) as runtime:
            publisher = Publisher(runtime)
            app = build_app(runtime, publisher, "http://127.0.0.1")
            assert (await ask(app, "/health"))[0] == 200
            runtime.store.close()  # what is read next is read from the file
            damage(config.with_name("a.db"), table)

            async def nothing() -> None: ...

            driver = JobScheduler(runtime, nothing, lambda _: None)
            with capture_logs() as logged:
                for _ in range(3):
                    await driver.tick()
                    await driver.forget()
                    await driver.read_pages()
                    await driver.retrain()
                    await publisher._publish()
                answers = [
                    await ask(app, path)
                    for path in ("/", "/feeds", "/search?q=missile", "/story/x", "/feeds/all.atom", "/health")
                ]
            await driver.stop()
            return answers, logged

    answers, logged = asyncio.run(run())
    *pages, (status, body) = answers
    assert status == 503
    assert "a.db is damaged" in json.loads(body)["why"]
    assert ".recover" in json.loads(body)["why"]
    assert str(config.parent) not in body, "whoever may read health need not know where the file is"
    for status, page in pages:
        assert status in (200, 404, 503), page
        if status == 503:
            assert "database" in page
    assert any(status == 503 for status, _ in pages)
    assert logged
    for line in logged:
        assert not line.get("exc_info"), line
        assert "SELECT" not in str(line)
    repeated = [line for line in logged if "due" in line["event"]]
    assert len(repeated) <= 1, "polling pauses after it was told once"


@pytest.mark.parametrize("table", ["feeds", "alembic_version"])
def test_before_the_start(
    config: Path, table: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    open_store(load(config)).close()
    damage(config.with_name("a.db"), table)
    with pytest.raises(StoreError, match="is damaged"):
        open_store(load(config))
    for verb in ("run", "poll", "feeds", "stories"):
        monkeypatch.setattr("sys.argv", ["aggregator", verb, "--config", str(config)])
        with pytest.raises(SystemExit) as end:
            main()
        told = capsys.readouterr().err
        if verb == "stories" and not end.value.code:
            continue  # it reads none of what is damaged
        assert end.value.code == 3
        assert told.startswith("error: the database ")
        assert "a.db is damaged" in told
        assert "SELECT" not in told
        assert len(told.splitlines()) == 1
