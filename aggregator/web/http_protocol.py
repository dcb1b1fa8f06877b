"""One connection to the web server: uvicorn's, with bounds for clients that never come to the end of a request."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_BYTES = 256 * 1024
"""Bytes of a request that is not complete yet; the largest we take is a form of 64 KiB."""
PATIENCE = 30.0
"""Seconds a client has from its first byte, or from connecting, to the end of its request."""


class Connection(HttpToolsProtocol):
    """Closes on clients that send too slowly or without end: both hold memory and a file descriptor for nothing."""

    _received = 0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._deadline = self.loop.call_later(PATIENCE, self._give_up)

    def data_received(self, data: bytes) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(PATIENCE, self._give_up)
        self._received += len(data)
        super().data_received(data)
        if self._received > MOST_BYTES and not self.transport.is_closing():
            self.send_400_response("The request is too large.")

    def on_message_complete(self) -> None:
        self._received = 0
        self._cancel()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel()
        super().connection_lost(exc)

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: clients offer HTTP/2 this way, are answered in HTTP/1.1, and nobody need look into it."""

    def _give_up(self) -> None:
        self._deadline = None
        self.transport.abort()

    def _cancel(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
