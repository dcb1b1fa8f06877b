"""Any bytes at all from a server give a document or an error with a known code, never an exception."""

from __future__ import annotations

import asyncio
import gzip

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.core.types import Fetched

from .server import FEED, feed, fetcher, poll, wire

KNOWN = {
    "truncated", "protocol", "disconnected", "encoding", "too-large", "timeout", "empty",
    "redirect-loop", "redirect-limit", "redirect-target", "address", "dns", "connect", "tls", "url",
}  # fmt: skip

names = st.sampled_from(
    ["Content-Length", "Content-Encoding", "Transfer-Encoding", "Location", "ETag", "Retry-After", "Connection",
     "Content-Type", "Cache-Control", "Date", "Upgrade", "Set-Cookie", "Trailer", "Keep-Alive", "X", ""]
)  # fmt: skip
values = st.sampled_from(
    [b"0", b"-1", b"5", b"99999999999999999999", b"chunked", b"gzip", b"gzip, chunked", b"br", b"zstd, gzip", b"identity",
     b"close", b"/feed", b"/other", b"http://", b"http://[", b"//", b"http://user:pass@x.test/", b"https://x.test:x/", b"\xff",
     b"a" * 9000, b"\x00", b"", b"%0d%0a", b"http://%00/", b"http://x%2etest/", b"http://\xe2\x80\xae.test/", b"?", b"#", b".."]
) | st.binary(max_size=20)  # fmt: skip
statuses = st.sampled_from([b"200 OK", b"200", b"301 Moved", b"302 Found", b"304 Not Modified", b"204 None", b"100 Continue",
                            b"101 Switch", b"429 Slow", b"503", b"000", b"600 Odd", b"999", b"-1 X", b"2e2 OK", b""])  # fmt: skip
versions = st.sampled_from(
    [b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2", b"http/1.1", b"ICY", b"HTTP/1.1 HTTP/1.1", b""]
)
ends = st.sampled_from([b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\0"])
bodies = st.sampled_from(
    [FEED, gzip.compress(FEED), b"5\r\n<rss>\r\n0\r\n\r\n", b"", b"\x1f\x8b", b"ffff\r\nx"]
) | st.binary(max_size=60)


@st.composite
def replies(draw: st.DrawFn) -> bytes:
    """Something like an HTTP response, or not at all like one."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=200))
    end = draw(ends) if draw(st.integers(0, 5)) == 0 else b"\r\n"
    head = [draw(versions if draw(st.booleans()) else st.just(b"HTTP/1.1")) + b" " + draw(statuses)]
    head += [draw(names).encode() + b": " + draw(values) for _ in range(draw(st.integers(0, 5)))]
    data = end.join(head) + end + end + draw(bodies)
    return data[: draw(st.integers(0, len(data)))] if draw(st.integers(0, 7)) == 0 else data


async def answered(reply: bytes, conditional: bool) -> Fetched:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(reply)

    async with wire(play) as port:
        url = f"http://site.test:{port}/feed"
        async with fetcher(url, http={"timeout": "2s"}) as made:
            (got,) = await poll(made, feed(url, etag='"1"' if conditional else None))
            return got


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(reply=replies(), conditional=st.booleans())
def test_noise(reply: bytes, conditional: bool) -> None:
    got = asyncio.run(answered(reply, conditional))
    if got.error is None:
        assert got.body if got.status in (200, 203) else (got.status == 304 and conditional)
    else:
        assert got.body is None
        assert got.error.code in KNOWN or got.error.code == f"http-{got.status}", got.error
        assert "pass@" not in got.error.message
    assert "pass@" not in got.url
    assert all(isinstance(value, str) for value in got.headers.values())
