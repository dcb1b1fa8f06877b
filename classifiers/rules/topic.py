"""What a topic is, once read: plain records, frozen, cheap to send to a worker process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from classifiers.terms.language import Term

PASSING = 1 / 3
"""What a mention in passing counts unless the topic says otherwise: three such mentions make one."""


@dataclass(frozen=True, slots=True)
class WeightedTerm:
    """A term and the points that it adds (or, negative, takes) when it is found."""

    term: Term
    weight: float


@dataclass(frozen=True, slots=True)
class Group:
    """A combination of terms that means more than its parts."""

    name: str
    weight: float = 0.0
    """Points when the group is satisfied."""
    all: tuple[Term, ...] = ()
    """Every one of these must be found."""
    any: tuple[Term, ...] = ()
    """At least one of these must be found."""
    none: tuple[Term, ...] = ()
    """None of these may be found, however far from the others: `within` does not limit it, `fields` does."""
    within: int = 0
    """All members of `all` and one of `any` within this many words of each other, in one field; 0: anywhere."""
    fields: frozenset[str] | None = None
    """Only in these fields; None: wherever each term is looked for."""
    must: bool = False
    """The topic has no story that does not satisfy this group."""


@dataclass(frozen=True, slots=True)
class Facet:
    """A kind of story inside a topic."""

    slug: str
    title: str
    terms: tuple[WeightedTerm, ...] = ()


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic, as configured."""

    slug: str
    title: str
    threshold: float = 0.5
    """A story belongs when its score is at least this."""
    points: float = 3.0
    """How many points give a score of one half."""
    distinct: int = 1
    """How many different terms or groups with positive weight a story needs."""
    terms: tuple[WeightedTerm, ...] = ()
    groups: tuple[Group, ...] = ()
    exclude: tuple[Term, ...] = ()
    """A story with one of these never belongs."""
    ignore: tuple[Term, ...] = ()
    """Phrases inside which no term of this topic counts."""
    sources: Mapping[str, float] = field(default_factory=dict)
    """Points for a source's slug or kind, given only to a story that has other evidence."""
    fields: Mapping[str, float] = field(default_factory=dict)
    """What a term's weight is multiplied with, by the field it is found in; 1 where nothing is said."""
    passing: float = PASSING
    """What counts of a weight whose term is only mentioned in passing (`classifiers.rules`); 1: all of it."""
    aside: tuple[Term, ...] = ()
    """Words of a headline about something else: with one of them, whatever speaks for the topic is in passing."""
    facets: tuple[Facet, ...] = ()
    default_facet: str = ""
    """The facet of a story in which no facet's term is found."""
    entities: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The entities that this topic uses, with their aliases as written."""
    hash: str = ""
    """Twelve hexadecimal digits over all of the above: two topics with the same hash decide alike."""
