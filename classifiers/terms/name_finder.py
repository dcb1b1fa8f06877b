"""Which names a stretch of text holds, for grouping: the longest first, none inside another.

A name may begin where a word does, right after another name or after a Chinese character (北최선희), and a Korean or
Japanese one may go on in any way, because particles and compounds are written onto it; after one syllable only
particles may follow. Topics ask for more
(`classifiers.terms.korean`): there, a wrong find lets a story in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from classifiers.terms.korean import ends_well
from classifiers.terms.language import Literal
from classifiers.terms.search_text import SearchText
from classifiers.terms.text import HAN, HANGUL, LATIN, SCRIPT

REACH = 4000
"""Characters of a document, title first, in which names are looked for: grouping reads no further than its lead."""

Means = tuple[str, ...]
"""What a name stands for, as the caller wishes to be told of it."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a spelling stands for."""

    means: Means
    headline: bool = False
    """Only as Korean headlines use single characters."""
    common: bool = False
    """A common word: with an accent that it is not spelt with it is a word of another language (suicidé)."""


@dataclass(frozen=True, slots=True)
class NameSpelling:
    """One spelling of a name where the automaton looks for it."""

    named: Named
    upper: tuple[bool, ...] | None = None
    """Which characters must be in upper case; None where case does not matter."""
    open_right: bool = False
    """It may be the beginning of a longer word."""


@dataclass(frozen=True, slots=True)
class NameHit:
    """A name found."""

    start: int
    end: int
    means: Means


Find = tuple[int, int, tuple[NameSpelling, ...]]
"""Start and end of what the automaton found, and what it may be."""

Spellings = Mapping[Literal, Named]
"""All spellings of all names."""


def by_anchor(spellings: Spellings) -> dict[str, tuple[NameSpelling, ...]]:
    """Return the spellings by what the automaton looks for; those with a wildcard inside are left out."""
    found: dict[str, list[NameSpelling]] = {}
    for literal, named in spellings.items():
        if not literal.before and not literal.after and not literal.open_left:
            spelling = NameSpelling(named, literal.upper, literal.open_right)
            found.setdefault(literal.anchor, []).append(spelling)
    return {anchor: tuple(several) for anchor, several in found.items()}


def names_in(
    searched: SearchText, finds: Iterable[Find], start: int, end: int, *, korean: bool
) -> list[NameHit]:
    """Return the names between two positions, in order, none inside another; positions count from `start`.

    Args:
        searched: the text.
        finds: what the automaton found in it.
        start: where to begin.
        end: where to end.
        korean: read single Chinese characters and Korean syllables as Korean headlines use them.
    """
    inside = [find for find in finds if find[0] >= start and find[1] <= end]
    inside.sort(key=lambda find: (find[0], -find[1]))
    hits: list[NameHit] = []
    last = -1
    for first, beyond, spellings in inside:
        if first < last:
            continue
        for spelling in spellings:
            if _may_stand(searched, first, beyond, spelling, start, end, first == last, korean):
                hits.append(NameHit(first - start, beyond - start, spelling.named.means))
                last = beyond
                break
    return hits


def _may_stand(
    searched: SearchText,
    first: int,
    beyond: int,
    spelling: NameSpelling,
    start: int,
    end: int,
    after_name: bool,
    korean: bool,
) -> bool:
    folded = searched.folded
    script = SCRIPT[folded[first]]
    before = SCRIPT[folded[first - 1]] if first > start else ""
    after = SCRIPT[folded[beyond]] if beyond < end else ""
    if spelling.named.headline:
        return korean and (script == HAN or not (before or after))
    if not after_name and before == script and script in (LATIN, HANGUL):
        return False
    if beyond - first == 1 and script == HANGUL and not spelling.open_right:
        return ends_well(folded, beyond, 1)
    if after == LATIN and not spelling.open_right and SCRIPT[folded[beyond - 1]] == LATIN:
        return False
    written = searched.readable[first:beyond]
    if spelling.named.common and script == LATIN and not written.isascii() and _accented(written):
        return False
    return spelling.upper is None or spelling.upper == tuple(character.isupper() for character in written)


def _accented(text: str) -> bool:
    return any("\u00c0" <= letter < "\u0250" for letter in text)
