"""Names are looked up by the system, many at a time."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest

from aggregator.config import Config, FeedConfig
from aggregator.fetch.http import HttpFetcher, resolver
from aggregator.fetch.http.resolver import PooledResolver

from .server import FEED, Clock, feed, poll, site


async def test_localhost_is_known_and_nonsense_is_not() -> None:
    made = PooledResolver()
    try:
        found = await made.resolve("localhost", 80)
        assert {each["host"] for each in found} <= {"127.0.0.1", "::1"}
        assert all(each["port"] == 80 for each in found)
        for name in ("nowhere.invalid", "a..b", "x" * 70 + ".invalid"):
            with pytest.raises((OSError, UnicodeError)):
                await made.resolve(name, 80)
    finally:
        await made.close()


async def test_look_ups_do_not_wait_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(host: str, port: int, family: int) -> list[object]:
        time.sleep(0.3)
        raise socket.gaierror(socket.EAI_AGAIN, "no answer")

    monkeypatch.setattr(resolver, "_look_up", slow)
    made = PooledResolver()
    loop = asyncio.get_running_loop()
    began = loop.time()
    results = await asyncio.gather(
        *(made.resolve(f"h{n}.test", 80) for n in range(40)), return_exceptions=True
    )
    assert loop.time() - began < 2
    assert all(isinstance(each, socket.gaierror) for each in results)
    await made.close()


async def test_the_fetcher_uses_it_by_default_and_lets_it_go() -> None:
    async with site() as server:
        server.answer("/feed")
        url = server.url("/feed", "localhost")
        made = HttpFetcher(
            Config(feeds=(FeedConfig(url=url, allow_private=True),)), clock=Clock(), secrets=lambda name: None
        )
        good, unknown = await poll(made, feed(url, 1), feed("http://nowhere.invalid/feed", 2))
        assert good.body == FEED
        assert unknown.error is not None
        assert unknown.error.code == "dns"
        await made.close()
        await made.close()  # twice does no harm
