"""The words of all topics: every term resolved to the spellings, expressions and pairs it stands for.

A *leaf* is one thing to find: a phrase with its spellings, an entity with all its names, an expression. A term
is a leaf limited to some fields, or two leaves near each other. Topics that use the same entity share its leaf.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from classifiers.terms.language import (
    DEFAULT_FIELDS,
    Body,
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
from classifiers.terms.search_text import FIELD_BIT

Aliases = Mapping[str, tuple[str, ...]]
"""Entities by name, each with its aliases as written."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two leaves that must stand near each other."""

    right: int
    words: int
    ordered: bool
    mask: int
    """Bits of the fields that count."""
    number: int
    """The term's."""


class Vocabulary:
    """All terms of all topics, each spelling once. `add` the terms, then give it to a `Matcher`."""

    def __init__(self, entities: Aliases) -> None:
        self._entities = entities
        self._leaves: dict[Simple, int] = {}
        self._numbers: dict[tuple[Body, int], int] = {}
        self.literals: dict[Literal, list[int]] = {}
        """The leaves that each spelling belongs to."""
        self.patterns: dict[str, list[int]] = {}
        """The leaves that each regular expression belongs to."""
        self.shields: dict[int, tuple[int, ...]] = {}
        """By leaf: the leaves inside whose finds it does not count."""
        self.terms: dict[int, list[tuple[int, int]]] = {}
        """By leaf: the numbers of its terms, each with the bits of the fields that count."""
        self.pairs: dict[int, list[Pair]] = {}
        """By left leaf."""
        self.fields = 0
        """Bits of all fields that any term is looked for in."""

    def add(self, term: Term, within: frozenset[str] | None = None) -> int:
        """Take in a term and return its number, the key in what `Matcher.scan` returns.

        Args:
            term: the term.
            within: a further limit to fields, as a group may set.

        Raises:
            TermError: it names an entity that does not exist.
        """
        mask = 0
        for name in limited(term.fields, within):
            mask |= FIELD_BIT[name]
        key = (term.body, mask)
        if key in self._numbers:
            return self._numbers[key]
        number = self._numbers[key] = len(self._numbers)
        self.fields |= mask
        body = term.body
        if isinstance(body, Near):
            left, right = self._leaf(body.left), self._leaf(body.right)
            self.pairs.setdefault(left, []).append(Pair(right, body.words, body.ordered, mask, number))
        else:
            self.terms.setdefault(self._leaf(body), []).append((number, mask))
        return number

    def _leaf(self, body: Simple) -> int:
        if body in self._leaves:
            return self._leaves[body]
        leaf = self._leaves[body] = len(self._leaves)
        shields: list[Phrase] = []
        self._fill(body, leaf, shields, ())
        if shields:
            self.shields[leaf] = tuple(self._leaf(shield) for shield in shields)
        return leaf

    def _fill(self, body: Simple, leaf: int, shields: list[Phrase], above: tuple[str, ...]) -> None:
        if isinstance(body, Phrase):
            for literal in body.literals:
                owners = self.literals.setdefault(literal, [])
                if leaf not in owners:
                    owners.append(leaf)
        elif isinstance(body, Pattern):
            self.patterns.setdefault(body.source, []).append(leaf)
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


def limited(fields: frozenset[str], within: frozenset[str] | None) -> frozenset[str]:
    """Return where a term is looked for inside a group that has a limit of its own."""
    if within is None:
        return fields
    return within if fields == DEFAULT_FIELDS else fields & within
