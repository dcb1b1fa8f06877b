"""A feed that copies what others had and dates it back, polled by the real flow over real HTTP."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from aggregator.config.load import load
from aggregator.pipeline.runtime import Runtime
from aggregator.store.export import export_stories
from tests.clocks import ShiftedClock
from tests.e2e.world import served

TITLE = "North Korea fires two missiles into the East Sea"
HARBOUR, WEATHER = "Harbour opens after storm", "Sunshine for the whole week"
TEXT = "The launch came at dawn from the Wonsan area, the military in Seoul announced, and both fell into the sea."
CONFIG = """
[poll]
workers = 0
per_host_gap = "0s"

[http]
allow_private = true

[store]
path = "a.db"

[[feeds]]
url = "{root}/wire"
title = "The Wire"
kind = "agency"

[[feeds]]
url = "{root}/thief"
title = "The Thief"
kind = "newspaper"
"""


def rss(host: str, *items: tuple[str, datetime]) -> bytes:
    listed = "".join(
        f"<item><title>{title}</title><link>https://{host}.example/{title[:5]}</link>"
        f"<description>{TEXT if title == TITLE else f'{title} is all that {host} says.'}</description>"
        f"<pubDate>{format_datetime(at)}</pubDate></item>"
        for title, at in items
    )
    return f"<rss version='2.0'><channel><title>{host}</title><link>https://{host}.example/</link>{listed}</channel></rss>".encode()


def test_a_copy_dated_back_stays_a_copy(tmp_path: Path) -> None:
    clock = ShiftedClock()
    start = clock.now()
    old = start - timedelta(hours=2)
    documents = {
        "wire": rss("wire", (HARBOUR, old)),
        "thief": rss("thief", (WEATHER, old)),
    }
    path = tmp_path / "config.toml"

    async def main() -> list[dict[str, object]]:
        async with Runtime(load(path), clock=clock) as runtime:

            async def poll(name: str, after: timedelta) -> None:
                clock.shift = after
                (feed,) = (f for f in runtime.store.feeds_by_id().values() if f.url.endswith(name))
                await runtime.poller.poll([feed])

            await poll("/wire", timedelta(0))
            await poll("/thief", timedelta(0))
            launch = start + timedelta(minutes=20)
            documents["wire"] = rss("wire", (TITLE, launch), (HARBOUR, old))
            await poll("/wire", timedelta(minutes=30))
            await poll("/thief", timedelta(minutes=40))  # nothing of it yet
            documents["thief"] = rss("thief", (TITLE, launch - timedelta(minutes=15)), (WEATHER, old))
            await poll("/thief", timedelta(minutes=60))
            return [s for s in export_stories(runtime.store) if s["title"] == TITLE]

    with served(documents) as folder:
        path.write_text(CONFIG.format(root=folder.url), encoding="utf-8")
        (story,) = asyncio.run(main())
    assert story["url"] == "https://wire.example/North"
    entries = story["entries"]
    assert isinstance(entries, list)
    assert [e["source"] for e in entries] == ["The Wire", "The Thief"]
    assert story["published"] == (start + timedelta(minutes=20)).replace(microsecond=0).isoformat()
