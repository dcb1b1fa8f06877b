"""`topics`: what is in use, what comes with the program, and how to own it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from aggregator.config.load import load
from classifiers.library.shipped_topics import shipped_topic

from .conftest import Verb

CONFIG = """
[topics.chips]
use = "semiconductor-supply"
remove = ["group: shares, jobs and phones"]
[topics.chips.terms]
"@rare-inputs" = 2

[topics.taiwan-strait-security]
use = "taiwan-strait-security"

[topics.ferries]
title = "Ferries"
terms = { ferry = 3 }
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def test_the_list_says_whose_each_is(verb: Verb, config: Path) -> None:
    said = verb("topics", config=config)
    assert [line.split("  ")[0] for line in said.out.splitlines()[1:4]] == [
        "chips",
        "taiwan-strait-security",
        "ferries",
    ]
    assert "the library's, and yours on top" in said.out
    assert "in the library and not in use: korean-peninsula-security" in said.out
    found = verb("topics", "list", "--json", config=config).json
    assert [row["whose"] for row in found["topics"]] == [
        "the library's, and yours on top",
        "the library's",
        "yours",
    ]
    assert found["topics"][1]["version"] == shipped_topic("taiwan-strait-security").version
    assert found["in_the_library"] == ["korean-peninsula-security"]


def test_what_is_shown_takes_effect_as_it_stands(verb: Verb, config: Path, tmp_path: Path) -> None:
    shown = verb("topics", "show", "chips", config=config).out
    assert '"@rare-inputs" = 2  # yours' in shown
    other = tmp_path / "shown.toml"
    other.write_text(shown, encoding="utf-8")
    assert load(other).topics["chips"] == load(config).topics["chips"]


def test_ones_own_part_is_shown_alone(verb: Verb, config: Path) -> None:
    shown = tomllib.loads(verb("topics", "show", "chips", "--own", config=config).out)
    assert shown == {"topics": {"chips": tomllib.loads(CONFIG)["topics"]["chips"]}}


def test_a_topic_of_the_library_can_be_looked_at_before_it_is_used(verb: Verb, config: Path) -> None:
    said = verb("topics", "show", "korean-peninsula-security", config=config)
    assert said.out.strip() == shipped_topic("korean-peninsula-security").text.strip()
    assert 'use = "korean-peninsula-security"' in said.err


def test_a_copy_is_the_whole_topic_under_the_name_it_has_here(
    verb: Verb, config: Path, tmp_path: Path
) -> None:
    said = verb("topics", "copy", "chips", config=config)
    table = tomllib.loads(said.out)["topics"]["chips"]
    assert table == shipped_topic("semiconductor-supply").table
    assert f"it takes the place of [topics.chips] in {config}" in said.err
    assert "your lines on top are not in this copy" in said.err
    file = tmp_path / "chips.toml"
    said = verb("topics", "copy", "chips", "--to", str(file), config=config)
    assert tomllib.loads(file.read_text(encoding="utf-8"))["topics"]["chips"] == table
    assert "is written" in said.err
    assert verb("topics", "copy", "chips", "--to", str(file), config=config).code == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "chps"), 'did you mean "chips"?'),
        (("copy", "korean-peninsula"), 'did you mean "korean-peninsula-security"?'),
        (("copy", "ferries"), "is your own already"),
        (("show", "korean-peninsula-security", "--own"), "there is no topic"),
        (("copy", "chips", "--to", "/nowhere/x.toml"), "cannot be written"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(
    verb: Verb, config: Path, arguments: tuple[str, ...], words: str
) -> None:
    said = verb("topics", *arguments, config=config)
    assert said.code == 2
    assert words in said.err
