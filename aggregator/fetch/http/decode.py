"""Undo Content-Encoding, piece by piece, and stop at the size cap.

Nothing is decompressed beyond the cap: a bomb costs as much as an ordinary document of the largest size.
Labels are checked against the bytes, since many servers label wrongly (RFC 9110, section 8.4; gzip RFC 1952,
zlib RFC 1950, Brotli RFC 7932, Zstandard RFC 8878 with the 8 MiB window of RFC 9659).
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ACCEPTED = "gzip, br, zstd"
_PIECE = 64 * 1024
_MOST_LAYERS = 3
_MOST_MEMBERS = 2000
"""Of gzip or frames of zstd: more than any tool writes for a document within the cap, fewer than an attack needs."""
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_PLAIN = (
    b"<?",
    b"<!",
    b"<r",
    b"<R",
    b"<f",
    b"<h",
    b"<H",
    b'{"',
    b"{\n",
    b"{\r",
    b"{ ",
    b"\xef\xbb\xbf",
    b"  ",
    b"\n",
)


class TooLarge(Exception):
    """The document passes the cap."""


class Undecodable(Exception):
    """The bytes are not what their label says, or end too early."""


class _Layer(Protocol):
    def pump(self, data: bytes) -> Iterator[bytes]: ...

    def complete(self) -> bool: ...


class Decoder:
    """Takes a response body as it arrives and gives the document.

    `encoding` is the Content-Encoding header ("" for none); `limit` the most bytes of the document.
    """

    def __init__(self, encoding: str, limit: int) -> None:
        names = [name.strip().lower() for name in encoding.split(",")]
        names = [name for name in names if name in _LAYERS]
        if len(names) > _MOST_LAYERS:
            raise Undecodable(f"more than {_MOST_LAYERS} content encodings")
        self._limit = limit
        self._layers = [_Checked(name) for name in reversed(names or [""])]
        self._sizes = [0] * (len(self._layers) + 1)
        self._parts: list[bytes] = []

    @property
    def size(self) -> int:
        """Bytes of the document so far."""
        return self._sizes[-1]

    def push(self, data: bytes) -> None:
        """Take the next bytes from the wire. Raises TooLarge or Undecodable."""
        self._run(self._layers[0].pump(data), 0)

    def finish(self) -> bytes:
        """Return the document. Raises TooLarge, or Undecodable when the stream ends before its end mark."""
        for depth, layer in enumerate(self._layers):
            self._run(layer.flush(), depth)
            if not layer.complete():
                raise Undecodable("the compressed stream ends too early")
        body = b"".join(self._parts)
        self._parts.clear()
        if body.startswith(_GZIP) and self._layers[-1].compressed:
            # A .gz file that the server compressed once more, or labelled twice with one word.
            inner = Decoder("gzip", self._limit)
            inner.push(body)
            return inner.finish()
        return body

    def _run(self, pieces: Iterator[bytes], depth: int) -> None:
        """Take what the layer at `depth` gives to the next one, or to the document."""
        try:
            for piece in pieces:
                self._sizes[depth + 1] += len(piece)
                if self._sizes[depth + 1] > self._limit:
                    raise TooLarge
                if depth + 1 < len(self._layers):
                    self._run(self._layers[depth + 1].pump(piece), depth + 1)
                else:
                    self._parts.append(piece)
        except (zlib.error, brotli.error, zstd.ZstdError) as error:
            raise Undecodable("the body is not valid in its content encoding") from error


class _Checked:
    """A layer that believes its first bytes more than its label."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._head = b""
        self._layer: _Layer | None = None

    @property
    def compressed(self) -> bool:
        return self._layer is not None and not isinstance(self._layer, _Plain)

    def pump(self, data: bytes) -> Iterator[bytes]:
        if self._layer is None:
            self._head += data
            if len(self._head) < len(_ZSTD):
                return
            yield from self._begin()
        else:
            yield from self._layer.pump(data)

    def flush(self) -> Iterator[bytes]:
        """What was held back for a look at it, at the end of the stream."""
        if self._layer is None and self._head:
            yield from self._begin()

    def complete(self) -> bool:
        return self._layer is None or self._layer.complete()

    def _begin(self) -> Iterator[bytes]:
        head, self._head = self._head, b""
        actual = _by_magic(head)
        if actual is None:
            # Brotli and deflate have no magic bytes, so the label decides; gzip and zstd would have shown theirs.
            actual = self._label if self._label in ("br", "deflate") else ""
        self._layer = _LAYERS[actual]()
        yield from self._layer.pump(head)


def _by_magic(head: bytes) -> str | None:
    """Name the encoding that the first bytes show; "" for plain text; None when they do not tell."""
    if head.startswith(_GZIP):
        return "gzip"
    if head.startswith(_ZSTD):
        return "zstd"
    if head.startswith(_PLAIN):
        return ""
    return None


class _Plain:
    def pump(self, data: bytes) -> Iterator[bytes]:
        if data:
            yield data

    def complete(self) -> bool:
        return True


class _Gzip:
    """One or more gzip members; what follows the last and is not one is ignored, as gzip(1) does."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(31)
        self._members = 0
        self._begun = False
        self._gave = False
        self._over = False

    def pump(self, data: bytes) -> Iterator[bytes]:
        while not self._over:
            if not self._begun:
                if not data:
                    return
                if self._members and not _GZIP.startswith(data[:2]):
                    self._over = True
                    return
                self._begun, self._gave = True, False
            try:
                piece = self._stream.decompress(data, _PIECE)
            except zlib.error:
                if self._members and not self._gave:
                    self._over = True
                    return
                raise
            if piece:
                self._gave = True
                yield piece
            if self._stream.eof:
                data = self._stream.unused_data
                self._stream = zlib.decompressobj(31)
                self._members += 1
                if self._members > _MOST_MEMBERS:
                    raise Undecodable("it has too many gzip members")
                self._begun = False
            else:
                data = self._stream.unconsumed_tail
                if not data and len(piece) < _PIECE:
                    return

    def complete(self) -> bool:
        return self._over or not self._begun or (self._members > 0 and not self._gave)


class _Deflate:
    """`deflate` is zlib's format by the standard and a bare stream by the habit of some servers."""

    def __init__(self) -> None:
        self._stream: zlib._Decompress | None = None

    def pump(self, data: bytes) -> Iterator[bytes]:
        if self._stream is None:
            zlibbed = len(data) > 1 and data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
            self._stream = zlib.decompressobj(15 if zlibbed else -15)
        while not self._stream.eof:
            piece = self._stream.decompress(data, _PIECE)
            if piece:
                yield piece
            data = self._stream.unconsumed_tail
            if not data and len(piece) < _PIECE:
                return

    def complete(self) -> bool:
        return self._stream is None or self._stream.eof


class _Brotli:
    def __init__(self) -> None:
        self._stream = brotli.Decompressor()

    def pump(self, data: bytes) -> Iterator[bytes]:
        # What follows the end of the stream is ignored.
        while not self._stream.is_finished():
            piece = self._stream.process(data, output_buffer_limit=_PIECE)
            data = b""
            if piece:
                yield piece
            elif self._stream.can_accept_more_data():
                return

    def complete(self) -> bool:
        return bool(self._stream.is_finished())


class _Zstd:
    """One or more frames."""

    def __init__(self) -> None:
        self._stream = self._new()
        self._frames = 0
        self._begun = False

    @staticmethod
    def _new() -> zstd.ZstdDecompressor:
        return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: 23})

    def pump(self, data: bytes) -> Iterator[bytes]:
        while data or (self._begun and not self._stream.needs_input):
            if not self._begun and self._frames and not _ZSTD.startswith(data[:4]):
                return
            self._begun = True
            piece = self._stream.decompress(data, _PIECE)
            data = b""
            if piece:
                yield piece
            if self._stream.eof:
                data = self._stream.unused_data
                self._stream = self._new()
                self._frames += 1
                if self._frames > _MOST_MEMBERS:
                    raise Undecodable("it has too many zstd frames")
                self._begun = False

    def complete(self) -> bool:
        return not self._begun


_LAYERS: dict[str, Callable[[], _Layer]] = {
    "": _Plain,
    "gzip": _Gzip,
    "x-gzip": _Gzip,
    "deflate": _Deflate,
    "br": _Brotli,
    "zstd": _Zstd,
}
