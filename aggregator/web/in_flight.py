"""What is on its way to readers just now, and how much of it there may be: answers a client, bytes of documents in all.

A reader that takes its time holds the document it was promised, whatever has come in its place since. Many such readers,
each with another document, would hold any amount of memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.types import Message, Send

from aggregator.web.rate_limit import client_key

CHUNK = 64 * 1024
"""Bytes handed to a connection at once; the next follow when the reader has taken these."""
MOST_AT_ONCE = 64
"""Answers that one client may be waiting for at a time."""
MOST_BYTES = 128 * 1024**2
"""Bytes of different documents on their way, however many readers each has."""


class InFlight:
    """Counts. Used on the event loop alone."""

    def __init__(self, most_at_once: int = MOST_AT_ONCE, most_bytes: int = MOST_BYTES) -> None:
        self._most_at_once = most_at_once
        self._most_bytes = most_bytes
        self._clients: Counter[str] = Counter()
        self._readers: Counter[int] = Counter()
        self._bytes = 0

    @contextmanager
    def answering(self, client: str) -> Iterator[bool]:
        """While a client (its address; empty: not counted) is answered. False: it waits for enough answers already."""
        if not client:
            yield True
            return
        key = client_key(client)
        if self._clients[key] >= self._most_at_once:
            yield False
            return
        self._clients[key] += 1
        try:
            yield True
        finally:
            self._clients[key] -= 1
            if not self._clients[key]:
                del self._clients[key]

    @contextmanager
    def sending(self, body: bytes) -> Iterator[bool]:
        """While a body that is kept elsewhere too is sent. False: there is no room for another one."""
        if len(body) <= CHUNK:
            yield True
            return
        key = id(body)
        first = not self._readers[key]
        if first and self._bytes and self._bytes + len(body) > self._most_bytes:
            del self._readers[key]
            yield False
            return
        self._readers[key] += 1
        self._bytes += len(body) if first else 0
        try:
            yield True
        finally:
            self._readers[key] -= 1
            if not self._readers[key]:
                del self._readers[key]
                self._bytes -= len(body)


def in_chunks(send: Send) -> Send:
    """Return a `send` that hands large bodies over a chunk at a time, so that an unread answer is no copy of the whole."""

    async def sliced(message: Message) -> None:
        body = message.get("body", b"") if message["type"] == "http.response.body" else b""
        if len(body) <= CHUNK:
            await send(message)
            return
        for start in range(0, len(body), CHUNK):
            end = start + CHUNK
            more = end < len(body) or message.get("more_body", False)
            await send({"type": message["type"], "body": body[start:end], "more_body": more})

    return sliced
