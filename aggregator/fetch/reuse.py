"""Kept-open connections that turn out to be dead, told apart from servers that break off.

aiohttp sends a request again, at once, whenever a connection breaks before an answer. After a pause the usual
reason is that the server had closed an idle connection, and then that is right: it never saw the request. But
on a fresh connection the server did see it, and a second request without a pause is bad manners. So aiohttp's
repetition is stopped here, and the exchange repeats a request itself where the connection was an old one.
"""

from __future__ import annotations

from types import SimpleNamespace

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientHandlerType,
    ClientOSError,
    ClientRequest,
    ClientResponse,
    ClientSession,
    ServerDisconnectedError,
    TraceConfig,
    TraceConnectionReuseconnParams,
)


class BrokenOff(ClientError):
    """The connection broke before an answer came. Never leaves the fetch package."""


class Connection:
    """Given to a request as its `trace_request_ctx`: what is known of the connection it went over."""

    reused = False


async def no_silent_retry(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """Middleware of the session: a broken connection as an error that aiohttp does not answer by repeating."""
    try:
        return await handler(request)
    except ClientConnectorError:
        raise
    except (ClientOSError, ServerDisconnectedError) as error:
        raise BrokenOff from error


def note_reuse() -> TraceConfig:
    """Trace of the session: notes on each request's `Connection` that it went over an old connection."""
    config: TraceConfig = TraceConfig()
    config.on_connection_reuseconn.append(_reused)
    return config


async def _reused(
    session: ClientSession, context: SimpleNamespace, params: TraceConnectionReuseconnParams
) -> None:
    connection = context.trace_request_ctx
    if isinstance(connection, Connection):
        connection.reused = True
