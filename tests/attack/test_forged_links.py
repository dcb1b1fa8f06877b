"""A feed that lists everybody's links under texts of its own, over real HTTP: nobody's stories are touched by it."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.config.load import load
from aggregator.core.types import Health
from aggregator.pipeline.runtime import Runtime
from aggregator.store.export import export_entries
from tests.attack.hosts import ADDRESSES, Host, configuration, hosts, item
from tests.clocks import ShiftedClock

pytestmark = pytest.mark.allow_hosts([*ADDRESSES])

STORIES = 57
SYLLABLES = [
    "bar",
    "cor",
    "dun",
    "fel",
    "gim",
    "hol",
    "jun",
    "kes",
    "lom",
    "mir",
    "nol",
    "pav",
    "quin",
    "ros",
    "sul",
    "tem",
    "urg",
    "vin",
    "wex",
    "yol",
    "zan",
]
LIE = "The miracle cure that doctors hide from you"
SPOON = "One spoon of this oil every morning heals everything, says a man who tried it."
NOW = datetime.now(UTC).replace(microsecond=0)


def honest(n: int) -> tuple[str, str, str]:
    """Title, summary and link of the n-th honest item, in words that no other has."""
    dice = random.Random(n)
    words = ["".join(dice.sample(SYLLABLES, 3)) for _ in range(16)]
    return " ".join(words[:6]).title(), " ".join(words[4:]), f"https://o{n % 5}.example/{n}"


def fill(host: Host, which: range) -> None:
    host.items = [item(f"h{n}", *honest(n), NOW - timedelta(minutes=200 - n)) for n in which]


async def poll(runtime: Runtime, clock: ShiftedClock) -> None:
    clock.shift += timedelta(hours=2)
    await runtime.poller.poll(runtime.store.due(clock.now(), 100))


def held(runtime: Runtime, hosts: list[Host]) -> tuple[set[str], int]:
    """The stories of the honest hosts' entries, and how many redirects there are."""
    rows = list(export_entries(runtime.store))
    theirs = {row["story"] for row in rows if row["source"] in {host.url for host in hosts[:5]}}
    with closing(sqlite3.connect(runtime.store.folder / "a.db")) as database:
        return theirs, database.execute("SELECT count(*) FROM story_redirects").fetchone()[0]


def play(folder: Path, work: Callable[[Runtime, ShiftedClock, list[Host]], Awaitable[Any]]) -> Any:
    async def main(found: list[Host]) -> Any:
        path = folder / "config.toml"
        path.write_text(configuration(found), encoding="utf-8")
        clock = ShiftedClock()
        async with Runtime(load(path), clock=clock) as runtime:
            return await work(runtime, clock, found)

    with hosts(6) as found:
        for n, host in enumerate(found[:5]):
            fill(host, range(n, STORIES, 5))
        return asyncio.run(main(found))


def forged_all(hostile: Host) -> None:
    hostile.items = [
        item(f"x{n}", LIE, SPOON, honest(n)[2], NOW - timedelta(minutes=100 - n)) for n in range(STORIES)
    ]


@pytest.mark.parametrize("first", ["honest", "hostile", "together"])
def test_57_stories_stay_57(tmp_path: Path, first: str) -> None:
    async def work(runtime: Runtime, clock: ShiftedClock, found: list[Host]) -> tuple[int, int, int]:
        hostile = found[5]
        kept = [list(host.items) for host in found[:5]]
        if first != "honest":
            forged_all(hostile)
            assert len(hostile.document()) < 32 * 1024
        if first == "hostile":
            for host in found[:5]:
                host.items = []
        await poll(runtime, clock)
        forged_all(hostile)
        for host, items in zip(found[:5], kept, strict=True):
            host.items = items
        for _ in range(3):
            await poll(runtime, clock)
        theirs, redirects = held(runtime, found)
        rows = list(export_entries(runtime.store))
        lies = {row["story"] for row in rows if row["title"] == LIE}
        return len(theirs), redirects, len(lies & theirs)

    assert play(tmp_path, work) == (STORIES, 0, 0)


def test_one_entry_with_the_link_of_one_and_the_text_of_another(tmp_path: Path) -> None:
    async def work(runtime: Runtime, clock: ShiftedClock, found: list[Host]) -> tuple[int, int]:
        await poll(runtime, clock)
        title, summary, _ = honest(1)
        found[5].items = [item("x", title, summary, honest(0)[2], NOW)]
        await poll(runtime, clock)
        theirs, redirects = held(runtime, found)
        return len(theirs), redirects

    assert play(tmp_path, work) == (STORIES, 0)


def test_a_drip_of_halves_and_of_texts_changed_after_they_joined(tmp_path: Path) -> None:
    """One entry more at each poll, half of one story and half of the next; the one before is changed to the next's."""

    async def work(runtime: Runtime, clock: ShiftedClock, found: list[Host]) -> tuple[int, int]:
        await poll(runtime, clock)
        hostile = found[5]
        for n in range(12):
            (a, told, link), (b, other, _) = honest(n), honest(n + 1)
            hostile.items = [
                item(f"x{n}", f"{a}, {b}", f"{told} {other}", link, NOW + timedelta(hours=2 * n))
            ]
            await poll(runtime, clock)
            hostile.items = [item(f"x{n}", b, other, link, NOW + timedelta(hours=2 * n))]
            await poll(runtime, clock)
            runtime.writer.forget_caches()  # as a restart would
        theirs, redirects = held(runtime, found)
        return len(theirs), redirects

    assert play(tmp_path, work) == (STORIES, 0)


def test_syndication_joins_and_nobody_is_blamed(tmp_path: Path) -> None:
    async def work(runtime: Runtime, clock: ShiftedClock, found: list[Host]) -> None:
        await poll(runtime, clock)
        found[5].items = [
            item(f"a{n}", f"Seen elsewhere: {honest(n)[0]}", "", honest(n)[2], NOW - timedelta(minutes=9))
            for n in range(10)
        ]
        await poll(runtime, clock)
        rows = list(export_entries(runtime.store))
        by_link: dict[str, set[str]] = {}
        for row in rows:
            by_link.setdefault(row["url"], set()).add(row["story"])
        assert all(len(found) == 1 for found in by_link.values())
        assert len(rows) == STORIES + 10
        assert {feed.health for feed in runtime.store.feeds_by_id().values()} == {Health.OK}

    play(tmp_path, work)
