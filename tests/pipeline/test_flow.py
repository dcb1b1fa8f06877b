"""Importing, polling, judging, correcting: what the stored stories become."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from aggregator.config import Config
from aggregator.core.errors import NotFound
from aggregator.daemon.publisher import Publisher
from aggregator.pipeline import corrections
from aggregator.pipeline.import_file import read_rows, source_resolver
from aggregator.pipeline.reclassify import is_stale, reclassify
from aggregator.pipeline.runtime import Runtime, worker_plan
from aggregator.pipeline.stats import RunStats
from aggregator.store.export import export_entries, export_labels
from aggregator.topics import labels

from .conftest import CONFIG, row, run, write

LAUNCH = row(
    "e1",
    "North Korea fires missile into the East Sea",
    "The launch came at dawn on Sunday, the military said.",
)
COPY = row(
    "e2",
    "North Korea fires missile into the East Sea",
    LAUNCH["summary"],
    url="https://other.example/copy",
    source="Other",
)
SPORT = row("e3", "Home side wins the cup after extra time", "A late goal decided a long and tense evening.")


async def feed_in(runtime: Runtime, rows: Iterable[Mapping[str, Any] | str]) -> RunStats:
    return await runtime.importer.import_rows(
        enumerate(rows, 1), source_resolver(runtime.store, runtime.config), size=2
    )


def exported(runtime: Runtime) -> dict[str, dict[str, Any]]:
    return {entry["id"]: entry for entry in export_entries(runtime.store)}


def in_topic(entry: Mapping[str, Any]) -> bool:
    return any(label["in"] for label in entry["topics"])


def test_an_import_is_deduplicated_classified_and_stored(config: Config) -> None:
    async def work(runtime: Runtime) -> dict[str, dict[str, Any]]:
        stats = await feed_in(runtime, [LAUNCH, COPY, SPORT])
        assert (stats.new, stats.bad_rows) == (3, [])
        return exported(runtime)

    entries = run(config, work)
    assert entries["e1"]["story"] == entries["e2"]["story"] != entries["e3"]["story"]
    assert in_topic(entries["e1"])
    assert not in_topic(entries["e3"])
    assert {r["what"] for r in entries["e1"]["topics"][0]["reasons"]} >= {"@the-north"}


def test_importing_again_changes_nothing_and_a_changed_row_is_a_revision(config: Config) -> None:
    async def work(runtime: Runtime) -> None:
        await feed_in(runtime, [LAUNCH, COPY, SPORT])
        before = exported(runtime)
        stats = await feed_in(runtime, [LAUNCH, COPY, SPORT, SPORT])
        assert (stats.new, stats.revised, stats.stories) == (0, 0, 0)
        assert exported(runtime) == before
        edited = SPORT | {"title": "North Korea fires missile during the cup final"}
        stats = await feed_in(runtime, [edited])
        assert (stats.new, stats.revised) == (0, 1)
        assert in_topic(exported(runtime)["e3"]), "a revision is classified anew"
        stats = await feed_in(runtime, [SPORT])
        assert (stats.new, stats.revised) == (0, 1)
        assert exported(runtime)["e3"]["title"] == SPORT["title"], "an earlier text that comes back is kept"
        assert in_topic(exported(runtime)["e3"]), "and told to nobody"
        (back, change) = runtime.store.entries.earlier_versions("e3")
        assert (back.flapping, change.flapping) == (True, False)
        assert "{+missile during +}" in change.diff

    run(config, work)


def test_a_bad_row_never_harms_the_batch(config: Config) -> None:
    bad: list[Mapping[str, Any] | str] = [
        "is not JSON",
        {"title": "no id"},
        row("x" * 500, "id too long"),
        row("e9", "", summary="", url="not a url at all"),
    ]

    async def work(runtime: Runtime) -> RunStats:
        return await feed_in(runtime, [LAUNCH, *bad, SPORT])

    stats = run(config, work)
    assert stats.new >= 2
    assert len(stats.bad_rows) >= 3
    assert all(text.startswith("line ") for text in stats.bad_rows)


@pytest.mark.slow
def test_worker_processes_give_the_same_as_this_process(tmp_path: Path) -> None:
    async def work(runtime: Runtime) -> dict[str, dict[str, Any]]:
        await feed_in(runtime, [LAUNCH, COPY, SPORT])
        return {name: entry | {"seen": None} for name, entry in exported(runtime).items()}

    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    here = run(write(tmp_path / "one"), work)
    there = run(write(tmp_path / "two", CONFIG.replace("workers = 0", "workers = 2")), work)
    assert here == there


def test_a_persons_no_wins_and_can_be_taken_back(config: Config) -> None:
    async def work(runtime: Runtime) -> None:
        await feed_in(runtime, [LAUNCH, COPY, SPORT])
        (story,) = await labels.label(runtime, "e1", "launches", relevant=False)
        assert not any(label.belongs for label in story.labels)
        assert any(r.kind == "feedback" for label in story.labels for r in label.reasons)
        await feed_in(runtime, [row("e4", LAUNCH["title"], LAUNCH["summary"], url="https://third.example/c")])
        again = runtime.store.stories([story.id])[story.id]
        assert len(again.entries) == 3
        assert not any(label.belongs for label in again.labels), (
            "a further copy does not undo a person's word"
        )
        assert await labels.unlabel(runtime, "https://wire.example/e1", "launches")
        assert any(label.belongs for label in runtime.store.stories([story.id])[story.id].labels)
        (yes,) = await labels.label(runtime, "e3", "launches", relevant=True)
        assert [(label.topic, label.belongs) for label in yes.labels] == [("launches", True)]
        with pytest.raises(NotFound):
            await labels.label(runtime, "nothing", "launches", relevant=True)

    run(config, work)


def test_judgements_come_in_and_go_out(config: Config) -> None:
    async def work(runtime: Runtime) -> None:
        await feed_in(runtime, [LAUNCH, SPORT])
        rows: list[tuple[int, Mapping[str, Any] | str]] = [
            (1, {"id": "e1", "topic": "launches", "relevant": True}),
            (2, {"id": "e3", "topic": "launches", "relevant": 0}),
            (3, {"id": "e3", "topic": "unknown", "relevant": True}),
            (4, {"id": "gone", "topic": "launches", "relevant": True}),
            (5, {"id": "e1", "topic": "launches", "relevant": "perhaps"}),
        ]
        bad: list[str] = []
        assert await labels.import_labels(runtime, rows, bad) == 2
        assert [text[:6] for text in bad] == ["line 3", "line 4", "line 5"]
        assert await labels.import_labels(runtime, rows, []) == 0
        out = list(export_labels(runtime.store))
        assert [(r["id"], r["relevant"]) for r in out] == [("e1", True), ("e3", False)]

    run(config, work)


def test_a_split_is_for_good_and_can_be_undone(config: Config) -> None:
    async def work(runtime: Runtime) -> None:
        await feed_in(runtime, [LAUNCH, COPY])
        story = exported(runtime)["e1"]["story"]
        stayed, new = await labels.in_writer(runtime, lambda p: corrections.split(p, story, ["e2"]))
        assert [m.entry.id for m in stayed.entries] == ["e1"]
        assert [m.entry.id for m in new.entries] == ["e2"]
        with pytest.raises(NotFound):
            await labels.in_writer(runtime, lambda p: corrections.split(p, story, ["e2"]))
        merged = await labels.in_writer(runtime, lambda p: corrections.merge(p, [stayed.id, new.id]))
        assert {m.entry.id for m in merged.entries} == {"e1", "e2"}
        gone = ({stayed.id, new.id} - {merged.id}).pop()
        assert runtime.store.find(gone) == ("", merged.id)

    run(config, work)


def test_a_changed_topic_reclassifies_what_is_stored(tmp_path: Path, config: Config) -> None:
    async def first(runtime: Runtime) -> None:
        await feed_in(runtime, [LAUNCH, COPY, SPORT])
        assert is_stale(runtime.store, runtime.workers.plan)
        result = await reclassify(runtime.workers, runtime.writer)
        assert (result.entries, dict(result.entered), dict(result.left)) == (3, {}, {})
        assert not is_stale(runtime.store, runtime.workers.plan)

    run(config, first)
    terms = CONFIG.replace('"미사일" = 2', '"goal" = 4').replace("= 2", "= 0.1")
    changed = write(tmp_path, terms)

    async def second(runtime: Runtime) -> None:
        assert is_stale(runtime.store, runtime.workers.plan)
        result = await reclassify(runtime.workers, runtime.writer)
        assert (dict(result.entered), dict(result.left)) == ({"launches": 1}, {"launches": 1})
        assert in_topic(exported(runtime)["e3"])
        assert not in_topic(exported(runtime)["e1"])

    run(changed, second)


def test_lines_that_are_not_rows_are_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(
        b'{"k": "a"}\n\n[1]\nnot json\n' + b"[" * 100_000 + b"\n" + json.dumps({"id": "b"}).encode()
    )
    read = list(read_rows(path))
    assert read[0] == (1, {"k": "a", "id": "a"})
    assert read[-1] == (6, {"id": "b"})
    assert [isinstance(value, str) for _, value in read] == [False, True, True, True, False]


def test_the_plan_for_workers_names_the_topics(config: Config) -> None:
    async def work(runtime: Runtime) -> None:
        plan = worker_plan(runtime.config, runtime.store)
        assert list(plan.topics) == ["launches"]
        assert plan.models == {}

    run(config, work)


def test_a_phrase_is_found_between_any_quotation_marks(config: Config) -> None:
    async def work(runtime: Runtime) -> None:
        await feed_in(runtime, [LAUNCH, SPORT])
        source = Publisher(runtime).source
        for left, right in ('""', "“”", "„“", "«»", "「」"):
            assert [s.title for s in source.search(f"{left}wins the cup{right} goal", 9)] == [SPORT["title"]]
            assert not source.search(f"{left}cup wins the{right}", 9), "only as written"

    run(config, work)
