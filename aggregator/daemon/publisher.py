"""After every change: tell the web server, write files, push. The edge between the store and the world of readers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path

import structlog

from aggregator.config import Config, OutputConfig
from aggregator.daemon.failures import tell_failure
from aggregator.daemon.metrics import Metrics
from aggregator.daemon.push_planner import plan_pushes
from aggregator.daemon.store_source import StoreSource
from aggregator.fetch.http.headers import user_agent
from aggregator.pipeline.runtime import Runtime
from aggregator.publish.files import write_output
from aggregator.publish.push.channels import open_channels
from aggregator.publish.push.dispatcher import Dispatcher
from aggregator.publish.types import Site
from aggregator.web.app import feedback_links, make_site

log = structlog.get_logger("aggregator")

Failed = Callable[[OutputConfig, OSError], None]
"""Told of an output whose files could not be written, and why."""

_SETTLE = 0.5
"""Seconds that changes are collected before files are written and pushes planned."""

_DRAIN_EVERY = 5.0
"""Seconds between looks into the outbox for what is to be tried again."""


def _log_failed(output: OutputConfig, error: OSError) -> None:
    log.error("files could not be written", output=output.slug, folder=output.files, error=str(error))


class Publisher:
    """Keeps what is published in step with the store."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.source = StoreSource(runtime)
        self.metrics = Metrics(lambda: list(self.source.feeds()), lambda: runtime.network.outage)
        self.outbox = runtime.store.outbox
        self.base_url = ""
        self._archived: dict[str, datetime] = {}
        """By output, when the archives among its files were last written."""
        self._dirty = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._channels = AsyncExitStack()
        self._courier = Dispatcher({})
        self._draining = asyncio.Lock()

    async def start(self, base_url: str) -> None:
        """Begin; `base_url` is where readers reach the web server."""
        self.base_url = base_url
        self.source.attach(asyncio.get_running_loop(), self.changed)
        await self._open_channels()
        self._dirty.set()
        self._tasks = [
            asyncio.create_task(self._publish_forever()),
            asyncio.create_task(self._drain_forever()),
        ]

    async def changed(self) -> None:
        """Anything that outputs may show has changed."""
        self.source.bump()
        self._dirty.set()

    async def reconfigured(self) -> None:
        """The configuration was read again."""
        self._archived.clear()
        await self._open_channels()
        await self.changed()

    async def stop(self) -> None:
        """Write and plan what is due a last time, then stop. What is in the outbox stays for the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._dirty.is_set():
            await self._publish()
        await self._channels.aclose()

    def site(self) -> Site:
        """The installation as publishing knows it."""
        return make_site(self.source, self._runtime.config.web, base_url=self.base_url)

    async def _open_channels(self) -> None:
        await self._channels.aclose()
        self._channels = AsyncExitStack()
        config = self._runtime.config
        channels = await self._channels.enter_async_context(
            open_channels(config.outputs, self._runtime.secrets, agent=user_agent(config.http))
        )
        self._courier = Dispatcher(channels)

    # --- after a change ---

    async def _publish_forever(self) -> None:
        while True:
            await self._dirty.wait()
            await asyncio.sleep(_SETTLE)
            self._dirty.clear()
            await self._publish()

    async def _publish(self) -> None:
        for step in (self.source.look_ahead, self.write_files, self.plan_pushes):
            try:
                await asyncio.to_thread(step)
            except Exception as error:
                # The next change tries again; serving and polling go on.
                tell_failure("outputs could not be published", error, step=step.__name__)
        await self._drain()

    def write_files(self, failed: Failed = _log_failed) -> list[Path]:
        """Write the files of the outputs that ask for them, where they changed; the paths written.

        An output whose files cannot be written is handed to `failed`, and the others are written all the same.
        """
        config = self._runtime.config
        links = feedback_links(self.source, self.site()) if config.web.enabled else None
        paths: list[Path] = []
        for output in config.outputs:
            if not output.files:
                continue
            now = self._runtime.clock.now()
            try:
                written = write_output(
                    self.source,
                    output,
                    Path(output.files),
                    now=now,
                    site=self.site(),
                    feedback=links if output.feedback else None,
                    archived=self._archived.get(output.slug),
                )
                self._archived[output.slug] = now
            except OSError as error:
                failed(output, error)
                continue
            paths += [one.path for one in written if one.changed]
        return paths

    # --- pushes ---

    def plan_pushes(self) -> int:
        """Queue what changed since the last time for every channel; how many deliveries are new."""
        return plan_pushes(self._runtime, self.source, self.site())

    async def _drain_forever(self) -> None:
        while True:
            await asyncio.sleep(_DRAIN_EVERY)
            await self._drain()

    async def _drain(self) -> None:
        if not self._courier.channels or self._draining.locked() or self._runtime.store.is_damaged:
            return
        async with self._draining:
            try:
                done = await self._courier.drain(self.outbox, self._runtime.clock.now())
            except Exception as error:
                tell_failure("the outbox could not be read or written; it is tried again", error)
                return
        if done.messages or done.failed or done.dead:
            log.info("pushed", messages=done.messages, sent=done.sent, failed=done.failed, dead=done.dead)


async def publish_once(config: Config, failed: Failed) -> list[Path]:
    """Write the outputs' files once; the paths written. `failed` is told of each output that could not be written."""
    async with Runtime(config, visiting=True) as runtime:
        publisher = Publisher(runtime)
        return await asyncio.to_thread(publisher.write_files, failed)
