"""Worker processes: one item that hangs, crashes, fills the memory or raises is named, and costs nobody else anything."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Sequence

import pytest

from aggregator.pipeline.worker import Worker, WorkerPlan
from aggregator.pipeline.worker_pool import Limits, WorkerCrashed, WorkerPool, WorkersUnavailable

pytestmark = pytest.mark.slow

LIMITS = Limits(seconds=1.0, patience=300.0, memory=128 * 1024 * 1024)


def double(worker: Worker, items: Sequence[int], hostile: Callable[[], object], at: int) -> list[int]:
    if at in items:
        hostile()
    return [item * 2 for item in items]


def spin() -> None:
    while True:
        pass


def sleep() -> None:
    signal.pause()


def crash() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fill() -> int:
    held = [bytearray(16 * 1024 * 1024) for _ in range(64)]
    return len(held)


def fail() -> None:
    raise ValueError("what it got")


def recurse() -> None:
    recurse()


@pytest.mark.parametrize(
    ("hostile", "why"),
    [
        (spin, "processor time"),
        (crash, "SIGKILL"),
        (fill, "128 MB of memory"),
        (fail, "ValueError"),
        (recurse, "RecursionError"),
    ],
)
def test_one_hostile_item_among_twenty_honest_ones(hostile: Callable[[], object], why: str) -> None:
    async def main() -> tuple[list[int | WorkerCrashed], list[int | WorkerCrashed]]:
        pool = WorkerPool(2, WorkerPlan(), limits=LIMITS)
        try:
            found = await pool.map(double, range(21), hostile, 6)
            return found, await pool.map(double, [1, 2], hostile, 6)
        finally:
            pool.close()

    found, after = asyncio.run(main())
    assert [one for n, one in enumerate(found) if n != 6] == [n * 2 for n in range(21) if n != 6]
    assert isinstance(found[6], WorkerCrashed)
    assert why in str(found[6])
    assert after == [2, 4], "fresh processes stand ready"


def test_an_item_that_waits_instead_of_working() -> None:
    async def main() -> list[int | WorkerCrashed]:
        pool = WorkerPool(1, WorkerPlan(), limits=Limits(patience=5.0))
        try:
            return await pool.map(double, range(3), sleep, 1)
        finally:
            pool.close()

    zero, one, two = asyncio.run(main())
    assert (zero, two) == (0, 4)
    assert isinstance(one, WorkerCrashed)
    assert "longer than 5 seconds" in str(one)


def work(worker: Worker, items: Sequence[float]) -> list[float]:
    for seconds in items:
        end = time.process_time() + seconds
        while time.process_time() < end:
            pass
    return list(items)


def test_waiting_for_a_worker_is_not_held_against_an_item() -> None:
    async def main() -> tuple[list[list[float]], int]:
        pool = WorkerPool(1, WorkerPlan(), limits=LIMITS)
        try:
            done = await asyncio.gather(*(pool.call(work, [0.5]) for _ in range(8)))
            return done, len(set(await asyncio.gather(*(pool.call(process) for _ in range(2)))))
        finally:
            pool.close()

    done, processes = asyncio.run(main())
    assert done == [[0.5]] * 8, "eight jobs of half a second in one worker, with a second for each"
    assert processes == 1


def process(worker: Worker) -> int:
    return os.getpid()


def crash_once(worker: Worker, items: Sequence[str]) -> list[str]:
    for path in items:
        if not os.path.exists(path):
            open(path, "w").close()
            os.kill(os.getpid(), signal.SIGKILL)
    return list(items)


def test_an_item_whose_worker_was_killed_by_chance_is_not_blamed(tmp_path: object) -> None:
    async def main() -> list[str | WorkerCrashed]:
        pool = WorkerPool(1, WorkerPlan(), limits=LIMITS)
        try:
            return await pool.map(crash_once, [f"{tmp_path}/once"])
        finally:
            pool.close()

    assert asyncio.run(main()) == [f"{tmp_path}/once"]


def test_a_job_under_way_leaves_the_other_worker_alone() -> None:
    """The worker of the hostile item is ended; the one beside it is the same process as before."""

    async def main() -> tuple[int, set[int]]:
        pool = WorkerPool(2, WorkerPlan(), limits=LIMITS)
        try:
            await asyncio.gather(*(pool.call(work, [0.3]) for _ in range(2)))
            hanging = asyncio.create_task(pool.call(double, [6], spin, 6))
            await asyncio.sleep(0.2)
            before = await pool.call(process)
            with pytest.raises(WorkerCrashed):
                await hanging
            return before, set(await asyncio.gather(*(pool.call(process) for _ in range(10))))
        finally:
            pool.close()

    before, after = asyncio.run(main())
    assert before in after


class Broken(WorkerPlan):
    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return (int, ("no plan",))


def test_workers_that_cannot_start_are_no_items_fault() -> None:
    async def main() -> None:
        pool = WorkerPool(1, Broken(), limits=LIMITS)
        try:
            with pytest.raises(WorkersUnavailable):
                await pool.map(work, [0.1])
        finally:
            pool.close()

    asyncio.run(main())


@pytest.mark.parametrize("count", [0, 1])
def test_another_plan_is_used_from_the_next_call_on(count: int) -> None:
    async def main() -> tuple[list[float], set[int]]:
        pool = WorkerPool(count, WorkerPlan(), limits=LIMITS)
        try:
            before = await pool.call(process)
            under_way = asyncio.create_task(pool.call(work, [0.5]))
            await asyncio.sleep(0.1)
            pool.replace_plan(WorkerPlan(entities={"a": ["b"]}))
            after = await pool.call(process)
            return await under_way, {before, after}
        finally:
            pool.close()

    done, processes = asyncio.run(main())
    assert done == [0.5]
    assert len(processes) == 1 + count
