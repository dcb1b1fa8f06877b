"""What must not leave the machine with an output."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from aggregator.config.load import load
from aggregator.core.types import Alarm, Batch, Outcome, PollIntent, PollRecord
from aggregator.daemon.store_source import StoreSource
from aggregator.pipeline.runtime import Runtime
from aggregator.publish import FORMATS
from aggregator.publish.formats.render import render
from aggregator.publish.produce import produce
from aggregator.publish.types import Publication
from aggregator.web.app import make_site

CONFIG = """
[poll]
workers = 0

[store]
path = "a.db"

[[outputs]]
slug = "troubles"
kind = "health"

[[feeds]]
url = "https://wire.example/rss?key=hunter2&page=1"
"""


def test_an_output_of_feed_health_holds_no_key(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG, encoding="utf-8")

    async def main() -> list[bytes]:
        async with Runtime(load(path)) as runtime:
            (feed,) = runtime.store.feeds.all()
            now = datetime.now(UTC)
            failed = PollIntent(
                feed,
                PollRecord(feed.id, now, Outcome.FAILED),
                (Alarm(feed.id, now, "failing", "no answer"),),
            )
            runtime.store.apply(Batch(polls=(failed,)), now)
            source = StoreSource(runtime)
            site = make_site(source, runtime.config.web)
            (output,) = runtime.config.outputs
            feed = produce(source, output, Publication(site), now=now)
            return [render(feed, form) for form in FORMATS]

    for document in asyncio.run(main()):
        assert b"no answer" in document
        assert b"wire.example/rss" in document
        assert b"hunter2" not in document
