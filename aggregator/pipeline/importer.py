"""Rows of a file, stored as if they had been polled.

rows
 | Worker.clean_and_analyse   rows -> Entries, Analyses       pure, worker processes, a few batches ahead
 | compare                    Entries + known -> Changes      pure, in the Writer's thread
Writer.apply                  group | summarise | store.apply
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog

from aggregator.core.types import Changes, Entry, FeedState
from aggregator.entries.changes import compare
from aggregator.pipeline.poll import Progress, analyse
from aggregator.pipeline.stats import RunStats
from aggregator.pipeline.worker import Analysis, Worker
from aggregator.pipeline.worker_pool import WorkerCrashed, WorkerPool
from aggregator.pipeline.write_request import WriteRequest
from aggregator.pipeline.writer import Writer, stats_of

log = structlog.get_logger("aggregator")

Row = Mapping[str, Any]
Sources = Callable[[set[str]], Mapping[str, FeedState]]
"""Finds or makes the feeds of source names; called in the writer's thread."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A batch of rows, cleaned and analysed."""

    entries: Sequence[Entry | str]
    """For a row that cannot be read, what is wrong with it."""
    analyses: Mapping[str, Analysis]

    @property
    def good(self) -> list[Entry]:
        return [entry for entry in self.entries if isinstance(entry, Entry)]


class Importer:
    """Imports rows. Memory stays bounded: a few batches are prepared ahead of the one being written."""

    def __init__(self, workers: WorkerPool, writer: Writer) -> None:
        self._workers = workers
        self._writer = writer

    async def import_rows(
        self,
        rows: Iterable[tuple[int, Row | str]],
        sources: Sources,
        *,
        size: int = 1000,
        progress: Progress | None = None,
    ) -> RunStats:
        """Store rows: (line number, the row or what is wrong with it), each from the source that it names.

        What cannot be stored is in `RunStats.bad_rows`, with its line. Raises what reading `rows` raises, after what
        was read before is stored; StoreError when the database takes nothing.
        """
        stats = RunStats()
        async with self._prepared_ahead(_in_batches(rows, size, stats.bad_rows), sources) as ahead:
            started = time.perf_counter()
            async for lines, prepared in ahead:
                stats.seconds["wait for workers"] += time.perf_counter() - started
                stats.bad_rows += [
                    f"line {n}: {entry}"
                    for n, entry in zip(lines, prepared.entries, strict=True)
                    if isinstance(entry, str)
                ]
                stats.add(await self._write(prepared, stats.bad_rows))
                if progress is not None:
                    progress(len(lines))
                started = time.perf_counter()
        return stats

    @asynccontextmanager
    async def _prepared_ahead(
        self, batches: Iterator[tuple[list[int], list[Row]]], sources: Sources
    ) -> AsyncIterator[AsyncIterator[tuple[list[int], _Prepared]]]:
        """Batches in order, each prepared while the ones before it are written."""
        queue: asyncio.Queue[tuple[list[int], asyncio.Task[_Prepared]] | None] = asyncio.Queue(
            max(2, self._workers.count + 1)
        )

        async def fill() -> None:
            try:
                for lines, batch in batches:
                    feeds = await self._writer.run(sources, {_source(row) for row in batch})
                    pairs = [(row, feeds[_source(row)]) for row in batch]
                    await queue.put((lines, asyncio.create_task(self._prepare(pairs))))
            except Exception:
                await queue.put(None)
                raise
            await queue.put(None)

        filler = asyncio.create_task(fill())

        async def ready() -> AsyncIterator[tuple[list[int], _Prepared]]:
            while (item := await queue.get()) is not None:
                lines, task = item
                yield lines, await task
            await filler

        try:
            yield ready()
        finally:
            filler.cancel()

    async def _prepare(self, pairs: Sequence[tuple[Row, FeedState]]) -> _Prepared:
        now = self._writer.clock.now()
        try:
            entries, analyses = await self._workers.call(Worker.clean_and_analyse, pairs, now)
        except WorkerCrashed:
            cleaned = await self._workers.map(Worker.clean_rows, pairs, now)
            found = _Prepared([f"a worker {e}" if isinstance(e, WorkerCrashed) else e for e in cleaned], {})
            analysed = await analyse(self._workers, found.good, {feed.id: feed for _, feed in pairs})
            return _Prepared(found.entries, analysed.analyses)
        good = _Prepared(entries, {}).good
        return _Prepared(entries, {entry.id: one for entry, one in zip(good, analyses, strict=True)})

    async def _write(self, prepared: _Prepared, bad: list[str]) -> RunStats:
        async def name(entry: Entry, error: Exception) -> None:
            log.error("a row could not be stored", entry=entry.id, exc_info=error)
            bad.append(f"entry {entry.id}: could not be stored ({type(error).__name__}); see the log")

        return stats_of(
            await self._writer.write(
                prepared.good, lambda entries: self._request(entries, prepared.analyses), name
            )
        )

    def _request(self, entries: Sequence[Entry], analyses: Mapping[str, Analysis]) -> WriteRequest:
        now = self._writer.clock.now()
        latest = {entry.id: entry for entry in entries}  # of several rows with one id the last counts
        found = compare(latest.values(), self._writer.store.known(list(latest)), now)
        return WriteRequest(now, changes=Changes(new=found.fresh, revised=found.revised), analyses=analyses)


def _source(row: Row) -> str:
    return str(row.get("source") or "import")


def _in_batches(
    rows: Iterable[tuple[int, Row | str]], size: int, bad: list[str]
) -> Iterator[tuple[list[int], list[Row]]]:
    lines: list[int] = []
    batch: list[Row] = []
    for line, row in rows:
        if isinstance(row, str):
            bad.append(f"line {line}: {row}")
            continue
        lines.append(line)
        batch.append(row)
        if len(batch) == size:
            yield lines, batch
            lines, batch = [], []
    if batch:
        yield lines, batch
