"""An invented subject with invented stories: a topic on lighthouses, whose rules know only some of its words."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from classifiers.model.topic_model import TopicModel
from classifiers.model.train import train
from classifiers.rules.read_topics import read_topics
from classifiers.rules.rule_classifier import RuleClassifier
from classifiers.rules.topic import Topic
from classifiers.types import Document, Judgement

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SLUG = "lighthouses"
INSIDE = ["keeper", "beacon", "fog horn", "lantern room", "reef", "shipping lane", "lens", "tower"]
OUTSIDE = ["recipe", "goal", "shares", "concert", "election", "harvest", "museum", "bridge"]
COMMON = ["morning", "officials", "report", "people", "week", "town", "plans", "north", "coast", "year"]


def story(number: int, belongs: bool, chance: random.Random) -> Document:
    """Return a story; nine in ten that belong name a lighthouse, one in ten that do not names one in passing."""
    words = chance.sample(COMMON, 5) + chance.sample(INSIDE if belongs else OUTSIDE, 3)
    chance.shuffle(words)
    named = chance.random() < (0.9 if belongs else 0.1)
    return Document(
        id=f"s{number}",
        title=f"{'Lighthouse' if named else 'Local'} {words[0]} {words[1]} {number}",
        summary=" ".join(words[2:]) + f" {chance.choice(COMMON)} {number * 7}",
        language="en",
        published=NOW - timedelta(days=400) + timedelta(hours=5 * number),
    )


@pytest.fixture(scope="session")
def topic() -> Topic:
    """A topic with one good term, one excluded one, and facets."""
    topics, mistakes = read_topics(
        {
            SLUG: {
                "title": "Lighthouses",
                "points": 2,
                "terms": {"lighthouse": 2, "harvest": 0.5},
                "exclude": ["museum"],
                "default_facet": "light",
                "facets": {
                    "light": {"title": "Light", "terms": {"lens": 1}},
                    "sea": {"title": "Sea", "terms": {"reef": 1}},
                },
            }
        },
        {},
    )
    assert not [mistake for mistake in mistakes if not mistake.warning]
    return topics[SLUG]


@pytest.fixture(scope="session")
def rules(topic: Topic) -> RuleClassifier:
    return RuleClassifier({SLUG: topic})


@pytest.fixture(scope="session")
def stories() -> list[Document]:
    """A stream of 600 stories, a quarter of which belong: every fourth."""
    chance = random.Random(7)
    return [story(number, number % 4 == 0, chance) for number in range(600)]


@pytest.fixture(scope="session")
def judgements(stories: list[Document]) -> list[Judgement]:
    """A person's answers to the first 240 stories, with a facet where one is plain."""
    return [
        Judgement(
            item.id,
            SLUG,
            number % 4 == 0,
            facet=("sea" if "reef" in f"{item.title} {item.summary}" else "light") if number % 4 == 0 else "",
            at=item.published,
        )
        for number, item in enumerate(stories[:240])
    ]


@pytest.fixture(scope="session")
def model(stories, judgements, rules) -> TopicModel:
    """What all judgements and the whole stream teach."""
    found = train(SLUG, stories, judgements, stories, rules, now=NOW)
    assert found is not None
    return found
