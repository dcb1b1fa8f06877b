"""The flow of a poll, composed. This module decides nothing itself: it hands each stage what it needs.

    store.due                which feeds are due                             IO
     | Fetcher.fetch         FeedStates  -> Fetched, as each completes       IO, thousands in flight
     | Worker.parse_feeds    Fetched     -> ParsedDocument (clean entries)   pure, worker processes
     | Worker.analyse        new Entries -> Analysis (labels, fingerprint)   pure, worker processes
     |                       --- the Writer's thread from here, one batch at a time ---
     | detect_changes        Entries + known -> Changes                      pure
     | decide                feed, poll, now -> PollIntent                   pure
    Writer.apply             group | summarise | store.apply                 see writer.py

Only what is new or changed is analysed: most of a feed's document is known from the last poll. Rows of a file take
the same way from `Worker.parse_feeds` on (importer.py); `aggregator.publish` reads stories and touches nothing here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from aggregator.config.secrets import mask
from aggregator.core.hashes import text_keys
from aggregator.core.ports import Fetcher
from aggregator.core.types import (
    Changes,
    Entry,
    FeedState,
    Fetched,
    Fingerprint,
    ParsedFeed,
    PollError,
    PollIntent,
)
from aggregator.entries.changes import detect_changes
from aggregator.entries.daily_limit import within_day
from aggregator.fetch.network import NetworkWatch, Outage
from aggregator.fetch.outcome import body_hash, decide
from aggregator.pipeline.clock_trust import ClockTrust
from aggregator.pipeline.fetch_batches import in_batches
from aggregator.pipeline.held_back import announce_best
from aggregator.pipeline.stats import RunStats
from aggregator.pipeline.stored_ids import with_stored_ids
from aggregator.pipeline.worker import Analysis, ParsedDocument, Worker
from aggregator.pipeline.worker_pool import WorkerCrashed, WorkerPool
from aggregator.pipeline.write_request import WriteRequest, Written
from aggregator.pipeline.writer import Writer, stats_of

log = structlog.get_logger("aggregator")

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class _Understood:
    """What the workers made of a batch of fetches."""

    now: datetime
    network_down: bool
    documents: Mapping[int, ParsedDocument] = field(default_factory=dict)
    """By the feed's id; a feed without a new document has none."""
    analyses: Mapping[str, Analysis] = field(default_factory=dict)
    """By the entry's id, of the entries that are new or changed."""


class Poller:
    """Polls feeds, fetched by one fetcher. A reload of the configuration brings another poller."""

    def __init__(
        self,
        fetcher: Fetcher,
        workers: WorkerPool,
        writer: Writer,
        network: NetworkWatch,
        clock_trust: ClockTrust,
    ) -> None:
        self._fetcher = fetcher
        self._workers = workers
        self._writer = writer
        self._network = network
        self._clock_trust = clock_trust

    async def poll(self, feeds: Sequence[FeedState], *, progress: Progress | None = None) -> RunStats:
        """Fetch the feeds and store what is new. Every feed ends with a record and a next due time.

        Raises StoreError when the database takes nothing, WorkersUnavailable when no worker starts.
        """
        stats = RunStats()
        async for batch in in_batches(self._fetcher.fetch(feeds), self._writer.config.poll.batch):
            down = self._network_down(batch)
            self._clock_trust.observe(batch)
            stats.add(await self._take(batch, down))
            if progress is not None:
                progress(len(batch))
        return stats

    async def _take(self, batch: Sequence[Fetched], network_down: bool) -> RunStats:
        """Parse, analyse and store finished fetches."""
        now, began = self._writer.clock.now(), time.perf_counter()
        documents = await self._parse(batch, now)
        parsed = time.perf_counter()
        documents, analyses = await self._analyse(batch, documents)
        analysed = time.perf_counter()
        written = await self._write(batch, _Understood(now, network_down, documents, analyses))
        stats = _stats_of_polls(written)
        stats.seconds["parse"] += parsed - began
        stats.seconds["analyse"] += analysed - parsed
        return stats

    async def _parse(self, batch: Sequence[Fetched], now: datetime) -> dict[int, ParsedDocument]:
        fresh = [f for f in batch if f.body is not None and f.error is None and not _same_body(f)]
        parsed = await self._workers.map(Worker.parse_feeds, fresh, now)
        return {f.feed.id: _document(result) for f, result in zip(fresh, parsed, strict=True)}

    async def _analyse(
        self, batch: Sequence[Fetched], documents: Mapping[int, ParsedDocument]
    ) -> tuple[dict[int, ParsedDocument], dict[str, Analysis]]:
        feeds = {f.feed.id: f.feed for f in batch if f.feed.id in documents}
        documents, known = await asyncio.to_thread(with_stored_ids, self._writer.store, feeds, documents)
        entries = [entry for document in documents.values() for entry in document.entries]
        wanted = [entry for entry in entries if entry.id not in known or known[entry.id].hash != entry.hash]
        found = await analyse(self._workers, wanted, feeds)
        told = {
            id: _with_problem(document, found.failed[id]) if id in found.failed else document
            for id, document in documents.items()
        }
        return told, found.analyses

    async def _write(self, batch: Sequence[Fetched], understood: _Understood) -> list[Written]:
        """Store a batch; a poll that cannot be stored is noted as failed, alone."""

        async def note_failure(fetched: Fetched, error: Exception) -> Written:
            log.error("a poll could not be stored", feed=fetched.feed.url, exc_info=error)
            failure = PollError(
                "internal", f"what it brought could not be stored ({type(error).__name__}); see the log"
            )
            failed = replace(fetched, body=None, error=failure)
            nothing = _Understood(understood.now, understood.network_down)
            return await self._writer.run(lambda: self._writer.apply(self._request([failed], nothing)))

        return await self._writer.write(batch, lambda part: self._request(part, understood), note_failure)

    def _request(self, batch: Sequence[Fetched], understood: _Understood) -> WriteRequest:
        """What the polls change, against what is stored now; in the writer's thread."""
        store, settings, now = self._writer.store, self._writer.config.poll, understood.now
        documents = understood.documents
        entries = [entry for f in batch if f.feed.id in documents for entry in documents[f.feed.id].entries]
        known = store.known([entry.id for entry in entries])
        own_keys = store.own_keys([entry for entry in entries if entry.id not in known])
        changes: dict[int, Changes] = {}
        for fetched in batch:
            feed, document = fetched.feed, documents.get(fetched.feed.id)
            if document is not None and isinstance(document.feed, ParsedFeed):
                first, own = feed.last_success is None, own_keys.get(feed.id, frozenset())
                found = detect_changes(document.entries, known, own, feed, now, first_poll=first)
                announced = announce_best(found, understood.analyses)
                changes[feed.id] = within_day(
                    announced, feed.memory, now, first, settings.daily_entries, settings.daily_text
                )

        def decided(bounds: Mapping[int, str]) -> list[PollIntent]:
            for feed_id, words in bounds.items():
                told = filter(None, (changes[feed_id].bounded, words))
                changes[feed_id] = replace(changes[feed_id], bounded="; ".join(told))
            return [self._decide(f, changes.get(f.feed.id), understood) for f in batch]

        whole = _merged([*changes.values()])
        return WriteRequest(now, decide=decided, changes=whole, analyses=understood.analyses)

    def _decide(self, fetched: Fetched, changes: Changes | None, understood: _Understood) -> PollIntent:
        document, settings = understood.documents.get(fetched.feed.id), self._writer.config
        options = settings.feed_by_url.get(fetched.feed.url)
        return decide(
            fetched.feed,
            fetched,
            document.feed if document is not None else None,
            changes,
            understood.now,
            settings.poll,
            fixed=options.interval if options else None,
            network_down=understood.network_down,
        )

    def _network_down(self, batch: Sequence[Fetched]) -> bool:
        before = self._network.outage
        down = self._network.judge(batch, self._writer.clock.now())
        _tell_change(before, self._network.outage)
        return down


@dataclass(frozen=True, slots=True)
class Analysed:
    """What came of analysing entries."""

    analyses: dict[str, Analysis]
    """By the entry's id."""
    failed: dict[int, str]
    """By the feed's id: how many entries could not be analysed, and why the first of them."""


async def analyse(workers: WorkerPool, entries: Sequence[Entry], feeds: Mapping[int, FeedState]) -> Analysed:
    """Analyse entries in the workers. One that fails is stored all the same, as one that no topic wants."""
    results = await workers.map(Worker.analyse, entries, feeds)
    analyses: dict[str, Analysis] = {}
    failed: dict[int, list[str]] = {}
    for entry, result in zip(entries, results, strict=True):
        if isinstance(result, WorkerCrashed):
            analyses[entry.id] = Analysis((), Fingerprint(text_keys(entry)))
            failed.setdefault(entry.feed_id, []).append(str(result))
        else:
            analyses[entry.id] = result
    return Analysed(
        analyses,
        {
            feed: f"{len(why)} of its entries could not be analysed (a worker {why[0]})"
            for feed, why in failed.items()
        },
    )


def _with_problem(document: ParsedDocument, problem: str) -> ParsedDocument:
    feed = document.feed
    if isinstance(feed, PollError):
        return document
    return replace(document, feed=replace(feed, problems=(problem, *feed.problems)))


def _document(result: ParsedDocument | WorkerCrashed) -> ParsedDocument:
    if isinstance(result, WorkerCrashed):
        return ParsedDocument(
            PollError(
                "crash", f"the document could not be parsed (a worker {result}); it is tried again later"
            )
        )
    return result


def _same_body(fetched: Fetched) -> bool:
    return fetched.body is not None and body_hash(fetched.body) == fetched.feed.body_hash


def _merged(parts: Sequence[Changes]) -> Changes:
    return Changes(
        new=tuple(entry for part in parts for entry in part.new),
        revised=tuple(revision for part in parts for revision in part.revised),
        unchanged=sum(part.unchanged for part in parts),
        archived=frozenset().union(*(part.archived for part in parts)),
        held_back=frozenset().union(*(part.held_back for part in parts)),
    )


def _stats_of_polls(written: Sequence[Written]) -> RunStats:
    stats = stats_of(written)
    for intent in (intent for one in written for intent in one.polls):
        stats.outcomes[str(intent.record.outcome)] += 1
        if intent.record.error:
            stats.failures.append(f"{intent.feed.title or mask(intent.feed.url)}: {intent.record.error}")
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
