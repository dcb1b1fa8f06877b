"""After an upgrade it is said what the library's changed topics add and drop."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aggregator.config import Config
from aggregator.pipeline.runtime import Runtime
from aggregator.topics.library_changes import USED, last_changes, note_library, tell_library_changes

from .conftest import Cli, feed_in, row, run, write

USES = """
[poll]
workers = 0
[store]
path = "a.db"
[stories]
same_event = false

[topics.chips]
use = "semiconductor-supply"
[topics.chips.terms]
"semiconductor oven" = 3

[topics.own.terms]
"ferry" = 3
"""

ROWS = [
    row("b1", "Washington tightens export controls on AI chips"),
    row("b2", "TSMC to build a second fab in Dresden"),
    row("b3", "Potato harvest fails in the north"),
    row("b4", "A semiconductor oven for every kitchen"),
    row("b5", "Ferry runs late"),
]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    config = write(tmp_path, USES)
    run(config, lambda runtime: feed_in(runtime, ROWS))
    return config


def start(config: Config) -> dict[str, Any]:
    """What is held after a start of the daemon: what was made from what."""

    async def work(runtime: Runtime) -> dict[str, Any]:
        await tell_library_changes(runtime)
        held: dict[str, Any] = json.loads(runtime.store.meta.get(USED) or "{}")
        return held

    return run(config, work)


def changes(config: Config) -> dict[str, tuple[list[str], list[str]]]:
    async def work(runtime: Runtime) -> dict[str, tuple[list[str], list[str]]]:
        found = last_changes(runtime.store)
        return {slug: (list(one.entered_titles), list(one.left_titles)) for slug, one in found.items()}

    return run(config, work)


def pretend(config: Config, change: Callable[[dict[str, Any]], None]) -> None:
    """As if the version before had shipped something else."""

    async def work(runtime: Runtime) -> None:
        held = json.loads(runtime.store.meta.get(USED) or "{}")
        change(held["chips"])
        runtime.store.meta.set(USED, json.dumps(held))

    run(config, work)


def test_the_first_start_notes_what_is_in_use_and_says_nothing(config: Config) -> None:
    held = start(config)
    assert list(held) == ["chips"]
    assert held["chips"]["use"] == "semiconductor-supply"
    assert "semiconductor" in held["chips"]["names"]
    assert changes(config) == {}
    assert start(config) == held


def test_a_changed_table_is_tried_on_what_is_stored(config: Config, cli: Cli) -> None:
    held = start(config)

    def other(chips: dict[str, Any]) -> None:
        chips["table"]["terms"] = {"potato": 3}
        chips["table"]["groups"] = []

    pretend(config, other)
    assert start(config) == held
    entered, left = changes(config)["chips"]
    assert sorted(entered) == [ROWS[1]["title"], ROWS[0]["title"]]
    # The person's own line holds before and after, so what it finds neither enters nor leaves.
    assert left == [ROWS[2]["title"]]
    said = cli(config, "topics")
    assert "chips, as the library changed it on " in said.stdout
    assert "2 enter, 1 leave, of 5 entries of the last 30 days" in said.stdout
    assert cli(config, "topics", "--json").json["topics"][0]["changed"]["left"] == 1


def test_a_changed_list_of_names_counts_too(config: Config) -> None:
    start(config)
    pretend(config, lambda chips: chips["names"].update({"chip-makers": ["ASML"]}))
    start(config)
    assert changes(config)["chips"] == ([ROWS[1]["title"]], [])


def test_lines_of_the_persons_own_are_no_change_of_the_library(tmp_path: Path, config: Config) -> None:
    start(config)
    config = write(tmp_path, USES.replace('"semiconductor oven"', '"@taiwan" = 1\n"potato"'))
    held = start(config)
    assert "taiwan" in held["chips"]["names"]
    assert changes(config) == {}


def test_what_cannot_be_read_is_noted_anew(config: Config) -> None:
    start(config)
    pretend(config, lambda chips: chips["table"].update({"terms": {"@gone-by-now": 3}}))
    start(config)
    assert changes(config) == {}


def test_a_topic_that_a_reload_brought_is_noted_and_others_stay(tmp_path: Path, config: Config) -> None:
    start(config)
    pretend(config, lambda chips: chips["table"].update({"points": 99}))
    config = write(tmp_path, USES + '[topics.strait]\nuse = "taiwan-strait-security"\n')

    async def reload(runtime: Runtime) -> dict[str, Any]:
        await note_library(runtime)
        held: dict[str, Any] = json.loads(runtime.store.meta.get(USED) or "{}")
        return held

    held = run(config, reload)
    assert list(held) == ["chips", "strait"]
    assert held["chips"]["table"]["points"] == 99
