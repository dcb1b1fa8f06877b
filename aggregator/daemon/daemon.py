"""The daemon's life: start, signals, reload, watchdog, stop. What it does in between is in `scheduler.py`.

SIGTERM, SIGINT   finish the writes under way and stop, within ten seconds
SIGHUP            read config.toml again; one with mistakes is refused and the old one goes on
"""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import structlog
import uvicorn

from aggregator.config import Config, WebConfig
from aggregator.config.load import load
from aggregator.config.watch import WatchedFiles
from aggregator.core.errors import AggregatorError, ConfigError
from aggregator.daemon import systemd
from aggregator.daemon.config_refusal import refusal
from aggregator.daemon.publisher import Publisher
from aggregator.daemon.scheduler import JobScheduler
from aggregator.daemon.web_app import SwappedApp, build_app, mistakes_of
from aggregator.pipeline.runtime import Runtime
from aggregator.store import DaemonLock
from aggregator.store.opening import store_path
from aggregator.topics.library_changes import note_library, tell_library_changes
from aggregator.web.http_protocol import Connection

log = structlog.get_logger("aggregator")

_WRITER_PATIENCE = 240.0
"""Seconds the writer may be busy with one batch before the watchdog is told no more."""

_WATCH_EVERY = timedelta(seconds=2)


class Daemon:
    """One running daemon. `run` returns when it has been told to stop."""

    def __init__(
        self,
        config: Config,
        *,
        reload_on_change: bool = False,
        on_ready: Callable[[str], None] | None = None,
    ) -> None:
        if config.path is None:
            raise ConfigError(["the daemon needs a configuration that was read from a file"])
        self._path: Path = config.path
        self._config = config
        self._reload_on_change = reload_on_change
        self._on_ready = on_ready
        self._stop = asyncio.Event()
        self._reloads: asyncio.Queue[None] = asyncio.Queue(1)
        self._watched = WatchedFiles(self._path)
        self.url = ""
        self._app: SwappedApp | None = None

    def stop(self) -> None:
        """Ask it to stop; `run` then returns."""
        self._stop.set()

    def reload(self) -> None:
        """Ask it to read its configuration again; several asks at once are one."""
        with suppress(asyncio.QueueFull):
            self._reloads.put_nowait(None)

    async def run(self) -> None:
        """Start, work until told to stop, stop. Raises StoreLocked, StoreError, ConfigError when it cannot start."""
        lock = DaemonLock(store_path(self._config))
        lock.acquire()
        try:
            async with Runtime(self._config) as runtime:
                await self._work(runtime)
        finally:
            systemd.stopping()
            lock.release()

    async def _work(self, runtime: Runtime) -> None:
        publisher = Publisher(runtime)
        driver = JobScheduler(runtime, publisher.changed, publisher.metrics.record)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, self.reload)
        async with self._web(runtime, publisher):
            driver.start()
            await publisher.start(self.url)
            if watchdog := systemd.watchdog_interval():
                driver.add("watchdog", watchdog, partial(self._watchdog, runtime))
            if self._reload_on_change:
                driver.add("watch", _WATCH_EVERY, self._look_for_change)
            feeds = sum(feed.enabled for feed in self._config.feeds)
            systemd.ready(f"polling {feeds} feeds")
            log.info("started", feeds=feeds, outputs=len(self._config.outputs), url=self.url or None)
            if self._on_ready is not None:
                self._on_ready(self.url)
            reloader = asyncio.create_task(self._reload_forever(runtime, driver, publisher))
            library = asyncio.create_task(tell_library_changes(runtime))
            await self._stop.wait()
            log.info("stopping")
            systemd.stopping()
            reloader.cancel()
            library.cancel()
            await publisher.stop()
            await driver.stop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.remove_signal_handler(number)
        log.info("stopped")

    # --- reload ---

    async def _reload_forever(self, runtime: Runtime, driver: JobScheduler, publisher: Publisher) -> None:
        while True:
            await self._reloads.get()
            systemd.reloading()
            try:
                await self._reload(runtime, driver, publisher)
            except ConfigError as error:
                self._note_refusal(publisher, error.mistakes)
                for mistake in error.mistakes:
                    log.error("configuration refused", mistake=mistake)
                log.warning(
                    "the configuration was not changed; the old one goes on", mistakes=len(error.mistakes)
                )
            except AggregatorError as error:
                self._note_refusal(publisher, ())
                log.error("configuration refused", mistake=str(error))
            except Exception:
                self._note_refusal(publisher, ())
                log.exception("the reload failed; the old configuration goes on")
            else:
                publisher.source.refused = None
            systemd.ready(f"polling {sum(feed.enabled for feed in self._config.feeds)} feeds")

    def _note_refusal(self, publisher: Publisher, mistakes: Sequence[str]) -> None:
        source = publisher.source
        source.refused = refusal(mistakes, self._path.name, datetime.now(UTC), source.refused)

    async def _reload(self, runtime: Runtime, driver: JobScheduler, publisher: Publisher) -> None:
        new = await asyncio.to_thread(load, self._path)
        if mistakes := mistakes_of(new, runtime.secrets):
            raise ConfigError(mistakes)
        for key in _fixed(self._config, new):
            log.warning("this setting takes effect at the next start only", setting=key)
        await runtime.reconfigure(new)
        self._config = new
        driver.retime()
        driver.reclassify_if_stale()
        if self._app is not None:
            self._app.app = await asyncio.to_thread(build_app, runtime, publisher, self.url)
        await publisher.reconfigured()
        await note_library(runtime)
        log.info(
            "configuration read again", feeds=len(new.feeds), topics=len(new.topics), outputs=len(new.outputs)
        )

    async def _look_for_change(self) -> None:
        if self._watched.changed():
            self.reload()

    # --- watchdog ---

    async def _watchdog(self, runtime: Runtime) -> None:
        """Alive means: this loop turns, and the writer gets through its batches."""
        try:
            await asyncio.wait_for(runtime.writer.run(_nothing), _WRITER_PATIENCE)
        except TimeoutError:
            log.error("the writer has been stuck; the watchdog is not told", seconds=_WRITER_PATIENCE)
            return
        systemd.watchdog()

    # --- web ---

    @asynccontextmanager
    async def _web(self, runtime: Runtime, publisher: Publisher) -> AsyncIterator[None]:
        web = self._config.web
        if not web.enabled:
            yield
            return
        if mistakes := mistakes_of(self._config, runtime.secrets):
            raise ConfigError(mistakes)
        listener = _listen(web)
        port = listener.getsockname()[1]
        host = f"[{web.host}]" if ":" in web.host else web.host
        self.url = web.base_url or f"http://{host}:{port}"
        self._app = SwappedApp(await asyncio.to_thread(build_app, runtime, publisher, self.url))
        server = _Server(
            uvicorn.Config(
                self._app,
                log_config=None,
                log_level=web.log_level,
                access_log=False,
                lifespan="off",
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=3,
                limit_concurrency=1000,
                http=Connection,
                ws="none",
            )
        )
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield
        finally:
            server.should_exit = True
            await task


class _Server(uvicorn.Server):
    """uvicorn without signal handlers of its own: stopping is the daemon's business."""

    @contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield


def _listen(web: WebConfig) -> socket.socket:
    family = socket.AF_INET6 if ":" in web.host else socket.AF_INET
    # With the protocol named, asyncio turns Nagle's algorithm off; else an answer waits 40 ms for the reader's ACK.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((web.host, web.port))
        # From here on connections wait in the kernel's queue until the server takes them.
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise ConfigError(
            [
                f"web.host, web.port: cannot listen on {web.host} port {web.port}: {error.strerror}; "
                "choose another port, or stop the program that has it"
            ]
        ) from error
    return listener


def _nothing() -> None:
    """What the watchdog has the writer do: getting to it is the proof."""


def _fixed(old: Config, new: Config) -> list[str]:
    pairs = {
        "store.path": (old.store.path, new.store.path),
        "web.host": (old.web.host, new.web.host),
        "web.port": (old.web.port, new.web.port),
        "web.enabled": (old.web.enabled, new.web.enabled),
        "poll.workers": (old.poll.workers, new.poll.workers),
        "log.format": (old.log.format, new.log.format),
    }
    return [key for key, (before, after) in pairs.items() if before != after]
