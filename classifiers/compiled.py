"""Topics turned into numbers: which finds of the matcher count for what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from classifiers.matcher import Matcher, Span
from classifiers.page import FIELD_BIT, Page
from classifiers.terms import Term
from classifiers.text import words_between
from classifiers.topic import Group, Topic


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

    def satisfied(self, page: Page, found: Mapping[int, list[Span]]) -> list[Span]:
        """Return the finds that satisfy the group, one a member; empty where it is not satisfied."""
        for number in self.all:
            if number not in found:
                return []
        some = [number for number in self.any if number in found]
        if self.any and not some:
            return []
        if any(number in found for number in self.none):
            return []
        members = [found[number] for number in self.all]
        if some:
            members.append([span for number in some for span in found[number]])
        if self.within:
            return closest(page, members, self.within)
        multiplier = self.multiplier
        return [
            spans[0] if len(spans) == 1 else max(spans, key=lambda span: multiplier[span[2]])
            for spans in members
        ]


@dataclass(frozen=True, slots=True)
class CompiledTopic:
    """One topic, its terms as numbers."""

    topic: Topic
    multiplier: Mapping[int, float]
    """By the bit of the field."""
    terms: tuple[tuple[int, float, str], ...]
    groups: tuple[CompiledGroup, ...]
    exclude: tuple[tuple[int, str], ...]
    ignore: tuple[int, ...]
    facets: tuple[tuple[str, int, float, str], ...]


def compile_topics(
    topics: Mapping[str, Topic],
) -> tuple[Matcher, list[CompiledTopic], dict[int, tuple[int, ...]]]:
    """Return the matcher, the compiled topics, and for each term's number the places of the topics it is evidence for.

    Raises:
        TermError: a term names an entity that the topic does not hold.
    """
    entities = {name: aliases for topic in topics.values() for name, aliases in topic.entities.items()}
    matcher = Matcher(entities)
    compiled = [_compile(matcher, topic) for topic in topics.values()]
    matcher.build()
    users: dict[int, list[int]] = {}
    for place, item in enumerate(compiled):
        numbers = {number for number, _, _ in item.terms}
        numbers.update(number for group in item.groups for number in (*group.all, *group.any))
        for number in numbers:
            users.setdefault(number, []).append(place)
    return matcher, compiled, {number: tuple(places) for number, places in users.items()}


def _compile(matcher: Matcher, topic: Topic) -> CompiledTopic:
    multiplier = {bit: topic.fields.get(name, 1.0) for name, bit in FIELD_BIT.items()}
    return CompiledTopic(
        topic=topic,
        multiplier=multiplier,
        terms=tuple((matcher.add(item.term), item.weight, item.term.text) for item in topic.terms),
        groups=tuple(_compile_group(matcher, group, multiplier) for group in topic.groups),
        exclude=tuple((matcher.add(term), term.text) for term in topic.exclude),
        ignore=tuple(matcher.add(term) for term in topic.ignore),
        facets=tuple(
            (facet.slug, matcher.add(item.term), item.weight, item.term.text)
            for facet in topic.facets
            for item in facet.terms
        ),
    )


def _compile_group(matcher: Matcher, group: Group, multiplier: Mapping[int, float]) -> CompiledGroup:
    def numbers(terms: Sequence[Term]) -> tuple[int, ...]:
        return tuple(matcher.add(term, group.fields) for term in terms)

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


def closest(page: Page, members: Sequence[Sequence[Span]], words: int) -> list[Span]:
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
        if end <= start or words_between(page.folded[start:end]) <= words:
            return [last[number] for number in range(len(members))]
    return []
