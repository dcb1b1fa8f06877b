"""All hostile servers at once: each ends as it must, memory stays bounded, and a good feed is polled on time."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from aggregator.core.types import Fetched

from . import hostile
from .certificates import Authority
from .server import FEED, feed, fetcher, poll, site, wire

CASES = hostile.cases()
TIMEOUT = 3.0
PUNCTUAL = 2.0
"""Seconds; alone, the good feed takes a few milliseconds. Both sides of every case run in this process."""
MEMORY = 300 * 1024**2


@dataclass
class Played:
    """What came of one run of all cases."""

    outcomes: dict[str, Fetched] = field(default_factory=dict)
    good: list[float] = field(default_factory=list)
    grown: int = 0


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return asyncio.run(play(Authority(tmp_path_factory.mktemp("tls"))))


async def play(authority: Authority) -> Played:
    """Poll every case at once, and meanwhile a good feed again and again."""
    contexts: dict[str, ssl.SSLContext | None] = {
        "": None,
        "good": authority.server("*.tls.test"),
        "self-signed": authority.server("*.tls.test", self_signed=True),
        "expired": authority.server("*.tls.test", days=-1),
        "other-host": authority.server("elsewhere.example"),
    }
    result = Played()
    async with AsyncExitStack() as stack:
        urls = []
        for number, case in enumerate(CASES):
            port = await stack.enter_async_context(
                wire(only_feed(case), tls=contexts[case.server_tls], eager=case.eager)
            )
            urls.append(f"{case.scheme}://case{number}.tls.test:{port}/feed")
        server = await stack.enter_async_context(site())
        server.answer("/good")
        good = server.url("/good", "good.test")
        made = await stack.enter_async_context(
            fetcher(*urls, good, tls=authority.trusting(), http={"timeout": f"{TIMEOUT}s"})
        )
        process = psutil.Process(os.getpid())
        idle = process.memory_info().rss
        peak = idle

        async def all_cases() -> None:
            async for got in made.fetch([feed(url, number) for number, url in enumerate(urls)]):
                result.outcomes[CASES[got.feed.id].name] = got

        attack = asyncio.create_task(all_cases())
        loop = asyncio.get_running_loop()
        while not attack.done():
            began = loop.time()
            (got,) = await poll(made, feed(good, 10_000))
            assert got.body == FEED
            result.good.append(loop.time() - began)
            peak = max(peak, process.memory_info().rss)
            await asyncio.sleep(0.02)
        await attack
        result.grown = peak - idle
    return result


def only_feed(case: hostile.Case) -> hostile.Raw:
    """As the case has it; the two that redirect within their server need another answer beyond."""
    if case.name != "redirect with an encoded line break":
        return case.play
    turns: AsyncIterator[hostile.Raw] = _turns(case.play, hostile.reply(status="404 Not Found"))

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await (await anext(turns))(reader, writer)

    return play


async def _turns(*plays: hostile.Raw) -> AsyncIterator[hostile.Raw]:
    for each in plays:
        yield each


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_ends_as_it_must(case: hostile.Case, played: Played) -> None:
    got = played.outcomes[case.name]
    assert (got.error.code if got.error else hostile.OK) == case.outcome, got.error
    assert (got.body is None) == (got.error is not None)
    assert got.seconds < TIMEOUT + 1
    assert "Traceback" not in (got.error.message if got.error else "")


def test_there_are_enough_of_them_and_no_name_comes_twice() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 60


def test_memory_stays_bounded(played: Played) -> None:
    assert played.grown < MEMORY


def test_a_good_feed_is_polled_on_time_meanwhile(played: Played) -> None:
    assert len(played.good) > 20
    assert max(played.good) < PUNCTUAL


def test_an_answer_smuggled_behind_another_is_never_read(played: Played) -> None:
    assert played.outcomes["a second answer behind the first"].body == FEED


def test_no_message_shows_more_of_a_url_than_it_may(played: Played, tmp_path: Path) -> None:
    for got in played.outcomes.values():
        if got.error is not None:
            assert len(got.error.message) < 500
            assert "\n" not in got.error.message
