"""Feeds over HTTP: validators, encodings, caching, parameters, paging, archives."""

from __future__ import annotations

import asyncio
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.utils import parsedate_to_datetime

import feedparser
import pytest

from aggregator.config import OutputConfig
from aggregator.publish import FORMATS, archive
from aggregator.publish.items.story import story_id
from aggregator.publish.source import Withdrawn
from tests.publish.samples import NOW, developed, member, story
from tests.publish.strict import check

from .conftest import TOKEN, Client

Serve = Callable[..., Client]


@pytest.mark.parametrize(
    ("form", "media_type"),
    [("atom", "application/atom+xml"), ("rss", "application/rss+xml"), ("json", "application/feed+json")],
)
def test_a_feed_is_served(client: Client, form: str, media_type: str) -> None:
    answer = client.get(f"/feeds/harbour.{form}")
    assert answer.status == 200
    assert answer.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert answer.headers["content-length"] == str(len(answer.body))
    assert check(form, answer.body) == []
    assert f"https://news.example.org/feeds/harbour.{form}" in answer.text


def test_head_has_the_headers_of_get_and_no_body(client: Client) -> None:
    get, head = client.get("/feeds/harbour.atom"), client.request("HEAD", "/feeds/harbour.atom")
    assert head.status == 200
    assert head.body == b""
    assert head.headers == get.headers


def test_conditional_requests(client: Client) -> None:
    first = client.get("/feeds/harbour.atom")
    etag, modified = first.headers["etag"], first.headers["last-modified"]
    assert re.fullmatch(r'"[0-9a-f]{32}"', etag), "strong"
    for headers in (
        {"If_None_Match": etag},
        {"If_None_Match": f'"other", W/{etag}'},
        {"If_None_Match": "*"},
        {"If_Modified_Since": modified},
        {"If_None_Match": etag, "If_Modified_Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
    ):
        answer = client.get("/feeds/harbour.atom", **headers)
        assert (answer.status, answer.body) == (304, b""), headers
        assert answer.headers["etag"] == etag
        assert "content-type" not in answer.headers
    for headers in (
        {"If_None_Match": '"other"'},
        {"If_None_Match": '"other"', "If_Modified_Since": modified},
        {"If_Modified_Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
        {"If_Modified_Since": "yesterday"},
    ):
        assert client.get("/feeds/harbour.atom", **headers).status == 200, headers


def test_each_encoding_has_a_strong_tag_of_its_own(client: Client) -> None:
    plain = client.get("/feeds/harbour.atom")
    packed = {
        accept: client.get("/feeds/harbour.atom", Accept_Encoding=accept)
        for accept in ("gzip", "br", "gzip, br", "*", "br;q=0, gzip;q=0.5", "identity", "gzip;q=0")
    }
    assert {accept: answer.headers.get("content-encoding") for accept, answer in packed.items()} == {
        "gzip": "gzip",
        "br": "br",
        "gzip, br": "br",
        "*": "br",
        "br;q=0, gzip;q=0.5": "gzip",
        "identity": None,
        "gzip;q=0": None,
    }
    assert {answer.decoded for answer in packed.values()} == {plain.body}
    assert len({answer.headers["etag"] for answer in packed.values()}) == 3
    assert all(answer.headers["vary"] == "Accept-Encoding" for answer in packed.values())
    again = client.get(
        "/feeds/harbour.atom", Accept_Encoding="br", If_None_Match=packed["gzip"].headers["etag"]
    )
    assert (again.status, again.headers["etag"]) == (304, packed["gzip"].headers["etag"])


def test_tag_and_date_change_only_with_the_bytes(client: Client) -> None:
    first = client.get("/feeds/harbour.atom")
    client.source.put()
    client.clock.move(minutes=5)
    same = client.get("/feeds/harbour.atom")
    assert same.headers["etag"] == first.headers["etag"]
    assert same.headers["last-modified"] == first.headers["last-modified"]
    client.source.put(story(1, title="Another headline"))
    changed = client.get("/feeds/harbour.atom", If_None_Match=first.headers["etag"])
    assert changed.status == 200
    assert changed.headers["etag"] != first.headers["etag"]
    dates = [parsedate_to_datetime(answer.headers["last-modified"]) for answer in (first, changed)]
    assert dates[0] < dates[1], "other bytes, although the story's own moment stood still"
    assert client.get("/feeds/harbour.atom", If_Modified_Since=first.headers["last-modified"]).status == 200


def test_a_rendered_feed_is_served_from_memory(client: Client) -> None:
    client.get("/feeds/harbour.atom")
    reads = client.source.reads
    for _ in range(5):
        assert client.get("/feeds/harbour.atom").status == 200
    assert client.source.reads == reads
    client.source.put()
    client.get("/feeds/harbour.atom")
    assert client.source.reads > reads


def test_odd_questions_do_not_push_out_the_feed(serve: Serve) -> None:
    client = serve(cache_size=3)
    client.get("/feeds/harbour.atom")
    for n in range(1, 9):
        client.get(f"/feeds/harbour.atom?limit={n}")
    reads = client.source.reads
    client.get("/feeds/harbour.atom")
    client.get("/feeds/harbour.atom?limit=8")
    assert client.source.reads == reads
    client.get("/feeds/harbour.atom?limit=1")
    assert client.source.reads > reads


def test_a_stampede_renders_once(client: Client) -> None:
    async def crowd() -> list[int]:
        answers = await asyncio.gather(*(client.ask("GET", "/feeds/harbour.rss") for _ in range(20)))
        return [answer.status for answer in answers]

    single = replace(client, source=client.source)
    asyncio.run(single.ask("GET", "/feeds/harbour.json"))
    once = client.source.reads
    assert asyncio.run(crowd()) == [200] * 20
    assert client.source.reads == 2 * once


def test_cache_control_ends_at_the_next_change(client: Client) -> None:
    client.source.due = NOW + timedelta(minutes=4)
    assert client.get("/feeds/harbour.atom").headers["cache-control"] == "public, max-age=240"
    client.clock.move(seconds=100)
    assert client.get("/feeds/harbour.atom").headers["cache-control"] == "public, max-age=140"
    client.source.put()
    client.source.due = NOW
    assert client.get("/feeds/harbour.atom").headers["cache-control"] == "public, max-age=30"
    client.source.put()
    client.source.due = NOW + timedelta(days=3)
    assert client.get("/feeds/harbour.atom").headers["cache-control"] == "public, max-age=900"


def test_json_may_be_read_by_scripts(client: Client, serve: Serve) -> None:
    assert client.get("/feeds/harbour.json").headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in client.get("/feeds/harbour.atom").headers
    preflight = client.request("OPTIONS", "/feeds/harbour.json", Origin="https://a.example")
    assert preflight.status == 204
    assert "If-None-Match" in preflight.headers["access-control-allow-headers"]
    picky = serve(cors=("https://desk.example",))
    mine = picky.get("/feeds/harbour.json", Origin="https://desk.example")
    theirs = picky.get("/feeds/harbour.json", Origin="https://evil.example")
    assert mine.headers["access-control-allow-origin"] == "https://desk.example"
    assert "Origin" in mine.headers["vary"]
    assert "access-control-allow-origin" not in theirs.headers


def ids(answer_body: bytes) -> list[str]:
    return [entry.id for entry in feedparser.parse(io.BytesIO(answer_body)).entries]


def test_parameters_narrow(client: Client) -> None:
    def names(query: str) -> set[str]:
        answer = client.get(f"/feeds/harbour.json?{query}")
        assert answer.status == 200, answer.text
        assert check("json", answer.body) == []
        return {
            item["_aggregator"].get("entry") or item["_aggregator"]["story"]
            for item in json.loads(answer.body)["items"]
        }

    assert names("") == {"s1", "s2", "s3", "s7", "s9"}
    assert names("state=confirmed") == {"s7"}
    assert names("state=confirmed,state-media-only") == {"s7", "s9"}
    assert names("language=ko") == {"s7"}
    assert names("kind=state-media&country=KR") == {"s7"}
    assert names("kind=state-media&country=JP") == set(), "one and the same entry must be both"
    assert names("min_score=0.95") == set()
    assert names("facet=fire") == set()
    assert names("topic=harbour-safety&limit=2") == {"s1", "s7"}
    assert names("since=90m") == {"s1", "s7"}
    assert names("since=2026-11-23T10:30:00Z") == {"s1", "s7"}
    assert names("unit=entry&language=en") == {"e1", "e2", "e3", "e101"}


def test_a_narrowed_feed_names_itself_canonically(client: Client) -> None:
    one = client.get("/feeds/harbour.atom?limit=2&state=confirmed,single-source")
    two = client.get("/feeds/harbour.atom?state=single-source&state=confirmed&limit=2")
    assert one.body == two.body
    assert (
        b'rel="self" href="https://news.example.org/feeds/harbour.atom?state=confirmed&amp;state=single-source&amp;limit=2"'
        in one.body
    )
    plain = client.get("/feeds/harbour.atom")
    assert re.search(rb"<id>(.*?)</id>", one.body)[1] != re.search(rb"<id>(.*?)</id>", plain.body)[1]  # type: ignore[index]


def test_what_means_nothing_to_an_output_is_a_mistake(serve: Serve) -> None:
    client = serve((OutputConfig(slug="ill", kind="health"), OutputConfig(slug="daily", kind="digest")))
    for good in (
        "ill.rss?since=2d&limit=3",
        "alerts.rss?country=KR&min_score=0.5",
        "daily.rss?facet=collision",
    ):
        assert client.get(f"/feeds/{good}").status == 200, good
    for bad in ("ill.rss?topic=x", "alerts.rss?order=score", "daily.rss?unit=entry", "daily.rss?before=1-x"):
        answer = client.get(f"/feeds/{bad}")
        assert (answer.status, "means nothing" in answer.text) == (400, True), bad
    page = client.get("/output/alerts").text
    assert 'name="order"' not in page
    assert 'name="since"' in page


def test_bad_parameters_are_all_told(client: Client) -> None:
    answer = client.get(
        "/feeds/harbour.atom?limt=3&limit=0&state=sure&min_score=2&since=soon&order=best&country=kr&before=x&topic=other&limit=5"
    )
    assert answer.status == 400
    for told in (
        "unknown parameter 'limt'; did you mean limit?",
        "limit: must be a whole number from 1 to 1000, got '0'",
        "limit: may be given only once",
        "state: must be one of single-source, state-media-only, reported-by-several, confirmed, got 'sure'",
        "min_score: must be a number between 0 and 1, got '2'",
        "since: must be a duration",
        "order: must be one of changed, published, score, got 'best'",
        "country: must be an ISO 3166 code such as KR, got 'kr'",
        "before: not a page of this feed",
        "topic: this output has only harbour-safety, got other",
    ):
        assert told in answer.text
    assert "<html" in client.get("/feeds/harbour.atom?limit=0", Accept="text/html").text


@pytest.mark.parametrize(
    "since",
    [
        "9999-12-31T23:59:59-23:59",
        "0001-01-01T00:00:00%2B23:59",
        "9999-12-31",
        "0001-01-01",
        "2026-02-30",
        "999999d",
    ],
)
@pytest.mark.parametrize(
    "path", ["/feeds/harbour.atom", "/output/harbour", "/feeds/ill.rss", "/feeds/daily.json"]
)
def test_a_moment_beyond_the_calendar_is_no_failure_of_ours(serve: Serve, path: str, since: str) -> None:
    client = serve((OutputConfig(slug="ill", kind="health"), OutputConfig(slug="daily", kind="digest")))
    answer = client.get(f"{path}?since={since}")
    assert answer.status == (200 if re.fullmatch(r"\d{4}-01-01|9999-12-31", since) else 400), answer.text
    assert client.get(f"{path.partition('?')[0]}?archive=9999-12").status in (400, 404)


@pytest.mark.parametrize(
    "path",
    [
        "/feeds/nothing.atom",
        "/feeds/harbour.xml",
        "/feeds/harbour",
        "/feeds/.atom",
        "/feeds/a/b/c.atom",
        "/feeds/%00.atom",
    ],
)
def test_what_is_not_there(client: Client, path: str) -> None:
    assert client.get(path).status == 404


def test_only_reading(client: Client) -> None:
    answer = client.request("POST", "/feeds/harbour.atom")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


def follow(client: Client, url: str, rel: str) -> list[str]:
    """The ids met while following links of one relation."""
    found: list[str] = []
    for _ in range(60):
        answer = client.get(url.removeprefix("https://news.example.org"))
        assert answer.status == 200, answer.text
        assert check("atom", answer.body) == []
        found += ids(answer.body)
        link = re.search(rf'<link rel="{rel}" href="([^"]+)"'.encode(), answer.body)
        if link is None:
            return found
        url = link[1].decode().replace("&amp;", "&")
    raise AssertionError("the chain never ends")


def test_pages_hold_every_story_once(serve: Serve) -> None:
    client = serve((OutputConfig(slug="few", limit=4, archive="none"),))
    client.source.held.clear()
    # Several stories share a moment, on purpose: the cursor must still part them.
    client.source.put(*(story(n, changed=NOW - timedelta(hours=n // 3)) for n in range(1, 30)))
    found = follow(client, "/feeds/few.atom", "next")
    assert len(found) == 29
    assert set(found) == {story_id(f"s{n}") for n in range(1, 30)}
    assert follow(client, "/feeds/few.atom?country=JP", "next") == []


def test_pages_of_entries_hold_every_entry_once(serve: Serve) -> None:
    client = serve((OutputConfig(slug="few", limit=5, archive="none", unit="entry"),))
    client.source.held.clear()
    for n in range(1, 12):
        client.source.put(replace(story(n), entries=tuple(member(100 * n + m) for m in range(n % 4 + 1))))
    found = follow(client, "/feeds/few.atom", "next")
    assert len(found) == len(set(found)) == sum(n % 4 + 1 for n in range(1, 12))


@pytest.mark.parametrize("unit", ["day", "week", "month"])
def test_the_feed_and_its_archives_are_the_whole_history(serve: Serve, unit: str) -> None:
    client = serve((OutputConfig(slug="long", limit=3, archive=unit),))  # type: ignore[arg-type]
    client.source.held.clear()
    client.source.put(
        *(story(n * 5) for n in range(1, 60)),
        story(4000, id="old", announced=False, first_seen=NOW - timedelta(days=40)),
    )
    found = follow(client, "/feeds/long.atom", "prev-archive")
    assert set(found) == {story_id(f"s{n * 5}") for n in range(1, 60)} | {story_id("old")}
    again = follow(client, "/feeds/long.atom?state=single-source", "prev-archive")
    assert set(again) == set(found)


@pytest.mark.parametrize("unit", ["story", "entry"])
def test_an_archive_of_many_parts_is_followed_to_its_end(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, unit: str
) -> None:
    monkeypatch.setattr(archive, "MOST", 10)
    output = OutputConfig.model_validate({"slug": "long", "limit": 3, "archive": "month", "unit": unit})
    client = serve((output,))
    client.source.held.clear()
    at = NOW.replace(month=10)
    for n in range(63):
        entries = tuple(member(10 * n + m, at=at - timedelta(minutes=n)) for m in range(n % 3 + 1))
        seen = at - timedelta(hours=n // 20)
        client.source.put(story(n, first_seen=seen, published=seen, changed=seen, entries=entries))
    for query in ("", "?language=en"):
        found = follow(client, f"/feeds/long.atom{query}", "prev-archive")
        expected = 63 if unit == "story" else sum(n % 3 + 1 for n in range(63))
        assert len(set(found)) == expected
        # The feed itself has its three a second time.
        assert len(found) == expected + 3
    part = re.search(r'prev-archive" href="([^"]+)"', client.get("/feeds/long.atom?archive=2026-10").text)
    assert part is not None
    assert "archive=2026-10&amp;before=" in part[1]
    for wrong in ("archive=2026-10&before=x", "archive=2026-10&before=1-a~zz"):
        assert client.get(f"/feeds/long.atom?{wrong}").status == 400


def test_an_archive_stands_still_and_says_so(client: Client) -> None:
    client.source.put(story(30), story(60))
    answer = client.get("/feeds/harbour.atom?archive=2026-11-22")
    assert answer.headers["cache-control"] == "public, max-age=86400"
    assert b"<fh:archive/>" in answer.body
    assert b'rel="current" href="https://news.example.org/feeds/harbour.atom"' in answer.body
    assert (
        b'rel="prev-archive" href="https://news.example.org/feeds/harbour.atom?archive=2026-11-21"'
        in answer.body
    )
    assert (
        b'rel="next-archive" href="https://news.example.org/feeds/harbour.atom?archive=2026-11-23T00"'
        in answer.body
    )
    hour = client.get("/feeds/harbour.atom?archive=2026-11-23T10")
    assert len(ids(hour.body)) == 2
    assert (
        b'rel="prev-archive" href="https://news.example.org/feeds/harbour.atom?archive=2026-11-23T09"'
        in hour.body
    )
    assert (
        b'rel="next-archive" href="https://news.example.org/feeds/harbour.atom?archive=2026-11-23T11"'
        in hour.body
    )
    for key in (
        "2026-11-23",
        "2026-11-23T12",
        "2026-12-01",
        "2026-11",
        "2026-11-31",
        "x",
        "0000-00-00",
        "2026-W01",
    ):
        assert client.get(f"/feeds/harbour.atom?archive={key}").status == 404, key
    assert client.get("/feeds/alerts.atom?archive=2026-11-22").status == 404


def test_withdrawn_stories_leave_tombstones(client: Client) -> None:
    client.source.withdrawn = [
        Withdrawn("gone", NOW - timedelta(hours=1), "not relevant"),
        Withdrawn("s1", NOW - timedelta(hours=2)),
        Withdrawn("long-gone", NOW - timedelta(days=99)),
    ]
    base = "https://news.example.org/feeds/harbour"
    answer = client.get("/feeds/harbour.atom")
    assert check("atom", answer.body, now=NOW, url=f"{base}.atom") == []
    assert b"deleted-entry" not in answer.body
    assert f'rel="urn:x-aggregator:withdrawn" href="{base}.atom?withdrawn=yes"'.encode() in answer.body
    document = json.loads(client.get("/feeds/harbour.json").body)["_aggregator"]
    assert document["withdrawn"] == f"{base}.json?withdrawn=yes"
    assert document["deleted"][0]["why"] == "not relevant"


def test_the_list_of_what_was_withdrawn_is_a_feed_for_people_and_programs(client: Client) -> None:
    client.source.withdrawn = [
        Withdrawn("gone", NOW - timedelta(hours=1), "merged into another story", "A & B <collide>"),
        Withdrawn("s1", NOW - timedelta(hours=2)),
    ]
    for form in ("atom", "rss", "json"):
        answer = client.get(f"/feeds/harbour.{form}?withdrawn=yes")
        url = f"https://news.example.org/feeds/harbour.{form}?withdrawn=yes"
        assert check(form, answer.body, now=NOW, url=url, withdrawals=True) == []
        assert b"merged into another story" in answer.body
    atom = client.get("/feeds/harbour.atom?withdrawn=yes").body
    stones = re.findall(rb'deleted-entry ref="([^"]+)"', atom)
    assert stones == [story_id("gone").encode(), story_id("s1").encode()]
    assert "<title>Withdrawn: A &amp; B ‹collide&gt;</title>".encode() in atom
    assert not set(ids(atom)) & {story_id("gone"), story_id("s1")}, "they are items of their own"
    # As docs/outputs.md has it: of this document alone, and only while there is something to list.
    assert check("atom", atom) == ["xmlns:at='http://purl.org/atompub/tombstones/1.0'"]
    client.source.withdrawn = []
    client.source.number += 1
    assert check("atom", client.get("/feeds/harbour.atom?withdrawn=yes").body) == []
    for query in ("withdrawn=no", "withdrawn=yes&limit=3"):
        assert client.get(f"/feeds/harbour.atom?{query}").status == 400, query
    assert client.get("/feeds/alerts.atom?withdrawn=yes").status == 400


def test_withdrawals_may_stand_in_the_feed_itself(serve: Serve) -> None:
    client = serve((OutputConfig(slug="inline", topics=("harbour-safety",), withdrawals="inline"),))
    client.source.withdrawn = [Withdrawn("gone", NOW - timedelta(hours=1), "not relevant")]
    atom = client.get("/feeds/inline.atom").body
    assert check("atom", atom, withdrawals=True) == []
    assert re.findall(rb'deleted-entry ref="([^"]+)"', atom) == [story_id("gone").encode()]
    assert b"withdrawn=yes" not in atom


def test_a_document_says_its_address_however_it_was_asked_for(client: Client) -> None:
    canonical = "https://news.example.org/feeds/harbour.rss?language=en&language=ko&limit=5"
    odd = client.get("/feeds/harbour.rss?limit=5&language=ko,en")
    assert odd.headers["content-location"] == canonical
    assert check("rss", odd.body, url=canonical) == []
    assert "content-location" not in client.get(canonical.removeprefix("https://news.example.org")).headers
    assert "content-location" not in client.get("/feeds/harbour.rss").headers


def test_hubs_are_named_in_the_plain_feed_only(serve: Serve) -> None:
    client = serve((pinged("told"),))
    for form in FORMATS:
        assert b"https://hub.example.org/" in client.get(f"/feeds/told.{form}").body
        assert check(form, client.get(f"/feeds/told.{form}").body) == []
        assert b"hub.example.org" not in client.get(f"/feeds/told.{form}?limit=3").body


def test_a_hub_is_named_only_by_the_output_that_pings_it(serve: Serve) -> None:
    """Who subscribes to another output at that hub would never hear anything."""
    client = serve((pinged("told"), pinged("hushed", private_env="HUSH"), pinged("morning", kind="digest")))
    for slug, told in {"told": 1, "morning": 1, "harbour": 0, "alerts": 0, f"{TOKEN}/hushed": 0}.items():
        for form in FORMATS:
            answer = client.get(f"/feeds/{slug}.{form}")
            assert answer.status == 200
            assert answer.body.count(b"hub.example.org") == told, (slug, form)


def pinged(slug: str, **more: object) -> OutputConfig:
    """An output with a hub."""
    hub = {"kind": "websub", "name": "hub", "url": "https://hub.example.org/"}
    return OutputConfig.model_validate({"slug": slug, "push": [hub], **more})


def test_items_are_updated_in_place(client: Client) -> None:
    before = client.get("/feeds/harbour.atom").body
    client.source.put(replace(developed(), title="다른 제목", changed=NOW))
    after = client.get("/feeds/harbour.atom").body
    assert set(ids(before)) == set(ids(after))
    assert ids(after)[0] == story_id("s7")


def test_a_rolling_feed_is_made_anew_each_minute(client: Client) -> None:
    assert len(ids(client.get("/feeds/harbour.atom?since=90m").body)) == 2
    client.clock.move(minutes=33)
    assert ids(client.get("/feeds/harbour.atom?since=90m").body) == [story_id("s1")]


def test_a_digest_is_kept_until_the_next_one_closes(serve: Serve) -> None:
    client = serve((OutputConfig(slug="daily", kind="digest", digest_at="13:00"),))
    first = client.get("/feeds/daily.atom")
    client.clock.move(minutes=59)
    assert client.get("/feeds/daily.atom").headers["etag"] == first.headers["etag"]
    client.clock.move(minutes=2)
    second = client.get("/feeds/daily.atom")
    assert len(ids(second.body)) == len(ids(first.body)) + 1
    assert check("atom", second.body) == []
