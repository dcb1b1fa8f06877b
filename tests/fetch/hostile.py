"""Servers that mean harm or are badly broken: each a name, what it does on the wire, and what must come of it."""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import brotli

from .server import FEED, Raw

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MEGABYTE = 1024**2
OK = "ok"


@dataclass(frozen=True)
class Case:
    """`outcome` is the error's code, or "ok" for a document."""

    name: str
    outcome: str
    play: Raw
    server_tls: str = ""
    """Which certificate the server shows: "good", "self-signed", "expired", "other-host"; none for plain HTTP."""
    scheme: str = "http"
    eager: bool = False
    """Whether it speaks before it is asked."""


def reply(*lines: str | bytes, body: bytes = FEED, status: str = "200 OK", length: bool = True) -> Raw:
    """Answer with a head and a body."""
    head = [f"HTTP/1.1 {status}".encode()]
    head += [line if isinstance(line, bytes) else line.encode() for line in lines]
    if length:
        head.append(b"Content-Length: %d" % len(body))
    return raw(b"\r\n".join(head) + b"\r\n\r\n" + body)


def raw(data: bytes) -> Raw:
    """Send bytes and close."""

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)

    return play


def stream(head: bytes, piece: bytes, count: int | None, pause: float = 0.0) -> Raw:
    """Send a head, then a piece again and again; without a count, for ever."""

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        sent = 0
        while count is None or sent < count:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
            sent += 1

    return play


def reset(data: bytes) -> Raw:
    """Send bytes, then tear the connection down with RST."""

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    return play


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


async def nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Keep the connection and say nothing."""
    await reader.read()


def counting_redirect() -> Raw:
    """Redirect to another URL each time."""
    count = 0

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        count += 1
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /%d\r\nContent-Length: 0\r\n\r\n" % count)

    return play


def redirect(to: str | bytes, *more: str) -> Raw:
    location = to if isinstance(to, bytes) else to.encode()
    return reply(b"Location: " + location, *more, status="302 Found", body=b"")


def zeros(count: int, pack: Callable[[bytes], bytes]) -> bytes:
    return pack(bytes(count))


def wide_window() -> bytes:
    options = {zstd.CompressionParameter.window_log: 27, zstd.CompressionParameter.compression_level: 1}
    packer = zstd.ZstdCompressor(options=options)
    return packer.compress(FEED) + packer.flush()


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
GZ = "Content-Encoding: gzip"


def cases() -> list[Case]:
    """All of them, made when asked for: some take a moment to pack."""
    bomb = zeros(100 * MEGABYTE, gzip.compress)
    packed = gzip.compress(FEED)
    plain = [
        # --- size ---
        ("gzip bomb", "too-large", reply(GZ, body=bomb)),
        ("gzip bomb in a thousand members", "too-large", reply(GZ, body=gzip.compress(bytes(MEGABYTE)) * 1000)),
        ("gzip bomb in a gzip", "too-large", reply("Content-Encoding: gzip, gzip", body=gzip.compress(bomb))),
        ("gzip bomb without a label", "too-large", reply(body=bomb)),
        ("br bomb", "too-large", reply("Content-Encoding: br", body=zeros(100 * MEGABYTE, lambda b: brotli.compress(b, quality=3)))),
        ("zstd bomb", "too-large", reply("Content-Encoding: zstd", body=zeros(300 * MEGABYTE, zstd.compress))),
        ("zstd with a huge window", "encoding", reply("Content-Encoding: zstd", body=wide_window())),
        ("deflate bomb", "too-large", reply("Content-Encoding: deflate", body=zeros(100 * MEGABYTE, zlib.compress))),
        ("1 GB, announced", "too-large", stream(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", b"x" * 65536, 16384)),
        ("1 GB, chunked", "too-large", stream(CHUNKED, chunk(b"x" * 65536), 16384)),
        ("a body without end or length", "too-large", stream(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536, None)),
        ("empty gzip members for ever", "encoding", stream(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", gzip.compress(b"") * 3000, None)),
        # --- time ---
        ("silence", "timeout", nothing),
        ("drip: a byte now and then", "timeout", stream(CHUNKED, chunk(b"x"), None, 0.05)),
        ("drip: headers now and then", "timeout", stream(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n", None, 0.05)),
        ("drip: a status line by letters", "timeout", stream(b"HTTP/1.1 200 ", b"O", None, 0.05)),
        ("drip: inside gzip", "timeout", stream(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + packed[:20], b"", None, 0.05)),
        ("100 Continue for ever", "timeout", stream(b"", b"HTTP/1.1 100 Continue\r\n\r\n", None, 0.01)),
        ("a body that stops half-way", "timeout", stream(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + FEED, b"", None, 0.05)),
        # --- redirects ---
        ("redirect to itself", "redirect-loop", redirect("/feed", "Set-Cookie: seen=1")),
        ("redirect without end", "redirect-limit", counting_redirect()),
        ("redirect to a file", "redirect-target", redirect("file:///etc/passwd")),
        ("redirect to ftp", "redirect-target", redirect("ftp://site.test/feed")),
        ("redirect to a script", "redirect-target", redirect("javascript:alert(1)")),
        ("redirect to the metadata service", "address", redirect("http://169.254.169.254/latest/meta-data/")),
        ("redirect to the metadata service, mapped", "address", redirect("http://[::ffff:a9fe:a9fe]/latest/")),
        ("redirect to the metadata service, as a number", "address", redirect("http://2852039166/latest/")),
        ("redirect with a header smuggled in", "redirect-target", redirect("http://site.test/\tx\x0bX-Evil: 1")),
        ("redirect with an encoded line break", "http-404", redirect("/%0d%0aX-Evil:%201")),
        ("redirect to a megabyte of URL", "protocol", redirect("/" + "a" * MEGABYTE)),
        ("redirect to nowhere", "http-302", reply(status="302 Found", body=b"")),
        # --- heads ---
        ("a header of a megabyte", "protocol", reply("X-Long: " + "a" * MEGABYTE)),
        ("ten thousand headers", "protocol", reply(*[f"X-{n}: {n}" for n in range(10_000)])),
        ("headers without end", "protocol", stream(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n" * 100, None)),
        ("a status line of a megabyte", "protocol", raw(b"HTTP/1.1 200 " + b"O" * MEGABYTE + b"\r\n\r\n")),
        ("null bytes in a header", "protocol", reply(b"X-Null: a\0b")),
        ("a header without a colon", "protocol", reply("no colon here")),
        ("a status that is no number", "protocol", raw(b"HTTP/1.1 abc OK\r\n\r\n")),
        ("a status of five digits", "protocol", raw(b"HTTP/1.1 20000 OK\r\n\r\n")),
        ("HTTP/0.9", "protocol", raw(FEED)),
        ("HTTP/2 without being asked", "protocol", raw(b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x64\0\x04\0\0\xff\xff\0\x05\0\0\x40\0")),
        ("the greeting of an SSH server", "protocol", raw(b"SSH-2.0-OpenSSH_9.6\r\n")),
        ("the greeting of a mail server", "protocol", raw(b"220 mail.example.org ESMTP\r\n")),
        # --- lengths ---
        ("a body cut short", "truncated", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + FEED)),
        ("a length too small", "protocol", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\nConnection: close\r\n\r\n" + FEED)),
        ("a negative length", "protocol", raw(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n" + FEED)),
        ("a length that is no number", "protocol", raw(b"HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\n" + FEED)),
        ("two lengths that differ", "protocol", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 50\r\n\r\n" + FEED)),
        ("a length beyond 64 bits", "protocol", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n" + FEED)),
        ("chunks of nonsense", "protocol", raw(CHUNKED + b"zz\r\n" + FEED)),
        ("a chunk of 16 exabytes", "protocol", raw(CHUNKED + b"fffffffffffffffff\r\n" + FEED)),
        ("a chunk cut short", "truncated", raw(CHUNKED + b"fff\r\n" + FEED)),
        ("a chunk with an extension of a megabyte", OK, raw(CHUNKED + b"5;" + b"x" * MEGABYTE + b"\r\n<rss>\r\n0\r\n\r\n")),
        ("no last chunk", "truncated", raw(CHUNKED + chunk(FEED))),
        ("trailers without end", "truncated", stream(CHUNKED + chunk(FEED) + b"0\r\n", b"X-Trailer: a\r\n" * 100, None)),
        # --- connections ---
        ("closed without a word", "disconnected", raw(b"")),
        ("reset without a word", "disconnected", reset(b"")),
        ("reset in the head", "disconnected", reset(b"HTTP/1.1 200 OK\r\nX-")),
        ("reset in the body", "truncated", reset(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + FEED)),
        ("a second answer behind the first", OK, raw(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(FEED), FEED) + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")),
        # --- encodings ---
        ("gzip that is noise", "encoding", reply(GZ, body=packed[:10] + b"\xff" * 500)),
        ("gzip cut short", "encoding", reply(GZ, body=packed[:-20])),
        ("gzip with a wrong checksum", "encoding", reply(GZ, body=packed[:-8] + b"\0" * 8)),
        ("a thousand encodings", "encoding", reply("Content-Encoding: " + ", ".join(["gzip"] * 1000))),
        ("a label that lies", OK, reply("Content-Encoding: zstd")),
        ("an unknown encoding", OK, reply("Content-Encoding: made-up")),
        # --- statuses ---
        ("101 Switching Protocols", "http-101", reply("Upgrade: websocket", "Connection: Upgrade", status="101 Switching Protocols", body=b"")),
        ("204 No Content", "http-204", raw(b"HTTP/1.1 204 No Content\r\n\r\n")),
        ("206 Partial Content", "http-206", reply("Content-Range: bytes 0-99/1000", status="206 Partial Content")),
        ("304 without being asked", "http-304", raw(b"HTTP/1.1 304 Not Modified\r\n\r\n")),
        ("401 with a challenge", "http-401", reply("WWW-Authenticate: Basic realm=x", status="401 Unauthorized")),
        ("429 for a thousand years", "http-429", reply("Retry-After: 31536000000", status="429 Too Many Requests")),
        ("999", "http-999", reply(status="999 Request denied")),
        ("an empty document", "empty", reply(body=b"")),
        ("an empty gzip", "empty", reply(GZ, body=gzip.compress(b""))),
    ]  # fmt: skip
    found = [Case(name, outcome, play) for name, outcome, play in plain]
    feed = reply()
    found += [
        Case("TLS: a good certificate", OK, feed, "good", "https"),
        Case("TLS: self-signed", "tls", feed, "self-signed", "https"),
        Case("TLS: expired", "tls", feed, "expired", "https"),
        Case("TLS: of another host", "tls", feed, "other-host", "https"),
        Case("TLS: https asked of a plain server", "tls", feed, "", "https", eager=True),
        Case("TLS: http asked of a TLS server", "disconnected", feed, "good", "http"),
        Case(
            "TLS: redirect down to http",
            "redirect-downgrade",
            redirect("http://site.test/feed"),
            "good",
            "https",
        ),
    ]
    return found
