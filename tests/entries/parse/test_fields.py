"""Dates, URLs, titles, HTML, languages: each on its own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from aggregator.core import text, urls
from aggregator.core.types import RawEntry
from aggregator.entries import dates, language, sanitise
from aggregator.entries.content import texts_of
from aggregator.entries.titles import headline, one_line_title

from .documents import NOW


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]  # year, month, day, …


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("Tue, 10 Mar 2026 09:15:00 +0900", at(2026, 3, 10, 0, 15)),
        ("Tue, 10 Mar 26 09:15 EST", at(2026, 3, 10, 14, 15)),
        ("10 March 2026 09:15:00 GMT+2", at(2026, 3, 10, 7, 15)),
        ("Tue, 10 Mar 2026 9:15:00 PM KST", at(2026, 3, 10, 12, 15)),
        ("Tue 10 Mar 2026 09:15:00 Z", at(2026, 3, 10, 9, 15)),
        ("mar., 10 mars 2026 09:15:00 +0100", at(2026, 3, 10, 8, 15)),
        ("Mar 10, 2026 9:15 am", at(2026, 3, 10, 9, 15)),
        ("Tue Mar 10 09:15:00 UTC 2026", at(2026, 3, 10, 9, 15)),
        ("2026-03-10T09:15:00Z", at(2026, 3, 10, 9, 15)),
        ("2026-03-10T09:15:00.123456+09:00", at(2026, 3, 10, 0, 15)),
        ("2026-03-10 09:15:00 +0900", at(2026, 3, 10, 0, 15)),
        ("2026-03-10T24:00:00Z", at(2026, 3, 11)),
        ("2026-03-10T23:59:60Z", at(2026, 3, 10, 23, 59, 59)),
        ("20260310T091500Z", at(2026, 3, 10, 9, 15)),
        ("20260310091500", at(2026, 3, 10, 9, 15)),
        ("2026-03-10", at(2026, 3, 10)),
        ("1773134100", at(2026, 3, 10, 9, 15)),
        ("1773134100000", at(2026, 3, 10, 9, 15)),
    ],
)
def test_dates_with_their_zone_or_in_utc(written: str, moment: datetime) -> None:
    assert dates.read(written) == moment


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-10 오후 9:15", "2026.03.10 21:15", "2026년 3월 10일 오후 9시 15분", "2026년 3월 10일(화) 21:15:00",
        "2026/03/10 21:15:00", "Tue, 10 Mar 2026 21:15:00", "2026-03-10T21:15:00", "2026年3月10日 21時15分",
        "20260310211500", "Mar 10, 2026 9:15 PM",
    ],
)  # fmt: skip
def test_dates_without_zone_are_local_where_the_country_has_one_zone(written: str) -> None:
    assert dates.read(written, dates.zone_of("KR")) == at(2026, 3, 10, 12, 15)
    assert dates.read(written, dates.zone_of("", "ko")) == at(2026, 3, 10, 12, 15)
    assert dates.read(written, dates.zone_of("US")) == at(2026, 3, 10, 21, 15)


def test_a_named_zone_beats_the_country() -> None:
    assert dates.read("2026-03-10T21:15:00Z", dates.zone_of("KR")) == at(2026, 3, 10, 21, 15)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "soon",
        "32 Mar 2026",
        "2026-13-45",
        "99999999999999999999",
        "٢٠٢٦",
        "0000-00-00",
        "10 Foo 2026",
        "²" * 10,
    ],
)
def test_no_dates(written: str) -> None:
    assert dates.read(written) is None


def test_usable_dates() -> None:
    assert dates.usable(at(2030, 1, 1), NOW) == NOW
    assert dates.usable(at(1970, 1, 1), NOW) is None
    assert dates.usable(at(2020, 1, 1), NOW) == at(2020, 1, 1)


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("HTTPS://News.Example:443/a", "https://news.example/a"),
        ("https://news.example", "https://news.example/"),
        ("http://news.example:8080/a#top", "http://news.example:8080/a"),
        ("https://news.example/#!/story/5", "https://news.example/#!/story/5"),
        ("https://user:secret@news.example/a", "https://news.example/a"),
        ("https://news.example/a?utm_source=x&id=3&fbclid=1", "https://news.example/a?id=3"),
        ("https://news.example/a?id=3&from=rss", "https://news.example/a?id=3"),
        ("https://news.example/a?from=seoul", "https://news.example/a?from=seoul"),
        ("https://news.example/a/../b/./c", "https://news.example/b/c"),
        ("//news.example/a", "https://news.example/a"),
        ("/a b", "https://base.example/a%20b"),
        ("a?x=한", "https://base.example/dir/a?x=%ED%95%9C"),
        ("https://뉴스.example/가", "https://xn--vg1b002a.example/%EA%B0%80"),
        (" https://news.example/a\n ", "https://news.example/a"),
        ("http:/news.example/a", "http://news.example/a"),
        ("feed://news.example/a", "http://news.example/a"),
        ("javascript:alert(1)", ""),
        ("JAVA\tSCRIPT:alert(1)", ""),
        ("data:text/html,hi", ""),
        ("mailto:a@b.example", ""),
        ("file:///etc/passwd", ""),
        ("https://", ""),
        ("https://[::1", ""),
        ("https://a.example:99999/", ""),
        ("https://a.example/" + "x" * 5000, ""),
        ("https://ex ample.com/", ""),
    ],
)
def test_canonical_urls(given: str, canonical: str) -> None:
    assert urls.canonical(given, "https://base.example/dir/page") == canonical
    assert urls.canonical(canonical) == canonical


@pytest.mark.parametrize(
    ("title", "kind", "plain"),
    [
        ("Plain", "text/plain", "Plain"),
        ("A <b>bold</b> &amp; new", "text/html", "A bold & new"),
        ("AT&amp;amp;T", "text/html", "AT&T"),
        ("Q&A: R&D", "text/plain", "Q&A: R&D"),
        ("5 < 6 and 7 > 2", "text/plain", "5 < 6 and 7 > 2"),
        ("List<String> in Java", "text/plain", "List<String> in Java"),
        ("One<br/>two", "text/html", "One two"),
        ("tabs\tand\nlines", "text/plain", "tabs and lines"),
        ("zero\u200bwidth \u202eevil\u202c", "text/plain", "zerowidth evil"),
        ("\u1112\u1161\u11ab글", "text/plain", "한글"),
        ("&#8220;Quoted&#8221;", "text/html", "“Quoted”"),
        ("<script>x()</script>Rest", "text/html", "Rest"),
    ],
)
def test_titles(title: str, kind: str, plain: str) -> None:
    assert one_line_title(title, kind) == plain


def test_a_title_is_made_from_the_text_when_there_is_none() -> None:
    made = texts_of(
        RawEntry(summary="<p>The ferry to the islands sails again. Tickets are sold at the pier.</p>"), ""
    )
    assert made.title == "The ferry to the islands sails again."
    assert len(headline("word " * 100)) <= 100


def test_html_is_safe_absolute_and_without_pixels() -> None:
    safe = sanitise.sanitise(
        '<p onclick="x()">Hi <a href="/a" target=_blank>there</a><img src="i.png" onerror=x()>'
        '<img src="https://t.example/p.gif" width="1" height="1"><script>x()</script></p>',
        "https://base.example/dir/",
    )
    assert safe == (
        '<p>Hi <a href="https://base.example/a" rel="noopener noreferrer">there</a>'
        '<img src="https://base.example/dir/i.png"></p>'
    )


def test_text_of_html_keeps_words_and_lines_apart() -> None:
    shown = sanitise.to_text(
        "<h1>Head</h1><p>N<b>or</b>th &amp; south</p><ul><li>one<li>two</ul><style>p{}</style>"
    )
    assert shown == "Head\nNorth & south\none\ntwo"


def test_an_unclosed_frame_does_not_swallow_the_rest() -> None:
    assert sanitise.to_text('before <iframe src="https://x.example/"/> after') == "before after"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("정부가 새 대책을 발표했다", "ko"),
        ("BTS, 빌보드 1위", "ko"),
        ("政府が新しい対策を発表した", "ja"),
        ("政府公布了新的应对措施", "zh"),
        ("Η κυβέρνηση ανακοίνωσε μέτρα", "el"),
        ("The government announced new measures on Tuesday", "en"),
        ("Le gouvernement a annoncé mardi de nouvelles mesures", "fr"),
        ("Правительство объявило о новых мерах во вторник", "ru"),
        ("", ""),
        ("12:30", ""),
    ],
)
def test_languages(words: str, code: str) -> None:
    assert language.detect(words) == code


def test_language_tags() -> None:
    assert [language.code(tag) for tag in ("ko-KR", "EN_us", "zh-Hant", "", "english", "x")] == [
        "ko",
        "en",
        "zh",
        "",
        "",
        "",
    ]


def test_paragraphs_and_shortening() -> None:
    assert text.paragraphs(" a  b \r\n\r\n c ") == "a b\nc"
    assert text.shorten("one two three", 9) == "one two…"
    assert text.shorten("one", 9) == "one"
