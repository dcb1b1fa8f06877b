"""A feed pours near-equal long entries into one story: they are counted, and what is stored and read is bounded."""

from __future__ import annotations

import asyncio
import sqlite3
import tracemalloc
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.config.load import load
from aggregator.config.polling import PollConfig
from aggregator.core.types import ALIKE, Changes, DayStored, Entry, FeedMemory, FeedState, Health
from aggregator.entries.daily_limit import within_day
from aggregator.pipeline.runtime import Runtime
from aggregator.publish.wording import more_alike
from aggregator.store.export import export_entries
from aggregator.stories.grouping.fullness import COPIES_OF_ONE
from tests.attack.hosts import ADDRESSES, Host, configuration, hosts, item
from tests.clocks import ShiftedClock

pytestmark = pytest.mark.allow_hosts([*ADDRESSES])

NOW = datetime.now(UTC).replace(microsecond=0)
TITLE = "Earthquake of magnitude six shakes the harbour of Hualien"
LONG = "Houses fell and people fled to the hills, said the mayor of Hualien. " * 1500
POURED = 95


def pour(host: Host, poll: int, text: str = LONG) -> None:
    """So many entries of 100 KB, each with a guid, a link and a witness of its own, all but equal otherwise."""
    host.items = [
        item(
            f"g{poll}-{n}",
            TITLE,
            "",
            f"http://evil.example/{poll}/{n}",
            NOW + timedelta(hours=6 * poll),
            f"<p>{text[:300]} {chr(97 + poll)}{chr(97 + n // 26)}{chr(97 + n % 26)} saw it. {text}</p>",
        )
        for n in range(POURED)
    ]


def play(
    folder: Path, work: Callable[[Runtime, ShiftedClock, Sequence[Host]], Awaitable[Any]], more: str = ""
) -> Any:
    async def main(found: Sequence[Host]) -> Any:
        path = folder / "config.toml"
        text = configuration(found).replace("[poll]\n", f"[poll]\n{more}\n")
        path.write_text(text, encoding="utf-8")
        clock = ShiftedClock()
        async with Runtime(load(path), clock=clock) as runtime:
            return await work(runtime, clock, found)

    with hosts(2) as found:
        return asyncio.run(main(found))


async def poll(runtime: Runtime, clock: ShiftedClock, hours: float = 6) -> None:
    clock.shift += timedelta(hours=hours)
    await runtime.poller.poll(runtime.store.due(clock.now(), 10))


def rows(runtime: Runtime, query: str) -> list[Any]:
    with closing(sqlite3.connect(runtime.store.folder / "a.db")) as database:
        return database.execute(query).fetchall()


def feed_of(runtime: Runtime, host: Host) -> FeedState:
    return next(feed for feed in runtime.store.feeds_by_id().values() if feed.url == host.url)


def test_near_equal_entries_are_counted_and_their_texts_not_kept(tmp_path: Path) -> None:
    async def work(runtime: Runtime, clock: ShiftedClock, found: Sequence[Host]) -> None:
        hostile, honest = found
        honest.items = [item("h", TITLE, "The mayor said so.", "http://good.example/1", NOW)]
        for number in range(6):
            pour(hostile, number)
            await poll(runtime, clock)
        entries = list(export_entries(runtime.store))
        assert len({entry["id"] for entry in entries}) == 6 * POURED + 1, "each is known, so none comes twice"
        (story,) = {entry["story"] for entry in entries}
        whole = runtime.store.stories([story])[story]
        assert len(whole.entries) <= COPIES_OF_ONE + 2
        counted = 6 * POURED + 1 - len(whole.entries)
        assert more_alike(whole) == [f"And {counted:,} more alike from {hostile.url}."]
        assert any(member.feed_url == honest.url for member in whole.entries)
        ((text,),) = rows(
            runtime, "SELECT sum(length(content) + length(text) + length(summary)) FROM entries"
        )
        assert text < (COPIES_OF_ONE + 2) * 3 * len(LONG)
        assert rows(
            runtime, f"SELECT count(*) FROM entry_labels JOIN entries ON id = entry WHERE basis = '{ALIKE}'"
        ) == [(0,)]
        feed = feed_of(runtime, hostile)
        assert feed.health is Health.DEGRADED
        assert "counted" in feed.health_why
        assert feed_of(runtime, honest).health is Health.OK

    play(tmp_path, work)


def test_a_page_and_a_summary_read_no_full_texts(tmp_path: Path) -> None:
    async def work(runtime: Runtime, clock: ShiftedClock, found: Sequence[Host]) -> tuple[int, int]:
        pour(found[0], 0)
        await poll(runtime, clock)
        (story,) = {entry["story"] for entry in export_entries(runtime.store)}
        peaks = []
        for text in (False, True):
            tracemalloc.start()
            runtime.store.stories([story], text=text)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        return peaks[0], peaks[1]

    page, summary = play(tmp_path, work)
    assert page < 2 * 1024**2
    assert summary < 4 * 1024**2


def test_counted_entries_that_change_store_nothing_more(tmp_path: Path) -> None:
    async def work(runtime: Runtime, clock: ShiftedClock, found: Sequence[Host]) -> tuple[int, int]:
        pour(found[0], 0)
        await poll(runtime, clock)
        pour(found[0], 0, LONG.replace("fell", "collapsed"))
        await poll(runtime, clock)
        ((text,),) = rows(
            runtime, f"SELECT sum(length(content) + length(text)) FROM entries WHERE basis = '{ALIKE}'"
        )
        ((kept,),) = rows(
            runtime, f"SELECT count(*) FROM revisions JOIN entries ON id = entry WHERE basis = '{ALIKE}'"
        )
        before = rows(runtime, "SELECT count(*) FROM entries")
        await poll(runtime, clock)
        assert rows(runtime, "SELECT count(*) FROM entries") == before
        return text, kept

    assert play(tmp_path, work) == (0, 0)


def test_after_a_restart_and_when_what_was_kept_is_forgotten(tmp_path: Path) -> None:
    async def work(runtime: Runtime, clock: ShiftedClock, found: Sequence[Host]) -> None:
        pour(found[0], 0)
        await poll(runtime, clock)
        runtime.writer.assembler.forget_caches()
        pour(found[0], 1)
        await poll(runtime, clock)
        ids = {entry["id"]: entry["story"] for entry in export_entries(runtime.store)}
        (story,) = set(ids.values())
        assert len(runtime.store.stories([story])[story].entries) <= COPIES_OF_ONE
        kept = {m.entry.id: story for m in runtime.store.stories([story])[story].entries}
        assert runtime.store.retention.stories_besides(kept) == {}
        assert runtime.store.retention.forget_entries(kept, [], clock.now()) == 1
        assert runtime.store.stories([story]) == {}

    play(tmp_path, work)


def entry(n: int, size: int = 0) -> Entry:
    return Entry(
        f"e{n}", 1, f"g{n}", "", f"Title {n}", text="x" * size, published=NOW - timedelta(minutes=n), seen=NOW
    )


def changes(numbers: range, size: int = 0) -> Changes:
    made = tuple(entry(n, size) for n in numbers)
    return Changes(new=made, ids=tuple(e.id for e in made))


def test_a_days_limit_takes_the_newest_and_forgets_none_of_the_rest() -> None:
    memory = FeedMemory(stored=DayStored(NOW.date().isoformat(), 95, 0))
    found = within_day(changes(range(10)), memory, NOW, False, 100, 10**9)
    assert [e.id for e in found.new] == list(found.ids) == [f"e{n}" for n in range(5)]
    assert (found.left_out, found.stored.entries) == (5, 100)
    assert "[poll] daily_entries" in found.bounded
    tomorrow = NOW + timedelta(days=1)
    rest = within_day(
        changes(range(5, 10)), replace(memory, stored=found.stored), tomorrow, False, 100, 10**9
    )
    assert (len(rest.new), rest.left_out, rest.bounded, rest.stored.entries) == (5, 0, "", 5)


def test_text_beyond_a_days_limit_is_left_out_and_the_entry_stored() -> None:
    found = within_day(changes(range(10), 1000), FeedMemory(), NOW, False, 100, 3500)
    assert [len(e.text) for e in found.new] == [1000] * 3 + [0] * 7
    assert len(found.ids) == 10
    assert "[poll] daily_text" in found.bounded


def test_a_first_document_is_stored_whole() -> None:
    found = within_day(changes(range(500), 1000), FeedMemory(), NOW, True, 100, 3500)
    assert (len(found.new), found.left_out, found.bounded, found.stored.entries) == (500, 0, "", 0)


def test_what_was_left_out_is_taken_the_next_day_although_the_document_is_the_same(tmp_path: Path) -> None:
    async def work(runtime: Runtime, clock: ShiftedClock, found: Sequence[Host]) -> list[int]:
        counts = []
        await poll(runtime, clock)  # an empty first document
        found[0].items = [
            item(
                f"g{n}",
                f"{n} apples in basket {n * 7} of market {n * 13}",
                "",
                f"http://good.example/{n}",
                NOW,
            )
            for n in range(250)
        ]
        for _ in range(3):
            await poll(runtime, clock, 24)
            counts.append(len(list(export_entries(runtime.store))))
        return counts

    assert play(tmp_path, work, "daily_entries = 100") == [100, 200, 250]


def test_the_limits_are_far_above_the_largest_honest_feeds() -> None:
    settings = PollConfig()
    assert settings.daily_entries > 10 * 332
    assert settings.daily_text > 332 * 100_000
