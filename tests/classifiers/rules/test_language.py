"""The term language beyond single words: entities, fields, proximity, groups, weights, exclusions."""

from __future__ import annotations

from typing import Any

import pytest

from classifiers.terms.language import Pattern, Phrase, TermError, parse_term

ENTITIES = {
    "kim": ["Kim Jong Un", "김정은", "金正恩", "キム・ジョンウン"],
    "north": ["North Korea", "북한", "-북한산", "-북한강"],
    "leaders": ["@kim", "Putin"],
    "missile": ["missile(s)", "미사일"],
}


def test_an_entity_stands_for_all_its_names(evidence: Any) -> None:
    for title in (
        "Kim Jong-un inspects a yard",
        "김정은, 조선소 찾아",
        "金正恩视察",
        "キムジョンウン氏が視察",
    ):
        found = evidence({"terms": {"@kim": 2}}, ENTITIES, title=title)
        assert found is not None
        assert [match.what for match in found.matches] == ["@kim"]


def test_an_entity_inside_an_entity_counts_once(evidence: Any) -> None:
    found = evidence({"terms": {"@leaders": 2}}, ENTITIES, title="Kim Jong Un and Putin")
    assert len(found.matches) == 1
    assert found.matches[0].count == 2
    assert found.points == pytest.approx(3.0)


def test_a_name_after_a_minus_shields_what_stands_inside_it(evidence: Any) -> None:
    assert evidence({"terms": {"@north": 1}}, ENTITIES, title="북한산 석탄을 실은 배") is None
    found = evidence({"terms": {"@north": 1}}, ENTITIES, title="북한산에서 본 북한 땅")
    assert [match.found for match in found.matches] == ["북한"]
    assert found.matches[0].count == 1


def test_a_term_is_looked_for_only_in_its_field(evidence: Any) -> None:
    topic = {
        "terms": {
            "title: ferry": 1,
            "url: sport": 2,
            "category: Asia": 4,
            "language: ko": 8,
            "author: Kim": 16,
        }
    }
    assert evidence(topic, summary="a ferry", text="sport Asia") is None
    found = evidence(
        topic,
        title="The ferry",
        url="https://example.org/sport/1",
        categories=("World", "Asia"),
        language="ko",
        author="Ann Kim",
    )
    assert {match.where for match in found.matches} == {"title", "url", "category", "language", "author"}
    two = evidence({"terms": {"title, url: ferry": 1}}, url="https://example.org/ferry-sinks")
    assert two.matches[0].where == "url"


def test_an_upper_case_term_matches_any_case_in_a_url(evidence: Any) -> None:
    assert evidence({"terms": {"url: NK": 1}}, url="https://example.org/nk/1") is not None
    assert evidence({"terms": {"NK": 1}}, title="nk") is None


def test_case_can_be_asked_for(evidence: Any) -> None:
    topic = {"terms": {"=Turkey": 1}}
    assert evidence(topic, title="Turkey votes") is not None
    assert evidence(topic, title="a turkey farm") is None


@pytest.mark.parametrize(
    ("term", "text", "expected"),
    [
        ("ferry within 3 words of sinks", "The ferry slowly sinks", True),
        ("ferry within 3 words of sinks", "It sinks: the ferry", True),
        ("ferry within 2 words of sinks", "ferry that no one saw sinks", False),
        ("ferry within 3 words before sinks", "The ferry sinks", True),
        ("ferry within 3 words before sinks", "Sinks the ferry", False),
        ("@kim within 3 words of @missile", "김정은, 새 미사일 시찰", True),
        ("@kim within 1 word of @missile", "김정은 어제 동해에서 새로 만든 미사일 시찰", False),
        ("金正恩 within 4 words of ミサイル", "金正恩総書記がミサイル", True),
        ("金正恩 within 2 words of ミサイル", "金正恩総書記が昨日視察した工場の新型ミサイル", False),
        ("ferry within 3 words of ferry", "one ferry", False),
        ("ferry within 3 words of ferry", "ferry after ferry", True),
        ("big ferry within 2 words of sink*", "big ferry sinking", True),
    ],
)
def test_proximity(evidence: Any, term: str, text: str, expected: bool) -> None:
    assert (evidence({"terms": {term: 1}}, ENTITIES, title=text) is not None) is expected


def test_proximity_does_not_reach_across_fields(evidence: Any) -> None:
    topic = {"terms": {"ferry within 9 words of sinks": 1}}
    assert evidence(topic, title="The ferry", summary="sinks") is None


def test_regular_expressions_run_on_the_text_as_written(evidence: Any) -> None:
    topic = {"terms": {"/KN-?[0-9]{2}/": 1, "title: /(?i)typhoon [a-z]+/": 2}}
    found = evidence(topic, title="Typhoon Haikui", summary="A KN25 was shown; 북한 KN-23")
    assert [(match.what, match.found, match.count) for match in found.matches] == [
        ("/KN-?[0-9]{2}/", "KN25", 2),
        ("title: /(?i)typhoon [a-z]+/", "Typhoon Haikui", 1),
    ]


def group(**settings: Any) -> dict[str, Any]:
    return {"points": 1, "groups": [{"name": "g", "weight": 1, **settings}]}


@pytest.mark.parametrize(
    ("settings", "title", "expected"),
    [
        ({"all": ["ferry", "sinks"]}, "A ferry that sinks", True),
        ({"all": ["ferry", "sinks"]}, "A ferry that floats", False),
        ({"any": ["ferry", "tanker"]}, "A tanker", True),
        ({"all": ["sinks"], "any": ["ferry", "tanker"]}, "A tanker sinks", True),
        ({"all": ["sinks"], "any": ["ferry", "tanker"]}, "A raft sinks", False),
        ({"all": ["ferry"], "none": ["drill"]}, "A ferry in a drill", False),
        ({"all": ["ferry"], "none": ["drill"]}, "A ferry in a storm", True),
        ({"all": ["ferry", "sinks"], "within": 2}, "The ferry sinks", True),
        ({"all": ["ferry", "sinks"], "within": 2}, "The ferry was built before she sinks", False),
        ({"all": ["a", "b", "c"], "within": 4}, "a x x x x x b a c", True),
        ({"all": ["a", "b", "c"], "within": 4}, "a x x x x x b x x x x x c", False),
    ],
)
def test_groups(evidence: Any, settings: dict[str, Any], title: str, expected: bool) -> None:
    found = evidence(group(**settings), title=title)
    satisfied = found is not None and [match.kind for match in found.matches] == ["group"]
    assert satisfied is expected


def test_a_group_can_be_limited_to_fields(evidence: Any) -> None:
    topic = group(all=["ferry", "sinks"], **{"in": ["title"]})
    assert evidence(topic, title="ferry", summary="sinks").distinct == 0
    assert evidence(topic, title="ferry sinks").distinct == 1


def test_a_group_is_as_strong_as_its_weakest_member(evidence: Any) -> None:
    topic = group(all=["ferry", "sinks"])
    assert evidence(topic, title="ferry sinks").points == pytest.approx(1.5)
    assert evidence(topic, title="ferry", summary="sinks").points == pytest.approx(1.0)
    assert evidence(topic, title="ferry", text="sinks").points == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("   ", "is empty"),
        ("@North Korea", "not the name of an entity"),
        ("//", "empty regular expression"),
        ("missile(s", "without its partner"),
        ("missile)s(", "without its partner"),
        ("(missile)", ""),
        ("((a)b)", "without its partner"),
        ("*", "no letter"),
        ("...", "no letter"),
        ("(a)", ""),
        ("a(b)(c)(d)(e)(f)(g)(h)", "more than six"),
        ("headline: North", "not a field"),
        ("a within 0 words of b", "1 to 200"),
        ("a within 900 words of b", "1 to 200"),
        ("a within 3 words of b within 3 words of c", "only one"),
        ("a within words of b", '"a within 5 words of b"'),
        ("a within 7 of b", '"a within 7 words of b"'),
        ("a within seven words of b", '"a within 5 words of b"'),
        ("a within 7 words b", '"a within 7 words of b"'),
        ("a within 7words before b", '"a within 7 words before b"'),
        ("a Within 7 Words Of b", '"a within 7 words of b"'),
        ("a witin 7 words of b", '"a within 7 words of b"'),
        ("a with in 7 words of b", '"a within 7 words of b"'),
        ("a within 7 words after b", '"b within 7 words before a"'),
        ("a within 7 words of", '"a within 7 words of sank"'),
        ("within 7 words of b", '"ferry within 7 words of b"'),
        ("@a within 7 of @b", '"@a within 7 words of @b"'),
        ("title: a within 7 of b", '"a within 7 words of b"'),
        ("-a", "begins with a minus"),
        ("title: -a", "begins with a minus"),
        ("a within 3 words of -b", "begins with a minus"),
        ("titel: a", 'did you mean "title:"'),
    ],
)
def test_terms_that_cannot_be_read_say_why(text: str, words: str) -> None:
    if not words:
        assert parse_term(text)
        return
    with pytest.raises(TermError, match=words.replace("(", r"\(")):
        parse_term(text)


@pytest.mark.parametrize(
    "text",
    [
        "within 24 hours",
        "within 5 miles of shore",
        "within striking distance of",
        "with words of praise",
        "with 5 of its crew",
        "wrote 500 words of",
        "/a within 5 of b/",
    ],
)
def test_phrases_that_only_look_like_nearness_are_phrases(text: str) -> None:
    assert isinstance(parse_term(text).body, Phrase | Pattern)


def test_a_colon_without_a_blank_is_part_of_the_words(evidence: Any) -> None:
    assert evidence({"terms": {"4:15": 1}}, title="at 4:15 sharp") is not None
