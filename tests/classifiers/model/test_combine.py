"""Rules and model together: who decides, who may overrule, and what a label says of it."""

from __future__ import annotations

import pickle
import subprocess
import sys
from dataclasses import replace

import pytest

from classifiers.rules.read_topics import read_topics
from classifiers.topic_classifier import TopicClassifier, near
from classifiers.types import Document, Label, Reason
from tests.classifiers.model.conftest import SLUG


@pytest.fixture(scope="module")
def classifier(topic, model):
    return TopicClassifier({SLUG: topic}, {SLUG: model})


def test_without_a_model_the_rules_decide(topic, rules, stories):
    assert TopicClassifier({SLUG: topic}).classify(stories[:50]) == rules.classify(stories[:50])


def test_a_story_no_rule_names_can_belong(classifier):
    unnamed = Document(
        "x", "Keeper mends the lantern room", "The beacon and fog horn above the reef and shipping lane"
    )
    (label,) = classifier.classify([unnamed])[0]
    assert label.belongs
    assert label.score >= label.threshold
    assert label.model == classifier.models[SLUG].version
    assert {reason.kind for reason in label.reasons} == {"model"}


def test_labels_carry_rules_and_model_reasons(classifier, topic):
    (label,) = classifier.classify([Document("x", "Lighthouse keeper sees the reef", "beacon lens")])[0]
    kinds = [reason.kind for reason in label.reasons]
    assert "term" in kinds
    assert "model" in kinds
    assert label.rules == topic.hash
    assert label.facet in {"light", "sea"}


def test_an_exclusion_overrules_the_model(classifier):
    document = Document("x", "Lighthouse keeper in the museum", "beacon, lantern room, reef, fog horn, tower")
    (label,) = classifier.classify([document])[0]
    assert label.score > label.threshold
    assert not label.belongs
    assert near(label) == Reason("exclude", "museum", 0.0, "title", "museum")


def test_an_exclusion_overrules_the_model_where_no_term_was_found(classifier):
    document = Document(
        "x", "Keeper in the museum", "beacon, lantern room, reef, fog horn, shipping lane, tower, lens"
    )
    (label,) = classifier.classify([document])[0]
    assert label.score > label.threshold
    assert not label.belongs


def test_an_unmet_must_overrules_the_model(model):
    topics, _ = read_topics(
        {
            SLUG: {
                "title": "Lighthouses",
                "points": 2,
                "terms": {"lighthouse": 2},
                "groups": [{"name": "at sea", "must": True, "any": ["ocean"]}],
            }
        },
        {},
    )
    strict = TopicClassifier(topics, {SLUG: model})
    unnamed = Document(
        "x", "Keeper mends the lantern room", "The beacon and fog horn above the reef and shipping lane"
    )
    assert not any(label.belongs for label in strict.classify([unnamed])[0])
    named = Document("y", "Lighthouse keeper by the ocean", "The beacon and fog horn above the reef")
    assert strict.classify([named])[0][0].belongs


def test_nothing_found_is_no_label(classifier):
    assert classifier.classify([Document("x", "Bridge and harvest shares", "recipe goal concert")])[
        0
    ] == () or all(
        not label.belongs for label in classifier.classify([Document("x", "Concert goal", "recipe")])[0]
    )
    assert classifier.classify([]) == []


def test_batches_and_single_documents_agree(classifier, stories):
    together = classifier.classify(stories[:30])
    alone = [classifier.classify([document])[0] for document in stories[:30]]
    for left, right in zip(together, alone, strict=True):
        assert [replace(label, score=round(label.score, 9)) for label in left] == [
            replace(label, score=round(label.score, 9)) for label in right
        ]


def test_labels_keep_the_order_of_the_topics(topic, model, stories):
    first, last = replace(topic, slug="aaa"), replace(topic, slug="zzz")
    classifier = TopicClassifier(
        {"zzz": last, SLUG: topic, "aaa": first}, {"aaa": replace(model, topic="aaa")}
    )
    labels = classifier.classify(stories[:1])[0]
    assert [label.topic for label in labels] == ["zzz", SLUG, "aaa"]
    assert [bool(label.model) for label in labels] == [False, False, True]


def test_it_travels_to_worker_processes(classifier, stories):
    again = pickle.loads(pickle.dumps(classifier))
    assert again.classify(stories[:20]) == classifier.classify(stories[:20])


def test_near_misses_say_what_is_missing():
    label = Label("t", 0.4, 0.5, False, reasons=(Reason("term", "a", 2.0), Reason("model", "b", -0.7)))
    assert near(label) == Reason("model", "b", 0.1)
    assert near(replace(label, score=0.2)) is None
    assert near(replace(label, score=0.6, belongs=True)) is None
    found = near(replace(label, reasons=()))
    assert found is not None
    assert found.what == "too little evidence"


def test_near_misses_name_what_held_them_back():
    few = Reason("distinct", "1 of 2 different terms")
    term = Reason("term", "a", 0.5, "summary", "a", passing=True)
    label = Label("t", 0.4, 0.5, False, reasons=(term, Reason("source", "s", -1.0), few))
    assert near(label) == replace(few, weight=0.1)
    assert near(replace(label, model="m1")) == Reason("source", "s", 0.1), "a model may do with fewer"
    assert near(replace(label, reasons=(term,))) == replace(term, weight=0.1), "in passing"
    known = replace(label, reasons=(term, Reason("term", "b", 1.0, "title", "b")))
    assert near(known) == Reason("score", "too little evidence", 0.1)
    assert near(replace(known, score=0.7)) == Reason("entries", "only one of many speaks of it")


def test_types_rules_and_combination_do_not_load_scikit_learn():
    code = "import sys, classifiers, classifiers.types, classifiers.rules.rule_classifier, classifiers.topic_classifier; print('sklearn' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
