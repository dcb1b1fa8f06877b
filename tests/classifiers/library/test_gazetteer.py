"""The gazetteer's files: what they may say, and that those which ship say it."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifiers.library.gazetteer.read import FOLDER, GazetteerError, read_gazetteer, shipped
from classifiers.terms.language import Near, parse_term


def written(folder: Path, text: str, name: str = "people.toml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_an_entry_is_a_list_or_a_table(tmp_path: Path) -> None:
    text = """
only = "grouping"
[person]
kim = ["Kim", "김"]
[thing]
icbm = { names = ["ICBM"], topics = ["-ICBM club", "@kim"], grouping = ["big missile"], implies = ["kim"], frame = true }
[thing.list]
names = ["a"]
weapon = true
[compounds]
"한미" = ["kim", "icbm"]
"""
    found = read_gazetteer(written(tmp_path, text))
    kim, icbm = found.names["kim"], found.names["icbm"]
    assert (kim.feature, kim.for_grouping, kim.for_topics) == ("person:kim", ("Kim", "김"), ())
    assert icbm.for_grouping == ("ICBM", "big missile")
    assert (icbm.implies, icbm.frame, found.names["list"].weapon) == (("kim",), True, True)
    assert found.compounds == {"한미": ("kim", "icbm")}
    assert found.aliases() == {}  # grouping alone uses them
    assert found.features("frame") == {"thing:icbm"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            '[person]\nkim = ["Kim"]\n\n[place]\nkim = ["Kimtown"]',
            "people.toml:5: kim stands at people.toml:2 already",
        ),
        ("[person]\nkim = 3", "people.toml:2: kim must be a list of words in quotes, got 3"),
        ('[person]\nkim = ["Kim", "Kim"]', 'people.toml:2: kim has "Kim" twice'),
        ('[person]\nkim = { name = ["Kim"] }', 'people.toml:2: kim has an unknown key "name"'),
        ("[person]\n\n[person.kim]\nframe = true", "people.toml:3: kim has no spelling"),
        (
            '[person]\nkim = { names = ["Kim"], frame = 1 }',
            "people.toml:2: frame of kim must be true or false",
        ),
        (
            '[thing]\na = { names = ["x"], implies = ["b"] }',
            "people.toml:2: a refers to b, which is in no file",
        ),
        ('[words]\na = ["@b"]', "people.toml:2: a refers to b, which is in no file"),
        ('[compounds]\n"한미" = ["us"]', "people.toml:2: 한미 refers to us, which is in no file"),
        ('[people]\nkim = ["Kim"]', "people.toml:1: people is none of person, place"),
        ('[person]\n"Kim Il" = ["Kim"]', "people.toml:2: Kim Il must be lower-case letters"),
        ('\nonly = "nothing"\n[person]\nkim = ["Kim"]', "people.toml:2: only must be"),
        ("[person\n", "people.toml: Expected"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(GazetteerError) as caught:
        read_gazetteer(written(tmp_path, text))
    assert told in str(caught.value)


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    written(tmp_path, "[person]\na = 1\nb = 2\n")
    with pytest.raises(GazetteerError) as caught:
        read_gazetteer(written(tmp_path, "[place]\nc = 3\n", "places.toml"))
    assert len(str(caught.value).splitlines()) >= 3


def test_what_ships_can_be_read_and_every_spelling_is_a_term() -> None:
    found = read_gazetteer(FOLDER)
    assert len(found.names) > 1400
    for name in found.names.values():
        for spelling in (*name.names, *name.topics, *name.grouping):
            body = parse_term(spelling.removeprefix("-")).body
            assert not isinstance(body, Near), (name.slug, spelling)
        assert not any(item.startswith(("-", "@")) for item in name.for_grouping), name.slug


def test_names_of_persons_places_and_bodies_are_there_for_topics() -> None:
    names = shipped().names
    for kind in ("person", "place", "org"):
        assert all(name.for_topics for name in names.values() if name.kind == kind)
    assert not any(name.for_topics for name in names.values() if name.kind == "act" and not name.topics)
