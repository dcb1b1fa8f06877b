"""Files of a person's own: included, located, watched."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from aggregator.config import FeedConfig
from aggregator.config.edit import add_feed
from aggregator.config.load import load, mistakes, warnings
from aggregator.config.read_file import read_bytes
from aggregator.config.watch import WatchedFiles
from aggregator.core.errors import ConfigError

Write = Callable[[str], Path]

MAIN = """\
include = ["topics.d/*.toml", "feeds.toml"]
[[feeds]]
url = "https://one.example/"
[topics.ports.terms]
"@harbour" = 3
"""


@pytest.fixture
def folder(write: Write) -> Path:
    """A configuration with three files."""
    path = write(MAIN)
    (path.parent / "topics.d").mkdir()
    (path.parent / "topics.d" / "ferries.toml").write_text(
        '# mine\n[entities]\nharbour = ["harbour"]\n[topics.ferries.terms]\nferry = 3\n'
    )
    (path.parent / "feeds.toml").write_text('feeds = [\n  { url = "https://two.example/" },\n]\n')
    return path.parent


def test_topics_entities_and_feeds_of_all_files_are_there(folder: Path) -> None:
    config = load(folder / "config.toml")
    assert list(config.topics) == ["ports", "ferries"]
    assert "harbour" in config.topics["ports"].entities
    assert [feed.url for feed in config.feeds] == ["https://one.example/", "https://two.example/"]
    assert config.warnings == ()


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        (
            "topics.d/a.toml",
            "[topics.boats.terms]\n\n'@none' = 2",
            '3: topics.boats.terms."@none": @none is not',
        ),
        (
            "topics.d/a.toml",
            "[topics.boats]\ntres = 2\nterms = { a = 3 }",
            "2: topics.boats.tres: unknown setting",
        ),
        (
            "topics.d/a.toml",
            "# c\n[topics.ports.terms]\nx = 3",
            "2: topics.ports: stands in config.toml on line 4 already; write all of it in one file",
        ),
        (
            "topics.d/z.toml",
            "[entities]\nharbour = ['port']",
            "2: entities.harbour: stands in topics.d/ferries.toml on line 3 already",
        ),
        ("topics.d/a.toml", "[poll]\nfloor = '1h'", "1: poll: belongs in config.toml; an included file may"),
        ("topics.d/a.toml", "x = 1", "1: x: belongs in config.toml; an included file may hold"),
        ("topics.d/a.toml", "topics = 3", "1: topics: must be a table"),
        ("topics.d/a.toml", "a = 1\nb =", "2: is not TOML: "),
        ("feeds.toml", "# c\n[[feeds]]\nurl = 'x'", "3: feeds[1].url: must begin with http:// or https://"),
        ("feeds.toml", "[[feeds]]\nurl = 'http://a/'\nkind = 'x'", "3: feeds[1].kind: must be one of agency"),
        (
            "feeds.toml",
            "[[feeds]]\nurl = 'https://one.example/'",
            "2: feeds[1].url: is the same as on line 3 of config.toml; remove one",
        ),
    ],
)
def test_a_mistake_is_named_in_the_file_it_stands_in(
    folder: Path, file: str, text: str, expected: str
) -> None:
    (folder / file).write_text(text)
    found = mistakes(folder / "config.toml")
    assert len(found) == 1, found
    assert found[0].startswith(f"{file}:{expected}"), found


def test_a_file_that_cannot_be_read_is_named(folder: Path) -> None:
    (folder / "topics.d/a.toml").write_bytes("# caf\xe9".encode("latin-1"))
    assert mistakes(folder / "config.toml") == [
        "topics.d/a.toml:1: is not UTF-8; save the file in that encoding"
    ]


def test_mistakes_of_all_files_come_in_the_order_of_the_files(folder: Path) -> None:
    (folder / "config.toml").write_text(MAIN + "[poll]\nflor = 1\n")
    (folder / "topics.d/a.toml").write_text("[topics.a]\nx = 1\n")
    (folder / "topics.d/b.toml").write_text("[topics.b]\nx = 1\n")
    places = [line.split(": ")[0] for line in mistakes(folder / "config.toml")]
    assert places == ["config.toml:7", "topics.d/a.toml:2", "topics.d/b.toml:2"]


def test_a_file_that_is_named_and_not_there_is_a_mistake_and_an_empty_folder_is_none(write: Write) -> None:
    path = write('include = ["mine.toml"]\n')
    assert mistakes(path) == ["config.toml:1: include[1]: mine.toml: there is no such file"]
    path = write('include = ["topics.d/*.toml"]\n')
    assert warnings(path) == ["config.toml:1: include[1]: topics.d/*.toml: there is no folder topics.d"]
    (path.parent / "topics.d").mkdir()
    assert (mistakes(path), warnings(path)) == ([], [])


def test_a_file_is_read_once_however_often_it_is_named(folder: Path) -> None:
    text = MAIN.replace('"feeds.toml"', '"feeds.toml", "topics.d/ferries.toml", "*.toml", "./config.toml"')
    (folder / "config.toml").write_text(text)
    assert mistakes(folder / "config.toml") == []


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "a[1]*"
    folder.mkdir()
    (folder / "config.toml").write_text('include = ["*.d.toml"]\n')
    (folder / "a.d.toml").write_text("[topics.a.terms]\nx = 3\n")
    assert list(load(folder / "config.toml").topics) == ["a"]


def test_entities_of_another_configuration_can_be_used_and_ours_win(folder: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text("[topics.mine.terms]\n'@harbour' = 3\n")
    assert load(mine, names_from=folder / "config.toml").topics["mine"].entities["harbour"] == ("harbour",)
    mine.write_text("[entities]\nharbour = ['quay']\n[topics.mine.terms]\n'@harbour' = 3\n")
    config = load(mine, names_from=folder / "config.toml")
    assert config.topics["mine"].entities["harbour"] == ("quay",)
    assert list(config.topics) == ["mine"]
    assert config.feeds == ()


def test_a_feed_of_an_included_file_is_not_added_again(folder: Path) -> None:
    path = folder / "config.toml"
    with pytest.raises(ConfigError, match=r"is there already, in a file that .* names"):
        add_feed(path, FeedConfig(url="https://TWO.example/"), others=load(path).feeds)
    assert path.read_text() == MAIN


# --- watching ---


def test_each_file_is_watched_and_so_is_one_that_comes_or_goes(folder: Path) -> None:
    (folder / "feeds.opml").write_text("<opml/>")
    (folder / "config.toml").write_text('opml = ["feeds.opml"]\n' + MAIN)
    watched = WatchedFiles(folder / "config.toml")
    assert not watched.changed()
    for change in (
        lambda: (folder / "config.toml").write_text('opml = ["feeds.opml"]\n' + MAIN + "\n"),
        lambda: (folder / "topics.d/ferries.toml").write_text("# changed"),
        lambda: (folder / "topics.d/new.toml").write_text("# new"),
        lambda: (folder / "topics.d/new.toml").unlink(),
        lambda: (folder / "feeds.opml").write_text("<opml></opml>"),
        lambda: (folder / "config.toml").write_text("not TOML"),
        lambda: (folder / "feeds.toml").write_text("# those known so far are watched on"),
        lambda: (folder / "config.toml").unlink(),
    ):
        change()
        assert watched.changed()
        assert not watched.changed()
    (folder / "elsewhere.toml").write_text("")
    assert not watched.changed()


# --- pipes ---


def test_what_comes_through_a_pipe_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "config.toml"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text("[poll]\nworkers = 3\n"))
    writer.start()
    assert load(pipe).poll.workers == 3
    writer.join()


def test_a_pipe_to_which_nobody_writes_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    pipe = tmp_path / "config.toml"
    os.mkfifo(pipe)
    before = time.monotonic()
    with pytest.raises(OSError, match="nothing more came through this pipe"):
        read_bytes(pipe, patience=0.2)
    assert time.monotonic() - before < 5


def test_what_never_ends_is_cut_off() -> None:
    with pytest.raises(OSError, match="larger than 16 MiB"):
        read_bytes(Path("/dev/zero"))
