"""Readers that ask for large documents and never read them: what they hold is bounded, and they are shown out."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import psutil
import pytest
import uvicorn

from aggregator.config import OutputConfig, WebConfig
from aggregator.daemon.daemon import _listen, _Server
from aggregator.web import create_app, http_protocol, in_flight
from aggregator.web.cache import Document, Memory, make_variants
from tests.publish.memory_source import MemorySource
from tests.publish.samples import NOW, story
from tests.web.conftest import FakeClock, Secrets

OUTPUT = OutputConfig(slug="harbour", topics=("harbour-safety",), limit=1000)
READERS = 100
MEGABYTE = 1024 * 1024
_Run = Callable[[int, _Server], Awaitable[None]]


def _serve(run: _Run, patience: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "PATIENCE", patience)
    source = MemorySource([replace(story(n), lead="word " * 240) for n in range(1, 700)], [OUTPUT])
    app = create_app(
        source, WebConfig(rate_limit=0), clock=FakeClock(), secrets=Secrets(), base_url="http://localhost"
    )

    async def main() -> None:
        listener = _listen(WebConfig(port=0))
        server = _Server(
            uvicorn.Config(app, http=http_protocol.Connection, ws="none", lifespan="off", log_config=None)
        )
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await asyncio.wait_for(run(listener.getsockname()[1], server), 60)
        finally:
            server.should_exit = True
            server.force_exit = True
            await task

    asyncio.run(main())


def _ask(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()


async def _fetch(port: int, path: str = "/feeds/harbour.json") -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(_ask(path))
    head, _, body = (await reader.read(-1)).partition(b"\r\n\r\n")
    writer.close()
    return int(head.split()[1]), body


async def _deaf(port: int, path: str) -> socket.socket:
    """A connection that asks and never reads."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
    await asyncio.get_running_loop().sock_sendall(sock, _ask(path))
    return sock


def _resident() -> int:
    return int(psutil.Process(os.getpid()).memory_info().rss)


def test_deaf_readers_hold_little_and_are_shown_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run(port: int, server: _Server) -> None:
        status, body = await _fetch(port)
        assert status == 200
        assert len(body) > 3 * MEGABYTE
        before = _resident()
        deaf = [await _deaf(port, "/feeds/harbour.json") for _ in range(READERS)]
        await asyncio.sleep(1)
        assert len(server.server_state.connections) == READERS
        grown = (_resident() - before) / MEGABYTE
        print(f"{READERS} deaf readers of {len(body) / MEGABYTE:.1f} MB: {grown:.0f} MB more")
        assert grown < 40
        assert (await _fetch(port))[0] == 200, "others are answered meanwhile"
        for _ in range(100):
            if not server.server_state.connections:
                break
            await asyncio.sleep(0.1)
        assert not server.server_state.connections
        for sock in deaf:
            sock.close()

    _serve(run, 2.5, monkeypatch)


def test_a_slow_reader_that_goes_on_reading_gets_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run(port: int, server: _Server) -> None:
        status, whole = await _fetch(port)
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=4096)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        writer.write(_ask("/feeds/harbour.json"))
        got = bytearray()
        while chunk := await reader.read(64 * 1024):
            got += chunk
            await asyncio.sleep(0.02)
        writer.close()
        assert (status, bytes(got).partition(b"\r\n\r\n")[2]) == (200, whole)

    # The whole takes many times as long as one bit of it may.
    _serve(run, 1.0, monkeypatch)


def test_who_reads_all_but_the_end_is_shown_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is complete for the application by then; the connection must go all the same."""

    async def run(port: int, server: _Server) -> None:
        sock = await _deaf(port, "/feeds/harbour.json")
        _, whole = await _fetch(port)
        loop, got = asyncio.get_running_loop(), 0
        while got < len(whole) - 300_000:
            got += len(await loop.sock_recv(sock, 65536))
        for _ in range(80):
            if not server.server_state.connections:
                break
            await asyncio.sleep(0.1)
        assert not server.server_state.connections
        sock.close()

    _serve(run, 1.0, monkeypatch)


def test_large_documents_on_their_way_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each deaf reader holds the document it was promised, so each asks for another one."""
    monkeypatch.setattr(in_flight.InFlight.__init__, "__defaults__", (64, 12 * MEGABYTE))

    async def run(port: int, server: _Server) -> None:
        for n in range(690, 696):  # made before, so that all are asked for within the time of one
            assert (await _fetch(port, f"/feeds/harbour.json?limit={n}"))[0] == 200
        deaf = [await _deaf(port, f"/feeds/harbour.json?limit={n}") for n in range(690, 695)]
        assert (await _fetch(port, "/feeds/harbour.json?limit=695"))[0] == 503
        assert (await _fetch(port, "/feeds/harbour.json?limit=690"))[0] == 200, (
            "this one is on its way anyhow"
        )
        assert (await _fetch(port, "/feeds/harbour.json?limit=5"))[0] == 200, "small ones have room"
        await asyncio.sleep(7)
        assert (await _fetch(port, "/feeds/harbour.json?limit=695"))[0] == 200
        for sock in deaf:
            sock.close()

    _serve(run, 6.0, monkeypatch)


def test_one_address_has_so_many_connections_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "MOST_CONNECTIONS", 5)
    monkeypatch.setattr(http_protocol, "is_loopback", lambda address: address == "127.0.0.1")

    async def run(port: int, server: _Server) -> None:
        async def idle(source: str) -> tuple[Any, Any]:
            return await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))

        crowd = [await idle("127.0.0.9") for _ in range(8)]
        told = [await asyncio.wait_for(reader.read(), 5) for reader, _ in crowd[5:]]
        assert all(one.startswith(b"HTTP/1.1 503 ") and b"retry-after" in one for one in told)
        for source in ("127.0.0.8", "127.0.0.1"):
            reader, writer = await idle(source)
            writer.write(_ask("/health"))
            assert (await reader.read()).startswith(b"HTTP/1.1 200 "), source
            writer.close()
        proxied = [await idle("127.0.0.1") for _ in range(8)]
        assert len(server.server_state.connections) == 13
        crowd[0][1].close()
        await asyncio.sleep(0.1)
        reader, writer = await idle("127.0.0.9")
        writer.write(_ask("/health"))
        assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
        for _, writer in (*crowd, *proxied):
            writer.close()

    _serve(run, 20, monkeypatch)


def test_one_client_waits_for_so_many_answers_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also behind a proxy on this machine, whose connections are all its own."""
    monkeypatch.setattr(in_flight.InFlight.__init__, "__defaults__", (5, 512 * MEGABYTE))

    async def run(port: int, server: _Server) -> None:
        async def ask(client: str) -> socket.socket:
            sock = await _deaf(port, "/feeds/harbour.json")
            sock.close()
            sock = socket.socket()
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(sock, ("127.0.0.1", port))
            named = (
                f"GET /feeds/harbour.json HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: {client}\r\n\r\n"
            )
            await loop.sock_sendall(sock, named.encode())
            return sock

        deaf = [await ask("198.51.100.7") for _ in range(5)]
        await asyncio.sleep(0.5)
        loop = asyncio.get_running_loop()
        refused, other = await ask("198.51.100.7"), await ask("198.51.100.8")
        assert (await loop.sock_recv(refused, 100)).startswith(b"HTTP/1.1 429 ")
        assert (await loop.sock_recv(other, 100)).startswith(b"HTTP/1.1 200 ")
        for sock in (*deaf, refused, other):
            sock.close()

    _serve(run, 20, monkeypatch)


def _document(megabytes: float) -> Document:
    document = Document(
        make_variants(os.urandom(int(megabytes * MEGABYTE))), b"text/plain", NOW, 1, NOW, 60, NOW
    )
    assert document.size > 2 * megabytes * MEGABYTE
    return document


def test_memory_of_documents_is_bounded_by_their_bytes() -> None:
    memory = Memory(64, most_bytes=20 * MEGABYTE, most_narrowed_bytes=10 * MEGABYTE)
    for n in range(30):
        memory.put((f"/feeds/{n}.atom", b""), _document(1))
        memory.put(("/feeds/0.atom", b"limit=%d" % n), _document(1))
    held = [memory.get((f"/feeds/{n}.atom", b"")) for n in range(30)]
    narrowed = [memory.get(("/feeds/0.atom", b"limit=%d" % n)) for n in range(30)]
    assert sum(one.size for one in held if one) <= 20 * MEGABYTE
    assert sum(one.size for one in narrowed if one) <= 10 * MEGABYTE
    assert [bool(one) for one in held].count(True) == 6
    assert held[-1] is not None, "the last one is there"
    memory.put(("/feeds/29.atom", b""), _document(0.1))
    memory.put(("/feeds/big.atom", b""), _document(12))
    assert memory.get(("/feeds/big.atom", b"")) is not None, "even one that is larger than all may be"
    assert memory.get(("/feeds/29.atom", b"")) is None
