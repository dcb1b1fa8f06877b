"""A floor under the trained topic, on stories this project wrote itself: five-fold cross-validation."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest

from classifiers.model.background import learn_background
from classifiers.model.dataset import folds, judged
from classifiers.model.metrics import average_precision, f1
from classifiers.model.train import train_on
from classifiers.rules.read_topics import read_topics
from classifiers.rules.rule_classifier import RuleClassifier
from classifiers.types import Document, Judgement
from tests.classifiers.model.conftest import NOW

ROOT = Path(__file__).resolve().parents[3]
OWNED = ROOT / "tests" / "quality" / "topic-owned.jsonl"
TOPIC = "korean-peninsula-security"
FLOOR_F1, FLOOR_AVERAGE_PRECISION = 0.98, 0.99


@pytest.fixture(scope="module")
def held_out():
    """Truth, the rules' decisions and scores, and held-out probabilities."""
    raw = tomllib.loads((ROOT / "config.toml").read_text(encoding="utf-8"))
    topics, _ = read_topics(raw["topics"], raw.get("entities", {}))
    rules = RuleClassifier({TOPIC: topics[TOPIC]})
    rows = [json.loads(line) for line in OWNED.read_text(encoding="utf-8").splitlines() if line.strip()]
    documents = [
        Document(row["id"], row["title"], row.get("summary", ""), language=row.get("language", ""))
        for row in rows
    ]
    said = [Judgement(row["id"], TOPIC, row["relevant"], row.get("facet") or "") for row in rows]
    known = judged(TOPIC, documents, said, rules)
    chances = np.zeros(len(known))
    for learn, test in folds(known.groups, known.relevant, 5, 0):
        part = known.take(learn)
        model = train_on(TOPIC, part, learn_background(part.samples), now=NOW)
        assert model is not None
        chances[test] = model.probabilities([known.samples[place] for place in test])
    decided = np.array([bool(sample.rules and sample.rules.belongs) for sample in known.samples])
    scores = np.array([sample.rules.score if sample.rules else 0.0 for sample in known.samples])
    return known.relevant, decided, scores, chances


def test_trained_topic_stays_above_its_floor(held_out):
    truth, _, _, chances = held_out
    reached = f1(truth, chances >= 0.5), average_precision(truth, chances)
    assert reached[0] >= FLOOR_F1, reached
    assert reached[1] >= FLOOR_AVERAGE_PRECISION, reached


def test_training_does_no_harm_to_the_rules(held_out):
    truth, decided, scores, chances = held_out
    assert f1(truth, chances >= 0.5) >= f1(truth, decided) - 0.02
    assert average_precision(truth, chances) >= average_precision(truth, scores) - 0.01
