"""The first thing a request meets: bare ASGI, so that an answer from memory costs next to nothing.

request -> prefix off -> host known? -> not too many at once? -> credential? -> feed in memory and fresh? -> 200/304
                                                                              -> rate limit -> Starlette
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from aggregator.web.access import is_loopback, is_open
from aggregator.web.cache import fresh
from aggregator.web.context import Context
from aggregator.web.in_flight import in_chunks
from aggregator.web.respond import answer, plain


class Gateway:
    """Guards, and answers feeds from memory; everything else goes on to `app`."""

    def __init__(self, app: ASGIApp, context: Context) -> None:
        self._app = app
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        context = self._context
        path: str = scope["path"]
        prefix = context.prefix
        if prefix and path.startswith(prefix + "/"):
            # Some proxies take the prefix off and some do not; both are served.
            path = path[len(prefix) :]
            scope = {**scope, "path": path, "raw_path": path.encode()}
        host = authorization = b""
        for name, value in scope["headers"]:
            if name == b"host":
                host = value
            elif name == b"authorization":
                authorization = value
        guard = context.guard
        if not guard.knows_host(host):
            await plain(
                send,
                421,
                "This server does not answer to that name; set web.base_url to the URL readers use.\n",
            )
            return
        send = in_chunks(send)
        client = client_address(scope)
        # Whom a proxy on this machine does not name cannot be told from its other clients.
        with context.in_flight.answering("" if is_loopback(client) else client) as welcome:
            if not welcome:
                message = (
                    "Too many requests of this address are still being answered. Try again in 5 seconds.\n"
                )
                await plain(send, 429, message, (b"retry-after", b"5"))
                return
            admitted = guard.admits(authorization) or is_open(path)
            await self._answer(scope, receive, send, client, admitted=admitted)

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, client: str, *, admitted: bool
    ) -> None:
        context = self._context
        path: str = scope["path"]
        method: str = scope["method"]
        now = context.clock.now()
        if admitted and path.startswith("/feeds/") and method in ("GET", "HEAD"):
            document = context.memory.get((path, scope["query_string"]))
            if document is not None and fresh(document, context.source.generation(), now):
                await answer(document, scope, send, now, context.in_flight)
                return
        wait = context.limit.wait(client, now)
        if wait:
            message = f"Too many requests from this address. Try again in {wait} seconds.\n"
            await plain(send, 429, message, (b"retry-after", b"%d" % wait))
        elif not admitted:
            challenge = (b"www-authenticate", b'Basic realm="aggregator", charset="UTF-8"')
            await plain(send, 401, "A user name and a password are needed.\n", challenge)
        else:
            await self._app(scope, receive, send)


def client_address(scope: Scope) -> str:
    """Return who asks: the other end of the connection, or, where that is a proxy on this machine, whom it names.

    Only the last address of X-Forwarded-For is the proxy's own word; those before it are anybody's.
    """
    client = scope.get("client")
    address: str = client[0] if client else ""
    if is_loopback(address):
        for name, value in scope["headers"]:
            if name == b"x-forwarded-for":
                address = value.rpartition(b",")[2].strip().decode("latin-1") or address
    return address
