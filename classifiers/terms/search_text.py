"""A document laid out for searching: its fields one after the other, readable and folded."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping

from classifiers.terms.alignment import positions
from classifiers.terms.language import FIELDS
from classifiers.terms.text import fold, is_within, readable
from classifiers.types import Document

FIELD_BIT: Mapping[str, int] = {name: 1 << place for place, name in enumerate(FIELDS)}
"""One bit a field, so that a set of fields is one small number."""

BIT_FIELD: Mapping[int, str] = {bit: name for name, bit in FIELD_BIT.items()}

PROSE = ("title", "summary", "text")
PROSE_BITS = FIELD_BIT["title"] | FIELD_BIT["summary"] | FIELD_BIT["text"]

BACKGROUND_BITS = frozenset({FIELD_BIT["summary"], FIELD_BIT["text"]})
"""Fields that begin with what is new and go on with what was known before."""

LEAD = 40
"""Words at the beginning of a summary or text that say what a story is about: its first paragraph."""


class SearchText:
    """One document's fields in one string, each on a line of its own, so one pass finds everything.

    `readable` and `folded` have the same length: a position in one is the same position in the other.
    """

    __slots__ = ("_aligned", "_bits", "_raw", "_starts", "folded", "readable")

    def __init__(self, document: Document, fields: int) -> None:
        """Lay out those fields of `document` whose bits are set in `fields`; empty ones are left out."""
        parts: list[str] = []
        self._starts: list[int] = []
        self._bits: list[int] = []
        self._raw: list[str] = []
        self._aligned: dict[int, list[int] | None] = {}
        length = 0
        for name, bit in FIELD_BIT.items():
            if not fields & bit:
                continue
            value: str | tuple[str, ...] = (
                document.categories if name == "category" else getattr(document, name)
            )
            if not value:
                continue
            for piece in (value,) if isinstance(value, str) else value:
                text = readable(piece)
                parts.append(text)
                self._starts.append(length)
                self._bits.append(bit)
                self._raw.append(piece)
                length += len(text) + 1
        self.readable = "\n".join(parts)
        self.folded = fold(self.readable)

    def field_bit(self, position: int) -> int:
        """Return the bit of the field that `position` is in."""
        return self._bits[bisect_right(self._starts, position) - 1]

    def span_of(self, name: str) -> tuple[int, int]:
        """Return where a field begins and ends; twice the same where it is empty or was left out."""
        bit = FIELD_BIT[name]
        if bit not in self._bits:
            return 0, 0
        place = self._bits.index(bit)
        following = place + 1
        end = self._starts[following] - 1 if following < len(self._starts) else len(self.readable)
        return self._starts[place], end

    def in_passing(self, start: int, bit: int) -> bool:
        """Say whether what stands at `start`, in the field `bit`, comes after the lead of a summary or text."""
        if bit not in BACKGROUND_BITS:
            return False
        beginning = self._starts[bisect_right(self._starts, start) - 1]
        return not is_within(self.folded, beginning, start, LEAD)

    def found(self, start: int, end: int) -> str:
        """Return the characters between two positions as they stood in the document."""
        piece = bisect_right(self._starts, start) - 1
        raw, offset = self._raw[piece], self._starts[piece]
        if raw.startswith(self.readable[start:end], start - offset) and raw.isascii():
            return self.readable[start:end]
        if piece not in self._aligned:
            length = (
                self._starts[piece + 1] - 1 if piece + 1 < len(self._starts) else len(self.readable)
            ) - offset
            plain = self.readable[offset : offset + length]
            self._aligned[piece] = None if plain == raw else positions(raw, plain)
        aligned = self._aligned[piece]
        if aligned is None:
            return self.readable[start:end]
        return raw[aligned[start - offset] : aligned[end - offset]].rstrip()
