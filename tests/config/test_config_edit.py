"""Feeds added to and removed from a file that a person wrote."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.config import FeedConfig
from aggregator.config.edit import add_feed, remove_feed
from aggregator.config.load import load
from aggregator.core.errors import ConfigError, NotFound

Write = Callable[[str], Path]

TEXT = """\
# My feeds

[poll]
workers = 1   # enough

# Agencies
[[feeds]]
url = "https://one.example/feed"   # slow
title = "One"

# Papers
[[feeds]]
url = "https://two.example/feed"
title = "Two"

# --- Topics ---
[topics.ports]
title = "Ports"
threshold = 0.5
[topics.ports.terms]
harbour = 2
"""


def test_a_feed_is_added_behind_the_last_and_nothing_else_changes(write: Write) -> None:
    path = write(TEXT)
    feed = FeedConfig(
        url="https://three.example/feed", title='셋 "3"', kind="agency", interval=timedelta(hours=2)
    )
    add_feed(path, feed)
    text = path.read_text()
    added = """
[[feeds]]
url = "https://three.example/feed"
title = "셋 \\"3\\""
kind = "agency"
interval = "2h"
"""
    assert text == TEXT.replace('title = "Two"\n', f'title = "Two"\n{added}')
    assert load(path).feeds[2] == feed


def test_a_feed_added_and_removed_leaves_the_file_as_it_was(write: Write) -> None:
    path = write(TEXT)
    add_feed(path, FeedConfig(url="https://three.example/feed"))
    remove_feed(path, "https://three.example/feed")
    assert path.read_text() == TEXT


def test_removing_keeps_the_comments_around(write: Write) -> None:
    path = write(TEXT)
    remove_feed(path, "https://one.example/feed")
    assert path.read_text() == TEXT.replace(
        '[[feeds]]\nurl = "https://one.example/feed"   # slow\ntitle = "One"\n', ""
    )
    remove_feed(path, "https://two.example/feed")
    assert load(path).feeds == ()
    assert "# Papers" in path.read_text()


def test_the_first_feed_of_a_file_goes_to_its_end(write: Write) -> None:
    path = write("[poll]\nworkers = 1")
    add_feed(path, FeedConfig(url="https://one.example/feed"))
    assert path.read_text() == '[poll]\nworkers = 1\n\n[[feeds]]\nurl = "https://one.example/feed"\n'


def test_windows_line_ends_and_the_files_mode_stay(write: Write) -> None:
    path = write("")
    path.write_bytes(TEXT.replace("\n", "\r\n").encode())
    path.chmod(0o640)
    add_feed(path, FeedConfig(url="https://three.example/feed"))
    assert b"\n" not in path.read_bytes().replace(b"\r\n", b"")
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_symbolic_link_stays_one_and_nothing_is_left_behind(write: Write, tmp_path: Path) -> None:
    real = write(TEXT)
    link = tmp_path / "link.toml"
    link.symlink_to(real)
    add_feed(link, FeedConfig(url="https://three.example/feed"))
    assert link.is_symlink()
    assert len(load(real).feeds) == 3
    assert sorted(os.listdir(tmp_path)) == ["config.toml", "link.toml"]


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("https://two.example/feed", r"config\.toml:13: this feed is there already"),
        ("https://TWO.example:443/feed#top", r"config\.toml:13: this feed is there already"),
        ("ftp://two.example/feed", "must begin with http"),
        ("https://two.example/\nfeed", "must be one line without control characters"),
        (f"https://two.example/{'x' * 100_000}", "must have at most 2,000 characters, it has 100,020"),
        ("https://me:secret@two.example/", "must not hold a user name"),
    ],
)
def test_what_cannot_be_added_says_why(write: Write, url: str, says: str) -> None:
    path = write(TEXT)
    with pytest.raises(ConfigError, match=says):
        add_feed(path, FeedConfig(url=url))
    assert path.read_text() == TEXT


def test_removing_what_is_not_there_says_so(write: Write) -> None:
    with pytest.raises(NotFound, match="no feed https://none"):
        remove_feed(write(TEXT), "https://none.example/")


THIRD = FeedConfig(url="https://three.example/feed", title='셋 "3"', interval=timedelta(hours=2))
LINE = '{ url = "https://three.example/feed", title = "셋 \\"3\\"", interval = "2h" }'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # one a line, with a comment behind the last and below it
        (
            'feeds = [\n    # Agencies\n    { url = "https://one.example/feed" },   # slow, or ] so\n    # none more\n]\n',
            'feeds = [\n    # Agencies\n    { url = "https://one.example/feed" },   # slow, or ] so\n    NEW,\n    # none more\n]\n',
        ),
        # the last without its comma
        (
            'feeds = [\n  { url = "https://one.example/feed" }  # slow\n]\n[poll]\n',
            'feeds = [\n  { url = "https://one.example/feed" },  # slow\n  NEW,\n]\n[poll]\n',
        ),
        # the bracket on the last item's line
        (
            "feeds = [\n  { url = 'https://one.example/]feed' } ]\n",
            "feeds = [\n  { url = 'https://one.example/]feed' },\n  NEW, ]\n",
        ),
        # all on one line
        (
            'feeds = [{ url = "https://one.example/feed" }]\n',
            'feeds = [{ url = "https://one.example/feed" }, NEW]\n',
        ),
        ("feeds = []\n", "feeds = [\n    NEW,\n]\n"),
        ("feeds = [\n    # none yet\n]\n", "feeds = [\n    # none yet\n    NEW,\n]\n"),
    ],
)
def test_a_feed_is_added_to_a_list_in_the_form_it_has(write: Write, before: str, after: str) -> None:
    path = write(before)
    add_feed(path, THIRD)
    assert path.read_text() == after.replace("NEW", LINE)
    assert load(path).feeds[-1] == THIRD
    remove_feed(path, THIRD.url)
    assert load(path).feeds == load(write(before)).feeds


def test_feeds_are_removed_from_a_list_with_their_lines_and_nothing_else(write: Write) -> None:
    text = 'feeds = [\n    # A\n    { url = "https://one.example/" },  # slow\n\n    # B\n    { url = "https://two.example/" },\n]\n'
    path = write(text)
    remove_feed(path, "https://one.example/")
    assert path.read_text() == text.replace('    { url = "https://one.example/" },  # slow\n', "")
    remove_feed(path, "https://two.example/")
    assert path.read_text() == "feeds = [\n    # A\n\n    # B\n]\n"


@pytest.mark.parametrize(
    ("number", "after"),
    [
        (1, '[{ url = "http://2/" }, { url = "http://3/" }]'),
        (3, '[{ url = "http://1/" }, { url = "http://2/" }]'),
    ],
)
def test_a_feed_is_removed_from_a_list_on_one_line(write: Write, number: int, after: str) -> None:
    path = write('feeds = [{ url = "http://1/" }, { url = "http://2/" }, { url = "http://3/" }]\n')
    remove_feed(path, f"http://{number}/")
    assert path.read_text() == f"feeds = {after}\n"


def test_windows_line_ends_of_a_list_stay(write: Write) -> None:
    path = write("")
    path.write_bytes(b'feeds = [\r\n  { url = "https://one.example/feed" },\r\n]\r\n')
    add_feed(path, THIRD)
    assert (
        path.read_bytes()
        == f'feeds = [\n  {{ url = "https://one.example/feed" }},\n  {LINE},\n]\n'.replace(
            "\n", "\r\n"
        ).encode()
    )


def test_signs_that_only_some_take_for_the_end_of_a_line_do_no_harm(write: Write) -> None:
    path = write('# a\u2028b\x85c\n[[feeds]]\nurl = "https://one.example/feed"\n')
    add_feed(path, THIRD)
    assert [feed.url for feed in load(path).feeds] == ["https://one.example/feed", THIRD.url]


def test_the_shipped_file_survives_an_edit(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    before = (root / "config.toml").read_text()
    path.write_text(before)
    assert "\nfeeds = [\n" in before
    add_feed(path, FeedConfig(url="https://three.example/feed", title="Three"))
    assert len(load(path).feeds) == len(load(root / "config.toml").feeds) + 1
    remove_feed(path, "https://three.example/feed")
    assert path.read_text() == before
