"""Pages: robots.txt obeyed, manners kept, and a reason whenever there is none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from aiohttp import web

from aggregator.config import Config, FeedConfig
from aggregator.core.types import Page
from aggregator.fetch.http import HttpFetcher
from aggregator.fetch.pages import FullText

from .server import Clock, Names, Site, feed, site

ARTICLE = b"<html><body><article><h1>More ferries</h1><p>They will run every hour from next month.</p></article></body></html>"
HTML = {"Content_Type": "text/html; charset=utf-8"}


@asynccontextmanager
async def pages(
    server: Site, *, private: bool = True, clock: Clock | None = None, **sections: object
) -> AsyncIterator[FullText]:
    url = server.url("/feed")
    config = Config.model_validate(
        {
            "feeds": [{"url": url, "allow_private": private}],
            "poll": {"per_host_gap": 0},
            "http": {"timeout": "5s"},
            **sections,
        }
    )
    clock = clock or Clock()
    made = HttpFetcher(config, clock=clock, secrets=lambda name: None, resolver=Names())
    try:
        yield FullText(made, config, clock=clock)
    finally:
        await made.close()


async def page_of(server: Site, path: str = "/a", **options: object) -> Page:
    async with pages(server, **options) as made:  # type: ignore[arg-type]
        return await made.fetch(server.url(path), feed(server.url("/feed")))


async def test_a_page_is_fetched_after_robots_txt() -> None:
    async with site() as server:
        server.answer("/robots.txt", body=b"User-agent: *\nDisallow: /private/\n")
        server.answer("/a", body=ARTICLE, **HTML)
        got = await page_of(server)
        assert got.why == ""
        assert server.paths() == ["/robots.txt", "/a"]
        assert "text/html" in server.seen[1].headers["Accept"]
        assert got.body == ARTICLE


async def test_robots_txt_is_asked_once_a_day_and_by_one_at_a_time() -> None:
    clock = Clock()
    async with site() as server:
        server.answer("/robots.txt", body=b"")
        server.answer("/a", body=ARTICLE, **HTML)
        source = feed(server.url("/feed"))
        async with pages(server, clock=clock) as made:
            await asyncio.gather(*(made.fetch(server.url(f"/a?{n}"), source) for n in range(5)))
            assert server.paths().count("/robots.txt") == 1
            clock.offset = timedelta(hours=25)
            await made.fetch(server.url("/a"), source)
            assert server.paths().count("/robots.txt") == 2


@pytest.mark.parametrize(
    ("rules", "user_agent", "fetched"),
    [
        ("User-agent: *\nDisallow: /", "", False),
        ("User-agent: *\nDisallow: /a", "", False),
        ("User-agent: *\nDisallow: /*?*", "", True),
        ("User-agent: *\nDisallow: /\nAllow: /a", "", True),
        ("User-agent: aggregator\nDisallow: /", "", False),
        ("User-agent: otherbot\nDisallow: /", "", True),
        ("User-agent: reader\nDisallow: /", "Reader/2 (+mailto:a@b.example)", False),
        ("User-agent: aggregator\nDisallow: /", "Reader/2", True),
        ("\xff\xfe nonsense \0", "", True),
        ("<html>an error page</html>", "", True),
    ],
)
async def test_rules_are_obeyed(rules: str, user_agent: str, fetched: bool) -> None:
    async with site() as server:
        server.answer("/robots.txt", body=rules.encode("latin-1"))
        server.answer("/a", body=ARTICLE, **HTML)
        got = await page_of(server, http={"user_agent": user_agent})
        assert (got.body is not None) is fetched
        assert ("/a" in server.paths()) is fetched
        if not fetched:
            assert "robots.txt" in got.why


@pytest.mark.parametrize(
    ("status", "fetched"),
    [
        (404, True),
        (401, True),
        (403, True),
        (410, True),
        (204, True),
        (429, False),
        (500, False),
        (503, False),
    ],
)
async def test_what_robots_txt_means_when_it_is_missing(status: int, fetched: bool) -> None:
    async with site() as server:
        server.answer("/robots.txt", status=status, body=b"")
        server.answer("/a", body=ARTICLE, **HTML)
        got = await page_of(server)
        assert (got.body is not None) is fetched


async def test_a_robots_txt_in_trouble_is_asked_again_after_an_hour() -> None:
    clock = Clock()
    async with site() as server:
        server.answer("/robots.txt", status=503, body=b"")
        server.answer("/a", body=ARTICLE, **HTML)
        source = feed(server.url("/feed"))
        async with pages(server, clock=clock) as made:
            assert (await made.fetch(server.url("/a"), source)).body is None
            server.answer("/robots.txt", body=b"")
            assert (await made.fetch(server.url("/a"), source)).body is None
            clock.offset = timedelta(minutes=61)
            assert (await made.fetch(server.url("/a"), source)).body == ARTICLE


async def test_each_hop_of_a_redirect_is_asked_for() -> None:
    async with site() as server, site() as other:
        server.answer("/robots.txt", body=b"")
        other.answer("/robots.txt", body=b"User-agent: *\nDisallow: /")
        server.redirect("/a", other.url("/b"), 302)
        other.answer("/b", body=ARTICLE, **HTML)
        got = await page_of(server, http={"allow_private": True, "timeout": "5s"})
        assert got.body is None
        assert "robots.txt" in got.why
        assert other.paths() == ["/robots.txt"]


async def test_crawl_delay_is_kept_between_pages() -> None:
    async with site() as server:
        server.answer("/robots.txt", body=b"User-agent: *\nCrawl-delay: 0.2\n")
        server.answer("/a", body=ARTICLE, **HTML)
        source = feed(server.url("/feed"))
        async with pages(server) as made:
            loop = asyncio.get_running_loop()
            began = loop.time()
            got = await asyncio.gather(*(made.fetch(server.url("/a"), source) for _ in range(4)))
            assert all(each.body for each in got)
            assert loop.time() - began >= 0.6


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"status": 404}, "404"),
        ({"status": 500}, "500"),
        ({"body": b"%PDF-1.7", "Content_Type": "application/pdf"}, "application/pdf"),
        ({"body": b"x" * (4 * 1024**2), **HTML}, "larger"),
        ({"body": b"", **HTML}, "empty"),
    ],
)
async def test_failures_give_a_reason(answer: Mapping[str, object], words: str) -> None:
    async with site() as server:
        server.answer("/a", **answer)  # type: ignore[arg-type]
        got = await page_of(server)
        assert got.body is None
        assert words in got.why


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "ftp://site.test/", "", "/relative", "http://[", "mailto:a@b.example"]
)
async def test_links_that_are_no_pages(url: str) -> None:
    async with site() as server, pages(server) as made:
        got = await made.fetch(url, feed(server.url("/feed")))
        assert got.body is None
        assert got.why
        assert server.seen == []


async def test_another_service_of_the_feeds_host_is_left_alone() -> None:
    """An item of a bridge on one port must not bring what another port of the machine tells its own users."""
    async with site() as server, site() as secret, pages(server) as made:
        secret.answer("/a", body=ARTICLE, **HTML)
        server.redirect("/led", secret.url("/a"), 302)
        server.answer("/own", body=ARTICLE, **HTML)
        server.redirect("/back", server.url("/own"), 302)
        source = feed(server.url("/feed"))
        for url in (secret.url("/a"), server.url("/led"), server.url("/own").replace("http://", "https://")):
            got = await made.fetch(url, source)
            assert got.body is None, url
            assert got.why
        assert secret.seen == []
        assert (await made.fetch(server.url("/back"), source)).body == ARTICLE


async def test_a_robots_txt_that_leads_to_another_service_is_not_followed() -> None:
    async with site() as server, site() as secret, pages(server) as made:
        server.redirect("/robots.txt", secret.url("/robots.txt"), 302)
        server.answer("/a", body=ARTICLE, **HTML)
        assert (await made.fetch(server.url("/a"), feed(server.url("/feed")))).body is None
        assert secret.seen == []


async def test_a_private_page_is_fetched_only_from_the_feeds_own_host() -> None:
    async with site() as server:
        server.answer("/a", body=ARTICLE, **HTML)
        source = feed(server.url("/feed"))
        async with pages(server) as made:
            assert (await made.fetch(server.url("/a"), source)).body == ARTICLE
            elsewhere = await made.fetch(server.url("/a", "router.test"), source)
            assert elsewhere.body is None
        async with pages(server, private=False) as made:
            assert (await made.fetch(server.url("/a"), source)).body is None
        assert server.paths() == ["/robots.txt", "/a"]


async def test_the_feeds_credentials_are_not_sent_to_pages() -> None:
    async with site() as server:
        server.answer("/a", body=ARTICLE, **HTML)
        url = server.url("/feed")
        config = Config(feeds=(FeedConfig(url=url, allow_private=True, username="u", password_env="PW"),))
        made = HttpFetcher(config, clock=Clock(), secrets={"PW": "p"}.get, resolver=Names())
        try:
            await FullText(made, config, clock=Clock()).fetch(
                server.url("/a").replace("//", "//x:y@"), feed(url)
            )
        finally:
            await made.close()
        assert server.seen
        assert all("Authorization" not in request.headers for request in server.seen)


async def test_a_slow_robots_txt_delays_no_other_host() -> None:
    async def slow(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(20)
        return web.Response()

    async with site() as server, site() as other:
        server.on("/robots.txt", slow)
        other.answer("/a", body=ARTICLE, **HTML)
        source = feed(server.url("/feed"))
        async with pages(server, http={"allow_private": True, "timeout": "5s"}) as made:
            waiting = asyncio.create_task(made.fetch(server.url("/a"), source))
            got = await asyncio.wait_for(made.fetch(other.url("/a", "other.test"), source), 2)
            assert got.body == ARTICLE
            waiting.cancel()
