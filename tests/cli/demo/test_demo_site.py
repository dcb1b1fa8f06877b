"""The demo's sample feeds: well-formed in every format, conditional, and changing when told to."""

from __future__ import annotations

import asyncio
import io
import json
import tomllib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import feedparser
import pytest

from aggregator.cli.demo import DemoSite, config_text
from aggregator.cli.demo.__main__ import main
from aggregator.config import FeedConfig, OriginConfig, PollConfig
from aggregator.core.errors import ConfigError

NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
T = TypeVar("T")


def on_site(visit: Callable[[DemoSite, aiohttp.ClientSession], Awaitable[T]], now: datetime = NOW) -> T:
    async def run() -> T:
        async with DemoSite(now) as site, aiohttp.ClientSession() as session:
            return await visit(site, session)

    return asyncio.run(run())


async def get(session: aiohttp.ClientSession, url: str, **headers: str) -> tuple[int, bytes, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with session.get(url, headers=named) as answer:
        return answer.status, await answer.read(), answer.headers


async def bodies(site: DemoSite, session: aiohttp.ClientSession) -> dict[str, tuple[int, bytes]]:
    return {feed["url"]: (await get(session, feed["url"]))[:2] for feed in site.feeds}


def items(body: bytes) -> list[dict[str, Any]]:
    """Every item of a feed document as {id, title, date, link}."""
    if body.startswith(b"{"):
        return [
            {
                "id": item["id"],
                "title": item["title"],
                "date": datetime.fromisoformat(item["date_published"].replace("Z", "+00:00")),
                "link": item["url"],
            }
            for item in json.loads(body)["items"]
        ]
    parsed = feedparser.parse(io.BytesIO(body))
    return [
        {
            "id": item.id,
            "title": item.title,
            "date": datetime(*(item.get("published_parsed") or item.updated_parsed)[:6], tzinfo=UTC),
            "link": item.link,
        }
        for item in parsed.entries
    ]


def test_every_xml_feed_is_well_formed_and_every_item_is_complete() -> None:
    async def visit(site: DemoSite, session: aiohttp.ClientSession) -> list[str]:
        formats = []
        for url, (status, body) in (await bodies(site, session)).items():
            assert status == 200, url
            if not body.startswith(b"{"):
                parsed = feedparser.parse(io.BytesIO(body))
                assert not parsed.bozo, (url, parsed.get("bozo_exception"))
                assert parsed.feed.title
                formats.append(parsed.version)
            else:
                document = json.loads(body)
                assert document["version"] == "https://jsonfeed.org/version/1.1"
                assert document["feed_url"] == url
                formats.append("json11")
            found = items(body)
            assert len(found) >= 3, url
            assert len({item["id"] for item in found}) == len(found), url
            for item in found:
                assert item["title"]
                assert "{" not in item["title"]
                assert item["link"].startswith(site.url)
                assert NOW - timedelta(days=7) < item["date"] <= NOW
                status, page, _ = await get(session, item["link"])
                assert status == 200
                assert b"<h1>" in page
        return formats

    assert set(on_site(visit)) == {"rss20", "rss10", "atom10", "json11"}


def test_the_world_has_the_outlets_and_entries_it_promises() -> None:
    async def visit(site: DemoSite, session: aiohttp.ClientSession) -> dict[str, tuple[int, bytes]]:
        feeds = [FeedConfig(**feed) for feed in site.feeds]
        assert len({feed.origin for feed in feeds}) >= 8
        assert {feed.kind for feed in feeds} == {
            *("agency", "newspaper", "broadcaster", "state-media", "government", "think-tank")
        }
        assert {feed.language for feed in feeds} == {"ko", "en", "ja"}
        assert all(feed.allow_private for feed in feeds)
        return await bodies(site, session)

    entries = [item for _, body in on_site(visit).values() for item in items(body)]
    assert 55 <= len(entries) <= 85
    launch = [item for item in entries if item["id"].split("-")[-1] and "launch" in item["id"]]
    assert len(launch) >= 10


def test_wire_copy_is_nearly_the_agencys_text() -> None:
    async def visit(site: DemoSite, session: aiohttp.ClientSession) -> tuple[str, str]:
        texts = []
        for path in ("/saebyeok-ko/feed.xml", "/hanbat-ilbo/feed.xml"):
            parsed = feedparser.parse(io.BytesIO((await get(session, site.url + path))[1]))
            texts.append(next(e for e in parsed.entries if "launch-" in e.id and e.get("content")))
        return texts[0].summary, texts[1].summary

    agency, copy = on_site(visit)
    assert agency == copy
    assert "합동참모본부" in copy


def test_conditional_requests_are_answered_with_304_until_something_changes() -> None:
    async def visit(site: DemoSite, session: aiohttp.ClientSession) -> None:
        url = site.url + "/saebyeok-en/feed.xml"
        status, body, headers = await get(session, url)
        assert status == 200
        assert body
        etag, modified = headers["ETag"], headers["Last-Modified"]
        assert (await get(session, url, If_None_Match=etag))[:2] == (304, b"")
        assert (await get(session, url, If_None_Match=f'"other", W/{etag}'))[0] == 304
        assert (await get(session, url, If_Modified_Since=modified))[0] == 304
        # A tag that does not match wins over a date that does.
        assert (await get(session, url, If_None_Match='"other"', If_Modified_Since=modified))[0] == 200
        async with session.head(url) as answer:
            assert (answer.status, answer.headers["ETag"]) == (200, etag)
        site.step()
        assert (await get(session, url, If_None_Match=etag))[0] == 200
        assert (await get(session, url, If_Modified_Since=modified))[0] == 200
        quiet = site.url + "/han-river/feed.json"
        unchanged = await get(session, quiet)
        assert (await get(session, quiet, If_None_Match=unchanged[2]["ETag"]))[0] == 304
        assert site.hits["/saebyeok-en/feed.xml", 304] == 3

    on_site(visit)


def test_the_first_step_brings_news_an_edit_a_failure_and_a_web_page() -> None:
    async def visit(site: DemoSite, session: aiohttp.ClientSession) -> None:
        before = await bodies(site, session)
        later = NOW + timedelta(hours=1)
        assert site.step(later)
        after = await bodies(site, session)

        failing = [url for url, (status, _) in after.items() if status == 500]
        assert failing == [site.url + "/tidewater/feed.json"]
        pages = [url for url, (_, body) in after.items() if body.startswith(b"<!doctype html>")]
        assert pages == [site.url + "/gangbuk/feed.xml"]
        assert b'rel="alternate"' in after[pages[0]][1]
        assert items((await get(session, site.url + "/gangbuk/news.xml"))[1])

        old = {item["id"]: item for _, body in before.values() for item in items(body)}
        readable = [body for url, (_, body) in after.items() if url not in failing + pages]
        new = {item["id"]: item for body in readable for item in items(body)}
        fresh = [item for id_, item in new.items() if id_ not in old]
        assert len(fresh) >= 8
        assert all(NOW < item["date"] <= later for item in fresh)
        edited = [id_ for id_, item in new.items() if id_ in old and old[id_]["title"] != item["title"]]
        assert edited == ["hanbat-ilbo-launch-wire"]

        assert site.step(later + timedelta(minutes=5))
        assert (await get(session, failing[0]))[0] == 200
        assert not site.step()
        assert site.instalment == site.instalments == 2

    on_site(visit)


@pytest.mark.parametrize("hour", [0, 6, 15, 20])
def test_days_named_in_texts_follow_the_clock(hour: int) -> None:
    async def visit(site: DemoSite, session: aiohttp.ClientSession) -> str:
        return (await get(session, site.url + "/saebyeok-ko/launch-flash"))[1].decode()

    now = datetime(2027, 3, 1, hour, tzinfo=UTC)
    in_korea = now - timedelta(minutes=420) + timedelta(hours=9)
    assert f"합동참모본부가 {in_korea.day}일" in on_site(visit, now)


def test_an_unknown_page_is_404() -> None:
    async def visit(site: DemoSite, session: aiohttp.ClientSession) -> tuple[int, int]:
        missing = (await get(session, site.url + "/saebyeok-ko/hotline"))[0]
        return missing, (await get(session, site.url + "/"))[0]

    assert on_site(visit) == (404, 200)


def test_config_text_is_a_configuration_with_the_shipped_topics(tmp_path: Path) -> None:
    shipped = tmp_path / "shipped.toml"
    shipped.write_text(
        '[entities]\njcs = ["JCS", "합참"]\n[topics.one]\ntitle = "One"\nterms = ["가\\"나"]\n[topics.two]\ntitle = "Two"\n'
    )

    async def visit(site: DemoSite, session: aiohttp.ClientSession) -> str:
        return config_text(site, 8123, tmp_path / "state", shipped=shipped)

    tables = tomllib.loads(on_site(visit))
    assert tables["topics"] == {"one": {"title": "One", "terms": ['가"나']}, "two": {"title": "Two"}}
    assert tables["entities"] == {"jcs": ["JCS", "합참"]}
    assert [output["slug"] for output in tables["outputs"]] == ["one", "two", "health"]
    assert tables["web"]["port"] == 8123
    assert tables["store"]["path"] == str(tmp_path / "state" / "aggregator.db")
    PollConfig(**tables["poll"])
    assert len([FeedConfig(**feed) for feed in tables["feeds"]]) >= 8
    origins = {slug: OriginConfig(**origin) for slug, origin in tables["origins"].items()}
    assert set(origins) == {feed["origin"] for feed in tables["feeds"]}
    assert "새벽통신" in origins["saebyeok"].aliases


def test_config_text_names_a_shipped_file_that_cannot_be_read(tmp_path: Path) -> None:
    async def visit(site: DemoSite, session: aiohttp.ClientSession) -> str:
        return config_text(site, 0, tmp_path, shipped=tmp_path / "none.toml")

    with pytest.raises(ConfigError, match=r"none\.toml"):
        on_site(visit)


def test_the_module_explains_itself(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["demo", "--help"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 0
    assert "--every" in capsys.readouterr().out
