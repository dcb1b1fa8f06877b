"""Full text, where a feed asks for it: each entry's page once, after the entry is stored and never in its way.

    store.entries.wanting_pages | FullText.fetch | Worker.extract | Worker.analyse | Writer.apply

An entry is classified on its summary at once and anew when its page is there; a page that cannot be had, read or
stored leaves it at that, with the reason kept, and is not asked for again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from aggregator.config import Config
from aggregator.core.types import Entry, Extract
from aggregator.fetch.http import HttpFetcher
from aggregator.fetch.pages import FullText
from aggregator.pipeline.worker import Analysis, Worker
from aggregator.pipeline.worker_pool import WorkerCrashed, WorkerPool
from aggregator.pipeline.write_request import WriteRequest, Written
from aggregator.pipeline.writer import Writer

log = structlog.get_logger("aggregator")

_TOO_OLD = timedelta(days=3)
"""Pages of entries first seen before that are not fetched any more: a feed that just asked for full text does
not send us through its whole past."""

_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class _Read:
    """An entry whose page was asked for."""

    entry: Entry
    """With the page's text, where there is one."""
    outcome: str
    """`done`, or why there is no text."""
    analysis: Analysis | None = None
    """Of the entry with its text; None when there is none, or it could not be analysed."""


class Pages:
    """Fetches the pages of new entries of feeds with `full_text = true`, with one fetcher."""

    def __init__(self, config: Config, fetcher: HttpFetcher, workers: WorkerPool, writer: Writer) -> None:
        self._urls = [feed.url for feed in config.feeds if feed.full_text and feed.enabled]
        self._full_text = FullText(fetcher, config, clock=writer.clock)
        self._workers = workers
        self._writer = writer

    async def run(self) -> int:
        """Fetch what is wanted now, politely; how many entries gained a text. Raises StoreError."""
        if not self._urls:
            return 0
        store, since = self._writer.store, self._writer.clock.now() - _TOO_OLD
        wanted = await asyncio.to_thread(store.entries.wanting_pages, self._urls, since, _AT_ONCE)
        if not wanted:
            return 0
        read = await self._analysed(await self._extracted(wanted))
        await self._writer.write(read, self._request, self._give_up)
        return sum(one.outcome == "done" for one in read)

    async def _extracted(self, wanted: Sequence[Entry]) -> list[_Read]:
        feeds = await asyncio.to_thread(self._writer.store.feeds_by_id)
        pages = await asyncio.gather(
            *(self._full_text.fetch(entry.url, feeds[entry.feed_id]) for entry in wanted)
        )
        found = await self._workers.map(Worker.extract, pages)
        return [_read(entry, one) for entry, one in zip(wanted, found, strict=True)]

    async def _analysed(self, read: Sequence[_Read]) -> list[_Read]:
        feeds = await asyncio.to_thread(self._writer.store.feeds_by_id)
        texts = [one.entry for one in read if one.outcome == "done"]
        found = await self._workers.map(Worker.analyse, texts, feeds)
        analyses = {entry.id: one for entry, one in zip(texts, found, strict=True)}
        return [
            replace(one, analysis=analysis)
            if isinstance(analysis := analyses.get(one.entry.id), Analysis)
            else one
            for one in read
        ]

    def _request(self, read: Sequence[_Read]) -> WriteRequest:
        relabelled = {
            # Grouping goes by headline and summary: the fingerprint stays.
            one.entry.id: (one.entry, replace(one.analysis, fingerprint=None))
            for one in read
            if one.analysis is not None
        }
        pages = tuple(
            (one.entry.id, one.entry.text if one.outcome == "done" else "", one.outcome) for one in read
        )
        return WriteRequest(self._writer.clock.now(), relabelled=relabelled, pages=pages)

    async def _give_up(self, read: _Read, error: Exception) -> Written:
        log.error("a page's text could not be stored", entry=read.entry.id, exc_info=error)
        why = f"its text could not be stored ({type(error).__name__})"
        request = self._request([_Read(read.entry, why)])
        return await self._writer.run(self._writer.apply, request)


def _read(entry: Entry, found: Extract | WorkerCrashed) -> _Read:
    if isinstance(found, WorkerCrashed):
        return _Read(entry, f"the page could not be read (a worker {found})")
    if not found.text:
        return _Read(entry, found.why)
    return _Read(replace(entry, text=found.text), "done")
