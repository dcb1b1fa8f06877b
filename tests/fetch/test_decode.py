"""Content encodings: every one, in any pieces, wrongly labelled, cut short, and never beyond the cap."""

from __future__ import annotations

import gzip
import sys
import tracemalloc
import zlib
from collections.abc import Callable

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.fetch.http.decode import Decoder, TooLarge, Undecodable

from .server import FEED

LIMIT = 10 * 1024**2

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def raw_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
    "": lambda data: data,
}

BOMBERS = {**PACKERS, "br": lambda data: brotli.compress(data, quality=3)}
"""The same, where packing much of nothing well would take long."""


def decode(label: str, wire: bytes, *, step: int = 0, limit: int = LIMIT) -> bytes:
    decoder = Decoder(label, limit)
    for start in range(0, len(wire), step or len(wire) or 1):
        decoder.push(wire[start : start + (step or len(wire))])
    return decoder.finish()


@pytest.mark.parametrize("name", PACKERS)
@given(text=st.binary(max_size=3000), step=st.integers(1, 700))
def test_what_was_packed_comes_back_whatever_the_pieces(name: str, text: bytes, step: int) -> None:
    document = b"<rss>" + text  # a document that looks like one: without a label, magic bytes are believed
    assert decode(name, PACKERS[name](document), step=step) == document


@pytest.mark.parametrize("step", [1, 7, 0])
def test_many_members_and_frames_are_one_document(step: int) -> None:
    half = len(FEED) // 2
    for name in ("gzip", "zstd"):
        pack = PACKERS[name]
        assert decode(name, pack(FEED[:half]) + pack(FEED[half:]), step=step) == FEED


@pytest.mark.parametrize("tail", [b"\0\0\0\0", b"trailing words", b"\x1f", b"\x1f\x8bgarbage"])
@pytest.mark.parametrize("step", [1, 0])
def test_what_follows_a_gzip_member_and_is_none_is_ignored(tail: bytes, step: int) -> None:
    assert decode("gzip", gzip.compress(FEED) + tail, step=step) == FEED


@pytest.mark.parametrize(
    ("label", "wire"),
    [
        pytest.param("gzip", FEED, id="plain labelled gzip"),
        pytest.param("br", FEED, id="plain labelled br"),
        pytest.param("zstd", FEED, id="plain labelled zstd"),
        pytest.param("deflate", FEED, id="plain labelled deflate"),
        pytest.param("", gzip.compress(FEED), id="gzip without a label"),
        pytest.param("", zstd.compress(FEED), id="zstd without a label"),
        pytest.param("br", gzip.compress(FEED), id="gzip labelled br"),
        pytest.param("zstd", gzip.compress(FEED), id="gzip labelled zstd"),
        pytest.param("gzip", zstd.compress(FEED), id="zstd labelled gzip"),
        pytest.param("deflate", raw_deflate(FEED), id="deflate without its wrapping"),
        pytest.param("x-gzip", gzip.compress(FEED), id="the old name of gzip"),
        pytest.param("GZIP", gzip.compress(FEED), id="upper case"),
        pytest.param("utf-8", FEED, id="a charset where an encoding belongs"),
        pytest.param("identity", FEED, id="identity"),
        pytest.param("gzip, identity", gzip.compress(FEED), id="gzip and identity"),
        pytest.param("gzip, gzip", gzip.compress(gzip.compress(FEED)), id="gzip twice"),
        pytest.param("gzip", gzip.compress(gzip.compress(FEED)), id="gzip twice, labelled once"),
        pytest.param("gzip, br", brotli.compress(gzip.compress(FEED)), id="br over gzip"),
        pytest.param("gzip, gzip", gzip.compress(FEED), id="gzip once, labelled twice"),
    ],
)
@pytest.mark.parametrize("step", [1, 0])
def test_labels_are_checked_against_the_bytes(label: str, wire: bytes, step: int) -> None:
    assert decode(label, wire, step=step) == FEED


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_a_stream_that_ends_early_is_no_document(name: str) -> None:
    wire = PACKERS[name](FEED * 50)
    with pytest.raises(Undecodable):
        decode(name, wire[:-6])


@pytest.mark.parametrize("name", ["gzip", "br", "zstd"])
def test_a_damaged_stream_is_no_document(name: str) -> None:
    wire = bytearray(PACKERS[name](bytes(range(256)) * 400))
    wire[10:40] = b"\xff" * 30
    with pytest.raises(Undecodable):
        decode(name, bytes(wire))


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_stops_at_the_cap_and_costs_no_more(name: str) -> None:
    bomb = BOMBERS[name](bytes(200 * 1024**2))
    assert len(bomb) < 1024**2
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            decode(name, bomb, limit=1024**2)
        assert tracemalloc.get_traced_memory()[1] < 8 * 1024**2
    finally:
        tracemalloc.stop()


def test_a_bomb_inside_a_bomb_stops_at_the_cap() -> None:
    with pytest.raises(TooLarge):
        decode("gzip, gzip", gzip.compress(gzip.compress(bytes(100 * 1024**2))), limit=1024**2)


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_empty_members_without_end_are_refused(name: str) -> None:
    empty = PACKERS[name](b"")
    assert decode(name, empty * 1000 + PACKERS[name](FEED)) == FEED
    with pytest.raises(Undecodable):
        decode(name, empty * 5000 + PACKERS[name](FEED))


def test_a_zstd_frame_that_asks_for_a_huge_window_is_refused() -> None:
    options = {zstd.CompressionParameter.window_log: 27, zstd.CompressionParameter.compression_level: 19}
    packer = zstd.ZstdCompressor(options=options)
    wire = packer.compress(b"x" * 1000) + packer.flush()
    with pytest.raises(Undecodable):
        decode("zstd", wire)


def test_too_many_layers_are_refused() -> None:
    with pytest.raises(Undecodable):
        Decoder("gzip, gzip, gzip, gzip", LIMIT)


def test_the_cap_itself_is_allowed() -> None:
    body = b"<rss>" + bytes(995)
    assert decode("gzip", gzip.compress(body), limit=1000) == body
    with pytest.raises(TooLarge):
        decode("gzip", gzip.compress(body), limit=999)


@pytest.mark.parametrize("label", ["", "gzip", "br", "zstd", "deflate"])
def test_nothing_at_all_is_an_empty_document(label: str) -> None:
    assert decode(label, b"") == b""


@pytest.mark.parametrize("label", ["", "gzip", "zstd"])
@pytest.mark.parametrize("body", [b"a", b"<a>", b"<a/>"])
def test_the_shortest_documents_arrive_whole(label: str, body: bytes) -> None:
    assert decode(label, body) == body
    assert decode(label, body, step=1) == body
