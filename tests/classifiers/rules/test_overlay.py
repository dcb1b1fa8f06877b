"""A topic of the library, with a person's own lines on top."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from classifiers.library.shipped_topics import shipped_slugs, shipped_topic
from classifiers.rules.overlay import overlay
from classifiers.rules.read_topics import read_topics
from classifiers.types import Mistake

SLUG = "korean-peninsula-security"
PATH = ("topics", "mine")


@pytest.fixture(scope="module")
def before(root: Path) -> dict[str, Any]:
    """The configuration as it shipped when its topics stood in it as a whole."""
    text = (root / "tests/config/fixtures/config-with-topics-inline.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def laid(own: dict[str, Any]) -> dict[str, Any]:
    """The table that takes effect; `own` must be free of mistakes."""
    found = overlay({"use": SLUG, **own}, PATH)
    assert found.mistakes == []
    return found.table


def notes(own: dict[str, Any]) -> dict[tuple[Any, ...], Mistake]:
    """By its path below the topic, each mistake and warning that the overlay itself finds."""
    return {one.path[2:]: one for one in overlay({"use": SLUG, **own}, PATH).mistakes}


def test_a_topic_of_the_library_decides_as_it_did_when_it_stood_in_the_configuration(
    before: dict[str, Any],
) -> None:
    inline, said = read_topics(before["topics"], before["entities"])
    used, mistakes = read_topics({slug: {"use": slug} for slug in inline}, {})
    assert mistakes == []
    assert [one.message for one in said if "take it out" not in one.message] == []
    assert len(said) == len(before["entities"])  # each name of it says only what ships as well
    assert used == inline
    assert shipped_slugs() == tuple(sorted(inline))


def test_each_file_of_the_library_holds_one_topic_under_its_own_name() -> None:
    for slug in shipped_slugs():
        assert tomllib.loads(shipped_topic(slug).text) == {"topics": {slug: shipped_topic(slug).table}}


def test_nothing_on_top_is_the_library_itself() -> None:
    assert laid({}) == shipped_topic(SLUG).table


def test_a_persons_settings_take_the_place_of_the_librarys() -> None:
    table = laid({"title": "Korea", "points": 4, "distinct": 2})
    assert (table["title"], table["points"], table["distinct"]) == ("Korea", 4, 2)
    assert table["terms"] == shipped_topic(SLUG).table["terms"]


def test_terms_are_added_changed_and_taken_out() -> None:
    table = laid({"terms": {"ferry": 2, "@drills": 1, "@spies": 0}, "remove": ["@talks"]})
    library = shipped_topic(SLUG).table["terms"]
    assert table["terms"]["ferry"] == 2
    assert table["terms"]["@drills"] == 1
    assert {"@spies", "@talks"} <= library.keys()
    assert {"@spies", "@talks"} & table["terms"].keys() == set()
    assert len(table["terms"]) == len(library) - 1


def test_lists_grow_and_shrink() -> None:
    table = laid({"aside": ["despite"], "exclude": ["film"], "remove": ["@aside-sport", "Kim's Convenience"]})
    assert table["aside"][-1] == "despite"
    assert "@aside-sport" not in table["aside"]
    assert table["exclude"] == ["film"]
    assert "Kim's Convenience" not in table["ignore"]


def test_a_group_of_the_same_name_is_changed_where_it_says_something_else() -> None:
    own = {"groups": [{"name": "Seoul and the North", "weight": 3}, {"name": "x", "weight": 1, "any": ["a"]}]}
    groups = {group["name"]: group for group in laid(own)["groups"]}
    library = {group["name"]: group for group in shipped_topic(SLUG).table["groups"]}
    assert groups["Seoul and the North"] == {**library["Seoul and the North"], "weight": 3}
    assert groups["x"] == own["groups"][1]
    assert len(groups) == len(library) + 1


def test_groups_and_facets_can_be_removed() -> None:
    own = {
        "groups": [{"name": "another war's zone", "weight": 0}],
        "remove": ["group: Lazarus and a theft", "facet: diplomacy"],
    }
    table = laid(own)
    names = {group["name"] for group in table["groups"]}
    assert {"another war's zone", "Lazarus and a theft"} & names == set()
    assert "Korea has a part" in names
    assert "diplomacy" not in table["facets"]
    assert "default_facet" not in table  # it named the facet that is gone


def test_facets_grow_and_change() -> None:
    own = {
        "nuclear": {"title": "Bombs", "terms": {"NPT": 2}},
        "sea": {"title": "Sea", "terms": {"@border": 1}},
    }
    facets = laid({"facets": own})["facets"]
    assert facets["nuclear"]["title"] == "Bombs"
    assert {"NPT": 2, "IAEA": 1}.items() <= facets["nuclear"]["terms"].items()
    assert facets["sea"] == own["sea"]


def test_the_library_itself_is_never_changed() -> None:
    version = shipped_topic(SLUG).version
    laid({"terms": {"@spies": 0}, "remove": ["@aside-sport", "facet: cyber", "group: Korea has a part"]})
    again = tomllib.loads(shipped_topic(SLUG).text)["topics"][SLUG]
    assert shipped_topic(SLUG).table == again
    assert shipped_topic(SLUG).version == version


@pytest.mark.parametrize(
    ("own", "path", "words"),
    [
        ({"threshold": 0.5}, ("threshold",), "does nothing: the library says the same"),
        ({"terms": {"@usfk": 2.5}}, ("terms", "@usfk"), "does nothing: the library says the same"),
        ({"aside": ["x", "@aside-sport"]}, ("aside", 1), "stands in the library's aside already"),
        (
            {"groups": [{"name": "Seoul and the North", "weight": 2}]},
            ("groups", 0),
            'group "Seoul and the North" says the same',
        ),
        (
            {"facets": {"cyber": {"terms": {"@cyber": 1.6}}}},
            ("facets", "cyber", "terms", "@cyber"),
            "the same",
        ),
        ({"remove": ["@usfk", "@spyes"]}, ("remove", 1), 'there is no "@spyes"'),
        ({"remove": ["@spyes"]}, ("remove", 0), 'did you mean "@spies"'),
        ({"remove": ["group: Lazarus and thefts"]}, ("remove", 0), 'did you mean "Lazarus and a theft"'),
        ({"remove": ["facet: cybr"]}, ("remove", 0), 'did you mean "cyber"'),
    ],
)
def test_an_override_that_does_nothing_is_named(
    own: dict[str, Any], path: tuple[Any, ...], words: str
) -> None:
    (found,) = notes(own).items()
    assert found[0] == path
    assert found[1].warning
    assert words in found[1].message


@pytest.mark.parametrize(
    ("own", "path", "words"),
    [
        ({"use": "korean-peninsula"}, ("use",), 'did you mean "korean-peninsula-security"?'),
        ({"use": "gardening"}, ("use",), "there are korean-peninsula-security, semiconductor-supply"),
        ({"use": 3}, ("use",), 'has no topic "3"'),
        ({"remove": "x"}, ("remove",), "must be a list"),
        (
            {"groups": [{"name": "Seoul and North", "weight": 3}]},
            ("groups", 0),
            'did you mean "Seoul and the North"?',
        ),
    ],
)
def test_what_cannot_be_laid_on_top_says_so(own: dict[str, Any], path: tuple[Any, ...], words: str) -> None:
    found = notes(own)[path]
    assert not found.warning
    assert words in found.message


def test_remove_needs_a_topic_of_the_library() -> None:
    _, found = read_topics({"mine": {"terms": {"ferry": 3}, "remove": ["x"]}}, {})
    assert [(one.path, "needs `use`" in one.message) for one in found] == [
        (("topics", "mine", "remove"), True)
    ]


def test_mistakes_stand_where_a_person_can_mend_them(before: dict[str, Any]) -> None:
    own = {
        "use": SLUG,
        "aside": ["despite", "@nowhere"],
        "groups": [
            {"name": "Seoul and the North", "none": ["@nothing"]},
            {"name": "mine", "weight": 1, "any": ["@nobody"]},
        ],
        "terms": {"@noone": 1},
        "remove": ["@spies", "group: Lazarus and a theft", "@aside-sport"],
    }
    _, found = read_topics({"mine": own}, before["entities"])
    assert {one.path[2:]: one.message.split()[0] for one in found if not one.warning} == {
        ("terms", "@noone"): "@noone",
        ("aside", 1): "@nowhere",
        ("groups", 0, "none", 0): "@nothing",
        ("groups", 1, "any", 0): "@nobody",
    }


def test_a_mistake_in_the_librarys_part_is_told_at_the_line_that_uses_it() -> None:
    """As when a person's own list of names leaves nothing of one that the library's topic needs."""
    found = overlay({"use": SLUG, "groups": [{"name": "Seoul and the North", "weight": 3}]}, PATH)
    for inside, name in (
        (("terms", "@usfk"), "terms @usfk"),
        (("groups", 0, "all", 0), 'group "the South and nuclear arms"'),
        (("aside", 1), "aside 1"),
    ):
        told = found.located(Mistake((*PATH, *inside), "cannot be found"), PATH)
        assert told == Mistake((*PATH, "use"), f"in the library's topic, {name}: cannot be found")


@pytest.mark.parametrize(
    "value", [3, "x", [], [1], ["x"], {}, {"x": 1}, True, None, [{}], {"x": {"terms": 3}}]
)
@pytest.mark.parametrize("key", ["use", "remove", "terms", "groups", "facets", "aside", "fields", "points"])
def test_no_value_of_any_kind_raises(key: str, value: Any) -> None:
    read_topics({"mine": {"use": SLUG, key: value}, "other": {key: value}}, {})
