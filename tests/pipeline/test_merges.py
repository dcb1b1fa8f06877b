"""Stories that prove to be one: what was stored of them goes on, whoever founds what in the same batch."""

from __future__ import annotations

from datetime import UTC, datetime

from aggregator.config import Config
from aggregator.core.hashes import text_keys
from aggregator.core.types import Assignment, Candidate, Entry, Fingerprint, Grouping, Story
from aggregator.pipeline.assembler import Assembler
from aggregator.pipeline.runtime import Runtime
from aggregator.pipeline.write_request import WriteRequest
from aggregator.stories.grouping.group import story_id

from .conftest import row, run
from .test_flow import exported, feed_in

STORED = [
    row(f"s{n}", "North Korea fires missile into the East Sea", "It came at dawn.", source=source)
    | {"published": "2026-03-01T17:36:00Z"}
    for n, source in enumerate(("Wire", "Other"))
]


def candidate(name: str, feed: int) -> Candidate:
    entry = Entry(
        id=name,
        feed_id=feed,
        guid="",
        url=f"https://later.example/{name}",
        title=f"Pyongyang tests a weapon ({name})",
        published=datetime(2026, 3, 1, 22, 6, tzinfo=UTC),
        seen=datetime.now(UTC),
        language="en",
    )
    return Candidate(entry, Fingerprint(text_keys(entry)))


def summarised(runtime: Runtime, batch: list[Candidate], grouping: Grouping) -> list[Story]:
    request = WriteRequest(datetime.now(UTC))
    return Assembler(runtime.config, runtime.store).summarise(request, batch, grouping)[0]


def test_a_story_founded_in_a_batch_that_merges_into_a_stored_one_leaves_all_of_it(config: Config) -> None:
    """Grouping names the stored story for entries that founded one of their own, once the two are merged."""

    async def work(runtime: Runtime) -> tuple[Story, list[Story]]:
        await feed_in(runtime, STORED)
        home = exported(runtime)["s0"]["story"]
        (before,) = runtime.store.stories([home]).values()
        assert len(before.entries) == 2
        feed = before.entries[0].entry.feed_id
        batch = [candidate("n1", feed), candidate("n2", feed)]
        grouping = Grouping(
            assignments=(Assignment("n1", home, "new"), Assignment("n2", home, "event")),
            merges=((story_id("n1"), home),),
        )
        return before, summarised(runtime, batch, grouping)

    before, after = run(config, work)
    (story,) = after
    assert [m.entry.id for m in story.entries] == ["s0", "s1", "n1", "n2"]
    assert (story.title, story.published, story.first_seen) == (
        before.title,
        before.published,
        before.first_seen,
    )
    assert story.corroboration.history[: len(before.corroboration.history)] == before.corroboration.history


def test_a_founder_that_comes_back_finds_the_story_it_left(config: Config) -> None:
    """Its id is made of the founder's; retention took that one and left the others."""

    async def work(runtime: Runtime) -> list[Story]:
        await feed_in(runtime, STORED)
        home = exported(runtime)["s0"]["story"]
        founder = next(name for name in ("s0", "s1") if story_id(name) == home)
        old = {founder: home}
        left = list(runtime.store.retention.stories_besides(old).values())
        runtime.store.retention.forget_entries(old, left, datetime.now(UTC))
        back = candidate(founder, left[0].entries[0].entry.feed_id)
        grouping = Grouping(assignments=(Assignment(founder, home, "new"),))
        return summarised(runtime, [back], grouping)

    (story,) = run(config, work)
    assert {m.entry.id for m in story.entries} == {"s0", "s1"}
