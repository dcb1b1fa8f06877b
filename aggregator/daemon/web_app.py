"""The web server's application, rebuilt at each reload and swapped between two requests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aggregator.config import Config
from aggregator.config.secrets import Secrets
from aggregator.pipeline.runtime import Runtime
from aggregator.web.access import check_exposure, check_tokens
from aggregator.web.app import create_app

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from aggregator.daemon.publisher import Publisher


class SwappedApp:
    """Hands each request to the application of the moment."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


def build_app(runtime: Runtime, publisher: Publisher, base_url: str) -> ASGIApp:
    """The application of the runtime's configuration as it is now. Reads the database; call off the event loop."""
    path = runtime.config.path
    configured = datetime.fromtimestamp(path.stat().st_mtime, UTC) if path and path.is_file() else None
    return create_app(
        publisher.source,
        runtime.config.web,
        clock=runtime.clock,
        secrets=runtime.secrets,
        registry=publisher.metrics.registry,
        base_url=base_url,
        configured=configured,
    )


def mistakes_of(config: Config, secrets: Secrets) -> list[str]:
    """Why the server must not start, or not go on, with this configuration; empty when it may."""
    return [*check_exposure(config.web, secrets), *check_tokens(config.outputs, secrets)]
