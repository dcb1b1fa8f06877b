"""A document cut off on its way: what came whole is read, what is unfinished is not, and it is said."""

from __future__ import annotations

import json
from datetime import UTC

import pytest

from aggregator.core.types import Entry, ParsedFeed
from aggregator.entries.normalise import normalise
from aggregator.entries.parse import parse

from .documents import FEED, NOW, atom, fetched, item, rss

DATE = "<pubDate>Mon, 09 Mar 2026 0{}:00:00 GMT</pubDate>"
RSS = rss(
    *(
        item(f"Häuser am See {n}", f"https://news.example/{n}", f"g{n}", f"Text & more of 기사 {n}")
        + DATE.format(n)
        + f"<content:encoded><![CDATA[<p>Long text {n}</p><!-- x -->]]></content:encoded>"
        for n in range(3)
    ),
    declaration='<?xml version="1.0" encoding="utf-8"?>',
)
ATOM = atom(
    *(
        f"<id>tag:{n}</id><title>Tiêu đề {n}</title><link href='https://news.example/{n}'/>"
        f"<updated>2026-03-09T0{n}:00:00Z</updated><content type='xhtml'>"
        f"<div xmlns='http://www.w3.org/1999/xhtml'>x <b>y {n}</b></div></content>"
        for n in range(3)
    )
)
RDF = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
    '<channel rdf:about="https://news.example/"><title>News</title><link>https://news.example/</link></channel>'
    + "".join(
        f'<item rdf:about="https://news.example/{n}"><title>제목 {n}</title><link>https://news.example/{n}</link>'
        f"<description>Text {n}</description></item>"
        for n in range(3)
    )
    + "</rdf:RDF>"
)
JSON = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "News",
        "items": [
            {
                "id": str(n),
                "url": f"https://news.example/{n}",
                "title": f"제목 \\ {n}",
                "content_html": f"<p>{n}</p>",
                "tags": ["a", "b"],
                "attachments": [{"url": f"https://news.example/{n}.mp3", "size_in_bytes": 1234}],
                "_more": {"true": True, "null": None, "n": -1.5e3},
            }
            for n in range(3)
        ],
    },
    ensure_ascii=False,
)
BROKEN = RSS.replace("<title>News</title>", "<title>News & more</title>")
CASES = {
    "RSS": (RSS.encode(), b"<item>", b"</item>"),
    "RSS in EUC-KR": (
        RSS.replace("Häuser", "집").replace("utf-8", "euc-kr").encode("cp949"),
        b"<item>",
        b"</item>",
    ),
    "RSS in UTF-16": (
        RSS.encode("utf-16"),
        "<item>".encode("utf-16-le"),
        "</item>".encode("utf-16-le"),
    ),
    "RSS that is not well-formed": (BROKEN.encode(), b"<item>", b"</item>"),
    "Atom": (ATOM.encode(), b"<entry>", b"</entry>"),
    "RDF": (RDF.encode(), b"<item ", b"</item>"),
    "JSON Feed": (JSON.encode(), b'{"id"', b"}}"),
    "JSON Feed in ASCII": (json.dumps(json.loads(JSON)).encode(), b'{"id"', b"}}"),
}


def _read(body: bytes) -> tuple[ParsedFeed, tuple[Entry, ...]]:
    parsed = parse(fetched(body))
    assert isinstance(parsed, ParsedFeed), parsed
    return parsed, normalise(parsed, FEED, NOW)


@pytest.mark.parametrize("name", CASES)
def test_cut_at_every_byte_of_the_last_item(name: str) -> None:
    """No phantom entry, no false revision, every earlier item there."""
    body, opening, closing = CASES[name]
    _, whole = _read(body)
    assert len(whole) == 3
    start, end = body.rindex(opening), body.rindex(closing) + len(closing)
    for cut in range(start, end):
        parsed, found = _read(body[:cut])
        assert found == whole[:2], cut
        assert parsed.truncated, cut
        assert "cut off" in parsed.problems[0], cut


@pytest.mark.parametrize("name", CASES)
def test_cut_anywhere(name: str) -> None:
    """Wherever it ends, what is read is a beginning of what there is."""
    body, _, closing = CASES[name]
    _, whole = _read(body)
    end = body.rindex(closing) + len(closing)
    for cut in range(1, len(body), 3):
        parsed = parse(fetched(body[:cut]))
        if isinstance(parsed, ParsedFeed):
            found = normalise(parsed, FEED, NOW)
            assert found == whole[: len(found)], cut
            assert len(found) == body[: min(cut, end)].count(closing), cut


@pytest.mark.parametrize(
    "tail",
    [
        "<!-- <item><title>Old news</title><link>https://news.example/old</link></item>",
        "<![CDATA[ <item><title>Old news</title></item>",
        "<?php <item><title>Old news</title></item>",
    ],
)
@pytest.mark.parametrize("document", [RSS, BROKEN])
def test_what_a_comment_hid_does_not_appear_when_its_end_is_cut_off(document: str, tail: str) -> None:
    _, whole = _read(document.encode())
    cut = document[: document.rindex("<item>")] + tail
    parsed, found = _read(cut.encode())
    assert found == whole[:2]
    assert parsed.truncated


def test_a_document_that_only_forgot_an_end_tag_of_an_item_loses_nothing() -> None:
    parsed, found = _read(
        rss(item("One"), item("Two", "https://news.example/2")).replace("</item>", "").encode()
    )
    assert [entry.title for entry in found] == ["One", "Two"]
    assert not parsed.truncated


def test_an_end_forgotten_inside_a_whole_document_does_not_take_the_rest_with_it() -> None:
    document = rss(
        "<title>One</title><description><![CDATA[text</description>", item("Two", "https://news.example/2")
    )
    parsed, found = _read(document.encode())
    assert [entry.title for entry in found] == ["One", "Two"]
    assert not parsed.truncated


def test_a_whole_document_is_not_called_cut_off() -> None:
    for body, _, _ in CASES.values():
        parsed, found = _read(body + b"\n<!-- generated -->\n" if b"{" not in body[:1] else body)
        assert not parsed.truncated
        assert all(entry.published is None or entry.published.tzinfo is UTC for entry in found)
