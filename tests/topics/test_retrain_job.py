"""The daemon's hourly job: a process apart, only when something changed, and harmless when it dies."""

from __future__ import annotations

import asyncio
import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.config import Config
from aggregator.daemon.scheduler import JobScheduler
from aggregator.pipeline.runtime import Runtime
from aggregator.pipeline.stats import RunStats
from aggregator.store.opening import store_path
from aggregator.topics import labels
from aggregator.topics.training import due_topics, train_topic

from .conftest import TOPIC, feed_in, judged, label_of, run, stream, teach


def driver_of(runtime: Runtime, changes: list[str]) -> JobScheduler:
    async def changed() -> None:
        changes.append("changed")

    def count(_: RunStats) -> None:
        raise AssertionError("nothing is polled here")

    return JobScheduler(runtime, changed, count)


def registered(runtime: Runtime) -> dict[str, bool]:
    return {m.version: m.active for m in runtime.store.models.all(TOPIC)}


async def settled(runtime: Runtime, version: str, changes: list[str]) -> None:
    """Wait, within bounds, until stored labels name a model and outputs were told."""
    for _ in range(400):
        label = label_of(runtime, "s0")
        if changes and label is not None and label.model == version:
            changes.clear()
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"outputs were not told within 20 s of labels by {version}")


def children() -> dict[int, str]:
    """This process's children, with what they run."""
    me = os.getpid()
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
            words = (path.parent / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue  # it has just ended
        if int(fields[1]) == me:
            found[int(path.parent.name)] = words
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="finds processes through /proc")
def test_the_job_trains_apart_when_judgements_have_grown_and_only_then(config: Config) -> None:
    async def work(runtime: Runtime) -> None:
        await feed_in(runtime, stream(60))
        await teach(runtime, judged(range(30)))
        changes: list[str] = []
        driver = driver_of(runtime, changes)

        # The process that trains is killed: nothing is registered, nothing is lost, the job returns.
        before = set(children())
        job = asyncio.create_task(driver.retrain())
        victim = 0
        for _ in range(400):
            fresh = {pid: words for pid, words in children().items() if pid not in before}
            victim = next((pid for pid, words in fresh.items() if "spawn_main" in words), 0)
            if victim or job.done():
                break
            await asyncio.sleep(0.02)
        assert victim, "training does not run in a process apart"
        os.kill(victim, signal.SIGKILL)
        await asyncio.wait_for(job, 30)
        assert registered(runtime) == {}
        assert label_of(runtime, "s0") is None or label_of(runtime, "s0").model == ""

        # The next run makes up for it, and labels follow.
        await driver.retrain()
        first = registered(runtime)
        assert list(first.values()) == [True]
        (version,) = first
        assert runtime.workers.plan.models[TOPIC].name == f"{TOPIC}-{version}.model"
        await settled(runtime, version, changes)

        # Nothing changed: not again. A few more judgements: not yet. Enough of them: a new model.
        await driver.retrain()
        await teach(runtime, judged([30]))
        await driver.retrain()
        assert registered(runtime) == first
        await teach(runtime, judged(range(31, 40)))
        await driver.retrain()
        second = registered(runtime)
        assert len(second) == 2
        assert second[version] is False
        await settled(runtime, next(one for one, active in second.items() if active), changes)
        await driver.stop()

    run(config, work)


def test_judgements_that_turn_or_are_taken_back_count_like_new_ones(config: Config) -> None:
    async def work(runtime: Runtime) -> None:
        await feed_in(runtime, stream(60))
        await teach(runtime, judged(range(30)))
        done = train_topic(store_path(config), runtime.workers.plan, TOPIC, runtime.clock.now())
        assert done.used
        runtime.refresh_plan()

        def due() -> list[str]:
            return due_topics(runtime.store, runtime.workers.plan)

        assert due() == []
        await teach(runtime, judged(range(4), wrong=range(4)))
        assert due() == []
        await teach(runtime, judged([4], wrong=[4]))
        assert due() == [TOPIC], "five say the opposite now"
        await teach(runtime, judged(range(5)))
        assert due() == [], "all is as it was"
        for number in range(5):
            assert await labels.unlabel(runtime, f"s{number}", TOPIC)
            assert await labels.unlabel(runtime, f"s{number}", TOPIC)
            assert await labels.unlabel(runtime, f"s{number}", TOPIC)
        assert due() == [TOPIC], "five are no more"

    run(config, work)


def test_judgements_on_stories_that_retention_deleted_do_not_train_again_and_again(config: Config) -> None:
    async def work(runtime: Runtime) -> None:
        await feed_in(runtime, stream(60))
        await teach(runtime, judged(range(40)))
        now = runtime.clock.now()
        runtime.store.retention.forget_entries(
            runtime.store.retention.older(now + timedelta(days=1), 20), (), now
        )
        assert train_topic(store_path(config), runtime.workers.plan, TOPIC, runtime.clock.now()).used
        runtime.refresh_plan()
        await teach(runtime, judged([41]))
        assert due_topics(runtime.store, runtime.workers.plan) == []

    run(config, work)


def test_too_few_judgements_are_left_to_the_rules(config: Config) -> None:
    async def work(runtime: Runtime) -> None:
        await feed_in(runtime, stream(30))
        await teach(runtime, judged(range(9)))
        driver = driver_of(runtime, [])
        await driver.retrain()
        assert registered(runtime) == {}
        await driver.stop()

    run(config, work)


def test_a_stop_in_the_middle_ends_the_training_process(config: Config) -> None:
    async def work(runtime: Runtime) -> None:
        await feed_in(runtime, stream(30))
        await teach(runtime, judged(range(20)))
        driver = driver_of(runtime, [])
        before = set(children())
        job = asyncio.create_task(driver.retrain())
        for _ in range(400):
            if any("spawn_main" in words for pid, words in children().items() if pid not in before):
                break
            await asyncio.sleep(0.02)
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(job, 10)
        left = [words for pid, words in children().items() if pid not in before and "spawn_main" in words]
        assert left == []
        assert registered(runtime) == {}

    run(config, work)
