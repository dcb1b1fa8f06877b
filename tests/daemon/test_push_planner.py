"""However many stories change at once, each is told to each channel once."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from aggregator.config.load import load
from aggregator.core.types import Assignment, Batch, Candidate, Entry, Fingerprint, Grouping, Story
from aggregator.daemon import push_planner
from aggregator.daemon.publisher import Publisher
from aggregator.pipeline.runtime import Runtime
from aggregator.store import Store
from classifiers.types import Label
from tests.publish.push.servers import serving

TOPICS = ("ferries", "harbours", "islands")
HEAD = """
[poll]
workers = 0
[store]
path = "a.db"
[[feeds]]
url = "https://a.example/feed"
[web]
base_url = "https://news.example.org"
"""
TOPIC = '[topics.{0}]\ntitle = "{0}"\n[topics.{0}.terms]\n"{0}" = 3\n'
OUTPUT = """
[[outputs]]
slug = "{0}"
topics = ["{0}"]
[[outputs.push]]
kind = "webhook"
name = "desk"
url = "{1}/desk"
allow_private = true
max_per_hour = 1000
[[outputs.push]]
kind = "websub"
name = "hub"
url = "{1}/hub"
allow_private = true
"""
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Clock:
    """Stands until it is set."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


def config(folder: Path, url: str, topics: tuple[str, ...] = TOPICS) -> Path:
    path = folder / "config.toml"
    text = HEAD + "".join(TOPIC.format(topic) for topic in TOPICS)
    path.write_text(text + "".join(OUTPUT.format(topic, url) for topic in topics), encoding="utf-8")
    return path


def put(store: Store, numbers: range, changed: datetime) -> None:
    """Store stories as one batch would: all changed in one moment, each in one of the topics."""
    entries = [
        Entry(
            f"e{n}", 1, f"g{n}", f"https://a.example/{n}", f"Story {n}", published=NOW, seen=NOW, hash=f"h{n}"
        )
        for n in numbers
    ]
    stories = [
        Story(
            f"s{n}",
            f"Story {n}",
            "",
            f"https://a.example/{n}",
            "en",
            first_seen=NOW,
            published=NOW,
            changed=changed,
            labels=(Label(TOPICS[n % len(TOPICS)], 0.9, 0.5, True, rules="r"),),
        )
        for n in numbers
    ]
    store.apply(
        Batch(
            candidates=tuple(Candidate(entry, Fingerprint()) for entry in entries),
            grouping=Grouping(assignments=tuple(Assignment(f"e{n}", f"s{n}", "new") for n in numbers)),
            stories=tuple(stories),
        ),
        changed,
    )


def queued(runtime: Runtime) -> Counter[tuple[str, str]]:
    """How often each story waits for each output's webhook."""
    return Counter(
        (one.delivery.output, one.delivery.story)
        for one in runtime.store.outbox.due(NOW + timedelta(days=1), 10_000)
        if one.delivery.story
    )


EVERY = Counter({(TOPICS[n % len(TOPICS)], f"s{n}"): 1 for n in range(2500)})


def test_each_of_2500_changed_stories_is_told_once(tmp_path: Path) -> None:
    told: Counter[str] = Counter()
    pinged: Counter[str] = Counter()

    async def desk(request: web.Request) -> web.Response:
        told.update(story["story"] for story in (await request.json())["stories"])
        return web.Response()

    async def hub(request: web.Request) -> web.Response:
        pinged[str((await request.post())["hub.url"])] += 1
        return web.Response(status=202)

    async def main() -> None:
        async with (
            serving(desk=desk, hub=hub) as url,
            Runtime(load(config(tmp_path, url)), clock=Clock(NOW)) as runtime,
        ):
            publisher = Publisher(runtime)
            assert await asyncio.to_thread(publisher.plan_pushes) == 3, (
                "a ping each, of what there is: nothing"
            )
            # Half of them in one and the same moment, so that pages end among equals.
            put(runtime.store, range(1250), NOW)
            for start in range(1250, 2500, 250):
                put(runtime.store, range(start, start + 250), NOW + timedelta(milliseconds=start))
            await asyncio.to_thread(publisher.plan_pushes)
            assert queued(runtime) == EVERY
            assert await asyncio.to_thread(publisher.plan_pushes) == 0
            await publisher._open_channels()
            for hour in range(1, 6):
                for _ in range(10):
                    await publisher._courier.drain(runtime.store.outbox, NOW + timedelta(hours=hour))
            await publisher._channels.aclose()

    asyncio.run(main())
    assert told == Counter({f"s{n}": 1 for n in range(2500)})
    assert {url.rpartition("/")[2] for url in pinged} == {
        f"{topic}.{form}" for topic in TOPICS for form in ("atom", "rss", "json")
    }


def test_a_crash_at_any_page_loses_none_and_tells_none_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_planner, "_PAGE", 300)

    class Crash(Exception):
        pass

    async def main() -> None:
        async with Runtime(load(config(tmp_path, "http://127.0.0.1:1")), clock=Clock(NOW)) as runtime:
            publisher = Publisher(runtime)
            publisher.plan_pushes()
            put(runtime.store, range(1250), NOW)
            put(runtime.store, range(1250, 2500), NOW + timedelta(minutes=7))
            keep, left = runtime.store.outbox.queue, 0

            def queue(deliveries: object) -> int:
                nonlocal left
                left -= 1
                if left < 0:
                    raise Crash
                return keep(deliveries)  # type: ignore[arg-type] # handed on as it came

            monkeypatch.setattr(runtime.store.outbox, "queue", queue)
            for left in range(30):  # noqa: B007 - counted down inside
                try:
                    publisher.plan_pushes()
                except Crash:
                    continue
            left = 1000
            publisher.plan_pushes()
            assert queued(runtime) == EVERY

    asyncio.run(main())


def test_a_clock_set_back_tells_nothing_twice_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_planner, "_PAGE", 100)

    clock = Clock(NOW + timedelta(hours=2))

    async def main() -> None:
        async with Runtime(load(config(tmp_path, "http://127.0.0.1:1")), clock=clock) as runtime:
            publisher = Publisher(runtime)
            publisher.plan_pushes()
            put(runtime.store, range(700), NOW + timedelta(hours=2))
            publisher.plan_pushes()
            clock.at = NOW
            put(runtime.store, range(700, 2500), NOW)
            publisher.plan_pushes()
            publisher.plan_pushes()
            assert queued(runtime) == EVERY

    asyncio.run(main())
