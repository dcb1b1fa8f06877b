"""Rendered documents in memory: bytes in three encodings, validators, and the headers that go with them."""

from __future__ import annotations

import gzip
import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import NamedTuple

import brotli

Headers = list[tuple[bytes, bytes]]
Key = tuple[str, bytes]
"""Path and raw query string of a request."""
MIN_COMPRESSED = 512
"""Bytes below which compression is not worth a reader's effort."""


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
            (b"last-modified", http_date(self.modified)),
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


def http_date(moment: datetime) -> bytes:
    """Return a moment as an HTTP date (RFC 9110 §5.6.7)."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0), usegmt=True).encode()


class Memory:
    """The documents last asked for, by path and query.

    An output's own document always has its place; of documents narrowed by a query the longest unused goes first,
    so that nobody pushes out what readers poll by asking for ever other ones.
    """

    def __init__(self, size: int) -> None:
        """`size`: most narrowed documents kept."""
        self._size = size
        self._plain: dict[Key, Document] = {}
        self._narrowed: OrderedDict[Key, Document] = OrderedDict()

    def get(self, key: Key) -> Document | None:
        """The document, or None. It may be out of date: see `fresh`."""
        if not key[1]:
            return self._plain.get(key)
        document = self._narrowed.get(key)
        if document is not None:
            self._narrowed.move_to_end(key)
        return document

    def put(self, key: Key, document: Document) -> None:
        """Keep a document of an output that exists."""
        if not key[1]:
            self._plain[key] = document
            return
        self._narrowed[key] = document
        self._narrowed.move_to_end(key)
        while len(self._narrowed) > self._size:
            self._narrowed.popitem(last=False)


def fresh(document: Document, generation: int, now: datetime) -> bool:
    """Whether a document may still be served as it is."""
    return document.generation == generation and now < document.until
