"""A flood over real HTTP: stored, its best announced, the rest when a person says so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from aggregator.core.errors import NotFound
from aggregator.core.types import Changes, FeedState
from aggregator.entries.ration import BURST_COUNT
from aggregator.pipeline.held_back import BEST_COUNT, announce_best
from aggregator.pipeline.release import find_feed, release
from aggregator.pipeline.runtime import Runtime
from aggregator.pipeline.worker import Analysis
from classifiers.types import Label

from .conftest import CONFIG, write

MANY = 150
WORDS = [
    "harbour",
    "ferry",
    "market",
    "garden",
    "museum",
    "bridge",
    "tunnel",
    "library",
    "theatre",
    "orchard",
]


def item(number: int, title: str = "") -> str:
    words = " ".join(WORDS[(number // 10**place) % 10] for place in range(4))
    title = title or f"The {words} of number {number}"
    return (
        f"<item><guid isPermaLink='false'>g{number}</guid><title>{title}</title>"
        f"<link>https://flood.example/{number}</link></item>"
    )


def flooded(
    folder: Path, work: Callable[[Runtime, FeedState], Awaitable[Any]], titles: dict[int, str]
) -> Any:
    """Poll a feed of one entry, then MANY more at once, and go on with `work`."""
    documents = [[item(0)], [item(n, titles.get(n, "")) for n in range(MANY + 1)]]

    async def answer(request: web.Request) -> web.Response:
        text = f"<rss version='2.0'><channel><title>Flood</title>{''.join(documents.pop(0))}</channel></rss>"
        return web.Response(text=text, content_type="application/rss+xml")

    async def main() -> Any:
        app = web.Application()
        app.router.add_get("/feed", answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/feed"
        try:
            async with Runtime(write(folder, f'{CONFIG}\n[[feeds]]\nurl = "{url}"\n')) as runtime:
                for _ in range(2):
                    await runtime.poller.poll(runtime.store.feeds.all())
                return await work(runtime, runtime.store.feeds.all()[0])
        finally:
            await runner.cleanup()

    return asyncio.run(main())


def members(runtime: Runtime) -> dict[str, bool]:
    """Each stored entry's guid, and whether it is announced."""
    return {m.entry.guid: not m.archived for story in runtime.store.selection.walk() for m in story.entries}


def test_a_flood_is_held_back_and_let_through_by_a_person(tmp_path: Path) -> None:
    async def work(runtime: Runtime, feed: FeedState) -> None:
        before = members(runtime)
        assert len(before) == MANY + 1
        assert not before.pop("g0"), "the backlog of the first poll, which no ration held back"
        assert [guid for guid, told in before.items() if not told] == [
            guid for guid in before if int(guid[1:]) > BURST_COUNT
        ]
        assert runtime.store.feeds.held_back() == {feed.id: MANY - BURST_COUNT}
        silent = {story.id for story in runtime.store.selection.walk() if not story.announced}
        assert silent
        done = await runtime.writer.run(release, runtime.writer, feed.url)
        assert (done.entries, done.feed.id) == (MANY - BURST_COUNT, feed.id)
        assert [guid for guid, told in members(runtime).items() if not told] == ["g0"]
        for story in runtime.store.selection.walk():
            if story.id in silent and story.entries[0].entry.guid != "g0":
                assert story.announced
                assert story.change == "new", "subscribers hear of it as of any new story"
                assert story.changed > story.first_seen
        assert runtime.store.feeds.held_back() == {}
        again = await runtime.writer.run(release, runtime.writer, feed.url)
        assert (again.entries, again.stories) == (0, 0)

    flooded(tmp_path, work, {})


def test_the_story_of_the_day_is_announced_although_it_came_in_a_flood(tmp_path: Path) -> None:
    async def work(runtime: Runtime, feed: FeedState) -> None:
        told = members(runtime)
        assert told["g140"]
        assert not told["g141"]
        assert runtime.store.feeds.held_back() == {feed.id: MANY - BURST_COUNT - 1}

    flooded(tmp_path, work, {140: "North Korea fires missile into the East Sea"})


def test_what_retention_deletes_is_held_back_no_more(tmp_path: Path) -> None:
    async def work(runtime: Runtime, feed: FeedState) -> None:
        held = runtime.store.feeds.held_back_of(feed.id, MANY)
        runtime.store.retention.forget_entries(held, (), runtime.clock.now())
        assert runtime.store.feeds.held_back() == {}

    flooded(tmp_path, work, {})


def label(score: float, *, threshold: float = 0.5, belongs: bool = True) -> Label:
    return Label("launches", score, threshold, belongs)


def test_only_the_best_and_few_of_them_are_let_through() -> None:
    held = frozenset(f"e{number:02}" for number in range(60))
    analyses = {entry: Analysis((label(0.76 + int(entry[1:]) / 1000),), None) for entry in held}
    found = announce_best(Changes(archived=held | {"old"}, held_back=held), analyses)
    assert held - found.held_back == {f"e{number}" for number in range(60 - BEST_COUNT, 60)}
    assert found.archived == found.held_back | {"old"}


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ([label(0.75)], True),
        ([label(0.74)], False),
        ([label(0.94, threshold=0.9)], False),
        ([label(0.96, threshold=0.9)], True),
        ([label(0.99, belongs=False)], False),
        ([label(0.6), label(0.8)], True),
        ([label(1.0, threshold=1.0)], True),
        ([], False),
    ],
)
def test_high_is_in_the_upper_half_above_the_threshold(labels: list[Label], told: bool) -> None:
    changes = Changes(archived=frozenset({"a"}), held_back=frozenset({"a"}))
    assert announce_best(changes, {"a": Analysis(tuple(labels), None)}).held_back == (
        frozenset() if told else frozenset({"a"})
    )


def test_a_feed_is_found_by_its_url_before_anybody_elses_title() -> None:
    liar = FeedState(1, "https://liar.example/", "https://liar.example/", "https://honest.example/feed")
    honest = FeedState(2, "https://honest.example/feed", "https://honest.example/feed", "Honest")
    twins = [FeedState(n, f"https://twin{n}.example/", "", "Twin") for n in (3, 4)]
    feeds = [liar, honest, *twins]
    assert find_feed(feeds, "https://honest.example/feed") is honest
    assert find_feed(feeds, "Honest") is honest
    for wrong in ("Twin", "nobody", ""):
        with pytest.raises(NotFound):
            find_feed(feeds, wrong)
