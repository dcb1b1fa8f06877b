"""Check a find of the automaton where it stands: word boundaries, upper case, wildcards inside a term."""

from __future__ import annotations

import re
from collections.abc import Callable

from classifiers.terms.language import Literal
from classifiers.terms.search_text import SearchText
from classifiers.terms.text import LONGEST_WORD
from classifiers.terms.word_boundary import check_for

Span = tuple[int, int, int]
"""Start and end in the searched, and the bit of the field."""

Finder = Callable[[SearchText, int, int], Span | None]
"""(searched, start, end of the anchor) -> the full span of the find, or None where it may not stand there."""

WIDEST = 240
"""Characters beside an anchor that a wildcard inside a term may reach, so that no text makes a find expensive."""


def finder_for(literal: Literal) -> Finder:
    """Return the check of one spelling's finds."""
    check = check_for(literal)
    upper = literal.upper
    if literal.before or literal.after or literal.open_left or literal.open_right:
        return _wild(literal)
    if upper is not None:
        return lambda searched, start, end: (
            (start, end, searched.field_bit(start))
            if (check is None or check(searched.folded, start, end)) and _case(searched, start, end) == upper
            else None
        )
    if check is None:
        return lambda searched, start, end: (start, end, searched.field_bit(start))
    return lambda searched, start, end: (
        (start, end, searched.field_bit(start)) if check(searched.folded, start, end) else None
    )


def _wild(literal: Literal) -> Finder:
    check = check_for(literal)
    upper = literal.upper
    before = re.compile(f"(?:{literal.before})\\Z") if literal.before else None
    after = re.compile(literal.after) if literal.after else None

    def find(searched: SearchText, start: int, end: int) -> Span | None:
        folded = searched.folded
        if check is not None and not check(folded, start, end):
            return None
        if upper is not None and _case(searched, start, end) != upper:
            return None
        if before is not None:
            match = before.search(folded, max(0, start - WIDEST), start)
            if match is None:
                return None
            start = match.start()
        if after is not None:
            match = after.match(folded, end, end + WIDEST)
            if match is None:
                return None
            end = match.end()
        if literal.open_left:
            first = max(0, start - LONGEST_WORD)
            while start > first and folded[start - 1].isalnum():
                start -= 1
        if literal.open_right:
            last = min(len(folded), end + LONGEST_WORD)
            while end < last and folded[end].isalnum():
                end += 1
        return start, end, searched.field_bit(start)

    return find


def _case(searched: SearchText, start: int, end: int) -> tuple[bool, ...]:
    return tuple(character.isupper() for character in searched.readable[start:end])
