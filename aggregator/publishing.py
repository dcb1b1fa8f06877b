"""After every change: tell the web server, write files, push. The edge between the store and the world of readers."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from aggregator.metrics import Metrics
from aggregator.runtime import Runtime
from aggregator.shelf import StoreShelf
from aggregator.web.app import make_site

if TYPE_CHECKING:
    from aggregator.config import Config
    from aggregator.publish.types import Site

log = structlog.get_logger("aggregator")

_SETTLE = 0.5
"""Seconds that changes are collected before files are written and pushes planned."""


class Publisher:
    """Keeps what is published in step with the store."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.shelf = StoreShelf(runtime)
        self.metrics = Metrics(lambda: list(self.shelf.feeds()))
        self._dirty = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.base_url = ""

    def start(self, base_url: str) -> None:
        """Begin; `base_url` is where readers reach the web server."""
        self.base_url = base_url
        self.shelf.attach(asyncio.get_running_loop())
        self._dirty.set()
        self._task = asyncio.create_task(self._run())

    async def changed(self) -> None:
        """Anything that outputs may show has changed."""
        self.shelf.bump()
        self._dirty.set()

    async def stop(self) -> None:
        """Write what is due a last time, then stop."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            if self._dirty.is_set():
                await self._publish()

    def hubs(self) -> tuple[str, ...]:
        """WebSub hubs that are pinged for any output."""
        from aggregator.push.plan import hubs_of

        return tuple(dict.fromkeys(hub for output in self._runtime.config.outputs for hub in hubs_of(output)))

    def site(self) -> Site:
        """The installation as publishing knows it."""
        return make_site(self.shelf, self._runtime.config.web, base_url=self.base_url, hubs=self.hubs())

    async def _run(self) -> None:
        while True:
            await self._dirty.wait()
            await asyncio.sleep(_SETTLE)
            self._dirty.clear()
            await self._publish()

    async def _publish(self) -> None:
        try:
            await asyncio.to_thread(self.shelf.look_ahead)
            for path in await asyncio.to_thread(self.write_files):
                log.debug("written", file=str(path))
        except Exception:
            # Files are written again at the next change; serving and polling go on.
            log.exception("outputs could not be published")

    def write_files(self) -> list[Path]:
        """Write the files of the outputs that ask for them, where they changed; the paths written."""
        return []


async def publish_once(config: Config) -> list[Path]:
    """Write the outputs' files once; the paths written."""
    async with Runtime(config) as runtime:
        publisher = Publisher(runtime)
        return await asyncio.to_thread(publisher.write_files)
