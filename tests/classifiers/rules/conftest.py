"""Short ways to a classifier from a few words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from classifiers.rules.evidence import Evidence
from classifiers.rules.read_topics import read_topics
from classifiers.rules.rule_classifier import RuleClassifier
from classifiers.types import Document

Evidences = Callable[..., Evidence | None]


def build(topic: Mapping[str, Any], entities: Mapping[str, Any] | None = None) -> RuleClassifier:
    """Return a classifier of one topic, "t", from raw tables that must be free of mistakes."""
    topics, mistakes = read_topics({"t": topic}, entities or {})
    assert not [mistake for mistake in mistakes if not mistake.warning], mistakes
    return RuleClassifier(topics)


@pytest.fixture
def evidence() -> Evidences:
    """(topic table, entities, **fields of a document) -> evidence, or None where nothing was found."""

    def find(
        topic: Mapping[str, Any], entities: Mapping[str, Any] | None = None, **fields: Any
    ) -> Evidence | None:
        document = Document(**{"id": "d", "title": "", **fields})
        return build(topic, entities).evidence(document).get("t")

    return find


@pytest.fixture
def finds() -> Callable[[str, str], bool]:
    """(term, title) -> is the term found in it?"""

    def find(term: str, title: str) -> bool:
        return "t" in build({"terms": {term: 1}}).evidence(Document(id="d", title=title))

    return find
