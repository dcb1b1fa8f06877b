"""One connection to the web server: uvicorn's, with bounds for clients that never come to the end of a request, never
read what they asked for, or open connections without end."""

from __future__ import annotations

import asyncio
import socket

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from aggregator.web.access import is_loopback
from aggregator.web.rate_limit import client_key

MOST_BYTES = 256 * 1024
"""Bytes of a request that is not complete yet; the largest we take is a form of 64 KiB."""
PATIENCE = 30.0
"""Seconds a client has from its first byte, or from connecting, to the end of its request; and seconds it has to take
in what was handed to its connection (`in_flight.CHUNK`), before more follows."""
MOST_CONNECTIONS = 64
"""Open connections of one client from elsewhere. A proxy on this machine has as many as it needs."""
SEND_BUFFER = 256 * 1024
"""Bytes the kernel may hold for a reader; left alone it would take some megabytes for each."""
_BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain\r\ncontent-length: 50\r\nretry-after: 30\r\n"
    b"connection: close\r\n\r\nToo many connections from this address are open.\r\n"
)


class Connection(HttpToolsProtocol):
    """Closes on clients that send too slowly or without end, or do not read: they hold memory and a file descriptor for
    nothing."""

    _received = 0
    _deadline: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        # Told as soon as a single byte waits for the reader: more is written, and the connection is kept, only when
        # all is taken.
        transport.set_write_buffer_limits(high=0)
        if sock := transport.get_extra_info("socket"):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        if self._is_one_too_many():
            transport.write(_BUSY)
            transport.close()
            return
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

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(PATIENCE, self._give_up_reader)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._cancel_unread()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel()
        self._cancel_unread()
        super().connection_lost(exc)

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: clients offer HTTP/2 this way, are answered in HTTP/1.1, and nobody need look into it."""

    def _give_up(self) -> None:
        self._deadline = None
        self.transport.abort()

    def _give_up_reader(self) -> None:
        self._unread = None
        self.transport.abort()

    def _is_one_too_many(self) -> bool:
        address = self.client[0] if self.client else ""
        if not address or is_loopback(address):
            return False
        mine = client_key(address)
        others = (one.client for one in self.connections if isinstance(one, Connection))
        return sum(1 for other in others if other and client_key(other[0]) == mine) > MOST_CONNECTIONS

    def _cancel_unread(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _cancel(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
