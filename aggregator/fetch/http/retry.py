"""Kept-open connections that turn out to be dead, told apart from servers that break off.

aiohttp sends a request again, at once, whenever a connection breaks before an answer. After a pause the usual
reason is that the server had closed an idle connection, and then that is right: it never saw the request. But
on a fresh connection the server did see it, and a second request without a pause would be impolite. So aiohttp's
repetition is stopped here, and the exchange repeats a request itself where the connection was an old one.
"""

from __future__ import annotations

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientHandlerType,
    ClientOSError,
    ClientRequest,
    ClientResponse,
    ServerDisconnectedError,
)


class BrokenOff(ClientError):
    """The connection broke before an answer came. Never leaves the fetch package."""


async def no_silent_retry(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """Middleware of the session: a broken connection as an error that aiohttp does not answer by repeating."""
    try:
        return await handler(request)
    except ClientConnectorError:
        raise
    except (ClientOSError, ServerDisconnectedError) as error:
        raise BrokenOff from error
