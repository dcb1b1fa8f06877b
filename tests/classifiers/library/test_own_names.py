"""A person's [entities] over the gazetteer that ships: added, replaced, new."""

from __future__ import annotations

from typing import Any

import pytest

from classifiers.library.gazetteer.own import extended, new_names
from classifiers.library.gazetteer.records import Gazetteer, Name
from classifiers.rules.read_topics import read_topics
from classifiers.rules.rule_classifier import RuleClassifier
from classifiers.types import Document

SHIPPED = Gazetteer(
    {
        "ferry": Name("ferry", "thing", ("ferry", "여객선"), topics=("-ferry wheel",)),
        "sinking": Name("sinking", "act", ("sank",), only="grouping"),
        "south-china-sea": Name("south-china-sea", "place", ("South China Sea",)),
        "south-arms": Name("south-arms", "words", ("KF-21",)),
    }
)
TOPIC = {"terms": {"@ferry": 3}}


def finds(title: str, entities: Any, topic: Any = TOPIC) -> bool:
    topics, mistakes = read_topics({"t": topic}, entities, SHIPPED)
    assert not [one for one in mistakes if not one.warning]
    return bool(RuleClassifier(topics).classify([Document("1", title)])[0])


def told(entities: Any, topic: Any = TOPIC) -> dict[tuple[str | int, ...], str]:
    return {one.path: one.message for one in read_topics({"t": topic}, entities, SHIPPED)[1]}


def test_a_name_that_ships_can_be_used_without_a_word() -> None:
    assert finds("여객선 침몰", {})
    assert not finds("A ferry wheel", {})


@pytest.mark.parametrize("own", [["catamaran"], {"names": ["catamaran"]}])
def test_spellings_are_added(own: Any) -> None:
    assert finds("A catamaran sank", {"ferry": own})
    assert finds("A ferry sank", {"ferry": own})


def test_spellings_are_replaced() -> None:
    own = {"ferry": {"names": ["catamaran"], "replace": True}}
    assert finds("A catamaran sank", own)
    assert not finds("A ferry sank", own)


def test_an_exception_can_be_added() -> None:
    assert not finds("The Ferry Times", {"ferry": ["-Ferry Times"]})
    assert finds("A ferry sank", {"ferry": ["-Ferry Times"]})


def test_a_name_of_grouping_is_free_for_a_list_of_ones_own() -> None:
    own, topic = {"sinking": ["went down"]}, {"terms": {"@sinking": 3}}
    assert finds("It went down", own, topic)
    assert not finds("It sank", own, topic)
    assert new_names(SHIPPED, own) == {"sinking": ("went down",)}
    assert extended(SHIPPED, own).names["sinking"] == SHIPPED.names["sinking"]


@pytest.mark.parametrize(
    ("entities", "path", "words"),
    [
        ({"ferry": ["Ferry"]}, ("entities", "ferry"), "says nothing that @ferry does not find already"),
        (
            {"ferry": {"names": ["여객선", "ferry", "-ferry wheel"], "replace": True}},
            ("entities", "ferry"),
            "says nothing that @ferry does not find already",
        ),
        (
            {"boat": {"names": ["boat"], "replace": True}},
            ("entities", "boat", "replace"),
            "there is no @boat to replace",
        ),
        ({"ferry": {"names": [], "replace": True}}, ("entities", "ferry"), "has no name to look for"),
        ({"ferry": {"name": ["x"]}}, ("entities", "ferry", "name"), 'unknown setting "name"'),
        ({"ferry": {"names": ["x"], "replace": "yes"}}, ("entities", "ferry", "replace"), "true or false"),
        ({"ferry": {"names": "x"}}, ("entities", "ferry", "names"), "list of names"),
        ({"ferry": {"names": ["x", "a (b"]}}, ("entities", "ferry", "names", 1), "bracket"),
        ({"ferry": ["boat", "-boat"]}, ("entities", "ferry", 0), "never counts"),
        ({"ferry": ["@ferry"]}, ("entities", "ferry"), "contains itself"),
        ({"boat": ["boat"]}, ("entities", "boat"), "no topic uses @boat"),
    ],
)
def test_what_is_wrong_or_does_nothing_is_told_with_its_place(
    entities: Any, path: tuple[Any, ...], words: str
) -> None:
    assert words in told(entities)[path]


def test_an_addition_that_does_something_is_no_mistake() -> None:
    assert told({"ferry": ["catamaran", "ferry"]}) == {}


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("southchinasea", "south-china-sea"),
        ("south-chna-sea", "south-china-sea"),
        ("ferri", "ferry"),
        ("norway", ""),
    ],
)
def test_only_a_near_name_is_suggested(slip: str, meant: str) -> None:
    message = told({}, {"terms": {f"@{slip}": 3}})[("topics", "t", "terms", f"@{slip}")]
    assert (f'did you mean "{meant}"' in message) if meant else ("did you mean" not in message)


def test_a_name_far_from_the_word_is_not_suggested() -> None:
    far = Gazetteer({"south-arms": Name("south-arms", "words", ("KF-21",))})
    (mistake,) = read_topics({"t": {"terms": {"@southchinasea": 3, "ferry": 3}}}, {}, far)[1]
    assert (
        mistake.message == "@southchinasea is not in [entities], nor a name that ships; known are south-arms"
    )
