"""Full text, where a feed asks for it: each entry's page once, after the entry is stored and never in its way.

    store.wanting_pages | FullText.fetch | Worker.extract | Worker.analyse | summarise | store.apply

An entry is classified on its summary at once and anew when its page is there; a page that cannot be had leaves
it at that, with the reason kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.core.types import Batch, Entry, Extract, FeedState, Grouping
from aggregator.fetch.pages import FullText
from aggregator.pipeline.poll import Pipeline
from aggregator.pipeline.runtime import Runtime
from aggregator.pipeline.worker import Analysis, Worker
from aggregator.pipeline.worker_pool import WorkerCrashed
from aggregator.store import entries

_TOO_OLD = timedelta(days=3)
"""Pages of entries first seen before that are not fetched any more: a feed that just asked for full text does
not send us through its whole past."""

_AT_ONCE = 50


class Pages:
    """Fetches the pages of new entries of feeds with `full_text = true`."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._full_text: tuple[object, FullText] | None = None

    async def run(self) -> int:
        """Fetch what is wanted now, politely; how many entries gained a text."""
        runtime = self._runtime
        urls = [feed.url for feed in runtime.config.feeds if feed.full_text and feed.enabled]
        if not urls:
            return 0
        since = runtime.clock.now() - _TOO_OLD
        wanted = await asyncio.to_thread(self._wanted, urls, since)
        if not wanted:
            return 0
        feeds = await asyncio.to_thread(runtime.store.feeds_by_id)
        full_text = self._of_this_fetcher()
        pages = await asyncio.gather(*(full_text.fetch(entry.url, feeds[entry.feed_id]) for entry in wanted))
        found = await runtime.workers.map(Worker.extract, pages)
        extracts = [
            Extract(why="the page brought the reader down") if isinstance(e, WorkerCrashed) else e
            for e in found
        ]
        read = [replace(entry, text=e.text) for entry, e in zip(wanted, extracts, strict=True) if e.text]
        analyses = await self._analyse(read, feeds)
        outcome = [
            (entry.id, e.text or "", e.why or "done") for entry, e in zip(wanted, extracts, strict=True)
        ]
        await runtime.pipeline.in_writer(_write, runtime.pipeline, read, analyses, outcome)
        return len(read)

    def _wanted(self, urls: Sequence[str], since: datetime) -> list[Entry]:
        with self._runtime.store.read() as connection:
            return entries.wanting_pages(connection, urls, since, _AT_ONCE)

    def _of_this_fetcher(self) -> FullText:
        """One FullText a fetcher: it keeps robots.txt, and a reload brings another fetcher."""
        fetcher = self._runtime.fetcher
        if self._full_text is None or self._full_text[0] is not fetcher:
            self._full_text = (fetcher, FullText(fetcher, self._runtime.config, clock=self._runtime.clock))
        return self._full_text[1]

    async def _analyse(self, read: Sequence[Entry], feeds: dict[int, FeedState]) -> dict[str, Analysis]:
        results = await self._runtime.workers.map(Worker.analyse, read, feeds)
        return {
            entry.id: result
            for entry, result in zip(read, results, strict=True)
            if not isinstance(result, WorkerCrashed)
        }


def _write(
    pipeline: Pipeline,
    read: Sequence[Entry],
    analyses: dict[str, Analysis],
    outcome: Sequence[tuple[str, str, str]],
) -> None:
    now = pipeline.clock.now()
    revised = {entry.id: (entry, analyses[entry.id]) for entry in read if entry.id in analyses}
    stories = pipeline.assembler.summarise((), Grouping(), revised, now) if revised else []
    labels = tuple((entry, w.labels) for entry, (_, w) in revised.items())
    pipeline.store.apply(Batch(stories=tuple(stories), labels=labels, pages=tuple(outcome)), now)
