"""A topic being written: what it takes, what of that is in doubt, and which term took it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from classifiers.evaluation.sentences import sentence_of
from classifiers.evaluation.tryout import (
    AGAINST,
    BARELY,
    NO_TITLE,
    ONE_WORD,
    PASSING,
    try_topic,
)
from classifiers.evaluation.tryout_records import Tryout
from classifiers.rules.read_topics import read_topics
from classifiers.types import Document

LATER = "The council met on Monday to talk about the budget of the town, " * 4
TOPIC: dict[str, Any] = {
    "points": 3,
    "terms": {"ferry": 2, "harbour": 2, "coast guard": 1, "film": -1, "lighthouse": 1},
    "groups": [{"name": "accident", "weight": 1.5, "all": ["ferry"], "any": ["sank", "aground"]}],
    "exclude": ["advertisement"],
}


def tried(*documents: Document, **more: Any) -> Tryout:
    topics, mistakes = read_topics({"ferries": {**TOPIC, **more}}, {})
    assert not mistakes
    return try_topic(topics["ferries"], documents)


def doubts(**fields: str) -> tuple[str, ...]:
    (story,) = tried(Document(**{"id": "1", "title": "", **fields})).taken
    return story.doubts


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"title": "Ferry sank in the harbour"}, ()),
        ({"title": "Ferry"}, (ONE_WORD, BARELY)),
        ({"title": "Storm", "summary": "A ferry left the harbour."}, (NO_TITLE,)),
        ({"title": "Film on a ferry that sank in the harbour"}, (AGAINST,)),
        (
            {"title": "Lighthouse", "summary": "The coast guard came. " + LATER + "The harbour was shut."},
            (PASSING, BARELY),
        ),
    ],
)
def test_doubts_are_what_speaks_for_too_little(fields: dict[str, str], expected: tuple[str, ...]) -> None:
    assert doubts(**fields) == expected


def test_the_most_doubtful_stories_come_first() -> None:
    clear = Document("clear", "Ferry sank in the harbour")
    barely = Document("barely", "Ferry")
    summary = Document("summary", "Storm", "A ferry left the harbour.")
    found = tried(clear, summary, barely).taken
    assert [story.id for story in found] == ["barely", "summary", "clear"]


def test_what_is_excluded_or_beside_the_point_is_not_taken_and_what_just_misses_is_shown_apart() -> None:
    found = tried(
        Document("1", "Ferry at the harbour: advertisement"),
        Document("2", "A quiet day"),
        Document("3", "Storm", "The ferry was late; the film too."),
        Document("4", "Lighthouse", "The coast guard came."),
        Document("5", "Film"),
    )
    assert (found.stories, found.taken) == (5, ())
    assert [story.id for story in found.missed] == ["4"]
    assert [(story.id, story.doubts) for story in found.held] == [("1", ("exclude: advertisement",))]


def test_what_is_held_back_says_by_what() -> None:
    found = tried(
        Document("1", "Shares fall after ferry sank in the harbour"),
        Document("2", "Ferry"),
        Document("3", "Ferry sank in the harbour"),
        aside=["shares"],
        distinct=2,
    )
    assert [story.id for story in found.taken] == ["3"]
    assert [(story.id, story.doubts) for story in found.held] == [
        ("1", ("aside: shares",)),
        ("2", ("distinct: 1 of 2 different terms",)),
    ]
    assert not found.missed


def test_a_story_with_half_the_points_is_just_missed_also_where_distinct_halves_its_score() -> None:
    found = tried(Document("1", "A harbour", ""), Document("2", "A film"), distinct=2, points=4)
    assert [story.id for story in found.missed] == ["1"]


def test_names_of_entities_that_stand_nowhere_are_told() -> None:
    topics, mistakes = read_topics(
        {"ferries": {"terms": {"@vessel": 3}, "aside": ["@else"]}},
        {
            "vessel": ["ferry", "ferries", "hovercraft", "-ferry wheel", "@big"],
            "big": ["liner", "steamer"],
            "else": ["shares"],
        },
    )
    assert not mistakes
    found = try_topic(topics["ferries"], [Document("1", "Ferry and liner")])
    assert dict(found.unfound) == {"vessel": ("ferries", "hovercraft"), "big": ("steamer",)}


def test_a_title_that_comes_again_is_shown_once_and_counted_each_time() -> None:
    found = tried(Document("1", "Ferry"), Document("2", "Ferry"))
    assert [story.id for story in found.taken] == ["1"]
    assert found.terms[0].taken == 2


def test_terms_say_what_they_found_and_where_they_decided() -> None:
    found = tried(
        Document("1", "Ferry sank"),
        Document("2", "FERRY at the harbour"),
        Document("3", "Storm", "The ferry was late."),
    )
    ferry, harbour, *_ = uses = found.terms
    assert (ferry.found, ferry.taken, ferry.decisive) == (3, 2, 1)
    assert ferry.spellings == (("ferry", 3),)
    assert (harbour.found, harbour.taken, harbour.decisive) == (1, 1, 0)
    assert {use.what: use.found for use in uses}["lighthouse"] == 0
    assert [(use.kind, use.what, use.decisive) for use in uses if use.kind == "group"] == [
        ("group", "accident", 0)
    ]


def test_finds_carry_their_sentence() -> None:
    text = "It rained. The ferry from Dunham sank off the pier! Nobody was hurt."
    (story,) = tried(Document("1", "Harbour", text)).taken
    sentences = {find.what: find.sentence for find in story.finds}
    assert sentences["harbour"] == "«Harbour»"
    assert sentences["ferry"] == "The «ferry» from Dunham sank off the pier!"
    assert sentences["accident"] == "The «ferry» from Dunham «sank» off the pier!"
    assert json.dumps(tried(Document("1", "Harbour", text)).as_dict())


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("어제 비가 왔다. 여객선이 침몰했다. 끝", ["여객선"], "«여객선»이 침몰했다."),
        ("昨日は雨。フェリーが沈没した。", ["フェリー"], "«フェリー»が沈没した。"),
        ("", ["ferry"], ""),
        ("Nothing here", ["ferry"], "Nothing here"),
        ("x" * 500 + " ferry " + "y" * 500, ["ferry"], None),
    ],
)
def test_sentences(text: str, words: list[str], expected: str | None) -> None:
    found = sentence_of(text, words)
    if expected is None:
        assert "«ferry»" in found
        assert len(found) < 300
    else:
        assert found == expected
