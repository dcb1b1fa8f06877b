"""Entry -> Fingerprint: everything grouping needs of an entry, computed once, in a worker process."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from rensa import RMinHash

from aggregator.config.stories import OriginConfig
from aggregator.core.hashes import text_keys
from aggregator.core.types import Entry, Fingerprint
from aggregator.stories.features import headlines
from aggregator.stories.features.extractor import Extractor
from classifiers.library.gazetteer.read import shipped
from classifiers.library.gazetteer.records import WORDS
from classifiers.model.embedding import Embedder

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

    def __init__(
        self,
        entities: Mapping[str, Any] | None = None,
        origins: Mapping[str, OriginConfig] | None = None,
        embedder: Embedder | None = None,
    ) -> None:
        """`entities`: the user's alias sets as config.toml has them, slug to a list of names (or a table with
        `aliases`); `origins`: the outlets. Both add to the tables that are shipped."""
        self._embedder = embedder
        aliases = {slug: _names(value) for slug, value in (entities or {}).items()}
        for slug, origin in (origins or {}).items():
            aliases.setdefault(slug, (*([origin.name] if origin.name else []), *origin.aliases))
        for slug, names in _topic_lists().items():
            aliases[slug] = (*aliases.get(slug, ()), *names)
        self._extractor = Extractor(aliases)

    def fingerprint(self, entries: Sequence[Entry]) -> list[Fingerprint]:
        """One fingerprint an entry, in order. Pure; raises nothing for any text."""
        found = [self._one(entry) for entry in entries]
        if self._embedder is None or not found:
            return found
        vectors = self._embedder.vectors([one.text.replace("\t", ". ") for one in found])
        return [
            replace(one, vector=vector, model=self._embedder.name)
            for one, vector in zip(found, vectors, strict=True)
        ]

    def _one(self, entry: Entry) -> Fingerprint:
        title = headlines.headline(entry.title)
        lead = headlines.lead(entry.summary or entry.text[: 4 * _LEAD])[:_LEAD]
        return Fingerprint(
            keys=tuple(text_keys(entry)),
            bands=bands(title, lead),
            features=self._extractor.features(title, lead, entry.language),
            text=f"{title}\t{lead}",
        )


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


def _topic_lists() -> dict[str, tuple[str, ...]]:
    """The lists of the gazetteer that topics use, with what they refer to."""
    known = shipped().names

    def flat(slug: str) -> tuple[str, ...]:
        found: list[str] = []
        for item in known[slug].for_topics:
            found.extend(flat(item[1:]) if item.startswith("@") else (item,))
        return tuple(found)

    return {slug: flat(slug) for slug, name in known.items() if name.topics or name.kind == WORDS}


def _names(value: Any) -> tuple[str, ...]:
    if isinstance(value, Mapping):
        value = value.get("aliases", ())
    return tuple(name for name in value if isinstance(name, str)) if not isinstance(value, str) else (value,)


def signed(data: bytes) -> int:
    """A signed 64-bit hash, as both SQLite and PostgreSQL can store."""
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big", signed=True)
