"""Reading topics: every mistake at once, each with its path and a remedy; never an exception."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.rules.read_topics import read_topics
from classifiers.rules.rule_classifier import RuleClassifier

GOOD: dict[str, Any] = {"title": "T", "terms": {"ferry": 3}}
ENTITIES = {"harbour": ["harbour", "port"]}


def mistakes(
    topic: Any, entities: Any = ENTITIES, *, warnings: bool = False
) -> dict[tuple[str | int, ...], str]:
    _, found = read_topics({"t": topic}, entities)
    return {mistake.path: mistake.message for mistake in found if mistake.warning is warnings}


def test_a_good_topic_has_no_mistakes() -> None:
    topics, found = read_topics({"t": {**GOOD, "exclude": ["@harbour"]}}, ENTITIES)
    assert found == []
    assert topics["t"].title == "T"
    assert topics["t"].threshold == 0.5
    assert topics["t"].entities == {"harbour": ("harbour", "port")}


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"treshold": 0.5}, ("treshold",), 'did you mean "threshold"'),
        ({"threshold": 7}, ("threshold",), "between 0 and 1, got 7"),
        ({"threshold": "high"}, ("threshold",), "a number"),
        ({"threshold": True}, ("threshold",), "a number"),
        ({"threshold": float("nan")}, ("threshold",), "between 0 and 1"),
        ({"points": 0}, ("points",), "between 0.1 and 1000"),
        ({"distinct": 1.5}, ("distinct",), "a whole number"),
        ({"title": 3}, ("title",), "text in quotes"),
        ({"terms": ["ferry"]}, ("terms",), "table of terms and weights"),
        ({"terms": {"ferry": "3"}}, ("terms", "ferry"), "a number"),
        ({"terms": {"ferry(": 3}}, ("terms", "ferry("), "without its partner"),
        ({"terms": {"@harbor": 3}}, ("terms", "@harbor"), 'did you mean "harbour"'),
        (
            {"terms": {"ferry within 3 words of @quay": 3}},
            ("terms", "ferry within 3 words of @quay"),
            "not in [entities]",
        ),
        ({"terms": {"/(a/": 3}}, ("terms", "/(a/"), "missing )"),
        ({"terms": {"/(?=a)b/": 3}}, ("terms", "/(?=a)b/"), "cannot be used"),
        ({"terms": {"/a*/": 3}}, ("terms", "/a*/"), "matches the empty text"),
        ({"terms": {"ferry": {"wieght": 3}}}, ("terms", "ferry", "wieght"), 'did you mean "weight"'),
        ({"terms": {"ferry": {"in": ["titel"]}}}, ("terms", "ferry", "in", 0), 'did you mean "title"'),
        ({"terms": {"ferry": {"in": "title"}}}, ("terms", "ferry", "in"), "list of fields"),
        ({"terms": {"headline: ferry": 3}}, ("terms", "headline: ferry"), "the fields are title"),
        ({"terms": {"ferry": -1}}, (), "no term or group with a positive weight"),
        ({"exclude": "ferry"}, ("exclude",), "list of terms"),
        ({"exclude": ["ok", 3]}, ("exclude", 1), "in quotes"),
        ({"ignore": ["ok", ""]}, ("ignore", 1), "is empty"),
        ({"groups": {"all": ["a"]}}, ("groups",), "list of tables"),
        ({"groups": [{"weight": 1}]}, ("groups", 0), "needs all"),
        ({"groups": [{"all": ["a"]}]}, ("groups", 0), "no effect"),
        (
            {"groups": [{"all": ["a"], "weight": 1, "witin": 2}]},
            ("groups", 0, "witin"),
            'did you mean "within"',
        ),
        ({"groups": [{"all": ["a", "@b"], "weight": 1}]}, ("groups", 0, "all", 1), "not in [entities]"),
        ({"groups": [{"all": ["a"], "must": "yes"}]}, ("groups", 0, "must"), "true or false"),
        ({"sources": {"bbc": "high"}}, ("sources", "bbc"), "a number"),
        ({"sources": ["bbc"]}, ("sources",), "table of names and numbers"),
        ({"fields": {"titel": 2}}, ("fields", "titel"), 'did you mean "title"'),
        ({"fields": {"title": -2}}, ("fields", "title"), "between 0 and 1000"),
        ({"facets": ["a"]}, ("facets",), "must hold tables"),
        ({"facets": {"a": 3}}, ("facets", "a"), "must be a table"),
        ({"facets": {"A b": {}}}, ("facets", "A b"), "lower-case letters"),
        ({"facets": {"a": {"terms": {"@x": 1}}}}, ("facets", "a", "terms", "@x"), "not in [entities]"),
        ({"default_facet": "z"}, ("default_facet",), "not one of the facets"),
        ({"terms": {"-ship": 1}}, ("terms", "-ship"), '"ship" = -1'),
        ({"terms": {"\u2013ship": 1}}, ("terms", "\u2013ship"), "begins with a minus"),
        ({"groups": [{"all": ["a", "-b"], "weight": 1}]}, ("groups", 0, "all", 1), 'none = ["b"]'),
        ({"terms": {"a": 1, "exclude": ["b"]}}, ("terms", "exclude"), "move it above [topics.t.terms]"),
        ({"terms": {"a": 1, "title": "T"}}, ("terms", "title"), "is a setting of the topic"),
        ({"terms": {"a": 1, "sources": {"bbc": 1}}}, ("terms", "sources"), "is a setting of the topic"),
        (
            {"facets": {"a": {"terms": {"title": "A"}}}},
            ("facets", "a", "terms", "title"),
            "move it above [topics.t.facets.a.terms]",
        ),
        (
            {"facets": {"a": {"terms": {"ignore": ["b"]}}}},
            ("facets", "a", "terms", "ignore"),
            "below the line [topics.t]",
        ),
        ({"terms": {"N": {"Korea": 2}}}, ("terms", "N", "Korea"), "in quotation marks as a whole"),
        ({"terms": {"/\bKN/": 2}}, ("terms", "/\bKN/"), "write each backslash twice"),
        ({"terms": {"titel: ferry": 2}}, ("terms", "titel: ferry"), 'did you mean "title:"?'),
    ],
)
def test_mistakes_name_the_place_and_the_remedy(
    change: dict[str, Any], path: tuple[Any, ...], words: str
) -> None:
    found = mistakes({**GOOD, **change})
    assert words in found[("topics", "t", *path)], found


def test_a_term_is_not_repeated_where_the_path_names_it() -> None:
    found = mistakes({"terms": {"titel: ferry": 2}, "exclude": ["titel: toy"]})
    assert found[("topics", "t", "terms", "titel: ferry")].startswith('"titel:" is not a field')
    assert found[("topics", "t", "exclude", 0)].startswith('"titel: toy": "titel:" is not a field')


@pytest.mark.parametrize(
    ("topic", "path"),
    [
        ({"terms": {"@harbor": 3}}, ("terms", "@harbor")),
        ({"terms": {"@harbour": "3"}}, ("terms", "@harbour")),
        ({"terms": {"boat": 1, "@harbour within 5 of boat": 3}}, ("terms", "@harbour within 5 of boat")),
        ({"groups": [{"all": ["@harbor"], "weight": 3}]}, ("groups", 0, "all", 0)),
        ({"trems": {"@harbour": 3}}, ("trems",)),
    ],
)
def test_one_cause_is_one_mistake(topic: Any, path: tuple[Any, ...]) -> None:
    _, found = read_topics({"t": topic}, ENTITIES)
    assert [mistake.path for mistake in found] == [("topics", "t", *path)]


def test_a_misspelt_name_in_an_entity_is_one_mistake() -> None:
    _, found = read_topics({"t": {"terms": {"@coast": 3}}}, {**ENTITIES, "coast": ["beach", "@harbor"]})
    assert [mistake.path for mistake in found] == [("entities", "coast", 1)]


def test_mistakes_are_reported_all_at_once() -> None:
    found = mistakes({**GOOD, "threshold": 7, "points": 0, "exclude": ["(", "@nobody"]})
    assert len(found) == 4


def test_a_topic_must_be_a_table_with_a_good_slug() -> None:
    assert "must be a table" in mistakes(3)[("topics", "t")]
    _, found = read_topics({"Not A Slug": GOOD}, {})
    assert "lower-case" in found[0].message


@pytest.mark.parametrize(
    ("entities", "path", "words"),
    [
        ([], (), "must be a table"),
        ({"a": "x"}, ("a",), "list of names"),
        ({"A": ["x"]}, ("A",), "lower-case"),
        ({"a": ["x", "("]}, ("a", 1), "without its partner"),
        ({"a": ["@b"]}, ("a", 0), "not in [entities]"),
        ({"a": ["x", "@b"], "b": ["y", "@a"]}, ("a",), "contains itself"),
        ({"a": ["@a"]}, ("a",), "contains itself"),
        ({"a": ["title: x"]}, ("a", 0), "where the entity is used"),
        ({"a": ["x within 3 words of y"]}, ("a", 0), "not in an entity"),
        ({"a": ["x", "-@b"], "b": ["y"]}, ("a", 1), "only words can follow a minus"),
        ({"a": ["x", "\u2013y"]}, ("a", 1), 'plain hyphen: "-y"'),
        ({"a": ["x", "x within 5 of y"]}, ("a", 1), '"x within 5 words of y"'),
    ],
)
def test_mistakes_in_entities(entities: Any, path: tuple[Any, ...], words: str) -> None:
    topics, found = read_topics({"t": {"terms": {"ferry": 3}}}, entities)
    texts = {mistake.path: mistake.message for mistake in found if not mistake.warning}
    assert words in texts[("entities", *path)]
    RuleClassifier(topics)


@pytest.mark.parametrize(
    ("topic", "entities", "path", "words"),
    [
        ({"terms": {"ferry": 3, "FERRY ": 0.0}}, {}, ("topics", "t", "terms", "FERRY "), "weight 0"),
        ({"terms": {"Ferry": 3, "ferry": 1}}, {}, ("topics", "t", "terms", "ferry"), 'same as "Ferry"'),
        (
            {"terms": {"ferry": 3}, "ignore": ["ferry"]},
            {},
            ("topics", "t", "terms", "ferry"),
            "can never match",
        ),
        (
            {"terms": {"red ferry": 3}, "ignore": ["ferry"]},
            {},
            ("topics", "t", "terms", "red ferry"),
            "can never match",
        ),
        (
            {"terms": {"language: korean": 3}},
            {},
            ("topics", "t", "terms", "language: korean"),
            "codes of two letters",
        ),
        (
            {"terms": {"summary: ferry": 1}},
            {},
            ("topics", "t", "points"),
            "all terms and groups together give 1",
        ),
        ({"terms": {"title:ferry": 3}}, {}, ("topics", "t", "terms", "title:ferry"), '"title: ferry"'),
        (
            {"terms": {"x": 3}, "exclude": ["title,url:ferry sinks"]},
            {},
            ("topics", "t", "exclude", 0),
            '"title,url: ferry sinks"',
        ),
        ({"terms": {"@a": 3}}, {"a": ["-x"]}, ("entities", "a"), "never matches"),
        ({"terms": {"@a": 3}}, {"a": ["ferry", "Ferry"]}, ("entities", "a", 1), "says the same"),
        ({"terms": {"x": 3}}, {"a": ["x"]}, ("entities", "a"), "no topic uses @a"),
        (
            {"terms": {"ferry": 2, "ferry(s)": 1}},
            {},
            ("topics", "t", "terms", "ferry(s)"),
            'so take "ferry" out',
        ),
        (
            {"terms": {"ferr(y)(ies)": 2, "ferry(man)": 1}},
            {},
            ("topics", "t", "terms", "ferry(man)"),
            "take that spelling out of one of them",
        ),
        (
            {"terms": {"a": 3, "points": 3}},
            {},
            ("topics", "t", "terms", "points"),
            "to set the topic's points",
        ),
        ({"terms": {"a": 3, "threshold": 0.5}}, {}, ("topics", "t", "terms", "threshold"), "move it above"),
        ({"terms": {"@a": 3}}, {"a": ["ship", "-ship"]}, ("entities", "a"), "exceptions cover all its names"),
        (
            {"terms": {"@a": 3}},
            {"a": ["SHIP", "boat", "-ship*"]},
            ("entities", "a", 0),
            '"SHIP" never counts',
        ),
        (
            {"terms": {"@a": 3}},
            {"a": ["\ubd81\ud55c\uad70", "\ubc30", "-\ubd81\ud55c"]},
            ("entities", "a", 0),
            "never counts",
        ),
        ({"terms": {"tué*": 3}}, {}, ("topics", "t", "terms", "tué*"), 'every word with "tue" there'),
        ({"terms": {"@a": 3}}, {"a": ["ship", "éché*"]}, ("entities", "a", 1), "accents do not count"),
        (
            {"terms": {"x": 3}, "groups": [{"all": ["a"], "none": ["a"], "weight": 1}]},
            {},
            ("topics", "t", "groups", 0, "none", 0),
            "never be satisfied",
        ),
        (
            {"terms": {"x": 3}, "groups": [{"all": ["url: a"], "in": ["title"], "weight": 1}]},
            {},
            ("topics", "t", "groups", 0, "all", 0),
            "can never match",
        ),
    ],
)
def test_warnings(topic: Any, entities: Any, path: tuple[Any, ...], words: str) -> None:
    topics, found = read_topics({"t": topic}, entities)
    assert words in {mistake.path: mistake.message for mistake in found if mistake.warning}[path]
    assert not [mistake for mistake in found if not mistake.warning]
    RuleClassifier(topics)


@pytest.mark.parametrize(
    ("terms", "entities"),
    [
        ({"ferry": 2, "title: ferry(s)": 1}, {}),
        ({"tué": 3, "naufragé*": 1}, {}),
        ({"ferry": 2, "ferry(s)": -1}, {}),
        ({"ferry": 2, "ferries": 2, "ferry wheel": 1}, {}),
        ({"a": 3, "points": {"weight": 3}}, {}),
        ({"a": 3, "title": 3, "sources": 2}, {}),
        ({"Agent:X": 3, "4:15": 1, "title :x": 1, "/url:x/": 1, "=text:": 1}, {}),
        ({"@a": 3}, {"a": ["ship*", "missile(s)", "battle * ship", "-ship", "-missile", "-battle"]}),
        ({"@a": 3}, {"a": ["ship", "-SHIP", "-shipping", "-the ship"]}),
    ],
)
def test_no_warning_where_it_may_be_meant(terms: Any, entities: Any) -> None:
    assert read_topics({"t": {"terms": terms}}, entities)[1] == []


def test_the_hash_changes_with_what_decides_and_with_nothing_else() -> None:
    def digest(topic: Any, entities: Any = ENTITIES) -> str:
        return read_topics({"t": topic}, entities)[0]["t"].hash

    uses = {"terms": {"@harbour": 3}}
    assert digest(GOOD) == digest(dict(GOOD))
    assert digest(GOOD) != digest({**GOOD, "threshold": 0.6})
    assert digest(uses) != digest(uses, {"harbour": ["harbour"]})
    assert digest(GOOD) == digest(GOOD, {"harbour": ["harbour"]})
    assert len(digest(GOOD)) == 12


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(allow_nan=True)
    | st.sampled_from(["ferry", "@a", "(", "/x", "in: x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["terms", "groups", "facets", "all", "any", "in", "within", "weight", "a", "title", "fields"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(values, values)
@settings(max_examples=300, deadline=None)
def test_nothing_that_toml_can_hold_raises(topic: Any, entities: Any) -> None:
    topics, _ = read_topics({"t": topic}, entities)
    RuleClassifier(topics)
