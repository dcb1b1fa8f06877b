"""Find every term of every topic and every name of the gazetteer in a document, in one pass of one automaton.

The spellings of all terms and names go into one Aho-Corasick automaton (Aho and Corasick, "Efficient string matching",
CACM 18, 1975), so the time is linear in the text whatever the number of terms. Each find is then checked
where it stands (`classifiers.terms.spans`, for names `classifiers.terms.name_finder`). Regular expressions run on RE2, which is linear too: one set decides
which of them match at all, and only those are searched.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

import re2
from ahocorasick_rs import AhoCorasick, MatchKind

from classifiers.terms.name_finder import REACH, Find, Spellings, by_anchor
from classifiers.terms.search_text import PROSE_BITS, SearchText
from classifiers.terms.spans import Finder, Span, finder_for
from classifiers.terms.text import is_within
from classifiers.terms.vocabulary import Pair, Vocabulary
from classifiers.types import Document

MOST_FINDS = 10_000
"""Finds of the automaton that are looked at in one document, from its start: some 200 pages of news."""

MOST_SPANS = 200
"""Finds of one term that are kept for one document; a longer text says nothing more."""


@dataclass(frozen=True, slots=True)
class Scan:
    """All that was found in one document."""

    searched: SearchText
    terms: dict[int, list[Span]]
    """For each term found, by number, where, in order of position."""
    names: list[Find]
    """What may be a name, in the first characters of the document (`name_finder.REACH`)."""


class Matcher:
    """A vocabulary compiled: `scan` documents with it."""

    def __init__(self, vocabulary: Vocabulary, names: Spellings | None = None) -> None:
        """Compile the terms of `vocabulary` and the spellings of `names`."""
        finders: dict[str, list[tuple[Finder, tuple[int, ...]]]] = {}
        for literal, owners in vocabulary.literals.items():
            finders.setdefault(literal.anchor, []).append((finder_for(literal), tuple(owners)))
        names_at = by_anchor(names or {})
        for anchor in names_at:
            finders.setdefault(anchor, [])
        self._finders = list(finders.values())
        self._names = [names_at.get(anchor, ()) for anchor in finders]
        self._any_names = bool(names_at)
        self._automaton = AhoCorasick(list(finders), matchkind=MatchKind.Standard) if finders else None
        self._expressions = [(re2.compile(source), owners) for source, owners in vocabulary.patterns.items()]
        self._set = re2.Set.SearchSet() if self._expressions else None
        if self._set is not None:
            for source in vocabulary.patterns:
                self._set.Add(source)
            self._set.Compile()
        self._shields = vocabulary.shields
        self._terms = vocabulary.terms
        self._pairs = vocabulary.pairs
        self._fields = vocabulary.fields | (PROSE_BITS if names_at else 0)

    def scan(self, document: Document) -> Scan:
        """Return where each term stands in a document, and what may be a name there."""
        searched = SearchText(document, self._fields)
        leaves: dict[int, list[Span]] = {}
        names: list[Find] = []
        if self._automaton is not None and searched.folded:
            finders = self._finders
            finds = self._automaton.find_matches_as_indexes(searched.folded, overlapping=True)
            if self._any_names:
                at = self._names
                names = [
                    (start, end, at[anchor]) for anchor, start, end in finds if at[anchor] and end <= REACH
                ]
            for anchor, start, end in finds[:MOST_FINDS] if len(finds) > MOST_FINDS else finds:
                for finder, owners in finders[anchor]:
                    span = finder(searched, start, end)
                    if span is not None:
                        for leaf in owners:
                            known = leaves.get(leaf)
                            if known is None:
                                leaves[leaf] = [span]
                            elif len(known) < MOST_SPANS:
                                known.append(span)
        if self._set is not None and searched.readable:
            self._search(searched, leaves)
        if not leaves:
            return Scan(searched, {}, names)
        self._shield(leaves)
        return Scan(searched, self._terms_of(searched, leaves), names)

    def _search(self, searched: SearchText, leaves: dict[int, list[Span]]) -> None:
        assert self._set is not None
        for place in self._set.Match(searched.readable) or ():
            expression, owners = self._expressions[place]
            for count, match in enumerate(expression.finditer(searched.readable)):
                if count == MOST_SPANS:
                    break
                start, end = match.span()
                if end > start:
                    for leaf in owners:
                        leaves.setdefault(leaf, []).append((start, end, searched.field_bit(start)))

    def _shield(self, leaves: dict[int, list[Span]]) -> None:
        """Take out finds that stand inside a phrase that the entity excepts."""
        for leaf, shields in self._shields.items():
            if leaf not in leaves:
                continue
            covers = [span for shield in shields for span in leaves.get(shield, ())]
            if covers:
                left = uncovered(leaves[leaf], covers)
                if left:
                    leaves[leaf] = left
                else:
                    del leaves[leaf]

    def _terms_of(self, searched: SearchText, leaves: dict[int, list[Span]]) -> dict[int, list[Span]]:
        found: dict[int, list[Span]] = {}
        terms, pairs, fields = self._terms, self._pairs, self._fields
        for leaf, spans in leaves.items():
            for number, mask in terms.get(leaf, ()):
                kept = spans if not fields & ~mask else [span for span in spans if span[2] & mask]
                if kept:
                    found[number] = kept
            for pair in pairs.get(leaf, ()):
                others = leaves.get(pair.right)
                if others:
                    near = _near(searched, spans, others, pair)
                    if near:
                        found[pair.number] = near
        return found


def uncovered(spans: Iterable[Span], covers: Iterable[Span]) -> list[Span]:
    """Return the spans that touch none of the covers."""
    covers = list(covers)
    return [span for span in spans if not any(cover[0] < span[1] and span[0] < cover[1] for cover in covers)]


def _near(searched: SearchText, lefts: list[Span], rights: list[Span], pair: Pair) -> list[Span]:
    """Return, for each left find with a right one close enough in the same field, the stretch of both.

    Only the nearest find on each side is looked at, since the distance grows with every further one.
    """
    rights = sorted(rights)
    starts = [span[0] for span in rights]
    found: list[Span] = []
    for left in lefts:
        if not left[2] & pair.mask:
            continue
        place = bisect_left(starts, left[1])
        candidates = rights[place : place + 1]
        if not pair.ordered:
            candidates += [span for span in rights[max(0, place - 3) : place] if span[1] <= left[0]][-1:]
        for right in candidates:
            first, second = (left, right) if left[0] <= right[0] else (right, left)
            if right[2] == left[2] and is_within(searched.folded, first[1], second[0], pair.words):
                found.append((first[0], second[1], left[2]))
                break
    return found
