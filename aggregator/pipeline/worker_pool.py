"""Worker processes for the pure stages: kept warm, replaced when one dies, the guilty input found.

Processes are spawned, never forked: the daemon has threads. A worker that crashes (out of memory, a fault in a
native library) takes no one else's work with it: what was under way is tried again item by item, and the item
that crashes alone is reported as such.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from typing import Any

import structlog

from aggregator.pipeline import worker
from aggregator.pipeline.worker import WorkerPlan

log = structlog.get_logger("aggregator")


class WorkerCrashed(Exception):
    """One single item brought a worker process down, or kept it busy beyond the limit."""


class Workers:
    """Runs methods of `work.Worker`; with `count` 0, in a thread of this process."""

    def __init__(self, count: int, plan: WorkerPlan, *, time_limit: float = 120.0) -> None:
        self.count = count
        self.plan = plan
        self._time_limit = time_limit
        self._pool: Executor | None = None
        self._worker: worker.Worker | None = None

    def _ensure(self) -> Executor:
        if self._pool is None:
            if self.count:
                self._pool = ProcessPoolExecutor(
                    self.count,
                    mp_context=multiprocessing.get_context("spawn"),
                    initializer=_start,
                    initargs=(self.plan,),
                )
            else:
                self._pool = ThreadPoolExecutor(1, thread_name_prefix="work")
                self._worker = worker.Worker(self.plan)
        return self._pool

    async def call(self, method: str, *args: Any) -> Any:
        """Run one method in a worker. Raises WorkerCrashed when the process died of it."""
        pool = self._ensure()
        loop = asyncio.get_running_loop()
        if self._worker is not None:
            return await loop.run_in_executor(pool, getattr(self._worker, method), *args)
        try:
            future = loop.run_in_executor(pool, worker.call, method, *args)
            return await asyncio.wait_for(future, self._time_limit)
        except (BrokenProcessPool, TimeoutError) as error:
            if self._pool is pool:
                self._discard(pool)
            raise WorkerCrashed(str(error) or type(error).__name__) from error

    async def map(self, method: str, items: Sequence[Any], *args: Any) -> list[Any]:
        """Run a batch method over `items`, split over the workers; results in order.

        Where a worker died, the item that killed it yields a WorkerCrashed instance in its place.
        """
        if not items:
            return []
        parts = max(1, self.count)
        size = -(-len(items) // parts)
        runs = [items[start : start + size] for start in range(0, len(items), size)]
        done = await asyncio.gather(*(self._run(method, run, *args) for run in runs))
        return [result for part in done for result in part]

    async def _run(self, method: str, items: Sequence[Any], *args: Any) -> list[Any]:
        try:
            return list(await self.call(method, items, *args))
        except WorkerCrashed as error:
            if len(items) == 1:
                return [error]
        except Exception as error:
            # A defect of ours that one input brings to light must not cost the others.
            if len(items) == 1:
                log.exception("a stage failed on one input", stage=method)
                return [WorkerCrashed(f"{type(error).__name__} in {method}")]
        # Halving finds the culprit in a few steps and lets everything else through.
        middle = len(items) // 2
        first = await self._run(method, items[:middle], *args)
        return first + await self._run(method, items[middle:], *args)

    def replace_plan(self, plan: WorkerPlan) -> None:
        """Use another plan from the next call on; calls under way finish with the old one."""
        old, self._pool, self._worker, self.plan = self._pool, None, None, plan
        if old is not None:
            old.shutdown(wait=False)

    def _discard(self, pool: Executor) -> None:
        self._pool = None
        if isinstance(pool, ProcessPoolExecutor):
            # A worker that hangs in native code hears nothing but SIGKILL.
            for process in list((pool._processes or {}).values()):
                process.kill()
        pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Stop the processes; anything still under way is abandoned."""
        if self._pool is not None:
            self._discard(self._pool)


def _start(plan: WorkerPlan) -> None:
    # The daemon decides when to stop: a Ctrl-C in the terminal reaches the whole process group.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Serving and writing come first: workers take what the processor has left.
    os.nice(5)
    die_with_parent()
    worker.start(plan)


def die_with_parent() -> None:
    """End this worker process when the process that started it is gone, however that ended.

    A worker waits for work on a queue that it holds both ends of: it would never learn that nobody is left to send
    any, and would keep its memory and the pipes it inherited.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent.sentinel,), daemon=True, name="parent").start()


def _end_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
