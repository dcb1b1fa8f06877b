"""What may leave in a feed."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from aggregator.publish.languages import language_tag
from aggregator.publish.text import clean, escape, iso, one_line, plain, rfc822, safe_url, spell, urn, when
from aggregator.publish.wording import excerpt

from .strict import BAD, HTML_IN_TEXT, URL


@given(st.text(st.characters(codec=None)))
@example("\x80Â\xa0")
@example("Ã\x83Â©")
def test_any_text_becomes_legal_xml(text: str) -> None:
    cleaned = clean(text)
    element = etree.Element("x")
    element.text = cleaned
    parsed = etree.fromstring(etree.tostring(element, encoding="utf-8"))
    assert (parsed.text or "") == cleaned.replace("\r\n", "\n") or "\r" in cleaned
    assert not BAD.search(cleaned)
    assert clean(cleaned) == cleaned


@given(st.text(st.sampled_from("&<>;#amp ltx35/b!")))
def test_plain_text_never_looks_like_html(text: str) -> None:
    assert not HTML_IN_TEXT.search(plain(text))
    assert plain("AT&T: 3 < 5 & 7 > 6") == "AT&T: 3 < 5 & 7 > 6"


@given(st.text(), st.integers(2, 40))
def test_one_line_is_one_line_of_that_length(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert line == line.strip()
    assert "\n" not in line
    assert "  " not in line


@given(st.text())
def test_a_url_is_safe_or_nothing(text: str) -> None:
    for candidate in (text, f"https://{text}", f"https://a.example/{text}", f"https://a.example/?{text}"):
        url = safe_url(candidate)
        assert not url or URL.fullmatch(url) or "[" in url, url
        assert safe_url(url) == url


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://a.example/x?y=1#z", "https://a.example/x?y=1#z"),
        ("HTTPS://A.example/한국", "https://a.example/%ED%95%9C%EA%B5%AD"),
        ("http://a.example", "http://a.example"),
        ("http://a.example?q", "http://a.example/?q"),
        ("https://bücher.example:8080/", "https://xn--bcher-kva.example:8080/"),
        ("https://a.example/[1]|{2}^`\\", "https://a.example/%5B1%5D%7C%7B2%7D%5E%60%5C"),
        ("https://a.example/100%", "https://a.example/100%25"),
        ("https://user:pw@a.example/", "https://a.example/"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//a.example/", ""),
        ("/relative", ""),
        ("https://", ""),
        ("https://a.example:99999/", ""),
        ("https://[::1/", ""),
        ("mailto:x@a.example", ""),
        ("", ""),
    ],
)
def test_urls(url: str, safe: str) -> None:
    assert safe_url(url) == safe


def test_urns_are_version_5_uuids_and_never_change() -> None:
    expected = uuid.uuid5(uuid.UUID("0f0bd0f2-6a0c-5d0a-9a39-6f5f2c1f7f11"), "story:s1")
    assert urn("story", "s1") == f"urn:uuid:{expected}"
    assert urn("story", "s1") != urn("entry", "s1")


def test_moments() -> None:
    at = datetime(2026, 3, 1, 8, 5, 9, 999, tzinfo=timezone(timedelta(hours=9)))
    assert iso(at) == "2026-02-28T23:05:09Z"
    assert rfc822(at) == "Sat, 28 Feb 2026 23:05:09 GMT"
    assert when(at) == "28 Feb 2026, 23:05 UTC"
    assert iso(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00Z"


def test_small_words() -> None:
    assert spell("weapons-test") == "Weapons test"
    assert escape("<a b='\"'>&") == "&lt;a b=&#x27;&quot;&#x27;&gt;&amp;"
    assert [language_tag(code) for code in ("ko", "en", "xx", "kor", "und", "", "zz9")] == [
        "ko",
        "en",
        "",
        "",
        "",
        "",
        "",
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("(", ""),
        ("( 12 )", ""),
        ("", ""),
        ("Photo: Coast Wire", "Photo: Coast Wire"),
        ("The ferry left at dawn and came back at noon, and nobody on board was hurt.",) * 2,
        ("The ferry left at dawn and came back at noon, she said: “Nobody was hurt.”",) * 2,
        (
            "The ferry left at dawn and came back at noon, and the harbour office said on Monday that",
            "The ferry left at dawn and came back at noon, and the harbour office said on Monday that…",
        ),
        (
            "The ferry left at dawn and came back at noon, and the harbour office said (",
            "The ferry left at dawn and came back at noon, and the harbour office said…",
        ),
        (
            "정부는 월요일 두 섬을 잇는 여객선을 다음 달부터 매시간 운항한다고 밝혔다. 여객선은 지난 시험 운항에서 다섯 자리 가운데 네 자리를 채웠다",
        )
        * 2,
    ],
)
def test_an_excerpt_says_where_it_stops_short(text: str, shown: str) -> None:
    assert excerpt(text, 300) == shown
    assert len(excerpt(text, 20)) <= 20
