"""Clients that never finish, or never stop: real connections to a real server."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from aggregator.config import WebConfig
from aggregator.daemon.daemon import _listen, _Server
from aggregator.web import http_protocol

Client = Callable[[int], Awaitable[None]]


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive()).get("more_body"):
        continue
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


def _serve(client: Client) -> None:
    """Run a client against a server put together as the daemon does it; both in this thread."""

    async def main() -> None:
        listener = _listen(WebConfig(port=0))
        server = _Server(
            uvicorn.Config(_app, http=http_protocol.Connection, ws="none", lifespan="off", log_config=None)
        )
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await asyncio.wait_for(client(listener.getsockname()[1]), 20)
        finally:
            server.should_exit = True
            await task

    asyncio.run(main())


REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
STALLED = {
    "nothing at all": b"",
    "half a header": b"GET / HTTP/1.1\r\nHost: local",
    "half a form": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nentry=",
    "half of a second request": REQUEST + b"GET / HTTP/1.1\r\nHo",
}


@pytest.mark.parametrize("sent", STALLED.values(), ids=STALLED.keys())
def test_who_stalls_is_shown_out(sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "PATIENCE", 0.3)

    async def client(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        try:
            while await asyncio.wait_for(reader.read(1000), 8):
                continue
        except ConnectionResetError:
            pass  # as good as closed
        finally:
            writer.close()

    _serve(client)


def test_who_asks_again_later_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "PATIENCE", 0.3)

    async def client(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(3):
            writer.write(REQUEST)
            assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
            await asyncio.sleep(0.5)
        writer.close()

    _serve(client)


@pytest.mark.parametrize(
    "opening",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ",
        b"GET /",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ",
    ],
    ids=["header", "address", "trailer"],
)
def test_a_request_without_end_is_cut_off(opening: bytes) -> None:
    async def client(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(opening)
        taken = 0
        try:
            while taken < 64 * http_protocol.MOST_BYTES and not reader.at_eof():
                writer.write(b"a" * 65536)
                await writer.drain()
                taken += 65536
                await asyncio.sleep(0)
        except ConnectionError:
            pass  # shown out
        writer.close()
        # What the kernel holds on both sides counts as taken too.
        assert taken < 64 * http_protocol.MOST_BYTES

    _serve(client)


def test_an_answer_does_not_wait_for_the_readers_acknowledgement() -> None:
    listener = _listen(WebConfig(port=0))
    told: list[int] = []

    async def main() -> None:
        def met(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            sock = writer.get_extra_info("socket")
            told.append(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        server = await asyncio.start_server(met, sock=listener)
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        await reader.read()
        writer.close()
        server.close()
        await server.wait_closed()

    asyncio.run(main())
    assert told == [1]
