"""Find every term of every topic in a document, in one pass of one automaton.

The spellings of all terms go into one Aho-Corasick automaton (Aho and Corasick, "Efficient string matching",
CACM 18, 1975), so the time is linear in the text whatever the number of terms. Each find is then checked
where it stands: word boundaries, upper case, wildcards. Regular expressions run on RE2, which is linear too:
one set decides which of them match at all, and only those are searched.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping

import re2
from ahocorasick_rs import AhoCorasick, MatchKind

from classifiers.boundary import check_for
from classifiers.page import FIELD_BIT, Page
from classifiers.terms import (
    DEFAULT_FIELDS,
    Entity,
    Literal,
    Near,
    Pattern,
    Phrase,
    Simple,
    Term,
    TermError,
    parse_term,
)
from classifiers.text import words_between
from classifiers.types import Document

Span = tuple[int, int, int]
"""Start and end in the page, and the bit of the field."""

Aliases = Mapping[str, tuple[str, ...]]
"""Entities by name, each with its aliases as written."""

MOST_SPANS = 200
"""Finds of one term that are kept for one document; a longer text says nothing more."""

WIDEST = 240
"""Characters beside an anchor that a wildcard inside a term may reach."""


class Matcher:
    """All terms, compiled. `add` them, `build` once, then `scan` documents."""

    def __init__(self, entities: Aliases) -> None:
        self._entities = entities
        self._literals: dict[Literal, int] = {}
        self._leaves: dict[Simple, int] = {}
        self._leaf_shields: dict[int, tuple[int, ...]] = {}
        self._literal_leaves: list[list[int]] = []
        self._patterns: dict[str, list[int]] = {}
        self._terms: dict[tuple[Term, int], int] = {}
        self._leaf_terms: dict[int, list[tuple[int, int]]] = {}
        self._near: list[tuple[int, int, int, bool, int, int]] = []
        self._fields = 0

    def add(self, term: Term, within: frozenset[str] | None = None) -> int:
        """Take in a term and return its number, the key in what `scan` returns.

        Args:
            term: the term.
            within: a further limit to fields, as a group may set.

        Raises:
            TermError: it names an entity that does not exist.
        """
        fields = limited(term.fields, within)
        mask = 0
        for name in fields:
            mask |= FIELD_BIT[name]
        key = (Term("", term.body, frozenset()), mask)
        number = self._terms.get(key)
        if number is not None:
            return number
        number = self._terms[key] = len(self._terms)
        self._fields |= mask
        if isinstance(term.body, Near):
            near = term.body
            left, right = self._leaf(near.left), self._leaf(near.right)
            self._near.append((left, right, near.words, near.ordered, mask, number))
        else:
            self._leaf_terms.setdefault(self._leaf(term.body), []).append((number, mask))
        return number

    def _leaf(self, body: Simple) -> int:
        known = self._leaves.get(body)
        if known is not None:
            return known
        leaf = self._leaves[body] = len(self._leaves)
        shields: list[Phrase] = []
        self._fill(body, leaf, shields, ())
        if shields:
            self._leaf_shields[leaf] = tuple(self._leaf(shield) for shield in shields)
        return leaf

    def _fill(self, body: Simple, leaf: int, shields: list[Phrase], above: tuple[str, ...]) -> None:
        if isinstance(body, Phrase):
            for literal in body.literals:
                place = self._literals.setdefault(literal, len(self._literals))
                if place == len(self._literal_leaves):
                    self._literal_leaves.append([])
                if leaf not in self._literal_leaves[place]:
                    self._literal_leaves[place].append(leaf)
        elif isinstance(body, Pattern):
            self._patterns.setdefault(body.source, []).append(leaf)
        else:
            self._fill_entity(body, leaf, shields, above)

    def _fill_entity(self, body: Entity, leaf: int, shields: list[Phrase], above: tuple[str, ...]) -> None:
        if body.name not in self._entities:
            raise TermError(f"@{body.name} is not in [entities]")
        if body.name in above:
            raise TermError(f"@{body.name} contains itself")
        for alias in self._entities[body.name]:
            shield = alias.startswith("-")
            inner = parse_term(alias[1:] if shield else alias).body
            if isinstance(inner, Near):
                raise TermError(f'@{body.name}: an alias cannot be "within N words of"')
            if not shield:
                self._fill(inner, leaf, shields, (*above, body.name))
            elif isinstance(inner, Phrase):
                shields.append(inner)
            else:
                raise TermError(f"@{body.name}: only words can follow a minus")

    def build(self) -> None:
        """Compile the automaton and the regular expressions. Call once, after the last `add`."""
        by_anchor: dict[str, list[tuple[Callable[[Page, int, int], Span | None], tuple[int, ...]]]] = {}
        for literal, place in self._literals.items():
            by_anchor.setdefault(literal.anchor, []).append(
                (_finder(literal), tuple(self._literal_leaves[place]))
            )
        self._finders = list(by_anchor.values())
        self._automaton = AhoCorasick(list(by_anchor), matchkind=MatchKind.Standard) if by_anchor else None
        self._near_by_left: dict[int, list[tuple[int, int, bool, int, int]]] = {}
        for left, right, words, ordered, mask, number in self._near:
            self._near_by_left.setdefault(left, []).append((right, words, ordered, mask, number))
        self._expressions = [
            (re2.compile(source), tuple(leaves)) for source, leaves in self._patterns.items()
        ]
        self._set = re2.Set.SearchSet() if self._expressions else None
        if self._set is not None:
            for source in self._patterns:
                self._set.Add(source)
            self._set.Compile()

    def scan(self, document: Document) -> tuple[Page, dict[int, list[Span]]]:
        """Return the document's page, and for each term found, by number, where (in order of position)."""
        page = Page(document, self._fields)
        folded = page.folded
        leaves: dict[int, list[Span]] = {}
        if self._automaton is not None and folded:
            finders = self._finders
            for anchor, start, end in self._automaton.find_matches_as_indexes(folded, overlapping=True):
                for finder, owners in finders[anchor]:
                    span = finder(page, start, end)
                    if span is not None:
                        for leaf in owners:
                            known = leaves.get(leaf)
                            if known is None:
                                leaves[leaf] = [span]
                            elif len(known) < MOST_SPANS:
                                known.append(span)
        if self._set is not None:
            self._search(page, leaves)
        if not leaves:
            return page, {}
        self._shield(leaves)
        return page, self._terms_of(page, leaves)

    def _search(self, page: Page, leaves: dict[int, list[Span]]) -> None:
        assert self._set is not None
        for place in self._set.Match(page.readable):
            expression, owners = self._expressions[place]
            for count, match in enumerate(expression.finditer(page.readable)):
                if count == MOST_SPANS:
                    break
                start, end = match.span()
                if end > start:
                    span = (start, end, page.field_bit(start))
                    for leaf in owners:
                        leaves.setdefault(leaf, []).append(span)

    def _shield(self, leaves: dict[int, list[Span]]) -> None:
        """Take out finds that stand inside a phrase that the entity excepts."""
        for leaf, shields in self._leaf_shields.items():
            if leaf not in leaves:
                continue
            covers = [span for shield in shields for span in leaves.get(shield, ())]
            if covers:
                left = uncovered(leaves[leaf], covers)
                if left:
                    leaves[leaf] = left
                else:
                    del leaves[leaf]

    def _terms_of(self, page: Page, leaves: dict[int, list[Span]]) -> dict[int, list[Span]]:
        found: dict[int, list[Span]] = {}
        leaf_terms = self._leaf_terms
        for leaf, spans in leaves.items():
            for number, mask in leaf_terms.get(leaf, ()):
                kept = spans if not self._fields & ~mask else [span for span in spans if span[2] & mask]
                if kept:
                    found[number] = kept
            for right, words, ordered, mask, number in self._near_by_left.get(leaf, ()):
                others = leaves.get(right)
                if others:
                    pairs = _near(page, spans, others, words, ordered, mask)
                    if pairs:
                        found[number] = pairs
        return found


def limited(fields: frozenset[str], within: frozenset[str] | None) -> frozenset[str]:
    """Return where a term is looked for inside a group that has a limit of its own."""
    if within is None:
        return fields
    return within if fields == DEFAULT_FIELDS else fields & within


def uncovered(spans: Iterable[Span], covers: Iterable[Span]) -> list[Span]:
    """Return the spans that touch none of the covers."""
    covers = list(covers)
    return [span for span in spans if not any(cover[0] < span[1] and span[0] < cover[1] for cover in covers)]


def _near(
    page: Page, lefts: list[Span], rights: list[Span], words: int, ordered: bool, mask: int
) -> list[Span]:
    """Return, for each left find with a right one close enough in the same field, the stretch of both."""
    rights = sorted(rights)
    starts = [span[0] for span in rights]
    found: list[Span] = []
    for left in lefts:
        if not left[2] & mask:
            continue
        place = bisect_left(starts, left[1])
        candidates = rights[place : place + 1]
        if not ordered:
            candidates += [span for span in rights[max(0, place - 3) : place] if span[1] <= left[0]][-1:]
        for right in candidates:
            first, second = (left, right) if left[0] <= right[0] else (right, left)
            if right[2] == left[2] and words_between(page.folded[first[1] : second[0]]) <= words:
                found.append((first[0], second[1], left[2]))
                break
    return found


def _finder(literal: Literal) -> Callable[[Page, int, int], Span | None]:
    """Return the check of one literal's find: its full span, or None where it may not stand there."""
    check = check_for(literal)
    upper = literal.upper
    if not literal.before and not literal.after and not literal.open_left and not literal.open_right:
        if upper is None:
            if check is None:
                return lambda page, start, end: (start, end, page.field_bit(start))
            return lambda page, start, end: (
                (start, end, page.field_bit(start)) if check(page.folded, start, end) else None
            )
        return lambda page, start, end: (
            (start, end, page.field_bit(start))
            if (check is None or check(page.folded, start, end)) and _case(page, start, end) == upper
            else None
        )
    before = re.compile(f"(?:{literal.before})\\Z") if literal.before else None
    after = re.compile(literal.after) if literal.after else None

    def find(page: Page, start: int, end: int) -> Span | None:
        folded = page.folded
        if check is not None and not check(folded, start, end):
            return None
        if upper is not None and _case(page, start, end) != upper:
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
            while start and folded[start - 1].isalnum():
                start -= 1
        if literal.open_right:
            while end < len(folded) and folded[end].isalnum():
                end += 1
        return start, end, page.field_bit(start)

    return find


def _case(page: Page, start: int, end: int) -> tuple[bool, ...]:
    return tuple(character.isupper() for character in page.readable[start:end])
