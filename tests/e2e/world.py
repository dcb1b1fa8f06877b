"""Real servers and real processes for the end-to-end tests, each a context manager with a bounded life."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

from aiohttp import web

from aggregator.cli.demo.settings import config_text
from aggregator.cli.demo.site import DemoSite

COMMAND = [sys.executable, "-c", "from aggregator.cli.app import main; main()"]


class Loop:
    """An event loop in a thread, for servers that must answer while the test waits for a process."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Awaitable[Any], timeout: float = 30) -> Any:
        async def main() -> Any:
            return await work

        return asyncio.run_coroutine_threadsafe(main(), self.loop).result(timeout)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


@contextmanager
def demo_site() -> Iterator[DemoSite]:
    """The demo's invented news world, served from a thread."""
    loop = Loop()
    site = DemoSite(datetime.now(UTC))
    loop.run(site.__aenter__())
    try:
        yield site
    finally:
        loop.run(site.__aexit__(None, None, None))
        loop.close()


@dataclass
class Folder:
    """Files served over HTTP, with ETags; `delay` slows each answer down."""

    files: Mapping[str, bytes]
    delay: float = 0.0
    url: str = ""
    hits: list[tuple[str, int]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        if self.delay:
            await asyncio.sleep(self.delay)
        name = request.match_info["name"]
        body = self.files.get(name)
        if body is None:
            return web.Response(status=404)
        etag = f'"{blake2b(body, digest_size=8).hexdigest()}"'
        status = 304 if request.headers.get("If-None-Match") == etag else 200
        self.hits.append((name, status))
        return web.Response(
            status=status,
            body=b"" if status == 304 else body,
            headers={"ETag": etag},
            content_type="application/xml",
        )


@contextmanager
def served(files: Mapping[str, bytes], *, delay: float = 0.0) -> Iterator[Folder]:
    """Serve files by name on loopback."""
    folder = Folder(files, delay)
    loop = Loop()

    async def start() -> web.AppRunner:
        app = web.Application()
        app.router.add_get("/{name:.+}", folder.answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        server = web.TCPSite(runner, "127.0.0.1", 0)
        await server.start()
        folder.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    runner = loop.run(start())
    try:
        yield folder
    finally:
        loop.run(runner.cleanup())
        loop.close()


def write_config(
    folder: Path, site: DemoSite, *, port: int = 0, replace: Sequence[tuple[str, str]] = ()
) -> Path:
    """A configuration that polls the demo site; `replace` edits its text."""
    text = config_text(site, port, folder)
    for old, new in replace:
        assert old in text, f"the demo's configuration has no {old!r}"
        text = text.replace(old, new)
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def cli(
    *arguments: str, config: Path | None = None, check: bool = True, timeout: float = 120, **env: str
) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end."""
    environment = {**os.environ, "COLUMNS": "200", **env}
    if config is not None:
        environment["AGGREGATOR_CONFIG"] = str(config)
    done = subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=timeout, env=environment, check=False
    )
    if check:
        assert done.returncode == 0, (
            f"{arguments} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        )
    return done


def rows(text: str) -> list[dict[str, Any]]:
    """JSON lines, read."""
    return [json.loads(line) for line in text.splitlines()]


class Running:
    """A daemon process. `said` holds what it told systemd."""

    def __init__(self, process: subprocess.Popen[str], log: Path, told: Path) -> None:
        self.process = process
        self.log = log
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(told))
        self._socket.settimeout(0.2)
        self.said: list[str] = []
        self.url = ""

    def listen(self, wanted: str, timeout: float = 40) -> None:
        """Wait until systemd was told a line that begins so."""
        self.wait(
            lambda: any(line.startswith(wanted) for line in self.said), f"{wanted!r} to systemd", timeout
        )

    def wait(self, condition: Callable[[], bool], what: str, timeout: float = 40) -> None:
        """Wait, in a bounded loop, until a condition holds."""
        end = time.monotonic() + timeout
        while not condition():
            assert self.process.poll() is None, f"the daemon ended while waiting for {what}:\n{self.text()}"
            assert time.monotonic() < end, f"no {what} within {timeout} s; heard {self.said}:\n{self.text()}"
            self._hear()

    def _hear(self) -> None:
        try:
            self.said += self._socket.recv(4096).decode().splitlines()
        except TimeoutError:
            return

    def text(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def stop(self, timeout: float = 15) -> float:
        """SIGTERM; the seconds it took to end."""
        started = time.monotonic()
        self.process.terminate()
        self.process.wait(timeout)
        while True:
            before = len(self.said)
            self._hear()
            if len(self.said) == before:
                break
        return time.monotonic() - started

    def get(
        self, path: str, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        return get(self.url + path, headers)


def get(url: str, headers: Mapping[str, str] | None = None) -> tuple[int, Mapping[str, str], bytes]:
    """GET on loopback: status, headers with lower-case names, body."""
    request = urllib.request.Request(url, headers=dict(headers or {}))
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, {k.lower(): v for k, v in response.headers.items()}, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def daemon(
    config: Path, *, port: int, arguments: Sequence[str] = (), ready: bool = True, **env: str
) -> Iterator[Running]:
    """`aggregator run` as a process, with a systemd to talk to. It is killed at the end if it still runs."""
    folder = config.parent
    told = folder / f"notify-{time.monotonic_ns()}"
    log = folder / "daemon.log"
    with log.open("a", encoding="utf-8") as sink:
        process = subprocess.Popen(
            [*COMMAND, "run", *arguments],
            stdout=sink,
            stderr=sink,
            text=True,
            env={**os.environ, "AGGREGATOR_CONFIG": str(config), "NOTIFY_SOCKET": str(told), **env},
            start_new_session=True,
        )
        running = Running(process, log, told)
        running.url = f"http://127.0.0.1:{port}"
        try:
            if ready:
                running.listen("READY=1")
            yield running
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)
            running._socket.close()
