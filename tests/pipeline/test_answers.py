"""Answers from the web: what follows from them beyond the database, and how they are taken back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

from aggregator.daemon.publisher import Publisher
from aggregator.pipeline import corrections
from aggregator.pipeline.runtime import Runtime
from aggregator.web.source import Verdict

from .conftest import CONFIG, run, write
from .test_flow import LAUNCH, SPORT, feed_in


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
        _, story = corrections.find(runtime.pipeline, "e1")
        publisher = Publisher(runtime)
        await publisher.start("http://127.0.0.1:1")
        try:
            await until(lambda: held() == [LAUNCH["title"]], "the story in the file")
            answer = Verdict(story, "launches", "not_relevant")
            # Somebody presses the button twice.
            await asyncio.to_thread(publisher.source.record_feedback, answer)
            await asyncio.to_thread(publisher.source.record_feedback, answer)
            await until(lambda: held() == [], "the story gone from the file")
            assert await asyncio.to_thread(publisher.source.undo_feedback, answer)
            await until(lambda: held() == [LAUNCH["title"]], "the story back in the file")
            assert not await asyncio.to_thread(publisher.source.undo_feedback, answer)
        finally:
            await publisher.stop()

    run(config, work)
