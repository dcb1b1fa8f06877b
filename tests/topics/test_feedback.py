"""A person's word lasts: through training, reclassification, merges and splits, and into another database."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from aggregator.config import Config
from aggregator.pipeline import corrections
from aggregator.pipeline.reclassify import reclassify
from aggregator.pipeline.runtime import Runtime, worker_plan
from aggregator.store.export import export_entries, export_labels
from aggregator.store.opening import store_path
from aggregator.topics import labels, training

from .conftest import CONFIG, TOPIC, Cli, feed_in, judged, label_of, row, run, stream, teach, write

COPIES = [
    row(
        "c1",
        "Harbour pilots of Corwick go on strike",
        "The strike began at dawn and nobody can say how long it lasts.",
    ),
    row(
        "c2",
        "Harbour pilots of Corwick go on strike",
        "The strike began at dawn and nobody can say how long it lasts.",
    ),
    row(
        "c3",
        "Harbour pilots of Corwick go on strike",
        "The strike began at dawn and nobody can say how long it lasts.",
    ),
    row(
        "c4",
        "Harbour pilots of Corwick go on strike",
        "The strike began at dawn and nobody can say how long it lasts.",
    ),
]


def said(runtime: Runtime, *entries: str) -> list[bool | None]:
    """Whether the story of each entry belongs; None where there is no label."""
    found = [label_of(runtime, entry) for entry in entries]
    return [None if label is None else label.belongs for label in found]


def by_person(runtime: Runtime, entry: str) -> bool:
    label = label_of(runtime, entry)
    return label is not None and any(reason.kind == "feedback" for reason in label.reasons)


def homes(runtime: Runtime) -> dict[str, frozenset[str]]:
    """Each entry with those that share its story."""
    together: dict[str, set[str]] = {}
    for entry in export_entries(runtime.store):
        together.setdefault(entry["story"], set()).add(entry["id"])
    return {entry: frozenset(story) for story in together.values() for entry in story}


def test_a_word_survives_training_reclassification_and_other_rules(tmp_path: Path) -> None:
    async def work(runtime: Runtime) -> None:
        await feed_in(
            runtime, [*stream(60), row("odd", "Lighthouse of Fenby"), row("even", "Parking in Holby")]
        )
        await teach(runtime, judged(range(30)))
        assert said(runtime, "odd", "even") == [True, None]
        await labels.label(runtime, "odd", TOPIC, relevant=False)
        await labels.label(runtime, "even", TOPIC, relevant=True)
        assert said(runtime, "odd", "even") == [False, True]
        database = store_path(runtime.config, runtime.env)
        plan = worker_plan(runtime.config, runtime.store)
        assert training.train_topic(database, plan, TOPIC, runtime.clock.now()).used
        await labels.take_over(runtime)
        label = label_of(runtime, "odd")
        assert label.model, "it was classified anew"
        assert said(runtime, "odd", "even") == [False, True]

    run(write(tmp_path), work)

    async def later(runtime: Runtime) -> None:
        await reclassify(runtime.workers, runtime.writer)
        assert said(runtime, "odd", "even") == [False, True]
        assert await labels.unlabel(runtime, "odd", TOPIC)
        assert said(runtime, "odd") == [True]

    run(write(tmp_path, CONFIG.replace('"lantern" = 1', '"parking" = -5')), later)


def test_a_word_goes_where_its_entry_goes(config: Config) -> None:
    async def work(runtime: Runtime) -> None:
        await feed_in(runtime, [*COPIES, row("x", "Ferries wait off Dunstow")])
        assert homes(runtime)["c1"] == {"c1", "c2", "c3", "c4"}
        await labels.label(runtime, "c3", TOPIC, relevant=True)
        assert said(runtime, "c1") == [True]
        whole = runtime.store.find("c1")[1]
        stayed, new = await labels.in_writer(runtime, lambda p: corrections.split(p, whole, ["c3", "c4"]))
        assert said(runtime, "c4", "c1") == [True, None]
        merged = await labels.in_writer(runtime, lambda p: corrections.merge(p, ["x", new.id]))
        assert said(runtime, "x", "c1") == [True, None]
        assert by_person(runtime, "x")
        # Split again: the same id comes back to life and is found under its own name.
        again = await labels.in_writer(runtime, lambda p: corrections.merge(p, [stayed.id, merged.id]))
        _, reborn = await labels.in_writer(runtime, lambda p: corrections.split(p, again.id, ["c3", "c4"]))
        assert runtime.store.find(reborn.id) == ("", reborn.id)
        assert said(runtime, "c4", "c1") == [True, None]

    run(config, work)


def exported(runtime: Runtime) -> list[dict[str, Any]]:
    return list(export_labels(runtime.store))


def without_stories(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Rows without what may differ from database to database."""
    return sorted(
        tuple(
            sorted((k, str(v)) for k, v in one.items() if k != "story" and (k != "id" or "entry" not in one))
        )
        for one in rows
    )


def test_words_and_corrections_go_into_a_fresh_database(tmp_path: Path, cli: Cli) -> None:
    rows = [
        *COPIES,
        *stream(12),
        row("x", "Ferries wait off Dunstow"),
        row("y", "Mist closes the strait at Galham"),
    ]

    one = write(tmp_path / "one")

    async def teach_it(runtime: Runtime) -> tuple[Any, ...]:
        await feed_in(runtime, rows)
        await teach(runtime, judged(range(6)))
        whole = runtime.store.find("c1")[1]
        _, new = await labels.in_writer(runtime, lambda p: corrections.split(p, whole, ["c2", "c3", "c4"]))
        await labels.in_writer(runtime, lambda p: corrections.split(p, new.id, ["c4"]))
        await labels.in_writer(runtime, lambda p: corrections.merge(p, ["x", "y"], by="ann"))
        await labels.label(runtime, new.id, TOPIC, relevant=True, by="ann")
        await labels.label(runtime, "x", TOPIC, relevant=True)
        await labels.label(runtime, "x", TOPIC, relevant=False)
        return homes(runtime), said(runtime, *(r["id"] for r in rows)), exported(runtime)

    stories_, noted, out = run(one, teach_it)
    assert stories_["c1"] == {"c1"}
    assert stories_["c2"] == {"c2", "c3"}
    assert stories_["x"] == {"x", "y"}
    pairs = {(one["a"], one["b"]): one["together"] for one in out if "together" in one}
    assert pairs == {
        ("c1", "c2"): False, ("c1", "c3"): False, ("c1", "c4"): False,
        ("c2", "c4"): False, ("c3", "c4"): False, ("x", "y"): True,
    }  # fmt: skip
    assert {one["by"] for one in out if one.get("a") == "x"} == {"ann"}

    # The other way round, so that stories there have other ids.
    async def fill(runtime: Runtime) -> None:
        for one in reversed(rows):
            await feed_in(runtime, [one])
        assert homes(runtime)["c1"] == {"c1", "c2", "c3", "c4"}

    two = write(tmp_path / "two")
    run(two, fill)
    file = tmp_path / "out.jsonl"
    file.write_text(cli(one, "label", "export").stdout, encoding="utf-8")
    assert [json.loads(line) for line in file.read_text().splitlines()] == out
    assert f"{len(out)} judgements taken" in cli(two, "label", "import", str(file)).stdout

    async def look(runtime: Runtime) -> None:
        assert homes(runtime) == stories_
        assert said(runtime, *(r["id"] for r in rows)) == noted
        assert without_stories(exported(runtime)) == without_stories(out)
        # Kept as constraints: copies that come later do not bring together what was set apart.
        assert runtime.store.constraints() == pairs

    run(two, look)
    assert "0 judgements taken" in cli(two, "label", "import", str(file)).stdout
    run(two, look)
    only = cli(two, "label", "export", "--topic", TOPIC).stdout
    assert not any("together" in json.loads(line) for line in only.splitlines())


def test_a_later_merge_overrules_an_earlier_split(tmp_path: Path) -> None:
    async def work(runtime: Runtime) -> list[dict[str, Any]]:
        await feed_in(runtime, COPIES)
        whole = runtime.store.find("c1")[1]
        stayed, new = await labels.in_writer(runtime, lambda p: corrections.split(p, whole, ["c3", "c4"]))
        await labels.in_writer(runtime, lambda p: corrections.merge(p, [stayed.id, new.id]))
        return exported(runtime)

    out = run(write(tmp_path / "one"), work)

    async def take(runtime: Runtime) -> None:
        await feed_in(runtime, COPIES)
        story = runtime.store.find("c1")[1]
        await teach(runtime, out)
        assert homes(runtime)["c1"] == {"c1", "c2", "c3", "c4"}
        assert runtime.store.find("c4")[1] == story

    run(write(tmp_path / "two"), take)


def test_rows_that_cannot_be_used_are_named_and_the_rest_goes_on(config: Config) -> None:
    async def work(runtime: Runtime) -> None:
        await feed_in(runtime, [*COPIES, row("x", "Ferries wait off Dunstow")])
        story = runtime.store.find("x")[1]
        rows: list[Mapping[str, Any] | str] = [
            {"together": "yes", "a": "c1", "b": "c2"},
            {"id": "gone", "topic": TOPIC, "relevant": True},
            {"together": True, "a": "c1"},
            {"together": True, "a": "c1", "b": "gone"},
            {"together": True, "a": "c1", "b": story},
            {"together": True, "a": "c1", "b": "c1"},
            "is not JSON",
            {"together": True, "a": "x", "b": "https://wire.example/c1"},
            {"id": "x", "topic": TOPIC, "relevant": True, "at": "yesterday"},
            {"id": "c1", "topic": TOPIC, "relevant": True},
        ]
        bad: list[str] = []
        assert await labels.import_labels(runtime, enumerate(rows, 1), bad) == 2
        assert [text.partition(":")[0] for text in bad] == [f"line {n}" for n in (1, 2, 3, 4, 5, 6, 7, 9)]
        assert homes(runtime)["x"] == {"x", "c1", "c2", "c3", "c4"}
        assert said(runtime, "x") == [True]

    run(config, work)


def test_of_two_words_the_later_counts_however_often_they_are_imported(config: Config) -> None:
    async def work(runtime: Runtime) -> None:
        await feed_in(runtime, [row("x", "Ferries wait off Dunstow")])
        twice = [
            {"id": "x", "topic": TOPIC, "relevant": True},
            {"id": "x", "topic": TOPIC, "relevant": False},
        ]
        assert await teach(runtime, twice) == 1
        assert await teach(runtime, twice) == 0
        assert said(runtime, "x") == [False]
        old = {"id": "x", "topic": TOPIC, "relevant": True, "at": "2026-01-01T00:00:00"}
        assert await teach(runtime, [old]) == 0, "an older word does not overrule a newer one"
        future = (runtime.clock.now() + timedelta(days=900)).isoformat()
        assert await teach(runtime, [old | {"at": future}]) == 1
        assert said(runtime, "x") == [True]
        await labels.label(runtime, "x", TOPIC, relevant=False)
        assert said(runtime, "x") == [False], "a word from the future does not count for ever"

    run(config, work)
