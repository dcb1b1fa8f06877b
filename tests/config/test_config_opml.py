"""Feed lists as OPML."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config import FeedConfig
from aggregator.config.opml import read_opml, write_opml


def test_what_is_written_is_read_again() -> None:
    feeds = [
        FeedConfig(
            url="https://one.example/feed?a=1&b=2", title="One & Only <b>", folder="Asia/Korea", language="ko"
        ),
        FeedConfig(url="https://two.example/feed", title="둘", folder="Asia"),
        FeedConfig(url="https://three.example/feed", title="Three"),
    ]
    read, left_out = read_opml(write_opml(feeds, title="Mine"))
    assert [(feed.url, feed.title, feed.folder) for feed in read] == [
        (feed.url, feed.title, feed.folder) for feed in feeds
    ]
    assert left_out == []


@given(st.text(max_size=40), st.text(max_size=20))
def test_any_title_and_folder_make_well_formed_opml(title: str, folder: str) -> None:
    read, _ = read_opml(write_opml([FeedConfig(url="https://one.example/feed", title=title, folder=folder)]))
    assert [feed.url for feed in read] == ["https://one.example/feed"]


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"<html></html>", b"\xff\xfe\x00", b"http://one.example/list.opml"]
)
def test_what_is_not_opml_says_so(content: bytes) -> None:
    assert read_opml(content) == ([], ["it is not an OPML document"])


def test_a_file_cut_short_gives_what_it_has() -> None:
    whole = write_opml([FeedConfig(url=f"https://{n}.example/feed", title=str(n)) for n in range(5)])
    read, _ = read_opml(whole[: whole.rindex(b"<outline") + 12])
    assert [feed.title for feed in read] == ["0", "1", "2", "3"]


def test_urls_that_cannot_be_polled_are_left_out_without_their_passwords() -> None:
    content = b"""<opml version="2.0"><body>
    <outline type="rss" text="" xmlUrl="https://me:secret@one.example/feed"/>
    <outline type="rss" text="Disk" xmlUrl="file:///etc/passwd"/></body></opml>"""
    read, left_out = read_opml(content)
    assert read == []
    assert len(left_out) == 2
    assert "secret" not in " ".join(left_out)


def test_entities_are_not_expanded() -> None:
    content = b"""<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/hostname"><!ENTITY y "yyyy">]>
    <opml version="2.0"><body><outline type="rss" text="&x;&y;" xmlUrl="https://one.example/feed"/></body></opml>"""
    read, _ = read_opml(content)
    assert "yyyy" not in read[0].title


def test_a_feed_in_two_folders_is_one_feed_in_the_last() -> None:
    content = b"""<opml version="2.0"><body>
    <outline text="A"><outline type="rss" text="One" xmlUrl="https://one.example/feed"/></outline>
    <outline text="B"><outline type="rss" text="One" xmlUrl="https://one.example/feed"/></outline></body></opml>"""
    assert [feed.folder for feed in read_opml(content)[0]] == ["B"]
