"""The text of pages: found, bounded, and a reason whenever there is none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.core.types import Extract, Page
from aggregator.entries.fulltext import extract

PARAGRAPH = (
    "The ferry between the two islands will run every hour from next month, the harbour office said on Monday, "
    "after a trial in which passengers filled four of every five seats. "
)
ARTICLE = (
    "<html><head><title>More ferries</title></head><body><nav><a href='/'>Home</a> <a href='/b'>Sport</a></nav>"
    f"<article><h1>More ferries</h1><p>{PARAGRAPH}</p><p>{PARAGRAPH.replace('ferry', 'boat')}</p>"
    f"<p>{PARAGRAPH.replace('hour', 'half hour')}</p></article><footer>All rights reserved</footer></body></html>"
).encode()


@pytest.mark.parametrize(
    ("charset", "label"),
    [("utf-8", "utf-8"), ("euc-kr", "EUC-KR"), ("euc-kr", ""), ("utf-8", "made-up"), ("utf-8", "euc-kr")],
)
def test_the_pages_encoding_is_read_from_header_or_page(charset: str, label: str) -> None:
    sentence = "정부는 월요일 두 섬을 잇는 여객선을 다음 달부터 매시간 운항한다고 밝혔다. "
    html = f"<html><head><meta charset='{charset}'></head><body><article>" + "".join(
        f"<p>{sentence * 4}{n}</p>" for n in range(3)
    )
    kind = f"text/html; charset={label}" if label else "text/html"
    text = extract(Page("http://a.example/", html.encode(charset), kind)).text
    assert text is not None
    assert "여객선" in text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\0" * 5000,
        b"<html><body><p>Too little.</p></body></html>",
        b"<div>" * 20_000,
        b"<" * 100_000,
        b"<html><script>" + b"x" * 100_000,
        b"&#0;" * 1000,
        b"<!DOCTYPE html [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><p>&b;</p>",
    ],
    ids=["nothing", "nulls", "short", "deep", "brackets", "script", "entities", "doctype"],
)
def test_pages_without_text_give_a_reason(body: bytes) -> None:
    got = extract(Page("http://a.example/", body, "text/html"))
    assert got.text is None
    assert got.why


def test_a_text_is_capped_and_free_of_control_characters() -> None:
    html = (
        "<html><body><article>"
        + "".join(f"<p>{PARAGRAPH}{n}\x07</p>" for n in range(3000))
        + "</article></body></html>"
    )
    text = extract(Page("http://a.example/", html.encode(), "text/html")).text
    assert text is not None
    assert len(text) <= 200_000
    assert not set(text) & {chr(n) for n in range(32)} - {"\n", "\t"}


@settings(max_examples=60, deadline=None)
@given(
    body=st.binary(max_size=400) | st.text("<>/&;!-[]apdiv \"'=#x0", max_size=400).map(str.encode),
    kind=st.text(max_size=30),
)
def test_extraction_never_raises(body: bytes, kind: str) -> None:
    got = extract(Page("http://a.example/", body, kind))
    assert (got.text is None) == bool(got.why)


@pytest.mark.timeout(20)  # each takes less than a second; without its bound, minutes
@pytest.mark.parametrize("name", ["b", "span", "a", "img", "wbr"])
def test_a_paragraph_of_thousands_of_elements(name: str) -> None:
    page = ARTICLE.replace(b"</p>", f" <{name}>more</{name}>".encode() * 20_000 + b"</p>", 1)
    text = extract(Page("http://a.example/", page, "text/html; charset=utf-8")).text
    assert text
    assert "The ferry between the two islands" in text
    assert "half hour" in text


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (ARTICLE + b"<p><b>" * 30_000, "text/html"),
        ((ARTICLE + b"<p><b>" * 30_000).decode().encode("utf-16"), "text/html"),
    ],
    ids=["many elements", "many elements in UTF-16"],
)
def test_a_page_of_too_many_elements(body: bytes, kind: str) -> None:
    got = extract(Page("http://a.example/", body, kind))
    assert "too many elements" in got.why


@pytest.mark.timeout(20)
def test_a_charset_that_is_none() -> None:
    text = extract(Page("http://a.example/", ARTICLE * 1000, "text/html; charset=punycode")).text
    assert text
    assert text.startswith("More ferries") or "The ferry" in text


def test_what_stands_around_an_article_is_left_out() -> None:
    text = extract(Page("http://a.example/", ARTICLE, "text/html; charset=utf-8")).text
    assert text is not None
    assert "every hour from next month" in text
    assert "All rights reserved" not in text


def test_a_page_that_could_not_be_fetched_keeps_its_reason() -> None:
    assert extract(Page("http://a.example/", why="HTTP 404")) == Extract(why="HTTP 404")
