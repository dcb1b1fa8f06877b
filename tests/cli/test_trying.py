"""`try`: a topic in a file of its own, on stored entries or on a file of them; nothing is changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import TOPIC, Verb

WRITING = """
[topics.crossings]
title = "Crossings"
points = 3
[topics.crossings.terms]
"ferry" = 3
"harbour" = 1
"hovercraft" = 2
"""

ENTRIES = [
    {"id": "a", "title": "Ferry runs aground", "summary": "The harbour was shut.", "source": "desk"},
    {"id": "b", "title": "Budget", "summary": "It rained. A ferry was late.", "source": "desk"},
    {"id": "c", "title": "A quiet day", "summary": "Nothing at all.", "source": "desk"},
]


@pytest.fixture
def writing(tmp_path: Path) -> Path:
    path = tmp_path / "my.toml"
    path.write_text(WRITING, encoding="utf-8")
    return path


@pytest.fixture
def entries(tmp_path: Path) -> Path:
    path = tmp_path / "news.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ENTRIES), encoding="utf-8")
    return path


def test_it_shows_the_doubtful_first_with_the_sentence_and_the_term(
    verb: Verb, writing: Path, entries: Path
) -> None:
    said = verb("try", str(writing), "--entries", str(entries))
    assert said.code == 0
    assert "crossings takes 2 titles (66.7%) of 3 entries" in said.out
    assert said.out.index("Budget") < said.out.index("Ferry runs aground")
    assert "doubtful: one word only, not in the title, just enough" in said.out
    assert "ferry  summary: A «ferry» was late." in said.out
    assert "found nowhere: hovercraft" in said.out
    ferry = next(line for line in said.out.splitlines() if line.startswith("ferry "))
    assert ferry.split() == ["ferry", "2", "2", "2", "ferry", "2"]


def test_programs_get_json(verb: Verb, writing: Path, entries: Path) -> None:
    found = verb("try", str(writing), "--entries", str(entries), "--json").json
    assert [story["title"] for story in found["taken"]] == ["Budget", "Ferry runs aground"]
    assert found["stories"] == 3


def test_without_a_file_of_entries_it_reads_the_database(verb: Verb, filled: Path) -> None:
    found = verb("try", str(filled), "--topic", TOPIC, "--json", config=filled).json
    stored = verb("export", "entries", config=filled).rows
    assert found["stories"] == len(stored)
    inside = {row["title"] for row in stored if any(t["topic"] == TOPIC and t["in"] for t in row["topics"])}
    assert {story["title"] for story in found["taken"]} == inside
    assert verb("try", str(filled), "--topic", TOPIC, "--since", "2100-01-01", "--json").json["stories"] == 0


def test_against_an_earlier_version_it_says_what_entered_and_what_left(
    verb: Verb, writing: Path, entries: Path
) -> None:
    earlier = writing.with_name("earlier.toml")
    earlier.write_text(
        writing.read_text(encoding="utf-8").replace('"ferry" = 3', '"aground" = 3'), encoding="utf-8"
    )
    said = verb("try", str(writing), "--entries", str(entries), "--against", str(earlier))
    assert (said.code, "1 entered:" in said.out, "+ " in said.out, "0 left" in said.out) == (
        0,
        True,
        True,
        True,
    )
    found = verb("try", str(writing), "--entries", str(entries), "--against", str(earlier), "--json").json
    assert [[story["title"] for story in found[what]] for what in ("entered", "left")] == [["Budget"], []]


def test_it_says_what_is_wrong(verb: Verb, writing: Path, entries: Path, filled: Path) -> None:
    said = verb("try", str(filled), config=filled)
    assert (said.code, TOPIC in said.err) == (2, True)
    said = verb("try", str(writing), "--topic", "nosuch", "--entries", str(entries))
    assert (said.code, "crossings" in said.err) == (2, True)
    assert verb("try", str(writing), "--entries", str(entries), "--since", "1d").code == 2
    entries.write_text("no json\n", encoding="utf-8")
    said = verb("try", str(writing), "--entries", str(entries))
    assert (said.code, "line 1" in said.err) == (1, True)
    writing.write_text(WRITING.replace("points", "pionts"), encoding="utf-8")
    said = verb("try", str(writing), "--entries", str(entries))
    assert (said.code, "pionts" in said.err) == (2, True)


def test_names_of_the_configuration_and_of_the_library_are_there_without_copying(
    verb: Verb, tmp_path: Path, entries: Path
) -> None:
    mine, config = tmp_path / "mine.toml", tmp_path / "config.toml"
    mine.write_text(
        '[topics.crossings]\naside = ["@aside-sport"]\n[topics.crossings.terms]\n"title: @vessel" = 3\n',
        encoding="utf-8",
    )
    config.write_text('[entities]\nvessel = ["ferry"]\n', encoding="utf-8")
    said = verb("try", str(mine), "--entries", str(entries), config=config)
    assert "crossings takes 1 title (33.3%) of 3 entries" in said.out
    own = '[entities]\nvessel = ["budget"]\n' + mine.read_text(encoding="utf-8")
    mine.write_text(own, encoding="utf-8")
    found = verb("try", str(mine), "--entries", str(entries), "--json", config=config).json
    assert [story["title"] for story in found["taken"]] == ["Budget"]


def test_without_a_configuration_anywhere_a_file_of_entries_is_enough(
    verb: Verb, tmp_path: Path, writing: Path, entries: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    assert verb("try", str(writing), "--entries", str(entries)).code == 0
