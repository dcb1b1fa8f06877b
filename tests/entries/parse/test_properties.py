"""Any bytes, and feeds with anything done to them: parse and normalise keep their promises."""

from __future__ import annotations

import re
from datetime import UTC

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.core import text, urls
from aggregator.core.types import Entry, ParsedFeed, RawEntry
from aggregator.entries import dates, sanitise
from aggregator.entries.diff import diff
from aggregator.entries.normalise import normalise
from aggregator.entries.parse import parse
from aggregator.entries.titles import one_line_title

from .documents import FEED, NOW, atom, fetched, item, rss

LOOSE = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
ANYTHING = st.text(st.characters(), max_size=60)
MARKUP = st.lists(
    st.sampled_from(
        [
            "<", ">", "</", "/>", "&", "&amp;", "&#x3c;", "&nbsp;", "]]>", "<![CDATA[", "<!--", "-->", '"', "'", "<b>", "</b>",
            "<item>", "</item>", "<title>", "</title>", "<link>", "</link>", "<script>", "<a href='javascript:x'>",
            "<media:group>", "<guid isPermaLink='false'>", "<content:encoded>", "<?x", "\0", "\ud800", "\u202e", "한국", " ",
        ]
    ),
    max_size=40,
).map("".join)  # fmt: skip
DOCUMENTS = st.sampled_from(
    [
        rss(
            item("One", guid="1", text="<p>x</p>") + "<pubDate>Mon, 09 Mar 2026 00:00:00 GMT</pubDate>",
            item("Two", "/2"),
        ),
        atom(
            '<id>1</id><title type="html">a</title><link href="x"/><content type="xhtml"><div>d</div></content>'
        ),
        '{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[{"id":"1","url":"https://x.example/","title":"t"}]}',
        "<!DOCTYPE html><html><head><link rel=alternate type=application/rss+xml href=/f></head></html>",
    ]
)
HEADERS = st.sampled_from(
    [{}, {"content-type": "text/xml; charset=euc-kr"}, {"content-type": "text/html; charset=utf-16"}]
)
UNSAFE = re.compile(
    r"<(?:script|style|iframe|object|svg|form|base)\b|<[^<>]*\son\w+=|<[^<>]*=\"\s*(?:javascript|data):", re.I
)


def hold(entry: Entry) -> None:
    assert re.fullmatch(r"[0-9a-f]{16}", entry.id)
    assert entry.title
    assert entry.title == text.one_line(entry.title)
    assert not entry.url or entry.url == urls.canonical(entry.url)
    assert not UNSAFE.search(entry.content)
    for words in (
        entry.title,
        entry.summary,
        entry.content,
        entry.text,
        entry.author,
        entry.guid,
        *entry.categories,
    ):
        assert "\0" not in words
        words.encode()
    for when in (entry.published, entry.updated, entry.seen):
        assert when is None or (when.tzinfo is UTC and when <= NOW)


def promise(body: bytes, headers: dict[str, str]) -> None:
    parsed = parse(fetched(body, headers=headers))
    if not isinstance(parsed, ParsedFeed):
        assert parsed.code
        assert parsed.message
        return
    entries = normalise(parsed, FEED, NOW)
    assert entries == normalise(parsed, FEED, NOW)
    assert len({entry.id for entry in entries}) == len(entries)
    for entry in entries:
        hold(entry)


@LOOSE
@given(st.binary(max_size=300), HEADERS)
def test_any_bytes(body: bytes, headers: dict[str, str]) -> None:
    promise(body, headers)


@LOOSE
@given(DOCUMENTS, MARKUP, st.floats(0, 1), st.integers(0, 40), HEADERS)
def test_damaged_feeds(
    document: str, inserted: str, where: float, removed: int, headers: dict[str, str]
) -> None:
    at = int(where * len(document))
    promise((document[:at] + inserted + document[at + removed :]).encode("utf-8", "surrogatepass"), headers)


@LOOSE
@given(DOCUMENTS, st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=8))
def test_flipped_bytes(document: str, flips: list[tuple[float, int]]) -> None:
    body = bytearray(document.encode())
    for where, value in flips:
        body[min(int(where * len(body)), len(body) - 1)] = value
    promise(bytes(body), {})


@LOOSE
@given(
    st.builds(
        RawEntry, guid=ANYTHING, link=ANYTHING, title=ANYTHING | MARKUP, summary=ANYTHING | MARKUP, content=ANYTHING | MARKUP,
        author=ANYTHING, base=ANYTHING, original_link=ANYTHING, image=ANYTHING, language=ANYTHING, source_title=MARKUP,
        categories=st.tuples(ANYTHING, MARKUP), published=st.none() | st.datetimes(timezones=st.just(UTC)),
    )
)  # fmt: skip
def test_any_item(raw: RawEntry) -> None:
    for entry in normalise(ParsedFeed(entries=(raw, raw), link=raw.base, language=raw.language), FEED, NOW):
        hold(entry)


@LOOSE
@given(ANYTHING | st.from_regex(r"https?://[a-z가-힣./:?#=&%@\[\]]{0,40}", fullmatch=True), ANYTHING)
def test_canonical_urls_are_fixed_points(url: str, base: str) -> None:
    once = urls.canonical(url, base)
    assert urls.canonical(once) == once
    assert not once or once.isascii()


@LOOSE
@given(MARKUP)
def test_safe_html_stays_the_same_when_cleaned_again(markup: str) -> None:
    once = sanitise.sanitise(markup, "https://b.example/")
    assert sanitise.sanitise(once, "https://b.example/") == once
    assert "\n" not in one_line_title(markup)


@LOOSE
@given(st.datetimes(timezones=st.just(UTC)).map(lambda when: when.replace(microsecond=0)))
def test_iso_dates_survive(when: object) -> None:
    assert dates.read(when.isoformat()) == when  # type: ignore[attr-defined]  # a datetime, by the strategy


@LOOSE
@given(ANYTHING)
def test_any_date(written: str) -> None:
    found = dates.read(written)
    assert found is None or found.tzinfo is UTC


@LOOSE
@given(ANYTHING, ANYTHING)
def test_a_diff_holds_both_texts(before: str, after: str) -> None:
    assert bool(diff(before, after)) == (before.split() != after.split()) or not (before + after).strip()
