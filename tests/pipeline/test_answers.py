"""Answers from the web: what follows from them beyond the database, and how they are taken back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from aggregator.core.types import Feedback
from aggregator.daemon.publisher import Publisher
from aggregator.pipeline import corrections
from aggregator.pipeline.runtime import Runtime
from aggregator.web.source import Verdict, VerdictKind

from .conftest import CONFIG, run, write
from .test_flow import COPY, LAUNCH, SPORT, feed_in


async def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for something that happens soon, or fail."""
    for _ in range(400):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"never: {what}")


def test_an_answer_changes_the_files_at_once_and_one_undo_takes_it_back(tmp_path: Path) -> None:
    files = tmp_path / "out"
    config = write(tmp_path, CONFIG.replace('slug = "launches"', f'slug = "launches"\nfiles = "{files}"'))

    def held() -> list[str]:
        path = files / "launches.json"
        return [item["title"] for item in json.loads(path.read_bytes())["items"]] if path.exists() else ["?"]

    async def work(runtime: Runtime) -> None:
        await feed_in(runtime, [LAUNCH, SPORT])
        _, story = runtime.store.find("e1")
        publisher = Publisher(runtime)
        await publisher.start("http://127.0.0.1:1")
        try:
            await until(lambda: held() == [LAUNCH["title"]], "the story in the file")
            answer = Verdict(story, "launches", "not_relevant")
            # Somebody presses the button twice.
            given = await asyncio.to_thread(publisher.source.record_feedback, answer)
            assert await asyncio.to_thread(publisher.source.record_feedback, answer) == given
            answer = replace(answer, at=given)
            await until(lambda: held() == [], "the story gone from the file")
            assert await asyncio.to_thread(publisher.source.undo_feedback, answer)
            await until(lambda: held() == [LAUNCH["title"]], "the story back in the file")
            assert not await asyncio.to_thread(publisher.source.undo_feedback, answer)
        finally:
            await publisher.stop()

    run(config, work)


def test_a_replayed_undo_takes_no_later_answer_back(tmp_path: Path) -> None:
    async def work(runtime: Runtime) -> None:
        await feed_in(runtime, [LAUNCH, COPY, SPORT])
        _, story = runtime.store.find("e1")
        publisher = Publisher(runtime)
        source = publisher.source
        await publisher.start("http://127.0.0.1:1")

        def said() -> list[tuple[str, bool]]:
            return [(one.entry, one.relevant) for one in runtime.store.judgements.all("launches")]

        def answer(kind: VerdictKind, *entries: str) -> Verdict:
            verdict = Verdict(story, "launches", kind, entries)
            return replace(verdict, at=source.record_feedback(verdict))

        def judge() -> None:
            no = answer("not_relevant")
            yes = answer("relevant")
            assert not source.undo_feedback(no), "another answer counts by now"
            assert said() == [("", True)]
            assert source.undo_feedback(yes)
            assert not source.undo_feedback(yes)
            assert said() == [("", False)]
            # A word on an entry of the story is not the answer that the link was about.
            entry = Feedback("e1", story, "launches", True, "", datetime.now(UTC), "cli")
            asyncio.run_coroutine_threadsafe(
                runtime.writer.run(lambda: corrections.judge(runtime.writer, [entry])), loop
            ).result(20)
            assert source.undo_feedback(no)
            assert said() == [("e1", True)]
            again = answer("not_relevant")
            assert not source.undo_feedback(no), "the same answer, given anew, is not the one taken back"
            assert source.undo_feedback(again)

        def regroup() -> None:
            def apart() -> bool:
                return runtime.store.find("e1")[1] != runtime.store.find("e2")[1]

            first = answer("wrong_story", "e2")
            assert apart()
            assert source.undo_feedback(first)
            assert not apart()
            second = answer("wrong_story", "e2")
            assert not source.undo_feedback(first), "they were taken apart anew"
            assert apart()
            assert source.undo_feedback(second)
            assert not apart()

        loop = asyncio.get_running_loop()
        try:
            await asyncio.to_thread(judge)
            await asyncio.to_thread(regroup)
        finally:
            await publisher.stop()

    run(write(tmp_path), work)
