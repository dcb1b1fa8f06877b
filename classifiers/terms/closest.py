"""Which known word was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

_ALIKE = 0.72
"""Below this share of common letters a suggestion is likelier wrong than right."""


def closest(word: str, known: Iterable[str]) -> str:
    """Return the known word most like `word`, or an empty string where none is like it.

    Case, blanks, hyphens and underscores do not count: people forget which of them a name has.
    """
    names = {_plain(name): name for name in known}
    found = difflib.get_close_matches(_plain(word), names, n=1, cutoff=_ALIKE)
    return names[found[0]] if found else ""


def suggestion(word: str, known: Sequence[str], otherwise: str = "known are", most: int = 16) -> str:
    """Return the end of a message: the likeliest known word, or all of them where they are few."""
    likely = closest(word, known)
    if likely:
        return f'; did you mean "{likely}"?'
    return f"; {otherwise} {', '.join(known)}" if 0 < len(known) <= most else ""


def _plain(word: str) -> str:
    return word.casefold().replace("-", "").replace("_", "").replace(" ", "")
