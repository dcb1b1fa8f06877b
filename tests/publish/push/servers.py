"""Real servers for the tests to push to, and the configuration of channels that lead there."""

from __future__ import annotations

import hashlib
import hmac
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from aggregator.config.outputs import OutputConfig
from aggregator.config.secrets import Secrets
from aggregator.publish.push.channels import open_channels
from aggregator.publish.push.dispatcher import Dispatcher

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(**routes: Handler) -> AsyncIterator[str]:
    """An HTTP server on loopback that answers `/<name>` by the handler of that name; yields its URL."""
    application = web.Application()
    for name, handler in routes.items():
        application.router.add_route("*", f"/{name}", handler)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def closed_port() -> int:
    """A port on loopback where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def output(*push: dict[str, Any], **fields: Any) -> OutputConfig:
    """An output called korea with these channels, which may be on loopback unless they say otherwise."""
    channels = [{"name": "desk", "allow_private": True, **one} for one in push]
    values = {"slug": "korea", "title": "Korea watch", "topics": ["korea"], "push": channels, **fields}
    return OutputConfig.model_validate(values)


@asynccontextmanager
async def dispatcher(output: OutputConfig, env: Mapping[str, str] | None = None) -> AsyncIterator[Dispatcher]:
    """A dispatcher to the output's channels; secrets come from `env`."""
    async with open_channels([output], Secrets(env or {}), agent="aggregator/test") as channels:
        yield Dispatcher(channels)


def hex_signature(secret: bytes, body: bytes, digest: str = "sha256") -> str:
    """HMAC as a receiver would compute it."""
    return hmac.new(secret, body, getattr(hashlib, digest)).hexdigest()
