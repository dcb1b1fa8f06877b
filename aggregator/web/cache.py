"""Rendered documents in memory: bytes in three encodings, validators, and the headers that go with them."""

from __future__ import annotations

import gzip
import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import brotli

from aggregator.core.httpdate import format_http_date

Headers = list[tuple[bytes, bytes]]
Key = tuple[str, bytes]
"""Path and raw query string of a request."""
MIN_COMPRESSED = 512
"""Bytes below which compression is not worth a reader's effort."""

MOST_BYTES = 96 * 1024**2
"""Of outputs' own documents in memory: some twenty outputs at their longest, in three formats and three encodings."""
MOST_NARROWED_BYTES = 32 * 1024**2
"""Of documents narrowed by a query in memory."""


class Variant(NamedTuple):
    """One encoding of a document."""

    encoding: bytes
    """gzip, br or empty."""
    etag: bytes
    body: bytes


@dataclass(slots=True)
class Document:
    """A document as it is served."""

    variants: tuple[Variant, ...]
    """The identity first."""
    media_type: bytes
    modified: datetime
    generation: int
    until: datetime
    """After this the document must be made anew, whatever the generation."""
    max_age: int
    """Seconds for which readers may keep it, counted from `rendered`."""
    rendered: datetime
    shared: bool = True
    """Whether caches between us and the reader may keep it."""
    extra: Headers = field(default_factory=list)
    tags: frozenset[bytes] = frozenset()
    """The ETags of all variants."""
    origins: frozenset[bytes] = frozenset()
    """Origins whose scripts may read it, where it is not everybody's."""
    _told: tuple[int, dict[tuple[bytes, bool], Headers]] = field(default_factory=lambda: (-1, {}))
    """Seconds left, and the headers made for them."""

    @property
    def size(self) -> int:
        """Bytes that it takes in memory, in all its encodings."""
        return sum(len(variant.body) for variant in self.variants)

    def same_bytes(self, other: Document) -> bool:
        """Whether another document has the same bytes."""
        return self.variants[0].etag == other.variants[0].etag

    def variant(self, accepted: frozenset[bytes]) -> Variant:
        """The smallest variant in an accepted encoding."""
        best = self.variants[0]
        for candidate in self.variants[1:]:
            if candidate.encoding in accepted and len(candidate.body) < len(best.body):
                best = candidate
        return best

    def headers(self, variant: Variant, now: datetime, *, body: bool) -> Headers:
        """The response's headers. `body`: those that describe one too (200, not 304). The list is shared: copy to change."""
        left = max(0, self.max_age - int((now - self.rendered).total_seconds()))
        if self._told[0] != left:
            # They only change with the second, and building them costs as much as the rest of an answer.
            self._told = (left, {})
        made = self._told[1].get((variant.encoding, body))
        if made is None:
            made = self._told[1][variant.encoding, body] = self._headers(variant, left, body=body)
        return made

    def _headers(self, variant: Variant, left: int, *, body: bool) -> Headers:
        scope = b"public" if self.shared else b"private"
        headers = [
            (b"etag", variant.etag),
            (b"last-modified", format_http_date(self.modified).encode()),
            (b"cache-control", b"%s, max-age=%d" % (scope, left)),
            (b"vary", b"Accept-Encoding, Origin" if self.origins else b"Accept-Encoding"),
            *self.extra,
        ]
        if body:
            headers += [
                (b"content-type", self.media_type),
                (b"content-length", b"%d" % len(variant.body)),
                (b"x-content-type-options", b"nosniff"),
            ]
            if variant.encoding:
                headers.append((b"content-encoding", variant.encoding))
        return headers


def make_variants(body: bytes) -> tuple[Variant, ...]:
    """Return a document's encodings, each with a strong ETag that depends on the bytes alone (RFC 9110 §8.8.3)."""
    digest = hashlib.blake2b(body, digest_size=16).hexdigest().encode()
    variants = [Variant(b"", b'"%s"' % digest, body)]
    if len(body) >= MIN_COMPRESSED:
        # mtime=0: equal bytes must stay equal when compressed.
        variants.append(Variant(b"gzip", b'"%s-gzip"' % digest, gzip.compress(body, 6, mtime=0)))
        variants.append(Variant(b"br", b'"%s-br"' % digest, brotli.compress(body, quality=5)))
    return tuple(variants)


class Memory:
    """The documents last asked for, by path and query.

    Of documents narrowed by a query, and of outputs' own, the longest unused goes first, each among its own kind: nobody
    pushes out what readers poll by asking for ever other ones.
    """

    def __init__(
        self, size: int, most_bytes: int = MOST_BYTES, most_narrowed_bytes: int = MOST_NARROWED_BYTES
    ) -> None:
        """`size`: most narrowed documents kept. `most_bytes`, `most_narrowed_bytes`: of outputs' own documents and of
        narrowed ones, in all their encodings."""
        self._plain = _Shelf(None, most_bytes)
        self._narrowed = _Shelf(size, most_narrowed_bytes)

    def get(self, key: Key) -> Document | None:
        """The document, or None. It may be out of date: see `fresh`."""
        return (self._narrowed if key[1] else self._plain).get(key)

    def put(self, key: Key, document: Document) -> None:
        """Keep a document of an output that exists."""
        (self._narrowed if key[1] else self._plain).put(key, document)


class _Shelf:
    """Documents in the order of their last use, bounded in number and bytes; the last one always has its place."""

    def __init__(self, most: int | None, most_bytes: int) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._held: OrderedDict[Key, Document] = OrderedDict()
        self._bytes = 0

    def get(self, key: Key) -> Document | None:
        document = self._held.get(key)
        if document is not None:
            self._held.move_to_end(key)
        return document

    def put(self, key: Key, document: Document) -> None:
        replaced = self._held.pop(key, None)
        self._bytes += document.size - (replaced.size if replaced is not None else 0)
        self._held[key] = document
        while len(self._held) > 1 and (
            self._bytes > self._most_bytes or (self._most is not None and len(self._held) > self._most)
        ):
            _, gone = self._held.popitem(last=False)
            self._bytes -= gone.size


def fresh(document: Document, generation: int, now: datetime) -> bool:
    """Whether a document may still be served as it is."""
    return document.generation == generation and now < document.until
