"""Scores, decisions and reasons of the rules."""

from __future__ import annotations

import pickle
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.rules.read_topics import read_topics
from classifiers.rules.rule_classifier import RuleClassifier
from classifiers.terms.alignment import positions
from classifiers.terms.text import fold, readable
from classifiers.topic_classifier import near
from classifiers.types import Document

TOPIC: dict[str, Any] = {
    "title": "Ferries",
    "points": 3,
    "terms": {"ferry": 2, "ferries": 2, "harbour": 1, "coast guard": 1, "toy": -4},
    "exclude": ["ferry godmother"],
    "ignore": ["ferry tale"],
    "sources": {"harbour-news": 0.5, "agency": 0.25},
    "default_facet": "traffic",
    "facets": {
        "accident": {"title": "Accidents", "terms": {"sinks": 2, "aground": 2}},
        "traffic": {"title": "Traffic", "terms": {"timetable": 1}},
        "crime": {"terms": {"smuggl*": 2}},
    },
}


def classifier(topic: dict[str, Any] = TOPIC, **more: Any) -> RuleClassifier:
    topics, mistakes = read_topics({"ferries": {**topic, **more}}, {})
    assert not mistakes, mistakes
    return RuleClassifier(topics)


def label(title: str = "", rules: RuleClassifier | None = None, **fields: Any) -> Any:
    (labels,) = (rules or classifier()).classify([Document(id="1", title=title, **fields)])
    return labels[0] if labels else None


def test_a_document_without_evidence_has_no_label() -> None:
    assert label("A quiet day") is None
    assert label("A toy shop") is None


def test_the_score_is_a_half_at_the_points_needed() -> None:
    assert label("ferry").score == pytest.approx(0.5)
    assert label("ferry").belongs


def test_points_that_make_three_on_paper_are_enough() -> None:
    assert 1.4 * 1.5 + 0.6 * 1.5 < 3, "in binary"
    assert label("ferry at the harbour", classifier(terms={"ferry": 1.4, "harbour": 0.6})).belongs


def test_the_score_rises_with_the_points() -> None:
    scores = [
        label(title).score
        for title in ("harbour", "ferry", "ferry at the harbour", "ferry, ferries, harbour")
    ]
    assert scores == sorted(scores)
    assert len(set(scores)) == 4
    assert 0 < scores[0] < 0.5 < scores[-1] < 1


def test_a_field_weighs_by_its_multiplier_and_elsewhere_adds_a_quarter() -> None:
    points = {
        "title": label(title="harbour").reasons[0].weight,
        "summary": label(summary="harbour").reasons[0].weight,
        "text": label(text="harbour").reasons[0].weight,
        "both": label(title="harbour", summary="harbour").reasons[0].weight,
    }
    assert points == pytest.approx({"title": 1.5, "summary": 1.0, "text": 0.5, "both": 1.75})
    own = classifier(fields={"title": 3, "text": 0})
    assert label("harbour", own).reasons[0].weight == pytest.approx(3)


def test_negative_weights_take_away() -> None:
    assert label("toy ferry").score < label("ferry").score
    assert not label("toy ferry").belongs


def test_an_exclusion_overrules_the_score() -> None:
    found = label("Ferry at the harbour, coast guard out: the ferry godmother")
    assert not found.belongs
    assert found.score < 0.1
    assert ("exclude", "ferry godmother") in [(reason.kind, reason.what) for reason in found.reasons]


def test_ignored_words_do_not_count() -> None:
    assert label("A ferry tale") is None
    assert label("A ferry tale about a ferry").reasons[0].weight == pytest.approx(3)


def test_sources_add_points_to_other_evidence_only() -> None:
    assert label("A quiet day", source="harbour-news") is None
    assert label("ferry", source="harbour-news", source_kind="agency").score > label("ferry").score
    kinds = [reason.what for reason in label("ferry", source="x", source_kind="agency").reasons]
    assert "agency" in kinds


def test_distinct_terms_can_be_required() -> None:
    strict = classifier(distinct=2)
    one = label("ferry", strict, summary="ferry")
    assert one.score < 0.5
    assert not one.belongs
    assert ("distinct", "1 of 2 different terms") in [(reason.kind, reason.what) for reason in one.reasons]
    assert label("ferry at the harbour", strict).belongs


def test_a_group_can_be_a_must() -> None:
    strict = classifier(groups=[{"name": "at sea", "must": True, "any": ["harbour", "sea"]}])
    assert label("ferry ferries", strict) is None
    found = strict.evidence(Document(id="1", title="ferry ferries"))["ferries"]
    assert ("must", "at sea") in [(reason.kind, reason.what) for reason in found.reasons()]
    assert not strict.label(found).belongs
    assert found.score < 0.1
    assert label("ferry at sea", strict).belongs


def test_an_unmet_must_comes_before_too_few_terms() -> None:
    strict = classifier(distinct=3, groups=[{"name": "at sea", "must": True, "any": ["sea"]}])
    found = strict.evidence(Document(id="1", title="ferry"))["ferries"]
    assert found.blocked == "must: at sea"


@pytest.mark.parametrize("threshold", [0.05, 0.3, 0.5, 0.9])
def test_what_is_barred_has_a_score_below_every_threshold(threshold: float) -> None:
    rules = classifier(threshold=threshold, distinct=5)
    text = "ferry, ferries, harbour, coast guard"
    short = label(text, rules, summary=text)
    excluded = label(text + ", ferry godmother", rules, summary=text)
    assert short.score < threshold
    assert excluded.score < min(0.1, short.score + 1e-9)


def test_too_few_distinct_terms_are_a_near_miss_and_an_exclusion_is_not() -> None:
    rules = classifier(distinct=5)
    text = "ferry, ferries, harbour, coast guard"
    assert near(label(text, rules, summary=text)) is not None
    assert near(label(text + ", ferry godmother", rules, summary=text)) is None


def test_within_does_not_limit_none() -> None:
    group = {"name": "g", "weight": 3, "all": ["ferry"], "any": ["sank"], "none": ["film"], "within": 3}
    rules = classifier(terms={"boat": 1}, groups=[group])
    far = "and then for a long while nothing more was heard of it until the film"
    assert label("The ferry sank", rules).belongs
    assert label(f"The ferry sank {far}", rules) is None
    assert label("The ferry sank", rules, summary=far) is None
    titles_only = classifier(terms={"boat": 1}, groups=[{**group, "in": ["title"]}])
    assert label("The ferry sank", titles_only, summary=far).belongs


def test_facets() -> None:
    assert label("ferry sinks").facet == "accident"
    assert label("ferry smugglers and a timetable").facet == "crime"
    assert label("ferry").facet == "traffic"
    found = classifier().evidence(Document(id="1", title="ferry sinks, timetable out"))["ferries"]
    assert found.facets == pytest.approx({"accident": 3.0, "traffic": 1.5})


def test_reasons_say_what_was_found_where_and_as_written() -> None:
    found = label("The old Ferry", summary="out of the HARBOUR", text="Coast-guard ship aground")
    terms = [(r.kind, r.what, r.where, r.found) for r in found.reasons if r.kind in ("term", "facet")]
    assert terms == [
        ("term", "ferry", "title", "Ferry"),
        ("term", "harbour", "summary", "HARBOUR"),
        ("term", "coast guard", "text", "Coast-guard"),
        ("facet", "accident: aground", "text", "aground"),
    ]
    assert found.rules == classifier().topics["ferries"].hash


def test_labels_come_in_the_order_of_the_topics_and_documents() -> None:
    raw = {"b": {"terms": {"sea": 3}}, "a": {"terms": {"sea": 1, "lake": 3}}}
    topics, _ = read_topics(raw, {})
    results = RuleClassifier(topics).classify(
        [Document(id=str(n), title=t) for n, t in enumerate(["lake", "x", "sea"])]
    )
    assert [[found.topic for found in labels] for labels in results] == [["a"], [], ["b", "a"]]


def test_it_pickles_as_its_topics() -> None:
    rules = classifier()
    copy = pickle.loads(pickle.dumps(rules))
    document = Document(id="1", title="ferry sinks at the harbour")
    assert copy.classify([document]) == rules.classify([document])


def test_no_topics_and_empty_documents() -> None:
    assert RuleClassifier({}).classify([Document(id="1", title="x")]) == [()]
    assert classifier().classify([Document(id="1", title="")]) == [()]


@pytest.mark.parametrize(
    ("term", "title", "found"),
    [
        ("UFS", "한미 ＵＦＳ 연습", "ＵＦＳ"),
        ("ferry", "  The\n\n Ferry sinks", "Ferry"),
        ("The Ferry", "  The\n\n Ferry sinks", "The\n\n Ferry"),
        ("북한", "오늘 \u1107\u116e\u11a8\u1112\u1161\u11ab이 발표", "\u1107\u116e\u11a8\u1112\u1161\u11ab"),
        ("ミサイル", "新型ﾐｻｲﾙ発射", "ﾐｻｲﾙ"),
        ("ガス", "天然ｶﾞｽ", "ｶﾞｽ"),
        ("café", "the Cafe\u0301 opens", "Cafe\u0301"),
        ("한·미", "한ㆍ미 회담", "한ㆍ미"),
        ("fire", "on \ufb01re", "\ufb01re"),
        ("ferry", "the ferry  ", "ferry"),
    ],
)
def test_what_was_found_is_shown_as_it_stood(evidence: Any, term: str, title: str, found: str) -> None:
    assert evidence({"terms": {term: 1}}, title=title, summary="북한").matches[0].found == found


@given(st.text(max_size=80))
@settings(max_examples=300, deadline=None)
def test_every_text_can_be_aligned_with_its_readable_form(text: str) -> None:
    plain = readable(text)
    aligned = positions(text, plain)
    assert aligned is not None
    assert len(aligned) == len(plain) + 1
    assert aligned == sorted(aligned)


@given(st.text(max_size=200))
@settings(max_examples=300, deadline=None)
def test_folding_keeps_every_position(text: str) -> None:
    plain = readable(text)
    assert len(fold(plain)) == len(plain)
    assert readable(plain) == plain or not plain.isascii()


WORDS = ["ferry", "ferries", "toy", "Ferry", "a-ferry", "ferryman", "x", "북한", "北", "ferry's", "FERRY."]


@given(st.lists(st.sampled_from(WORDS), max_size=12))
@settings(max_examples=200, deadline=None)
def test_finds_are_those_of_a_plain_search(words: list[str]) -> None:
    text = " ".join(words)
    expected = sum(1 for word in words if word.lower() in ("ferry", "a-ferry", "ferry's", "ferry."))
    found = RuleClassifier(read_topics({"t": {"terms": {"ferry": 1}}}, {})[0]).evidence(
        Document(id="1", title=text)
    )
    assert (found["t"].matches[0].count if found else 0) == expected


@pytest.mark.parametrize(
    "unit",
    ["북한", "北", "ferry ", "ferry", "a", "(", "北북", "ferry toy ", "\u0301", "ミサイル", "\n", "북 한 "],
)
def test_no_text_is_expensive(unit: str) -> None:
    """A megabyte of one unit takes about ten times as long as a tenth of it, never a hundred times."""
    topics, _ = read_topics(
        {
            "t": {
                "terms": {
                    "북한": 1,
                    "北": 1,
                    "*a*": 1,
                    "ferry": 1,
                    "ferry within 5 words of toy": 1,
                    "fer* to*": 1,
                    "@n within 9 words of 북": 1,
                    "/a+b/": 1,
                },
                "groups": [{"weight": 1, "all": ["ferry", "toy", "absent", "북"], "within": 9}],
                "ignore": ["ferry toy"],
            }
        },
        {"n": ["북한", "ミサイル", "-북한북한북한북한"]},
    )
    rules = RuleClassifier(topics)

    def seconds(size: int) -> float:
        document = Document(id="1", title="", text=unit * (size // len(unit)))
        start = time.process_time()
        rules.evidence(document)
        return time.process_time() - start

    seconds(10_000)
    assert seconds(1_000_000) < 40 * max(seconds(100_000), 0.02)
