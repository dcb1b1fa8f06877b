"""Words and character n-grams of texts, hashed to numbers for a whole batch at once.

Python loops over n-grams would cost more than everything else in the classify stage together. Here a batch is
one array of code points, and the hash of any stretch of it is read off a running polynomial sum (Karp and
Rabin, "Efficient randomized pattern-matching algorithms", 1987), so that each kind of n-gram is a few array
operations whatever the number of texts.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.int64]
Hashes = NDArray[np.uint64]

_BASE = np.uint64(0x9E3779B97F4A7C15)
_UNBASE = np.uint64(pow(0x9E3779B97F4A7C15, -1, 1 << 64))
_MIX = np.uint64(0xD6E8FEB86659FD93)
_PAIR = np.uint64(0xA0761D6478BD642F)
_FOLD = np.uint64(32)

_SEPARATOR, _LETTER, _HANGUL, _HAN = 0, 1, 2, 3
PREFIX = 5
"""Letters kept of a longer word in an alphabet, so that "sanction" and "sanctioned" share a feature."""


@dataclass(frozen=True, slots=True)
class Grams:
    """Every n-gram of a batch, one position each in four parallel arrays."""

    row: Array
    """Which text it stands in."""
    hash: Hashes
    start: Array
    """Where it begins in `text`, and (exclusive) where it ends."""
    end: Array
    text: str
    """The batch, folded and joined; `text[start:end]` is the n-gram as it was read."""
    word_starts: Array
    """Where each word begins in `text`, ascending, and (exclusive) where it ends."""
    word_ends: Array


def fold(text: str) -> str:
    """Return `text` as it is compared: compatibility forms unified (NFKC) and lower case."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return text.lower().replace("\0", " ")


@cache
def _classes() -> NDArray[np.uint8]:
    """Return the kind of each code point of the basic plane; made once, on first use."""
    kinds = np.zeros(0x10000, dtype=np.uint8)
    for code in range(0x10000):
        if chr(code).isalnum():
            kinds[code] = _LETTER
    for low, high, kind in (
        (0xAC00, 0xD7A4, _HANGUL),
        (0x3041, 0x3100, _HAN),
        (0x31F0, 0x3200, _HAN),
        (0x3400, 0x4DC0, _HAN),
        (0x4E00, 0xA000, _HAN),
        (0xF900, 0xFB00, _HAN),
    ):
        kinds[low:high] = kind
    return kinds


@cache
def _powers(size: int) -> tuple[Hashes, Hashes]:
    """Return the base's powers 0..size-1 and their inverses, modulo 2**64."""
    powers = np.full(size, _BASE, dtype=np.uint64)
    inverse = np.full(size, _UNBASE, dtype=np.uint64)
    powers[0] = inverse[0] = 1
    return np.multiply.accumulate(powers), np.multiply.accumulate(inverse)


def _scatter(hashes: Hashes, salt: int) -> Hashes:
    """Spread the hashes over all bits; `salt` keeps kinds of n-grams apart."""
    mixed = (hashes ^ (hashes >> _FOLD)) * _MIX + np.uint64(salt * 0x2545F4914F6CDD1D % (1 << 64))
    mixed = (mixed ^ (mixed >> _FOLD)) * _MIX
    return np.asarray(mixed ^ (mixed >> _FOLD), dtype=np.uint64)


def grams(texts: Sequence[str], *, first: int = 2, last: int = 3, salt: int = 0) -> Grams:
    """Return the words, word pairs, word beginnings and (of scripts without reliable spaces) character n-grams.

    `first` and `last` bound the length of character n-grams, taken inside runs of Hangul, Han or Kana. `salt`
    keeps the features of one field apart from another's. The same texts give the same hashes on every machine
    and in every batch.
    """
    joined = "\0" + "\0".join(map(fold, texts)) + "\0"
    raw = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    size = len(raw)
    kinds = _classes()[np.where(raw < 0x10000, raw, 0)]
    rows = np.cumsum(raw == 0) - 1

    powers, inverse = _powers(1 << max(16, int(size).bit_length()))
    sums = np.zeros(size + 1, dtype=np.uint64)
    np.cumsum((raw.astype(np.uint64) + np.uint64(1)) * powers[:size], out=sums[1:])

    def stretch(start: Array, end: Array) -> Hashes:
        return np.asarray((sums[end] - sums[start]) * inverse[start], dtype=np.uint64)

    change = np.flatnonzero(kinds[1:] != kinds[:-1]) + 1
    begins = change[kinds[change] != _SEPARATOR]
    ends = change[kinds[change - 1] != _SEPARATOR]
    words = stretch(begins, ends)
    parts = [(begins, ends, _scatter(words, salt + 1))]

    near = (begins[1:] - ends[:-1] <= 3) & (rows[begins[1:]] == rows[begins[:-1]])
    pairs = np.flatnonzero(near)
    parts.append(
        (begins[pairs], ends[pairs + 1], _scatter(words[pairs] * _PAIR + words[pairs + 1], salt + 2))
    )

    long = np.flatnonzero((ends - begins > PREFIX) & (kinds[begins] == _LETTER))
    parts.append(
        (
            begins[long],
            begins[long] + PREFIX,
            _scatter(stretch(begins[long], begins[long] + PREFIX), salt + 3),
        )
    )

    dense = kinds >= _HANGUL
    run = np.cumsum(np.concatenate(([True], kinds[1:] != kinds[:-1])))
    for length in range(first, last + 1):
        starts = np.flatnonzero(dense[: size - length + 1] & (run[: size - length + 1] == run[length - 1 :]))
        parts.append((starts, starts + length, _scatter(stretch(starts, starts + length), salt + 4 + length)))
    start = np.concatenate([part[0] for part in parts])
    return Grams(
        row=rows[start],
        hash=np.concatenate([part[2] for part in parts]),
        start=start,
        end=np.concatenate([part[1] for part in parts]),
        text=joined,
        word_starts=begins,
        word_ends=ends,
    )
