"""Topics written as TOML are the topics that were read."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config.write_topic import WIDTH, topic_toml
from classifiers.library.shipped_topics import shipped_slugs, shipped_topic

WORD = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
TABLE = st.fixed_dictionaries(
    {},
    optional={
        "title": WORD,
        "points": st.integers(0, 9),
        "passing": st.floats(0, 1),
        "exclude": st.lists(WORD, max_size=30),
        "sources": st.dictionaries(WORD, st.floats(-2, 2), max_size=3),
        "terms": st.dictionaries(
            WORD, st.one_of(st.integers(-9, 9), st.just({"weight": 2, "in": ["title"]}))
        ),
        "groups": st.lists(
            st.fixed_dictionaries({"name": WORD, "must": st.booleans(), "any": st.lists(WORD, max_size=3)}),
            min_size=1,
            max_size=3,
        ),
        "facets": st.dictionaries(
            st.sampled_from(["a", "b-c"]), st.fixed_dictionaries({"title": WORD}), min_size=1
        ),
    },
)


@pytest.mark.parametrize("slug", shipped_slugs())
def test_each_topic_of_the_library_comes_back_as_it_was(slug: str) -> None:
    table = dict(shipped_topic(slug).table)
    text = topic_toml(slug, table)
    assert tomllib.loads(text)["topics"][slug] == table
    assert (
        max(len(line) for line in text.splitlines() if not line.startswith(("any", "all", "none"))) <= WIDTH
    )


@given(TABLE, TABLE)
def test_any_topic_comes_back_as_it_was(table: dict[str, Any], own: dict[str, Any]) -> None:
    assert tomllib.loads(topic_toml("a-b", table, own))["topics"]["a-b"] == table


def test_lines_of_ones_own_are_marked() -> None:
    text = topic_toml("a", {"points": 3, "terms": {"x": 1, "y": 2}}, {"use": "a", "terms": {"y": 2}})
    assert text == '[topics.a]\npoints = 3\n\n[topics.a.terms]\n"x" = 1\n"y" = 2  # yours\n'
