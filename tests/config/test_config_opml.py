"""Feed lists as OPML."""

from __future__ import annotations

import time

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
    assert read == feeds
    assert left_out == []


def test_a_feed_without_a_title_comes_back_without_one() -> None:
    feeds = [FeedConfig(url="https://one.example/feed?a=1&b=2")]
    assert read_opml(write_opml(feeds))[0] == feeds


LINE = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=40)


@given(LINE, st.text(max_size=20))
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


MALFORMED = """<opml version="2.0"><body>
  <outline text="A">
    {line}
    <outline type="rss" text="Two" xmlUrl="https://two.example/feed"/>
  </outline>
  <outline text="B">
    <outline type="rss" text="Three" xmlUrl="https://three.example/feed"></outline>
  </outline>
  <outline type="rss" text="Four" xmlUrl="https://four.example/feed"/>
</body></opml>
"""


@pytest.mark.parametrize("set_in", [True, False])
@pytest.mark.parametrize(
    "line",
    [
        '<outline type="rss" text="One" xmlUrl="https://one.example/feed">',
        '<outline type="rss" text="One & only" xmlUrl="https://one.example/feed"/>',
        '<outline type="rss" text="One < two" xmlUrl="https://one.example/feed"/>',
        '<outline type=rss text="One" "title" xmlUrl=https://one.example/feed />',
        '<outline type="rss" text="The "best" feed" xmlUrl="https://one.example/feed"/>',
        '<outline type="rss" text="One" xmlUrl="https://one.example/feed/>',
        '<outline type="rss" text="One',
        '<outline type="rss" text="One" xmlUrl="https://one.example/feed"',
        "<outline",
        "<outline/>",
        "</outlin>",
        "<outline <outline",
        "<!-- <outline text='x'> -->",
        "<![CDATA[ </outline> ]]>",
    ],
)
def test_after_a_malformed_line_every_feed_lands_in_its_folder(line: str, set_in: bool) -> None:
    text = MALFORMED.format(line=line)
    if not set_in:
        text = "\n".join(part.strip() for part in text.split("\n"))
    feeds, doubts = read_opml(text.encode())
    folders = {feed.url.split("/")[2].split(".")[0]: feed.folder for feed in feeds}
    assert {"one": "A", "two": "A", "three": "B", "four": ""}.items() >= folders.items()
    assert {"two", "three", "four"} <= folders.keys()
    assert "one" in folders or "xmlUrl" not in line or doubts[0].startswith("line 3: left out One")


def test_what_is_no_feed_of_ours_is_refused_in_words() -> None:
    content = b"""<opml version="2.0"><body>
    <outline text="%b" xmlUrl="https://one.example/feed"/>
    <outline text="Break" xmlUrl="https://two.example/&#10;feed"/>
    <outline text="Far" xmlUrl="https://three.example/%b"/>
    <outline text="Good" xmlUrl="https://four.example/feed" language="en-GB"/></body></opml>""" % (
        b"x" * 100_000,
        b"y" * 100_000,
    )
    feeds, doubts = read_opml(content)
    assert [(feed.url, feed.language) for feed in feeds] == [("https://four.example/feed", "en")]
    assert [doubt.split(": ")[0] for doubt in doubts] == ["line 2", "line 3", "line 4"]
    assert "its title must have at most 300 characters, it has 100,000" in doubts[0]
    assert "its URL must be one line without control characters" in doubts[1]
    assert "its URL must have at most 2,000 characters" in doubts[2]
    assert all(len(doubt) < 300 for doubt in doubts)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "euc-kr"])
def test_other_encodings_are_read(encoding: str) -> None:
    declared = '<?xml version="1.0" encoding="euc-kr"?>' if encoding == "euc-kr" else ""
    text = f'{declared}<opml><body><outline text="연합뉴스" xmlUrl="https://one.example/"/></body></opml>'
    assert [feed.title for feed in read_opml(text.encode(encoding))[0]] == ["연합뉴스"]


@given(st.text(alphabet="<>/=\"' outlinexmlUrl&;a\n", max_size=200))
def test_no_text_makes_it_fail(text: str) -> None:
    read_opml(f"<opml>{text}".encode())


def test_a_hostile_file_takes_no_longer_than_others() -> None:
    start = time.process_time()
    for part in (
        "<outline ",
        "<outline a='",
        '<outline text="',
        "</outline>",
        '<outline text="a">',
        "a=' b=\" ",
    ):
        read_opml(b"<opml><outline " + part.encode() * 50_000)
    assert time.process_time() - start < 15
