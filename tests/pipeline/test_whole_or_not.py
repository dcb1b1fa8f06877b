"""What a person corrects is there as a whole or not at all, at whichever statement it is interrupted."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from aggregator.config import Config
from aggregator.core.types import Feedback
from aggregator.pipeline import corrections
from aggregator.pipeline.runtime import Runtime
from aggregator.pipeline.writer import Writer

from .conftest import row, run
from .test_flow import COPY, LAUNCH, SPORT, exported, feed_in

MOST = 60
"""Statements that one correction takes at most, the reading ones among them."""


class Interrupted(Exception):
    pass


def merge(writer: Writer) -> None:
    corrections.merge(writer, ["e1", "e3"], by="ann")


def split(writer: Writer) -> None:
    corrections.split(writer, "e1", ["e2"], by="ann")


def judge(writer: Writer) -> None:
    entry, story = writer.store.find("e1")
    corrections.judge(writer, [Feedback(entry, story, "launches", False, "", writer.clock.now(), "ann")])


def unjudge(writer: Writer) -> None:
    entry, story = writer.store.find("e3")
    assert corrections.unjudge(writer, entry=entry, story=story, topic="launches")


def dump(config: Config) -> list[str]:
    assert config.path is not None
    connection = sqlite3.connect(config.path.with_name("a.db"))
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


async def prepare(runtime: Runtime) -> None:
    await feed_in(runtime, [LAUNCH, COPY, SPORT, row("e4", "Ferry service starts again", "After the storm.")])
    entry, story = runtime.store.find("e3")
    yes = Feedback(entry, story, "launches", True, "", runtime.clock.now(), "bob")
    await runtime.writer.run(corrections.judge, runtime.writer, [yes])


@pytest.mark.parametrize("correct", [merge, split, judge, unjudge])
def test_at_each_statement_all_or_nothing(config: Config, correct: Callable[[Writer], None]) -> None:
    async def work(runtime: Runtime) -> int:
        await prepare(runtime)
        before = dump(config)
        for stop_at in range(MOST):
            done = 0

            def interrupt(*_: Any, stop_at: int = stop_at) -> None:
                nonlocal done
                if done == stop_at:
                    raise Interrupted
                done += 1

            event.listen(runtime.store._database.engine, "before_cursor_execute", interrupt)
            try:
                await runtime.writer.run(correct, runtime.writer)
            except Interrupted:
                assert dump(config) == before, f"a part was stored before statement {stop_at}"
                continue
            finally:
                event.remove(runtime.store._database.engine, "before_cursor_execute", interrupt)
            assert dump(config) != before
            return stop_at
        raise AssertionError("never finished")

    assert run(config, work) > 5


def test_the_correction_goes_on_where_an_interrupted_one_stopped(config: Config) -> None:
    """What the writer keeps in memory is read anew after a failure."""

    async def work(runtime: Runtime) -> None:
        await prepare(runtime)

        def interrupt(_: Any, __: Any, statement: str, *___: Any) -> None:
            if "INSERT INTO stories" in statement:
                raise Interrupted

        event.listen(runtime.store._database.engine, "before_cursor_execute", interrupt)
        with pytest.raises(Interrupted):
            await runtime.writer.run(split, runtime.writer)
        event.remove(runtime.store._database.engine, "before_cursor_execute", interrupt)
        await runtime.writer.run(split, runtime.writer)
        await feed_in(
            runtime, [row("e5", LAUNCH["title"], LAUNCH["summary"], url="https://other.example/copy")]
        )
        homes = {name: entry["story"] for name, entry in exported(runtime).items()}
        assert homes["e1"] != homes["e2"] == homes["e5"], "keys and window lead to the new story"

    run(config, work)


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from sqlalchemy import event
from aggregator.config.load import load
from aggregator.pipeline.runtime import Runtime
from tests.pipeline import test_whole_or_not as corrections

async def main():
    async with Runtime(load(Path(sys.argv[1]))) as runtime:
        def kill(_, __, statement, *___):
            if sys.argv[3] in statement:
                os.kill(os.getpid(), signal.SIGKILL)
        event.listen(runtime.store._database.engine, "before_cursor_execute", kill)
        await runtime.writer.run(getattr(corrections, sys.argv[2]), runtime.writer)

asyncio.run(main())
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("correction", "at"),
    [
        ("merge", "INSERT INTO story_redirects"),
        ("merge", "INSERT INTO stories"),
        ("split", "UPDATE fingerprints"),
        ("split", "INSERT INTO stories"),
        ("judge", "INSERT INTO stories"),
    ],
)
def test_a_kill_leaves_nothing_of_it(config: Config, tmp_path: Path, correction: str, at: str) -> None:
    run(config, prepare)
    before = dump(config)
    program = tmp_path / "killed.py"
    program.write_text(KILLED, encoding="utf-8")
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, str(program), str(config.path), correction, at],
        env={**os.environ, "PYTHONPATH": str(root)},
        cwd=root,
        timeout=120,
        capture_output=True,
        text=True,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert dump(config) == before
