"""The flow, composed. This module decides nothing itself: it hands each stage what it needs.

    store.due                 which feeds are due                         IO
     | fetcher.fetch          FeedStates -> Fetched, as each completes    IO, thousands in flight
     | Worker.parse_feeds        Fetched -> ParsedDocument (clean entries)   pure, worker processes
     | Worker.analyse              new Entries -> labels, fingerprints         pure, worker processes
     |                        --- from here one batch at a time, in one thread ---
     | detect_changes                   Entries + known -> Changes                   pure
     | group                  Candidates + seen + window -> Grouping      pure
     | summarise              members + feedback -> Stories               pure
     | decide                 feed, poll, now -> PollIntent               pure
    store.apply               Batch: one transaction                      IO

Imported rows enter at `clean_and_analyse` and take the same way. `publish` is in `aggregator.publish`: it reads
stories and touches nothing here.

Only what is new or changed is analysed: most of a feed's document is known from the last poll.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import structlog

from aggregator.config import Config
from aggregator.config.secrets import mask
from aggregator.core.errors import StoreError
from aggregator.core.hashes import text_keys
from aggregator.core.ports import Clock, Fetcher
from aggregator.core.types import (
    Batch,
    Candidate,
    Changes,
    Entry,
    FeedState,
    Fetched,
    Fingerprint,
    Grouping,
    Outcome,
    ParsedFeed,
    PollError,
    PollIntent,
)
from aggregator.entries.changes import compare, detect_changes
from aggregator.fetch.network import NetworkWatch, Outage
from aggregator.fetch.outcome import body_hash, decide
from aggregator.pipeline.assembler import Assembler
from aggregator.pipeline.worker import Analysis, ParsedDocument, Worker
from aggregator.pipeline.worker_pool import WorkerCrashed, WorkerPool
from aggregator.store import Store
from aggregator.stories.grouping.bounds import bounded

log = structlog.get_logger("aggregator")

_FLUSH_AFTER = 0.5
"""Seconds a finished fetch waits at most for company before it is written."""


@dataclass
class RunStats:
    """What a run did: outcomes of polls, entries, and seconds by stage."""

    outcomes: Counter[str] = field(default_factory=Counter)
    new: int = 0
    revised: int = 0
    stories: int = 0
    bad_rows: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    """Of each feed whose poll failed, its name and why."""
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    def add(self, other: RunStats) -> None:
        """Add another run's figures to this one's."""
        self.outcomes += other.outcomes
        self.new += other.new
        self.revised += other.revised
        self.stories += other.stories
        self.bad_rows += other.bad_rows
        self.failures += other.failures
        for stage, spent in other.seconds.items():
            self.seconds[stage] += spent


_BATCH_BYTES = 32 * 1024 * 1024
"""Documents taken together at most, however few feeds that is: memory is bounded by bytes, not by feeds."""

Progress = Callable[[int], None]


class Pipeline:
    """Polls feeds and imports rows into one store. One instance per store: it owns the order of writes."""

    def __init__(
        self, config: Config, store: Store, fetcher: Fetcher, workers: WorkerPool, clock: Clock
    ) -> None:
        self.config = config
        self.store = store
        self.fetcher = fetcher
        self.workers = workers
        self.clock = clock
        self.assembler = Assembler(config, store)
        self._network = NetworkWatch()
        # One thread: batches are written one after the other, each seeing what the one before stored.
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="writer")

    def close(self) -> None:
        """Wait for the write under way and let go of the thread."""
        self._writer.shutdown(wait=True)

    def reconfigure(self, config: Config, fetcher: Fetcher) -> None:
        """Go on with another configuration; call it in the writer, so that no batch is half under each."""
        self.config = config
        self.fetcher = fetcher
        self.assembler = Assembler(config, self.store)

    async def in_writer(self, function: Callable[..., Any], *args: Any) -> Any:
        """Run a function that writes between two batches, never during one."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, function, *args)

    @property
    def outage(self) -> Outage | None:
        """Whether our own network is down, as far as the polls so far tell; None when it is not."""
        return self._network.outage

    # --- polling ---

    async def poll(self, feeds: Sequence[FeedState], *, progress: Progress | None = None) -> RunStats:
        """Fetch the feeds and store what is new. Every feed ends with a record and a next due time."""
        stats = RunStats()
        async for batch in _in_batches(self.fetcher.fetch(feeds), self.config.poll.batch, _FLUSH_AFTER):
            before = self._network.outage
            down = self._network.judge(batch, self.clock.now())
            _tell_change(before, self._network.outage)
            stats.add(await self.take(batch, network_down=down))
            if progress is not None:
                progress(len(batch))
        return stats

    async def take(self, batch: Sequence[Fetched], *, network_down: bool = False) -> RunStats:
        """Parse, analyse and store finished fetches."""
        now = self.clock.now()
        clock = time.perf_counter()
        fresh = [f for f in batch if f.body is not None and f.error is None and not _same_body(f)]
        parsed = await self.workers.map(Worker.parse_feeds, fresh, now)
        documents = {f.feed.id: _document(result) for f, result in zip(fresh, parsed, strict=True)}
        parsed_at = time.perf_counter()
        entries = [entry for document in documents.values() for entry in document.entries]
        known = await asyncio.to_thread(self.store.known, [entry.id for entry in entries])
        analyses = await self._analyse(
            [entry for entry in entries if entry.id not in known or known[entry.id].hash != entry.hash],
            {f.feed.id: f.feed for f in fresh},
        )
        analysed_at = time.perf_counter()
        stats = await self._write(batch, documents, analyses, now, network_down)
        stats.seconds["parse"] += parsed_at - clock
        stats.seconds["analyse"] += analysed_at - parsed_at
        return stats

    async def _write(
        self,
        batch: Sequence[Fetched],
        documents: Mapping[int, ParsedDocument],
        analyses: Mapping[str, Analysis],
        now: datetime,
        network_down: bool,
    ) -> RunStats:
        """Store a batch; when that fails, each feed by itself, so that only the one at fault goes without.

        Raises StoreError when the database takes nothing: no feed is to blame then, and none is noted as failed.
        """
        try:
            stats: RunStats = await self.in_writer(
                self._write_polls, batch, documents, analyses, now, network_down
            )
            return stats
        except StoreError:
            await self.in_writer(self.assembler.forget_caches)
            raise
        except Exception as error:
            await self.in_writer(self.assembler.forget_caches)
            if len(batch) == 1:
                log.exception("a poll could not be stored", feed=batch[0].feed.url)
                failure = PollError(
                    "internal", f"what it brought could not be stored ({type(error).__name__}); see the log"
                )
                failed = replace(batch[0], body=None, error=failure)
                noted: RunStats = await self.in_writer(self._write_polls, [failed], {}, {}, now, network_down)
                return noted
        whole = RunStats()
        for fetched in batch:
            whole.add(await self._write([fetched], documents, analyses, now, network_down))
        return whole

    async def _analyse(self, entries: Sequence[Entry], feeds: Mapping[int, FeedState]) -> dict[str, Analysis]:
        results = await self.workers.map(Worker.analyse, entries, feeds)
        # An entry that crashes a worker is stored all the same, as one that no topic wants.
        return {
            entry.id: _unanalysed(entry) if isinstance(result, WorkerCrashed) else result
            for entry, result in zip(entries, results, strict=True)
        }

    def _write_polls(
        self,
        batch: Sequence[Fetched],
        documents: Mapping[int, ParsedDocument],
        analyses: Mapping[str, Analysis],
        now: datetime,
        network_down: bool,
    ) -> RunStats:
        """Everything from detect_changes to apply; in the writer's thread."""
        present = [documents[f.feed.id] for f in batch if f.feed.id in documents]
        entries = [entry for document in present for entry in document.entries]
        known = self.store.known([entry.id for entry in entries])
        own_keys = self.store.own_keys([entry for entry in entries if entry.id not in known])
        changes: dict[int, Changes] = {}
        for fetched in batch:
            feed = fetched.feed
            document = documents.get(feed.id)
            if document is not None and isinstance(document.feed, ParsedFeed):
                changes[feed.id] = detect_changes(
                    document.entries,
                    known,
                    own_keys.get(feed.id, frozenset()),
                    feed,
                    now,
                    first_poll=feed.last_success is None,
                )
        whole = _merge_changes([*changes.values()])
        candidates = _candidates(whole, analyses)
        grouping, seconds = self._group(candidates, now, polled=True)
        for feed_id, words in bounded(grouping, candidates).items():
            changes[feed_id] = replace(changes[feed_id], bounded=words)
        polls = [
            self._decide(
                fetched, documents.get(fetched.feed.id), changes.get(fetched.feed.id), now, network_down
            )
            for fetched in batch
        ]
        stats = self._store(whole, candidates, grouping, analyses, now, polls=polls)
        stats.seconds["group"] = seconds
        stats.outcomes.update(str(intent.record.outcome) for intent in polls)
        stats.failures += [
            f"{intent.feed.title or mask(intent.feed.url)}: {intent.record.error}"
            for intent in polls
            if intent.record.error
        ]
        return stats

    def _decide(
        self,
        fetched: Fetched,
        document: ParsedDocument | None,
        changes: Changes | None,
        now: datetime,
        network_down: bool,
    ) -> PollIntent:
        options = self.config.feed_by_url.get(fetched.feed.url)
        return decide(
            fetched.feed,
            fetched,
            document.feed if document is not None else None,
            changes,
            now,
            self.config.poll,
            fixed=options.interval if options else None,
            network_down=network_down,
        )

    # --- importing ---

    async def import_rows(
        self,
        rows: Iterable[tuple[int, Mapping[str, Any] | str]],
        sources: Callable[[set[str]], Mapping[str, FeedState]],
        *,
        size: int = 1000,
        progress: Progress | None = None,
    ) -> RunStats:
        """Store imported rows as if they had been polled.

        `rows` yields (line number, the row or what is wrong with it); `sources` finds or makes the feeds of source
        names. Batches are prepared in the workers ahead of the one being written; memory stays bounded.
        """
        stats = RunStats()
        ahead: asyncio.Queue[tuple[asyncio.Task[Any], list[int]] | None] = asyncio.Queue(
            max(2, self.workers.count + 1)
        )

        async def prepare() -> None:
            try:
                for lines, batch in _row_batches(rows, size, stats.bad_rows):
                    feeds = await self.in_writer(
                        sources, {str(row.get("source") or "import") for row in batch}
                    )
                    pairs = [(row, feeds[str(row.get("source") or "import")]) for row in batch]
                    task = asyncio.create_task(self._prepare(pairs, self.clock.now()))
                    await ahead.put((task, lines))
            except Exception:
                await ahead.put(None)  # what was read before is stored; then this is raised below
                raise
            await ahead.put(None)

        feeder = asyncio.create_task(prepare())
        try:
            while (item := await ahead.get()) is not None:
                task, lines = item
                started = time.perf_counter()
                entries, analyses = await task
                stats.seconds["wait for workers"] += time.perf_counter() - started
                stats.bad_rows += [
                    f"line {n}: {e}" for n, e in zip(lines, entries, strict=True) if isinstance(e, str)
                ]
                good = [entry for entry in entries if isinstance(entry, Entry)]
                stats.add(await self._write_import(good, analyses, stats.bad_rows))
                if progress is not None:
                    progress(len(lines))
            await feeder
        finally:
            feeder.cancel()
        return stats

    async def _write_import(
        self, entries: Sequence[Entry], analyses: Mapping[str, Analysis], bad: list[str]
    ) -> RunStats:
        """Store a batch of rows; when that fails, by halves, until the row at fault is found and named."""
        try:
            stats: RunStats = await self.in_writer(self._write_rows, entries, analyses, self.clock.now())
            return stats
        except StoreError:
            raise  # the database itself is at fault: no row can be stored
        except Exception as error:
            await self.in_writer(self.assembler.forget_caches)
            if len(entries) == 1:
                log.exception("a row could not be stored", entry=entries[0].id)
                bad.append(
                    f"entry {entries[0].id}: could not be stored ({type(error).__name__}); see the log"
                )
                return RunStats()
        middle = len(entries) // 2
        first = await self._write_import(entries[:middle], analyses, bad)
        first.add(await self._write_import(entries[middle:], analyses, bad))
        return first

    async def _prepare(
        self, pairs: list[tuple[Mapping[str, Any], FeedState]], now: datetime
    ) -> tuple[list[Entry | str], dict[str, Analysis]]:
        try:
            entries, analyses = await self.workers.call(Worker.clean_and_analyse, pairs, now)
        except WorkerCrashed:
            cleaned = await self.workers.map(Worker.clean_rows, pairs, now)
            entries = [str(e) if isinstance(e, WorkerCrashed) else e for e in cleaned]
            good = [entry for entry in entries if isinstance(entry, Entry)]
            return entries, await self._analyse(good, {feed.id: feed for _, feed in pairs})
        good = [entry for entry in entries if isinstance(entry, Entry)]
        return entries, {entry.id: result for entry, result in zip(good, analyses, strict=True)}

    def _write_rows(
        self, entries: Sequence[Entry], analyses: Mapping[str, Analysis], now: datetime
    ) -> RunStats:
        latest = {entry.id: entry for entry in entries}  # of several rows with one id the last counts
        found = compare(latest.values(), self.store.known(list(latest)), now)
        changes = Changes(new=found.fresh, revised=found.revised)
        candidates = _candidates(changes, analyses)
        grouping, seconds = self._group(candidates, now, polled=False)
        stats = self._store(changes, candidates, grouping, analyses, now)
        stats.seconds["group"] = seconds
        return stats

    # --- storing ---

    def _group(
        self, candidates: Sequence[Candidate], now: datetime, *, polled: bool
    ) -> tuple[Grouping, float]:
        """The stories of the candidates, and the seconds that took."""
        started = time.perf_counter()
        grouping = self.assembler.group(candidates, now, polled=polled)
        return grouping, time.perf_counter() - started

    def _store(
        self,
        changes: Changes,
        candidates: Sequence[Candidate],
        grouping: Grouping,
        analyses: Mapping[str, Analysis],
        now: datetime,
        *,
        polls: Sequence[PollIntent] = (),
    ) -> RunStats:
        """Summarise and apply. The window is advanced only once the transaction is through."""
        stats = RunStats(new=len(changes.new), revised=len(changes.revised))
        started = time.perf_counter()
        told = [r for r in changes.revised if not r.flapping]
        revised = {r.entry.id: (r.entry, analyses[r.entry.id]) for r in told if r.entry.id in analyses}
        stories = self.assembler.summarise(candidates, grouping, revised, now)
        summarised = time.perf_counter()
        self.store.apply(
            Batch(
                polls=tuple(polls),
                candidates=tuple(candidates),
                revisions=changes.revised,
                grouping=grouping,
                stories=tuple(stories),
                labels=tuple((entry, w.labels) for entry, (_, w) in revised.items()),
                fingerprints=tuple(
                    (entry, w.fingerprint) for entry, (_, w) in revised.items() if w.fingerprint
                ),
            ),
            now,
        )
        self.assembler.commit(grouping, candidates, now)
        stats.stories = len(stories)
        stats.seconds.update(
            {
                "summarise": summarised - started,
                "apply": time.perf_counter() - summarised,
            }
        )
        return stats


def _tell_change(before: Outage | None, after: Outage | None) -> None:
    if before is None and after is not None:
        log.warning(
            "no host answers: this machine's network seems to be down; no feed is blamed for it",
            why=after.why,
            since=after.since.isoformat(timespec="seconds"),
        )
    elif before is not None and after is None:
        log.info(
            "hosts answer again: the network is back", down_since=before.since.isoformat(timespec="seconds")
        )


def _document(result: ParsedDocument | WorkerCrashed) -> ParsedDocument:
    if isinstance(result, WorkerCrashed):
        return ParsedDocument(
            PollError(
                "crash",
                f"parsing the document brought a worker down ({result}); the feed is tried again later",
            )
        )
    return result


def _unanalysed(entry: Entry) -> Analysis:
    return Analysis((), Fingerprint(text_keys(entry)))


def _same_body(fetched: Fetched) -> bool:
    return fetched.body is not None and body_hash(fetched.body) == fetched.feed.body_hash


def _candidates(changes: Changes, analyses: Mapping[str, Analysis]) -> list[Candidate]:
    return [
        Candidate(
            entry,
            analyses[entry.id].fingerprint or Fingerprint(),
            analyses[entry.id].labels,
            archived=entry.id in changes.archived,
        )
        for entry in changes.new
    ]


def _merge_changes(parts: Sequence[Changes]) -> Changes:
    return Changes(
        new=tuple(entry for part in parts for entry in part.new),
        revised=tuple(revision for part in parts for revision in part.revised),
        unchanged=sum(part.unchanged for part in parts),
        archived=frozenset().union(*(part.archived for part in parts)),
    )


def _row_batches(
    rows: Iterable[tuple[int, Mapping[str, Any] | str]], size: int, bad: list[str]
) -> Iterable[tuple[list[int], list[Mapping[str, Any]]]]:
    lines: list[int] = []
    batch: list[Mapping[str, Any]] = []
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


async def _in_batches(source: AsyncIterator[Fetched], size: int, wait: float) -> AsyncIterator[list[Fetched]]:
    """Collect what arrives into batches of at most `size`, none waiting longer than `wait` seconds."""
    # One place only: the fetcher itself counts the bytes that nobody has taken yet, and pauses.
    queue: asyncio.Queue[Fetched | None] = asyncio.Queue(1)

    async def fill() -> None:
        async for fetched in source:
            await queue.put(fetched)
        await queue.put(None)

    filler = asyncio.create_task(fill())
    try:
        while (first := await queue.get()) is not None:
            batch, ended = [first], False
            held = len(first.body or b"")
            deadline = time.monotonic() + wait
            while len(batch) < size and held < _BATCH_BYTES and not ended:
                try:
                    item = await asyncio.wait_for(queue.get(), max(0.0, deadline - time.monotonic()))
                except TimeoutError:
                    break
                if item is None:
                    ended = True
                else:
                    batch.append(item)
                    held += len(item.body or b"")
            yield batch
            if ended:
                break
        await filler
    finally:
        filler.cancel()


__all__ = ["Outcome", "Pipeline", "RunStats"]
