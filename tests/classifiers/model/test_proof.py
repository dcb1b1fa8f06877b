"""Figures about a topic: measures, evaluation, backtest, suggestions."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from classifiers.evaluation.backtest import backtest
from classifiers.evaluation.evaluate import evaluate
from classifiers.evaluation.suggest import candidates, suggest_drops, suggest_stories, suggest_terms
from classifiers.evaluation.term_report import report_terms
from classifiers.model.metrics import (
    average_precision,
    calibration,
    calibration_error,
    f1,
    interval,
    precision,
    recall,
    score,
)
from classifiers.rules.read_topics import read_topics
from classifiers.topic_classifier import TopicClassifier
from classifiers.types import Document, Judgement
from tests.classifiers.model.conftest import SLUG


@pytest.fixture(scope="module")
def classifier(topic, model):
    return TopicClassifier({SLUG: topic}, {SLUG: model})


@pytest.fixture(scope="module")
def evaluation(topic, stories, judgements):
    return evaluate(topic, stories, judgements, stories)


def test_measures_by_hand():
    truth = np.array([True, True, False, False])
    belongs = np.array([True, False, True, False])
    assert (precision(truth, belongs), recall(truth, belongs), f1(truth, belongs)) == (0.5, 0.5, 0.5)
    assert average_precision(truth, np.array([0.9, 0.2, 0.5, 0.1])) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision(~truth & truth, np.zeros(4)) == 0.0


def test_calibration_table_and_error():
    truth = np.array([True, False, True, True])
    lines = calibration(truth, np.array([0.05, 0.05, 0.95, 1.0]))
    assert [(line.low, line.count, line.actual) for line in lines] == [(0.0, 2, 0.5), (0.9, 2, 1.0)]
    assert calibration_error(lines) == pytest.approx((2 * 0.45 + 2 * 0.025) / 4)


def test_interval_holds_its_value_and_narrows_with_more_stories():
    def width(size: int) -> float:
        truth = np.arange(size) % 3 == 0
        found = interval(lambda at: float(truth[at].mean()), np.arange(size), seed=0)
        assert found.low <= found.value <= found.high
        return found.high - found.low

    assert width(1000) < width(50) / 2


def test_copies_widen_the_interval():
    truth = np.repeat(np.arange(40) % 2 == 0, 5)
    apart = interval(lambda at: float(truth[at].mean()), np.arange(200), seed=0)
    together = interval(lambda at: float(truth[at].mean()), np.repeat(np.arange(40), 5), seed=0)
    assert together.high - together.low > apart.high - apart.low


def test_scores_of_nothing_are_zero():
    empty = score(np.zeros(0, dtype=bool), np.zeros(0, dtype=bool), np.zeros(0))
    assert (empty.count, empty.f1.value) == (0, 0.0)


def test_evaluation_measures_model_and_rules_on_the_same_later_stories(evaluation):
    assert evaluation.model is not None
    assert evaluation.model.count == evaluation.rules.count == 192
    assert evaluation.model.average_precision.value > evaluation.rules.average_precision.value
    assert evaluation.facet_accuracy is not None
    assert "Temporal" in evaluation.method
    assert json.loads(json.dumps(evaluation.as_dict()))["topic"] == SLUG


def test_evaluation_is_repeatable(topic, stories, judgements):
    short = evaluate(topic, stories[:60], judgements[:60], stories[:60])
    assert evaluate(topic, stories[:60], judgements[:60], stories[:60]) == short


def test_evaluation_with_few_judgements_shows_rules_only(topic, stories, judgements):
    few = evaluate(topic, stories, judgements[:10], stories[:50])
    assert few.model is None
    assert few.rules.count == 10


def test_each_term_says_what_it_does(topic, stories):
    verdicts = {"a": True, "b": False, "c": True, "d": True}
    documents = [
        Document("a", "Lighthouse"),
        Document("b", "The lighthouse harvest"),
        Document("c", "Lighthouse museum"),
        Document("d", "Harvest"),
        Document("e", "Lighthouse again"),
    ]
    terms, excluded = report_terms(topic, documents, verdicts)
    light, harvest = terms
    assert (light.what, light.hits.as_dict()) == (
        "lighthouse",
        {"relevant": 2, "irrelevant": 1, "unjudged": 1},
    )
    assert light.precision == pytest.approx(2 / 3)
    assert (light.lost.relevant, light.lost.irrelevant, light.lost.unjudged) == (1, 1, 1)
    assert (harvest.lost.relevant, harvest.lost.irrelevant) == (0, 0)
    (museum,) = excluded
    assert museum.blocked.relevant == 1
    assert "judged relevant" in museum.warning


def test_an_exclusion_that_blocks_nothing_good_gives_no_warning(topic):
    _, excluded = report_terms(topic, [Document("a", "Lighthouse museum")], {"a": False})
    assert excluded[0].blocked.irrelevant == 1
    assert not excluded[0].warning


def test_backtest_names_who_enters_who_leaves_and_why(topic):
    topics, _ = read_topics({SLUG: {"title": "L", "points": 2, "terms": {"beacon": 2, "lighthouse": 1}}}, {})
    documents = [Document("a", "Lighthouse"), Document("b", "Beacon"), Document("c", "Museum")]
    said = [Judgement("a", SLUG, True), Judgement("b", SLUG, True), Judgement("c", SLUG, False)]
    result = backtest(
        SLUG, documents, said, TopicClassifier({SLUG: topic}), TopicClassifier({SLUG: topics[SLUG]})
    )
    assert ([change.id for change in result.entered], [change.id for change in result.left]) == (["b"], ["a"])
    assert result.entered[0].terms[0].what == "beacon"
    assert result.left[0].terms[0].what == "lighthouse"
    assert result.left[0].terms[0].weight < 0
    assert (result.belonged, result.belongs) == (1, 1)
    assert (result.before.recall.value, result.after.recall.value) == (0.5, 0.5)
    assert {what: (ins, outs) for what, ins, outs in result.responsible}["beacon"] == (1, 0)
    assert json.dumps(result.as_dict())


def test_backtest_blames_a_new_exclusion(topic):
    changed = replace(topic, exclude=())
    documents = [Document("a", "Lighthouse museum")]
    result = backtest(SLUG, documents, [], TopicClassifier({SLUG: topic}), TopicClassifier({SLUG: changed}))
    assert [(reason.kind, reason.what) for reason in result.entered[0].terms] == [("exclude", "museum")]


def test_questions_are_about_uncertain_stories_and_not_twice_about_one(
    topic, stories, judgements, classifier
):
    doubtful = Document("n1", "Keeper at the bridge concert", "reef recipe lens")
    copy = replace(doubtful, id="n2")
    judged = frozenset(item.id for item in judgements)
    asked = suggest_stories(topic, [*stories, doubtful, copy], judged, classifier, most=8)
    assert len(asked) == 8
    assert not judged & {question.id for question in asked}
    assert not {"n1", "n2"} <= {question.id for question in asked}
    every = classifier.classify(stories)
    usual = np.mean([abs((found[0].score if found else 0.0) - 0.5) for found in every])
    assert np.mean([abs(question.score - 0.5) for question in asked]) < usual


def test_new_terms_are_words_that_mark_what_the_rules_miss(topic, stories, judgements, classifier):
    verdicts = {item.id: item.relevant for item in judgements}
    ideas = suggest_terms(topic, stories, verdicts, classifier, most=8)
    assert ideas
    assert {"keeper", "beacon", "lens", "reef", "tower"} & {
        word for idea in ideas for word in idea.what.split()
    }
    assert not any("lighthouse" in idea.what for idea in ideas)
    assert all(idea.action == "add" for idea in ideas)


def test_a_term_that_does_harm_is_put_forward_for_dropping(topic):
    documents = [Document(str(number), "Lighthouse") for number in range(3)]
    terms, _ = report_terms(topic, documents, {"0": False, "1": False, "2": True})
    (idea,) = suggest_drops(terms)
    assert (idea.what, idea.lost.irrelevant) == ("lighthouse", 2)


def test_candidates_of_korean_words_are_their_beginnings():
    assert {"등대", "등대지", "등대지기"} <= candidates(Document("a", "등대지기가 왔다"))
    assert "old beacon" in candidates(Document("a", "The old beacon"))
