"""Entry -> Fingerprint: everything grouping needs of an entry, computed once, in a worker process."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from hashlib import blake2b

from rensa import RMinHash

from aggregator.core.hashes import text_keys
from aggregator.core.types import Entry, Fingerprint
from aggregator.stories.features import headlines
from aggregator.stories.features.extractor import Extractor, of_scan
from aggregator.stories.features.names import grouping_names
from classifiers.model.embedding import Embedder
from classifiers.terms.matcher import Scan
from classifiers.terms.name_finder import Spellings
from classifiers.types import Document

_PERMUTATIONS = 32
_ROWS = 4
_SHINGLE = 4
_LEAD = 300
_PACKED = struct.Struct(f">{_PERMUTATIONS}I")
_BYTES = 4 * _ROWS
_STARTS = tuple((bytes([row]), 4 * row) for row in range(0, _PERMUTATIONS, _ROWS))
_FEWEST = 8
"""Shortest text, in letters, that gets bands: shorter ones agree by accident."""


class Fingerprinter:
    """Computes fingerprints. Built once a process from the configuration; holds no other state."""

    def __init__(self, names: Spellings | None = None, embedder: Embedder | None = None) -> None:
        """`names`: what to look for by name (`features.names`); None: what ships."""
        self._embedder = embedder
        self._names = grouping_names() if names is None else names

    def fingerprint(self, entries: Sequence[Entry], scans: Sequence[Scan] | None = None) -> list[Fingerprint]:
        """One fingerprint an entry, in order. Pure; raises nothing for any text.

        `scans`: one an entry, where they were scanned for topics with the same names.
        """
        if scans is None:
            scans = [self._extractor.scan(_document(entry)) for entry in entries]
        found = [_fingerprint(*pair) for pair in zip(entries, scans, strict=True)]
        if self._embedder is None or not found:
            return found
        vectors = self._embedder.vectors([one.text.replace("\t", ". ") for one in found])
        return [
            replace(one, vector=vector, model=self._embedder.name)
            for one, vector in zip(found, vectors, strict=True)
        ]

    @cached_property
    def _extractor(self) -> Extractor:
        """Not needed where every entry comes with its scan."""
        return Extractor(self._names)


def _document(entry: Entry) -> Document:
    return Document(entry.id, entry.title, entry.summary, "" if entry.summary else entry.text[: 4 * _LEAD])


def _fingerprint(entry: Entry, scan: Scan) -> Fingerprint:
    searched = scan.searched
    first = searched.span_of("title")
    title = _within(first, headlines.headline_span(searched.readable[slice(*first)]))
    second = searched.span_of("summary" if entry.summary else "text")
    body = searched.readable[second[0] : min(second[1], second[0] + 4 * _LEAD)]
    start, end = _within(second, headlines.lead_span(body))
    lead = (start, min(end, start + _LEAD))
    named, said = searched.readable[slice(*title)], searched.readable[slice(*lead)]
    return Fingerprint(
        keys=tuple(text_keys(entry)),
        bands=bands(named, said),
        features=of_scan(scan, title, lead, entry.language),
        text=f"{named}\t{said}",
    )


def _within(field: tuple[int, int], part: tuple[int, int]) -> tuple[int, int]:
    return field[0] + part[0], field[0] + part[1]


def fingerprint(entry: Entry) -> Fingerprint:
    """The fingerprint with the shipped tables alone."""
    return Fingerprinter().fingerprint([entry])[0]


def bands(title: str, lead: str) -> tuple[int, ...]:
    """MinHash bands (Broder 1997) of the headline's and of the lead's character shingles, signed 64-bit.

    Headline and lead are banded apart: a re-issue keeps one of them more often than both.
    """
    found: list[int] = []
    for part, name in ((title, b"t"), (lead, b"l")):
        letters = headlines.compact(part)
        if len(letters) < _FEWEST:
            continue
        shingles = {letters[i : i + _SHINGLE] for i in range(len(letters) - _SHINGLE + 1)}
        sketch = RMinHash(_PERMUTATIONS, 7)
        sketch.update(list(shingles))
        raw = _PACKED.pack(*sketch.digest())
        found.extend(
            [signed(name + start + raw[at : at + _BYTES]) for start, at in _STARTS],
        )
    return tuple(found)


def signed(data: bytes) -> int:
    """A signed 64-bit hash, as both SQLite and PostgreSQL can store."""
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big", signed=True)
