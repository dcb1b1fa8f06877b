"""The examples of docs/topics.md are good configuration, and every setting is explained there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from classifiers.rules.read_topics import FACET_KEYS, GROUP_KEYS, TOPIC_KEYS, read_topics
from classifiers.rules.rule_classifier import RuleClassifier
from classifiers.terms.language import FIELDS
from classifiers.types import Document


@pytest.fixture
def page(root: Path) -> str:
    return (root / "docs" / "topics.md").read_text(encoding="utf-8")


def test_the_first_example_does_what_the_page_says(page: str) -> None:
    raw = tomllib.loads(re.findall(r"```toml\n(.*?)```", page, re.DOTALL)[0])
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
    raw = tomllib.loads(re.findall(r"```toml\n(.*?)```", page, re.DOTALL)[1])
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


def test_the_other_examples_can_be_read(page: str) -> None:
    for text in re.findall(r"```toml\n(.*?)```", page, re.DOTALL):
        assert tomllib.loads(text)


@pytest.mark.parametrize("key", [*TOPIC_KEYS, *GROUP_KEYS, *FACET_KEYS, *FIELDS])
def test_every_setting_is_on_the_page(page: str, key: str) -> None:
    assert re.search(rf"(?<![\w-]){key}(?![\w-])", page)
