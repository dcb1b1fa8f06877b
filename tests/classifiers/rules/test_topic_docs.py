"""The examples of docs/topics.md are good configuration, and every setting is explained in the reference."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from classifiers.rules.read_topics import FACET_KEYS, GROUP_KEYS, TOPIC_KEYS, read_topics
from classifiers.rules.rule_classifier import RuleClassifier
from classifiers.terms.language import FIELDS
from classifiers.types import Document

KOREA = "korean-peninsula-security"


@pytest.fixture
def page(root: Path) -> str:
    return (root / "docs" / "topics.md").read_text(encoding="utf-8")


@pytest.fixture
def reference(root: Path) -> str:
    return (root / "docs" / "topics-reference.md").read_text(encoding="utf-8")


def examples(page: str) -> list[dict[str, Any]]:
    return [tomllib.loads(text) for text in re.findall(r"```toml\n(.*?)```", page, re.DOTALL)]


def example(page: str, slug: str, number: int = 0) -> dict[str, Any]:
    """The page's examples of one topic, in their order."""
    return [raw for raw in examples(page) if slug in raw.get("topics", {})][number]


def test_the_changed_topic_of_the_library_has_neither_mistake_nor_idle_line(page: str) -> None:
    plain, changed = example(page, KOREA), example(page, KOREA, 1)
    assert plain == {"topics": {KOREA: {"use": KOREA}}}
    before, _ = read_topics(plain["topics"], {})
    topics, mistakes = read_topics(changed["topics"], changed["entities"])
    assert mistakes == []
    gone = {item.term.text for item in before[KOREA].terms} - {item.term.text for item in topics[KOREA].terms}
    assert gone == {"@spies", "title: @markets"}
    groups = {group.name: group.weight for group in topics[KOREA].groups}
    assert groups["Seoul and the North"] == 1
    assert groups["my ministry and the North"] == 1.5
    assert "another war's zone" not in groups
    (labels,) = RuleClassifier(topics).classify(
        [Document(id="1", title="Ministry of Examples and North Korea agree", language="en")]
    )
    assert "my ministry and the North" in {reason.what for reason in labels[0].reasons}


def test_the_first_example_does_what_the_page_says(page: str) -> None:
    raw = example(page, "ferry-safety")
    topics, mistakes = read_topics(raw["topics"], {})
    assert mistakes == []
    rules = RuleClassifier(topics)
    title, summary, wheel = rules.classify(
        [
            Document(id="1", title="Ferry aground"),
            Document(id="2", title="Storm", summary="A ferry was late"),
            Document(id="3", title="The ferry wheel turns"),
        ]
    )
    assert title[0].belongs
    assert title[0].score == pytest.approx(0.5)
    assert not summary[0].belongs
    assert not wheel[0].belongs


def test_the_shape_to_start_from_gives_the_points_of_its_table(page: str) -> None:
    raw = example(page, "ferry-safety", 1)
    topics, mistakes = read_topics(raw["topics"], raw["entities"])
    assert mistakes == []
    rules = RuleClassifier(topics)
    stories = [
        ("A ferry sank", "", 4.65, True),
        ("Ferry captain held", "He left the bridge after his ferry sank.", 3.25, True),
        ("Ferry timetable changes", "", 2.25, False),
        ("Minister resigns", "In May a ferry sank.", 1.0, False),
        ("Shares fall after ferry sank", "", 1.55, False),
    ]
    for title, summary, points, belongs in stories:
        found = rules.evidence(Document(id="1", title=title, summary=summary))["ferry-safety"]
        assert found.points == pytest.approx(points), title
        assert rules.label(found).belongs is belongs, title


def test_the_other_examples_can_be_read(page: str, reference: str) -> None:
    assert all(examples(page) + examples(reference))


@pytest.mark.parametrize("key", [*TOPIC_KEYS, *GROUP_KEYS, *FACET_KEYS, *FIELDS])
def test_every_setting_is_in_the_reference(reference: str, key: str) -> None:
    assert re.search(rf"(?<![\w-]){key}(?![\w-])", reference)
