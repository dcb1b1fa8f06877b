"""The application over a source in memory, and a small client that speaks ASGI to it."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import brotli
import pytest

from aggregator.config import OutputConfig, WebConfig
from aggregator.web import create_app
from tests.publish.memory_source import MemorySource

# The stories of the publishing tests serve here too.
from tests.publish.samples import NOW, sample_stories

TOKEN = "tok-0123456789abcdefghij"


class FakeClock:
    """Stands until it is moved."""

    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> datetime:
        return self.time

    def move(self, **delta: float) -> None:
        self.time += timedelta(**delta)


class Secrets(dict[str, str]):
    """Secrets by name."""


@dataclass(frozen=True)
class Answer:
    """A response."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.decoded.decode()

    @property
    def decoded(self) -> bytes:
        match self.headers.get("content-encoding"):
            case "gzip":
                return gzip.decompress(self.body)
            case "br":
                plain: bytes = brotli.decompress(self.body)
                return plain
        return self.body


@dataclass
class Client:
    """Asks the application."""

    app: Any
    source: MemorySource
    clock: FakeClock
    secrets: Secrets
    address: str = "192.0.2.7"
    host: str = "news.example.org"
    sent: list[str] = field(default_factory=list)

    async def ask(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        path, _, query = url.partition("?")
        raw = [(b"host", self.host.encode())]
        raw += [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": raw,
            "client": (self.address, 5000),
            "server": ("127.0.0.1", 8080),
        }
        messages: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            messages.append(message)

        await self.app(scope, receive, send)
        start = messages[0]
        return Answer(
            start["status"],
            {name.decode().lower(): value.decode() for name, value in start["headers"]},
            b"".join(message.get("body", b"") for message in messages[1:]),
        )

    def get(self, url: str, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return asyncio.run(self.ask("GET", url, named))

    def request(self, method: str, url: str, body: bytes = b"", **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return asyncio.run(self.ask(method, url, named, body))


@pytest.fixture
def serve() -> Callable[..., Client]:
    """Makes a client of an application with these settings of `[web]`."""

    def make(outputs: tuple[OutputConfig, ...] = (), **web: Any) -> Client:
        every = (
            OutputConfig(slug="harbour", topics=("harbour-safety",), description="Collisions in the bay."),
            OutputConfig(slug="alerts", kind="alerts", folder="Desk"),
            OutputConfig(slug="secret", title="Hush", private_env="HUSH"),
            *outputs,
        )
        source = MemorySource(sample_stories(), every)
        clock = FakeClock()
        secrets = Secrets(HUSH=TOKEN, PASSWORD="correct horse battery")
        settings = WebConfig(**{"base_url": "https://news.example.org", "rate_limit": 0, **web})
        app = create_app(source, settings, clock=clock, secrets=secrets)
        return Client(app, source, clock, secrets)

    return make


@pytest.fixture
def client(serve: Callable[..., Client]) -> Client:
    """A client of an application with ordinary settings."""
    return serve()
