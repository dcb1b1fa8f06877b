"""Which item an entry is, and rows of an import."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aggregator.core.errors import BadRow
from aggregator.core.hashes import text_keys
from aggregator.core.types import Entry, ParsedFeed, RawEntry
from aggregator.entries.normalise import from_row, normalise
from tests.entries.parse.documents import FEED, NOW, atom, entries, feed_state, item, read, rss, unstable

LONG = "A summary with enough words to be told from any other summary there is."


def test_ids_are_stable_and_depend_on_the_feed() -> None:
    document = rss(item(guid="g1"), item("b", "https://news.example/2"), "<title>Only a title here</title>")
    first, second = entries(document), entries(document)
    assert [entry.id for entry in first] == [entry.id for entry in second]
    assert all(len(entry.id) == 16 and int(entry.id, 16) >= 0 for entry in first)
    other = entries(document, feed_state(url="https://other.example/feed"))
    assert not {entry.id for entry in first} & {entry.id for entry in other}


def test_the_guid_decides_when_title_link_and_text_change() -> None:
    (before,) = entries(rss(item("Old", "https://news.example/old", "g1", "Old text")))
    (after,) = entries(rss(item("New", "https://news.example/new", "g1", "New text")))
    assert before.id == after.id
    assert before.hash != after.hash


def test_the_link_stands_in_for_a_guid_and_tracking_does_not_matter() -> None:
    (before,) = entries(rss(item("Old", "https://news.example/a?utm_campaign=1")))
    (after,) = entries(rss(item("New", "https://NEWS.example/a?utm_campaign=2#top")))
    assert before.id == after.id


def test_title_and_date_stand_in_for_both() -> None:
    dated = "<title>Notice</title><pubDate>Mon, 09 Mar 2026 00:00:00 GMT</pubDate>"
    (before,) = entries(rss(dated + "<description>a</description>"))
    (after,) = entries(rss(dated + "<description>b</description>"))
    assert before.id == after.id
    other = entries(
        rss(
            "<title>Notice</title><description>a</description>",
            "<title>Notice</title><description>b</description>",
        )
    )
    assert len({entry.id for entry in other}) == 2


def test_a_date_in_the_future_does_not_change_the_id_at_each_poll() -> None:
    parsed = read(rss("<title>Notice</title><pubDate>Mon, 09 Mar 2099 00:00:00 GMT</pubDate>"))
    ids = {normalise(parsed, FEED, NOW + timedelta(hours=hour))[0].id for hour in range(3)}
    assert len(ids) == 1


def test_a_link_shared_by_thousands_is_told_in_time() -> None:
    raw = [RawEntry(link="https://news.example/live", title=f"Update {n}") for n in range(20_000)]
    found = normalise(ParsedFeed(entries=tuple(raw)), feed_state(language="en"), NOW)
    assert len({entry.id for entry in found}) == 20_000
    assert all(entry.url_shared for entry in found)


def test_a_guid_used_for_several_items_does_not_join_them() -> None:
    found = entries(
        rss(item("a", "https://news.example/1", "same"), item("b", "https://news.example/2", "same"))
    )
    assert [entry.title for entry in found] == ["a", "b"]
    assert len({entry.id for entry in found}) == 2


def test_an_item_that_stands_twice_is_one_entry_and_the_newer_wins() -> None:
    twice = (
        item("Old title", guid="g1") + "<pubDate>Mon, 09 Mar 2026 00:00:00 GMT</pubDate>",
        item("New title", guid="g1") + "<pubDate>Mon, 09 Mar 2026 02:00:00 GMT</pubDate>",
    )
    for document in (rss(*twice), rss(*reversed(twice))):
        assert [entry.title for entry in entries(document)] == ["New title"]


def test_a_link_shared_by_several_items_identifies_none() -> None:
    page = "https://news.example/bulletin"
    found = entries(
        rss(item("First notice", page, "g1", LONG), item("Second notice", page, "g2", LONG + " More."))
    )
    assert [entry.url_shared for entry in found] == [True, True]
    assert not set(text_keys(found[0])) & set(text_keys(found[1]))
    nameless = entries(rss(item("First notice", page), item("Second notice", page)))
    assert len({entry.id for entry in nameless}) == 2


def test_links_identify_the_items_of_a_feed_with_unstable_guids() -> None:
    (before,) = entries(rss(item(guid="a1")), unstable())
    (after,) = entries(rss(item(guid="a2")), unstable())
    assert before.id == after.id


def test_keys_join_the_same_link_and_the_same_text_across_feeds() -> None:
    (one,) = entries(rss(item("A title", "https://www.news.example/x/", "1", LONG)))
    (link,) = entries(
        rss(item("Other", "http://news.example/x", "2")), feed_state(id=8, url="https://b.example/")
    )
    (copy,) = entries(
        rss(item("A TITLE!", "https://c.example/y", "1", LONG.upper())),
        feed_state(id=9, url="https://c.example/f"),
    )
    assert set(text_keys(one)) & set(text_keys(link))
    assert set(text_keys(one)) & set(text_keys(copy))
    assert not set(text_keys(link)) & set(text_keys(copy))


def test_short_titles_and_front_pages_are_no_keys() -> None:
    (one,) = entries(rss(item("Weather", "https://news.example/")))
    assert text_keys(one) == ()


def test_dates_of_entries() -> None:
    found = entries(
        rss(
            item("past", guid="1") + "<pubDate>Mon, 09 Mar 2026 00:00:00 GMT</pubDate>",
            item("future", guid="2") + "<pubDate>Mon, 09 Mar 2099 00:00:00 GMT</pubDate>",
            item("none", guid="3"),
            item("never", guid="4") + "<pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate>",
            item("local", guid="5") + "<pubDate>2026-03-09 09:00</pubDate>",
        ),
        feed_state(country="KR"),
    )
    midnight = datetime(2026, 3, 9, tzinfo=UTC)
    assert [entry.published for entry in found] == [midnight, NOW, None, None, midnight]
    assert all(entry.seen == NOW and entry.time is not None for entry in found)


def test_language_of_an_entry() -> None:
    korean, english = "정부가 오늘 새 대책을 발표했다", "The government announced new measures today"
    said = atom(f'<id>1</id><title xml:lang="fr">{english}</title>')
    assert entries(said)[0].language == "fr"
    wrong = rss(item(korean), channel="<language>en-us</language>")
    assert entries(wrong)[0].language == "ko"
    assert entries(wrong, feed_state(language="en"))[0].language == "en"
    assert entries(rss(item(english), channel="<language>ko</language>"))[0].language == "en"
    assert entries(rss(item(korean)))[0].language == "ko"


def test_items_with_nothing_are_left_out() -> None:
    assert normalise(ParsedFeed(entries=(RawEntry(guid="g"), RawEntry(author="x"))), FEED, NOW) == ()


def test_a_link_alone_is_an_entry() -> None:
    (entry,) = entries(rss("<link>https://news.example/a</link>"))
    assert entry.title == "news.example"


def test_the_hash_ignores_markup_but_not_words() -> None:
    def hashed(content: str) -> str:
        return entries(rss(item(guid="1") + f"<content:encoded><![CDATA[{content}]]></content:encoded>"))[
            0
        ].hash

    assert hashed('<p>Same</p><img src="/a?1">') == hashed('<div>Same</div><img src="/a?2">')
    assert hashed("<p>Same</p>") != hashed("<p>Other</p>")


# --- rows of an import ---------------------------------------------------------------------------


def row(**changes: Any) -> dict[str, Any]:
    return {"id": "k-1", "source": "s", "url": "https://n.example/1?utm_source=a", "title": "T &amp; <b>U</b>", "summary": "S", "published": "2026-03-09T09:00:00+09:00", "lang": "en", **changes}  # fmt: skip


def test_a_row_is_cleaned_like_an_item() -> None:
    entry = from_row(row(content="<p onclick=x()>Text</p>"), FEED, NOW)
    assert (entry.id, entry.feed_id, entry.url, entry.title) == ("k-1", 7, "https://n.example/1", "T & U")
    assert entry.content == "<p>Text</p>"
    assert entry.published == datetime(2026, 3, 9, tzinfo=UTC)
    assert (entry.language, entry.origin, entry.seen) == ("en", "example", NOW)


def test_a_row_without_id_gets_a_stable_one() -> None:
    first, second = from_row(row(id=None), FEED, NOW), from_row(row(id=None), FEED, NOW + timedelta(days=1))
    assert first.id == second.id
    assert len(first.id) == 16


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": "with space"}, "id"),
        ({"id": "x" * 129}, "id"),
        ({"id": "한"}, "id"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"title": "", "summary": ""}, "title"),
        ({"title": ["a"]}, "title"),
        ({"published": "yesterday"}, "published"),
        ({"published": 1.5}, "published"),
        ({"lang": "english!"}, "lang"),
    ],
)
def test_a_bad_row_names_the_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(BadRow, match=rf"^{field}: .+; |^{field}: "):
        from_row(row(**changes), FEED, NOW)


def test_a_row_without_language_is_detected() -> None:
    assert from_row(row(lang="", title="정부가 오늘 새 대책을 발표했다"), FEED, NOW).language == "ko"


def test_entry_type() -> None:
    assert isinstance(from_row(row(), FEED, NOW), Entry)
