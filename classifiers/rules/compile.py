"""Topics turned into numbers: which finds of the matcher count for what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from classifiers.rules.topic import Group, Topic
from classifiers.terms.language import DEFAULT_FIELDS, Term
from classifiers.terms.matcher import Matcher
from classifiers.terms.name_finder import Spellings
from classifiers.terms.search_text import FIELD_BIT, SearchText
from classifiers.terms.spans import Span
from classifiers.terms.text import is_within
from classifiers.terms.vocabulary import Vocabulary

HEADLINE = frozenset({"title"})


@dataclass(frozen=True, slots=True)
class CompiledGroup:
    """One group, its terms as numbers."""

    name: str
    weight: float
    must: bool
    all: tuple[int, ...]
    any: tuple[int, ...]
    none: tuple[int, ...]
    within: int
    multiplier: Mapping[int, float]

    def satisfied(self, searched: SearchText, found: Mapping[int, list[Span]]) -> tuple[list[Span], bool]:
        """Return the finds that satisfy the group, one a member, and whether a member is only in passing.

        No finds where the group is not satisfied.
        """
        for number in self.all:
            if number not in found:
                return [], False
        some = [number for number in self.any if number in found]
        if self.any and not some:
            return [], False
        if any(number in found for number in self.none):
            return [], False
        members = [found[number] for number in self.all]
        if some:
            members.append([span for number in some for span in found[number]])
        passing = any(only_in_passing(searched, spans) for spans in members)
        if self.within:
            return closest(searched, members, self.within), passing
        multiplier = self.multiplier
        return [
            spans[0] if len(spans) == 1 else max(spans, key=lambda span: multiplier[span[2]])
            for spans in members
        ], passing


@dataclass(frozen=True, slots=True)
class CompiledTopic:
    """One topic, its terms as numbers."""

    topic: Topic
    multiplier: Mapping[int, float]
    """By the bit of the field."""
    terms: Mapping[int, tuple[tuple[int, float, str], ...]]
    """By number: place in the configuration, weight, as written. A document asks only for what it holds."""
    groups: tuple[CompiledGroup, ...]
    exclude: tuple[tuple[int, str], ...]
    ignore: tuple[int, ...]
    aside: tuple[int, ...]
    facets: Mapping[int, tuple[tuple[int, float, str, str], ...]]
    """By number: place, weight, as written, slug of the facet."""


def compile_topics(
    topics: Mapping[str, Topic], names: Spellings | None = None
) -> tuple[Matcher, list[CompiledTopic], dict[int, tuple[int, ...]]]:
    """Return the matcher, which finds `names` too, the compiled topics, and for each term's number the places of the topics it is evidence for.

    Raises:
        TermError: a term names an entity that the topic does not hold.
    """
    entities = {name: aliases for topic in topics.values() for name, aliases in topic.entities.items()}
    vocabulary = Vocabulary(entities)
    compiled = [_compile(vocabulary, topic) for topic in topics.values()]
    users: dict[int, list[int]] = {}
    for place, item in enumerate(compiled):
        numbers = set(item.terms)
        numbers.update(number for group in item.groups for number in (*group.all, *group.any))
        for number in numbers:
            users.setdefault(number, []).append(place)
    return Matcher(vocabulary, names), compiled, {number: tuple(places) for number, places in users.items()}


def _compile(vocabulary: Vocabulary, topic: Topic) -> CompiledTopic:
    multiplier = {bit: topic.fields.get(name, 1.0) for name, bit in FIELD_BIT.items()}
    terms: dict[int, list[tuple[int, float, str]]] = {}
    for place, item in enumerate(topic.terms):
        terms.setdefault(vocabulary.add(item.term), []).append((place, item.weight, item.term.text))
    facets: dict[int, list[tuple[int, float, str, str]]] = {}
    facet_terms = [(facet.slug, item) for facet in topic.facets for item in facet.terms]
    for place, (slug, item) in enumerate(facet_terms):
        facets.setdefault(vocabulary.add(item.term), []).append((place, item.weight, item.term.text, slug))
    return CompiledTopic(
        topic=topic,
        multiplier=multiplier,
        terms={number: tuple(uses) for number, uses in terms.items()},
        groups=tuple(_compile_group(vocabulary, group, multiplier) for group in topic.groups),
        exclude=tuple((vocabulary.add(term), term.text) for term in topic.exclude),
        ignore=tuple(vocabulary.add(term) for term in topic.ignore),
        aside=tuple(
            vocabulary.add(term, HEADLINE if term.fields == DEFAULT_FIELDS else None) for term in topic.aside
        ),
        facets={number: tuple(uses) for number, uses in facets.items()},
    )


def _compile_group(vocabulary: Vocabulary, group: Group, multiplier: Mapping[int, float]) -> CompiledGroup:
    def numbers(terms: Sequence[Term]) -> tuple[int, ...]:
        return tuple(vocabulary.add(term, group.fields) for term in terms)

    return CompiledGroup(
        name=group.name,
        weight=group.weight,
        must=group.must,
        all=numbers(group.all),
        any=numbers(group.any),
        none=numbers(group.none),
        within=group.within,
        multiplier=multiplier,
    )


def only_in_passing(searched: SearchText, spans: Sequence[Span]) -> bool:
    """Say whether a term with these finds is only mentioned in passing: once, after the lead."""
    return len(spans) == 1 and searched.in_passing(spans[0][0], spans[0][2])


def closest(searched: SearchText, members: Sequence[Sequence[Span]], words: int) -> list[Span]:
    """Return one find of each member so that all lie within `words` words of each other in one field, or nothing.

    Sweeps over all finds in order with the last find of each member at hand: linear in the finds.
    """
    events = sorted((span, place) for place, spans in enumerate(members) for span in spans)
    last: dict[int, Span] = {}
    for span, place in events:
        last[place] = span
        if len(last) < len(members):
            continue
        chosen = sorted(last.values())
        if any(other[2] != span[2] for other in chosen):
            continue
        start, end = chosen[0][1], chosen[-1][0]
        if end <= start or is_within(searched.folded, start, end, words):
            return [last[number] for number in range(len(members))]
    return []
