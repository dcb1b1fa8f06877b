"""Where a position of the readable text was in the text as it came.

Only texts that normalisation changed need this, and only where a reason shows what was found, so it is
computed on demand: cluster by cluster (a character with the marks that compose with it), as Unicode's
normal forms never reach across clusters that each start with a starter (UAX 15, section 9).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

_HALF_WIDTH_MARKS = "\uff9e\uff9f"


def positions(raw: str, readable: str) -> list[int] | None:
    """Return for each character of `readable`, and its end, the position in `raw` it came from.

    None where the two cannot be aligned, which no text has been seen to do.
    """
    found: list[int] = []
    written: list[str] = []
    blank = True
    for start, cluster in _clusters(raw):
        plain = unicodedata.normalize("NFKC", cluster.replace("\u318d", "\u00b7"))
        for character in plain:
            if character.isspace():
                if not blank:
                    found.append(start)
                    written.append(" ")
                blank = True
            else:
                found.append(start)
                written.append(character)
                blank = False
    if written and written[-1] == " ":
        found.pop()
        written.pop()
    if "".join(written) != readable:
        return None
    found.append(len(raw.rstrip()))
    return found


def _clusters(raw: str) -> Iterator[tuple[int, str]]:
    start = 0
    for place in range(1, len(raw) + 1):
        if place == len(raw) or not _joins(raw[place]):
            yield start, raw[start:place]
            start = place


def _joins(character: str) -> bool:
    """Say whether a character may compose with what stands before it."""
    return (
        unicodedata.combining(character) != 0
        or "\u1160" <= character <= "\u11ff"
        or character in _HALF_WIDTH_MARKS
    )
