"""No network on this machine: no feed is blamed, and whoever looks is told."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from prometheus_client import generate_latest
from structlog.testing import capture_logs

from aggregator.core.types import Health
from aggregator.daemon.publisher import Publisher
from aggregator.daemon.web_app import build_app
from aggregator.pipeline.runtime import Runtime

from .conftest import CONFIG, write

HOSTS = ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
"""Fewer than three hosts tell nothing of a network."""
FEED = "<rss version='2.0'><channel><title>T</title><item><title>One report</title></item></channel></rss>"


async def get(app: Any, path: str) -> tuple[int, str]:
    """What a browser or a monitor is answered."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"",
        "headers": [(b"host", b"127.0.0.1"), (b"accept", b"text/html")], "client": ("127.0.0.1", 1),
        "scheme": "http", "server": ("127.0.0.1", 80), "root_path": "", "http_version": "1.1",
        "asgi": {"version": "3.0"},
    }  # fmt: skip
    await app(scope, receive, send)
    return sent[0]["status"], b"".join(part.get("body", b"") for part in sent[1:]).decode()


async def poll(runtime: Runtime) -> list[Any]:
    feeds = runtime.store.feeds.all()
    with capture_logs() as told:
        await runtime.poller.poll(feeds)
    return [line for line in told if "network" in line["event"]]


@pytest.mark.allow_hosts(HOSTS)
def test_an_outage_of_ours_is_told_everywhere_until_it_ends(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    listed = "".join(f'\n[[feeds]]\nurl = "http://{host}:{port}/feed"\n' for host in HOSTS)

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=FEED, content_type="application/rss+xml")

    async def main() -> None:
        async with Runtime(write(tmp_path, CONFIG + listed)) as runtime:
            publisher = Publisher(runtime)
            app = build_app(runtime, publisher, "http://127.0.0.1")
            assert (await get(app, "/health"))[0] == 200

            (begun,) = await poll(runtime)
            assert begun["log_level"] == "warning"
            assert begun["why"] == "no connection can be made"
            assert await poll(runtime) == [], "it is told once"
            status, body = await get(app, "/health")
            assert status == 503
            assert json.loads(body)["network"].startswith("down since ")
            assert "no connection can be made" in json.loads(body)["why"]
            for path in ("/", "/feeds", "/search", "/no-such-page"):
                assert "this machine's network seems to be down, since" in (await get(app, path))[1].replace(
                    "&#39;", "'"
                ), path
            assert "aggregator_network_down 1.0" in generate_latest(publisher.metrics.registry).decode()
            states = publisher.source.feeds()
            assert [(feed.failures, feed.health) for feed in states] == [(0, Health.OK)] * 3, (
                "nobody is blamed"
            )

            site = web.Application()
            site.router.add_get("/feed", answer)
            runner = web.AppRunner(site, access_log=None)
            await runner.setup()
            await web.TCPSite(runner, "0.0.0.0", port).start()
            try:
                (ended,) = await poll(runtime)
            finally:
                await runner.cleanup()
            assert ended["log_level"] == "info"
            status, body = await get(app, "/health")
            assert status == 200
            assert "network" not in json.loads(body)
            assert "network seems" not in (await get(app, "/"))[1]
            assert "aggregator_network_down 0.0" in generate_latest(publisher.metrics.registry).decode()

    asyncio.run(main())
