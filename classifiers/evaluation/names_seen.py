"""Which names of a topic's entities stand in the stories it is tried on, and which in none."""

from __future__ import annotations

from dataclasses import replace

from classifiers.rules.rule_classifier import RuleClassifier
from classifiers.rules.topic import Topic, WeightedTerm
from classifiers.terms.language import Entity, Near, parse_term
from classifiers.types import Document


class NamesSeen:
    """The names of the entities that speak for or against a topic, and which of them stand anywhere."""

    def __init__(self, topic: Topic) -> None:
        self._names = {
            entity: tuple(name for name in topic.entities[entity] if name[:1] not in ("-", "@", "/"))
            for entity in entities_of(topic)
        }
        written = dict.fromkeys(name for names in self._names.values() for name in names)
        terms = tuple(WeightedTerm(parse_term(name), 1.0) for name in written)
        self._topic = topic.slug
        self._rules = RuleClassifier({topic.slug: only(topic, terms)})
        self._found: set[str] = set()

    def look(self, document: Document) -> None:
        """Note the names that stand in the document."""
        evidence = self._rules.evidence(document).get(self._topic)
        if evidence is not None:
            self._found.update(match.what for match in evidence.matches)

    def unfound(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return each entity with its names that stood nowhere, where there are any."""
        left = {
            entity: tuple(name for name in names if name not in self._found)
            for entity, names in self._names.items()
        }
        return tuple((entity, names) for entity, names in left.items() if names)


def entities_of(topic: Topic) -> list[str]:
    """The entities in the topic's terms and groups, nested ones included, by name. What it sets aside is not its own."""
    terms = [item.term for item in topic.terms]
    terms += [term for group in topic.groups for term in (*group.all, *group.any)]
    found: set[str] = set()

    def visit(name: str) -> None:
        if name not in found and name in topic.entities:
            found.add(name)
            for inner in topic.entities[name]:
                if inner.startswith("@"):
                    visit(inner[1:])

    for term in terms:
        bodies = (term.body.left, term.body.right) if isinstance(term.body, Near) else (term.body,)
        for body in bodies:
            if isinstance(body, Entity):
                visit(body.name)
    return sorted(found)


def only(topic: Topic, terms: tuple[WeightedTerm, ...]) -> Topic:
    """The topic with these terms and nothing else that decides."""
    bare: tuple[()] = ()
    return replace(
        topic, terms=terms, groups=bare, exclude=bare, ignore=bare, aside=bare, facets=bare, distinct=1
    )
