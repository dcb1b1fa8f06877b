"""Worker processes die, and nobody else's work with them."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

from aggregator.pipeline import worker
from aggregator.pipeline.worker import WorkerPlan
from aggregator.pipeline.worker_pool import WorkerCrashed, Workers

pytestmark = pytest.mark.slow


class DeadlyPlan(WorkerPlan):
    """Pickled into the worker, it brings the means to die along."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return (_deadly, ())


def _deadly() -> WorkerPlan:
    def visit(self: worker.Worker, items: list[int], deadly: int) -> list[int]:
        if deadly in items:
            os.kill(os.getpid(), signal.SIGKILL)
        return [item * 2 for item in items]

    worker.Worker.visit = visit  # type: ignore[attr-defined]
    return WorkerPlan()


def test_the_item_that_kills_a_worker_is_found_and_the_rest_is_done() -> None:
    async def main() -> None:
        workers = Workers(2, DeadlyPlan())
        try:
            results = await workers.map("visit", list(range(9)), 6)
            assert [r for n, r in enumerate(results) if n != 6] == [n * 2 for n in range(9) if n != 6]
            assert isinstance(results[6], WorkerCrashed)
            assert await workers.map("visit", [1, 2], 99) == [2, 4], "fresh processes stand ready"
        finally:
            workers.close()

    asyncio.run(main())


def test_a_worker_that_hangs_is_ended() -> None:
    async def main() -> None:
        workers = Workers(1, SleepyPlan(), time_limit=4.0)
        try:
            results = await workers.map("rest", [0, 1000])
            assert results[0] == 0
            assert isinstance(results[1], WorkerCrashed)
        finally:
            workers.close()

    asyncio.run(main())


class SleepyPlan(WorkerPlan):
    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return (_sleepy, ())


def _sleepy() -> WorkerPlan:
    def rest(self: worker.Worker, items: list[int]) -> list[int]:
        for item in items:
            signal.pause() if item else None
        return items

    worker.Worker.rest = rest  # type: ignore[attr-defined]
    return WorkerPlan()
