"""Worker processes for the pure stages: kept warm, replaced when one dies, the guilty input found.

    await pool.map(Worker.parse_feeds, fetched, now) -> list[ParsedDocument | WorkerCrashed]

A job that goes wrong takes no one else's work with it: only its own worker is ended, its items are tried again one
by one, and whichever fails alone as well is reported as such.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import Concatenate, ParamSpec, TypeVar

import structlog

from aggregator.pipeline.worker import Worker, WorkerPlan
from aggregator.pipeline.worker_process import (
    Limits,
    WorkerCrashed,
    WorkerProcess,
    WorkersUnavailable,
    pack,
    unpack,
)

log = structlog.get_logger("aggregator")

In = TypeVar("In")
Out = TypeVar("Out")
P = ParamSpec("P")

_Job = tuple[bytes, Future[bytes]]


class WorkerPool:
    """Runs functions of `Worker` in `count` processes; with 0, in a thread of this one, without limits."""

    def __init__(self, count: int, plan: WorkerPlan, *, limits: Limits | None = None) -> None:
        self.count = count
        self.plan = plan
        self._limits = limits or Limits()
        self._processes: _Processes | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._worker: Worker | None = None

    async def call(
        self, function: Callable[Concatenate[Worker, P], Out], *args: P.args, **kwargs: P.kwargs
    ) -> Out:
        """Run one function in a worker. Raises WorkerCrashed when it went wrong, WorkersUnavailable."""
        if not self.count:
            return await self._call_here(function, *args, **kwargs)
        if self._processes is None:
            self._processes = _Processes(self.count, self.plan, self._limits)
        processes = self._processes
        # Packed and unpacked beside the event loop, and beside the threads that wait for workers.
        job = await asyncio.to_thread(pack, function, args, kwargs)
        answer = await asyncio.wrap_future(processes.submit(job))
        result: Out = await asyncio.to_thread(unpack, answer)
        return result

    async def _call_here(
        self, function: Callable[Concatenate[Worker, P], Out], *args: P.args, **kwargs: P.kwargs
    ) -> Out:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="work")
        if self._worker is None:
            self._worker = Worker(self.plan)
        worker = self._worker
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._thread, lambda: function(worker, *args, **kwargs)
            )
        except Exception as error:
            raise WorkerCrashed(f"raised {type(error).__name__}") from error

    async def map(
        self,
        function: Callable[Concatenate[Worker, Sequence[In], P], list[Out]],
        items: Sequence[In],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> list[Out | WorkerCrashed]:
        """Run a batch function over `items`, split over the workers; results in order.

        In the place of an item that went wrong together with others and alone again there is a WorkerCrashed.
        """
        if not items:
            return []
        size = -(-len(items) // max(1, self.count))
        runs = [items[start : start + size] for start in range(0, len(items), size)]
        done = await asyncio.gather(*(self._run(function, run, *args, **kwargs) for run in runs))
        return [result for part in done for result in part]

    async def _run(
        self,
        function: Callable[Concatenate[Worker, Sequence[In], P], list[Out]],
        items: Sequence[In],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> list[Out | WorkerCrashed]:
        try:
            return [*await self.call(function, items, *args, **kwargs)]
        except WorkerCrashed as error:
            log.warning(
                "a worker did not finish; its inputs are tried one by one",
                stage=function.__name__,
                inputs=len(items),
                why=str(error),
            )

        async def alone(item: In) -> Out | WorkerCrashed:
            try:
                return (await self.call(function, [item], *args, **kwargs))[0]
            except WorkerCrashed as error:
                log.error("a stage failed on one input", stage=function.__name__, exc_info=error)
                return error

        return [*await asyncio.gather(*(alone(item) for item in items))]

    def replace_plan(self, plan: WorkerPlan) -> None:
        """Use another plan from the next call on; calls under way finish with the old one."""
        self.plan, self._worker = plan, None
        if self._processes is not None:
            self._processes.retire()
            self._processes = None

    def close(self) -> None:
        """Stop the processes; anything still under way is abandoned."""
        if self._processes is not None:
            self._processes.close()
        if self._thread is not None:
            self._thread.shutdown(wait=False, cancel_futures=True)


class _Processes:
    """Worker processes of one plan, each with a thread that hands it the next job when it has done the last."""

    def __init__(self, count: int, plan: WorkerPlan, limits: Limits) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._workers = [WorkerProcess(plan, limits) for _ in range(count)]
        self._closed = False
        for worker in self._workers:
            threading.Thread(target=self._hand_out, args=(worker,), name="worker", daemon=True).start()

    def submit(self, job: bytes) -> Future[bytes]:
        future: Future[bytes] = Future()
        self._jobs.put((job, future))
        return future

    def retire(self) -> None:
        """End each worker when nothing is left to do."""
        for _ in self._workers:
            self._jobs.put(None)

    def close(self) -> None:
        """End each worker now."""
        self._closed = True
        try:
            while (waiting := self._jobs.get_nowait()) is not None:
                waiting[1].cancel()
        except Empty:
            pass
        self.retire()
        for worker in self._workers:
            worker.close()

    def _hand_out(self, worker: WorkerProcess) -> None:
        while (job := self._jobs.get()) is not None:
            packed, future = job
            if self._closed:
                future.cancel()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(worker.run(packed))
            except Exception as error:
                future.set_exception(error)
            del job, packed, future  # not held while waiting for the next one
        worker.close()


__all__ = ["Limits", "WorkerCrashed", "WorkerPool", "WorkersUnavailable"]
