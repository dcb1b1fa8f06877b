"""What is only mentioned in passing counts a part: after the lead and once, or under a headline about something else."""

from __future__ import annotations

from typing import Any

import pytest

from classifiers.rules.read_topics import read_topics
from classifiers.rules.rule_classifier import RuleClassifier
from classifiers.types import Document

LATER = "The council met on Monday to talk about the budget of the town, " * 4
"""More words than a lead has."""
LATER_KO = "시의회는 월요일 내년 예산안을 두고 회의를 열었다고 밝혔다 " * 6
LATER_JA = "市議会は月曜日に来年の予算案について話し合うために集まったと発表した。" * 4
FERRY = {"points": 3, "terms": {"ferry": 3, "여객선": 3, "フェリー": 3}}


def points(evidence: Any, topic: dict[str, Any], **fields: str) -> float:
    found = evidence(topic, **fields)
    return found.points if found else 0.0


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"title": "Budget and a ferry at the very end of a headline"}, 4.5),
        ({"summary": "A ferry sank. " + LATER}, 3.0),
        ({"summary": LATER + "A ferry sank."}, 1.0),
        ({"summary": LATER + "A ferry sank. Another ferry came."}, 3.0),
        ({"summary": LATER + "The ferry sank.", "title": "Ferry sinks"}, 5.25),
        ({"summary": LATER + "The ferry sank.", "text": LATER + "The ferry sank."}, 3.375),
        ({"text": "A ferry sank. " + LATER}, 1.5),
        ({"text": LATER + "A ferry sank."}, 0.5),
        ({"text": LATER + "A ferry sank. Another ferry came."}, 1.5),
        ({"summary": "여객선이 침몰했다. " + LATER_KO}, 3.0),
        ({"summary": LATER_KO + "여객선이 침몰했다."}, 1.0),
        ({"summary": "フェリーが沈没した。" + LATER_JA}, 3.0),
        ({"summary": LATER_JA + "フェリーが沈没した。"}, 1.0),
    ],
)
def test_a_single_mention_after_the_lead_counts_a_third(
    evidence: Any, fields: dict[str, str], expected: float
) -> None:
    assert points(evidence, FERRY, **fields) == pytest.approx(expected)


@pytest.mark.parametrize(("passing", "expected"), [(0, 0.0), (0.5, 1.5), (1, 3.0)])
def test_a_topic_can_say_otherwise(evidence: Any, passing: float, expected: float) -> None:
    topic = {**FERRY, "passing": passing}
    assert points(evidence, topic, summary=LATER + "A ferry sank.") == pytest.approx(expected)


def test_what_speaks_against_counts_a_third_too(evidence: Any) -> None:
    topic = {"terms": {"ferry": 3, "film": -3}}
    early = points(evidence, topic, title="Ferry", summary="A film. " + LATER)
    late = points(evidence, topic, title="Ferry", summary=LATER + "A film.")
    assert (early, late) == pytest.approx((1.5, 3.5))


GROUP = {
    "terms": {"boat": 1},
    "groups": [{"name": "accident", "weight": 3, "all": ["ferry"], "any": ["sank", "aground"]}],
}


@pytest.mark.parametrize(
    ("title", "summary", "expected"),
    [
        ("A ferry sank", "", 4.5),
        ("The ferry", "It sank. " + LATER, 3.0),
        ("The ferry", LATER + "It sank.", 1.0),
        ("The ferry", LATER + "It sank or ran aground.", 3.0),
        ("Budget", LATER + "A ferry sank.", 1.0),
    ],
)
def test_a_group_is_in_passing_where_one_of_its_members_is(
    evidence: Any, title: str, summary: str, expected: float
) -> None:
    assert points(evidence, GROUP, title=title, summary=summary) == pytest.approx(expected)
    close = {**GROUP, "groups": [{**GROUP["groups"][0], "within": 5}]}
    if "ferry" not in title or "sank" in title:
        assert points(evidence, close, title=title, summary=summary) == pytest.approx(expected)


def test_fields_that_are_no_prose_are_never_in_passing(evidence: Any) -> None:
    topic = {"terms": {"url: ferry": 3, "category: ferry": 3}}
    found = evidence(topic, url="https://example.org/" + "a/" * 60 + "ferry", categories=("sea", "ferry"))
    assert found.points == pytest.approx(6)


ASIDE = {**FERRY, "aside": ["shares", "box office", "url: sport"]}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"title": "Ferry sinks"}, 4.5),
        ({"title": "Shares fall as ferry sinks"}, 1.5),
        ({"title": "Ferry sinks", "summary": "Shares fell."}, 4.5),
        ({"title": "Shares fall", "summary": "A ferry sank. The ferry was old."}, 1.0),
        ({"title": "Ferry race", "url": "https://example.org/sport/1"}, 1.5),
        ({"title": "Shares fall as no ferry-boat, but a toy ferry sinks"}, -1.5),
    ],
)
def test_under_a_headline_about_something_else_everything_is_in_passing(
    evidence: Any, fields: dict[str, str], expected: float
) -> None:
    topic = {**ASIDE, "terms": {**FERRY["terms"], "toy": -2}}
    assert points(evidence, topic, **fields) == pytest.approx(expected)


def test_a_headline_about_something_else_alone_is_no_evidence(evidence: Any) -> None:
    assert evidence(ASIDE, title="Shares fall") is None


def test_reasons_say_so() -> None:
    topics, _ = read_topics({"t": {**ASIDE, "terms": {"ferry": 3, "harbour": 1}}}, {})
    document = Document(id="1", title="Ferry", summary=LATER + "The harbour was shut.")
    (label,) = RuleClassifier(topics).classify([document])[0]
    assert [(reason.what, reason.passing) for reason in label.reasons] == [
        ("ferry", False),
        ("harbour", True),
    ]
    (label,) = RuleClassifier(topics).classify([Document(id="1", title="Shares fall as ferry sinks")])[0]
    assert [(reason.what, reason.passing) for reason in label.reasons] == [("ferry", True)]


def test_mistakes_are_named() -> None:
    _, mistakes = read_topics({"t": {"terms": {"ferry": 3}, "passing": 2, "aside": "shares"}}, {})
    assert {mistake.path[-1] for mistake in mistakes} == {"passing", "aside"}
    _, mistakes = read_topics({"t": {"terms": {"ferry": 3, "passing": 0.5}}}, {})
    assert [mistake.path[-1] for mistake in mistakes] == ["passing"]
