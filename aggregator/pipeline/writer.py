"""The serial path: whatever changes the store goes through here, one batch after the other, in one thread.

    WriteRequest
     | group        new entries + window          -> Grouping      pure
     | summarise    members + people's judgements -> Stories       pure
    store.apply     Batch: one transaction                         IO

Each batch sees all that the ones before it stored. That makes duplicates across feeds impossible to miss, and a kill
at any moment leaves all of a batch or nothing of it. The window of recent stories is a cache: it is advanced when
the transaction is through, and read anew after one that failed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from aggregator.config import Config
from aggregator.core.errors import StoreError
from aggregator.core.ports import Clock
from aggregator.core.types import Batch, Candidate, Fingerprint
from aggregator.pipeline.assembler import Assembler
from aggregator.pipeline.stats import RunStats
from aggregator.pipeline.write_request import WriteRequest, Written
from aggregator.store import Store
from aggregator.stories.grouping.bounds import bounded

P = ParamSpec("P")
T = TypeVar("T")

Build = Callable[[Sequence[T]], WriteRequest]
"""Makes the request of some items; called in the writer's thread, so it may read what earlier batches stored."""

Blame = Callable[[T, Exception], Awaitable[Written | None]]
"""Told of the one item that cannot be stored, and why; what it writes instead, if anything."""


class Writer:
    """Owns the order of writes. One per store."""

    def __init__(self, config: Config, store: Store, clock: Clock) -> None:
        self.config = config
        self.store = store
        self.clock = clock
        self.assembler = Assembler(config, store)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="writer")

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function in the writer's thread: between two batches, never during one."""
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, lambda: function(*args, **kwargs)
        )

    async def write(self, items: Sequence[T], build: Build[T], blame: Blame[T]) -> list[Written]:
        """Store items as one batch; where that fails, by halves, until the one at fault is found.

        Raises StoreError when the database takes nothing: no item is to blame then.
        """
        if not items:
            return []
        try:
            return [await self.run(lambda: self.apply(build(items)))]
        except StoreError:
            raise
        except Exception as error:
            await self.run(self.forget_caches)
            if len(items) == 1:
                instead = await blame(items[0], error)
                return [] if instead is None else [instead]
        middle = len(items) // 2
        first = await self.write(items[:middle], build, blame)
        return first + await self.write(items[middle:], build, blame)

    def apply(self, request: WriteRequest) -> Written:
        """Group, summarise and store, in one transaction. Only in the writer's thread; raises what the store raises."""
        try:
            return self._apply(request)
        except BaseException:
            self.forget_caches()
            raise

    def _apply(self, request: WriteRequest) -> Written:
        started = time.perf_counter()
        candidates = _candidates(request)
        polled = request.decide is not None
        grouping = (
            self.assembler.group(candidates, request.now, polled=polled) if candidates else request.moves
        )
        polls = tuple(request.decide(bounded(grouping, candidates))) if request.decide is not None else ()
        grouped = time.perf_counter()
        stories, before = self.assembler.summarise(request, candidates, grouping)
        summarised = time.perf_counter()
        revised = request.revised()
        self.store.apply(
            Batch(
                polls=polls,
                candidates=tuple(candidates),
                revisions=request.changes.revised,
                grouping=grouping,
                stories=tuple(stories),
                labels=tuple((entry, a.labels) for entry, (_, a) in revised.items()),
                fingerprints=tuple(
                    (entry, a.fingerprint) for entry, (_, a) in revised.items() if a.fingerprint
                ),
                pages=request.pages,
                constraints=request.constraints,
                judgements=request.judgements,
                taken_back=request.taken_back,
                released=request.released,
            ),
            request.now,
        )
        if request.constraints or request.moves.assignments or request.moves.merges:
            self.forget_caches()
        else:
            self.assembler.commit(grouping, candidates, request.now)
        seconds = {
            "group": grouped - started,
            "summarise": summarised - grouped,
            "apply": time.perf_counter() - summarised,
        }
        return Written(request, polls, tuple(stories), before, seconds)

    def forget_caches(self) -> None:
        """Read window and corrections anew at the next batch: another process wrote, or a batch failed."""
        self.assembler.forget_caches()

    def reconfigure(self, config: Config) -> None:
        """Go on with another configuration. Only in the writer's thread, so that no batch is half under each."""
        self.config = config
        self.assembler = Assembler(config, self.store)

    def close(self) -> None:
        """Wait for the write under way and let go of the thread."""
        self._thread.shutdown(wait=True)


def _candidates(request: WriteRequest) -> list[Candidate]:
    return [
        Candidate(
            entry,
            request.analyses[entry.id].fingerprint or Fingerprint(),
            request.analyses[entry.id].labels,
            archived=entry.id in request.changes.archived,
            held_back=entry.id in request.changes.held_back,
        )
        for entry in request.changes.new
    ]


def stats_of(written: Sequence[Written]) -> RunStats:
    """What was stored, in figures."""
    stats = RunStats()
    for one in written:
        stats.new += len(one.request.changes.new)
        stats.revised += len(one.request.changes.revised)
        stats.stories += len(one.stories)
        for stage, spent in one.seconds.items():
            stats.seconds[stage] += spent
    return stats
