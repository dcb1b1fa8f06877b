"""A hostile feed publishes an honest feed's links first, under titles of its own: the honest one is heard all the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from random import Random

import pytest
from aiohttp import web

from aggregator.config.load import load
from aggregator.core.types import Entry, FeedState, Health
from aggregator.pipeline.runtime import Runtime

START = datetime(2026, 3, 10, 6, tzinfo=UTC)
SIZE = 10
"""Items in each document; at each poll all of them are others."""
POLLS = 7
CONFIG = """
[poll]
workers = 0
per_host_gap = "0s"

[http]
allow_private = true

[store]
path = "a.db"

[[feeds]]
url = "{honest}"
title = "Honest"

[[feeds]]
url = "{hostile}"
title = "Hostile"
"""
WORDS = [
    "harbour",
    "library",
    "orchestra",
    "bakery",
    "vineyard",
    "museum",
    "lighthouse",
    "railway",
    "orchard",
    "theatre",
    "winter",
    "valley",
    "copper",
    "ladder",
    "candle",
    "marble",
    "forest",
    "engine",
    "pepper",
    "garden",
    "silver",
    "window",
    "camera",
    "button",
    "hammer",
    "island",
    "jacket",
    "kitchen",
    "lantern",
    "magnet",
    "needle",
    "oyster",
    "pillow",
    "quarry",
    "rocket",
    "saddle",
    "tunnel",
    "velvet",
    "walnut",
    "yellow",
    "zipper",
    "anchor",
    "basket",
    "cactus",
    "dragon",
    "elbow",
    "feather",
    "glacier",
    "helmet",
    "insect",
    "jungle",
    "kettle",
    "lizard",
    "meadow",
    "nectar",
    "ocean",
    "pencil",
    "quilt",
    "ribbon",
    "shovel",
    "thunder",
    "umbrella",
    "village",
    "whistle",
]


class Clock:
    """Stands still until it is moved."""

    at = START

    def now(self) -> datetime:
        return self.at


def item(number: int, title: str, guid: str, at: datetime) -> str:
    return (
        f"<item><guid isPermaLink='false'>{guid}</guid><title>{title}</title>"
        f"<link>https://honest.example/news/{number}</link><pubDate>{format_datetime(at)}</pubDate></item>"
    )


def honest(number: int, at: datetime, guid: str = "") -> str:
    title = " ".join(Random(number).sample(WORDS, 8)).capitalize()
    return item(number, title, guid or f"honest-{number}", at)


def lie(number: int, at: datetime) -> str:
    return item(
        number,
        "Shame: " + " ".join(Random(-1 - number).sample(WORDS, 8)),
        f"lie-{number}",
        at,
    )


def document(items: list[str]) -> str:
    return f"<rss version='2.0'><channel><title>News</title>{''.join(items)}</channel></rss>"


@asynccontextmanager
async def served(documents: dict[str, str]) -> AsyncIterator[str]:
    """The documents over HTTP on loopback, by path."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=documents[request.path], content_type="application/rss+xml")

    app = web.Application()
    app.router.add_get("/{name}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


async def live(
    folder: Path, *, changing_guids: bool
) -> tuple[FeedState, FeedState, list[tuple[Entry, bool]]]:
    """A morning of both feeds: (the honest one, the hostile one, the honest one's entries and whether announced)."""
    documents: dict[str, str] = {}
    clock = Clock()
    async with served(documents) as address:
        path = folder / "config.toml"
        path.write_text(
            CONFIG.format(honest=f"{address}/honest", hostile=f"{address}/hostile"), encoding="utf-8"
        )
        async with Runtime(load(path), clock=clock) as runtime:
            for poll in range(POLLS):
                clock.at = START + poll * timedelta(hours=1)
                mine = range(poll * SIZE, (poll + 1) * SIZE)
                theirs = range((poll + 1) * SIZE, (poll + 2) * SIZE)
                guid = f"{poll}-" if changing_guids else ""
                documents["/honest"] = document([honest(n, clock.at, guid and f"{guid}{n}") for n in mine])
                documents["/hostile"] = document([lie(n, clock.at) for n in theirs])
                await runtime.poller.poll(list(runtime.store.due(clock.at + timedelta(days=1), 10)))
            feeds = {feed.title: feed for feed in runtime.store.feeds_by_id().values()}
            own = feeds["Honest"].id
            held = [entry for batch in runtime.store.entries.walk() for entry in batch]
            stories = runtime.store.stories(sorted({story for _, story, _ in held}), text=False)
            members = [
                (member.entry, not member.archived)
                for story in stories.values()
                for member in story.entries
                if member.entry.feed_id == own
            ]
            return feeds["Honest"], feeds["Hostile"], members


@pytest.mark.parametrize("changing_guids", [False, True])
def test_every_entry_of_the_honest_feed_is_stored_and_announced(tmp_path: Path, changing_guids: bool) -> None:
    feed, _, members = asyncio.run(live(tmp_path, changing_guids=changing_guids))
    assert len({entry.url for entry, _ in members}) == len(members) == POLLS * SIZE
    assert [announced for _, announced in members].count(False) == 0
    assert not feed.memory.unstable_guids
    assert feed.health is Health.OK, feed.health_why
