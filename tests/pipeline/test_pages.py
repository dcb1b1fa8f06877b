"""Full text: a page is fetched after its entry is stored, classified anew, and only where robots.txt lets us."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from aggregator.config import Config
from aggregator.pipeline.runtime import Runtime
from aggregator.store.export import export_entries

from .conftest import CONFIG, write

ARTICLE = "".join(
    f"<p>{text}</p>"
    for text in (
        "The harbour office had expected a quiet Sunday, and most of the fishing boats were already back by noon, "
        "when the radio in the control room began to repeat the same short message.",
        "North Korea had fired a missile over the sea, the defence ministry said, and every vessel within a hundred "
        "miles was told to keep away from falling pieces until the evening.",
        "By nightfall the order was lifted, the ferries sailed again, and the mayor thanked everybody who had stayed "
        "in port for their patience on what he called a long and strange afternoon.",
    )
)
PAGE = (
    "<html><head><title>A long afternoon</title></head><body><nav><a href='/'>Home</a></nav>"
    f"<article><h1>A long afternoon in the harbour</h1>{ARTICLE}</article></body></html>"
)


@dataclass
class Outlet:
    """A site with one feed of one entry, whose page alone says what it is about."""

    robots: str | None = None
    page: str | None = PAGE
    url: str = ""
    asked: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        if request.path == "/feed":
            item = (
                f"<item><title>A long afternoon in the harbour</title><link>{self.url}/story</link>"
                "<description>What the crews did while they waited.</description>"
                f"<pubDate>{format_datetime(datetime.now(UTC))}</pubDate></item>"
            )
            feed = f"<rss version='2.0'><channel><title>Harbour</title>{item}</channel></rss>"
            return web.Response(text=feed, content_type="application/rss+xml")
        text = {"/robots.txt": self.robots, "/story": self.page}.get(request.path)
        if text is None:
            return web.Response(status=404)
        return web.Response(
            text=text, content_type="text/plain" if request.path == "/robots.txt" else "text/html"
        )


@asynccontextmanager
async def serving(outlet: Outlet) -> AsyncIterator[None]:
    app = web.Application()
    app.router.add_get("/{path:.*}", outlet.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    outlet.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield
    finally:
        await runner.cleanup()


def polled(
    folder: Path, outlet: Outlet, work: Callable[[Runtime], Awaitable[Any]], *, full_text: bool = True
) -> Any:
    """Serve the outlet, poll it once, and go on with `work`."""

    async def main() -> Any:
        async with serving(outlet):
            config = configured(folder, outlet, full_text=full_text)
            async with Runtime(config) as runtime:
                feeds = runtime.store.feeds.all()
                await runtime.poller.poll(feeds)
                return await work(runtime)

    return asyncio.run(main())


def configured(folder: Path, outlet: Outlet, *, full_text: bool) -> Config:
    more = f'\n[[feeds]]\nurl = "{outlet.url}/feed"\nfull_text = {str(full_text).lower()}\n'
    # Words of the full text count half, and in passing a third of that: two of them must be enough here.
    return write(folder, CONFIG.replace("points = 3", "points = 0.5") + more)


def topics(row: dict[str, Any]) -> set[str]:
    return {label["topic"] for label in row["topics"] if label["in"]}


def text_of(runtime: Runtime, entry: str) -> str:
    return runtime.store.entries_for([entry])[entry].text


def in_output(runtime: Runtime) -> list[str]:
    return [story.id for story in runtime.store.selection.newest(topics=["launches"])]


async def fetched(runtime: Runtime) -> tuple[int, dict[str, Any], dict[str, Any], str]:
    """How many pages gave a text; the entry before and after, and its text."""
    (before,) = export_entries(runtime.store)
    assert in_output(runtime) == []
    read = await runtime.pages.run()
    (after,) = export_entries(runtime.store)
    assert in_output(runtime) == ([after["story"]] if topics(after) else [])
    return read, before, after, text_of(runtime, after["id"])


def test_an_entry_earns_a_label_that_only_its_page_speaks_for(tmp_path: Path) -> None:
    outlet = Outlet()
    read, before, after, text = polled(tmp_path, outlet, fetched)
    assert topics(before) == set(), "the summary alone says nothing of it"
    assert read == 1
    assert topics(after) == {"launches"}
    (label,) = after["topics"]
    assert {reason["where"] for reason in label["reasons"] if reason["found"]} == {"text"}
    assert "fired a missile over the sea" in text
    assert "Home" not in text
    assert after["summary"] == before["summary"], "the feed's own words stay"
    assert outlet.asked == ["/feed", "/robots.txt", "/story"]


def test_a_page_is_asked_for_once(tmp_path: Path) -> None:
    outlet = Outlet()

    async def work(runtime: Runtime) -> list[int]:
        pages = runtime.pages
        return [await pages.run(), await pages.run(), await runtime.pages.run()]

    assert polled(tmp_path, outlet, work) == [1, 0, 0]
    assert outlet.asked.count("/story") == 1


def test_a_robots_txt_that_forbids_leaves_the_summary(tmp_path: Path) -> None:
    outlet = Outlet(robots="User-agent: *\nDisallow: /story\n")
    read, before, after, text = polled(tmp_path, outlet, fetched)
    assert read == 0
    assert after == before
    assert "missile" not in text
    assert "/story" not in outlet.asked


def test_what_was_forbidden_is_not_asked_for_again(tmp_path: Path) -> None:
    outlet = Outlet(robots="User-agent: *\nDisallow: /\n")

    async def work(runtime: Runtime) -> list[int]:
        return [await runtime.pages.run(), await runtime.pages.run()]

    assert polled(tmp_path, outlet, work) == [0, 0]
    assert outlet.asked == ["/feed", "/robots.txt"]


def test_a_robots_txt_for_others_does_not_bind_us(tmp_path: Path) -> None:
    outlet = Outlet(robots="User-agent: SomeoneElse\nDisallow: /\n\nUser-agent: *\nDisallow: /private\n")
    assert polled(tmp_path, outlet, fetched)[0] == 1


def test_a_page_that_is_gone_or_empty_leaves_the_summary(tmp_path: Path) -> None:
    for name, page in (("gone", None), ("empty", "<html><body><p>Log in to read.</p></body></html>")):
        folder = tmp_path / name
        folder.mkdir()
        read, before, after, _ = polled(folder, Outlet(page=page), fetched)
        assert read == 0, name
        assert after == before, name


def test_without_the_setting_no_page_is_fetched(tmp_path: Path) -> None:
    outlet = Outlet()
    assert polled(tmp_path, outlet, fetched, full_text=False)[0] == 0
    assert outlet.asked == ["/feed"]
