"""An invented subject in an invented stream, with a person who knows better than the rules."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import sys
import warnings
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from aggregator.cli.app import main
from aggregator.config import Config
from aggregator.config.load import load
from aggregator.pipeline.import_file import source_resolver
from aggregator.pipeline.runtime import Runtime
from aggregator.topics import labels

_T = TypeVar("_T")

TOPIC = "lighthouses"
START = datetime(2026, 3, 1, tzinfo=UTC)
INSIDE = ["keeper", "beacon", "foghorn", "lantern", "reef", "lens", "headland", "pilotage"]
OUTSIDE = ["recipe", "goal", "shares", "concert", "election", "harvest", "bridge", "orchestra"]
NAMES = [
    a + b for a in ("Bal", "Cor", "Dun", "Fen", "Gal", "Hol") for b in ("more", "wick", "stow", "ham", "by")
]
COMMON = ["morning", "officials", "report", "week", "town", "plans", "coast", "year", "council", "visit"]

CONFIG = """
[poll]
workers = 0

[store]
path = "a.db"

[stories]
same_event = false

[topics.lighthouses]
title = "Lighthouses"
points = 2
exclude = ["museum"]

[topics.lighthouses.terms]
"lighthouse(s)" = 2
"lantern" = 1
"fogbound" = 2
"""


def write(folder: Path, text: str = CONFIG) -> Config:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return write(tmp_path)


def run(config: Config, work: Callable[[Runtime], Awaitable[_T]]) -> _T:
    """Open everything, do the work, close everything."""

    async def main() -> _T:
        async with Runtime(config) as runtime:
            return await work(runtime)

    return asyncio.run(main())


def row(name: str, title: str, summary: str = "", hours: int = 0) -> dict[str, Any]:
    return {
        "id": name,
        "source": "Wire",
        "url": f"https://wire.example/{name}",
        "title": title,
        "summary": summary,
        "published": (START + timedelta(hours=hours)).isoformat(),
        "lang": "en",
    }


def belongs(number: int) -> bool:
    """What the person knows: every third story is about lighthouses."""
    return number % 3 == 0


def stream(count: int = 120) -> list[dict[str, Any]]:
    """Stories of which every third belongs; the rules find two thirds of them, and one in ten of the others."""
    chance = random.Random(11)
    rows = []
    for number in range(count):
        words = chance.sample(COMMON, 4) + chance.sample(
            INSIDE[:2] + INSIDE[4:] if belongs(number) else OUTSIDE, 3
        )
        chance.shuffle(words)
        named = chance.random() < (0.67 if belongs(number) else 0.1)
        places = chance.sample(NAMES, 3)
        title = f"{'Lighthouse' if named else 'Notes'} of {places[0]}: {words[0]} {words[1]} {number * 37}"
        rows.append(
            row(
                f"s{number}",
                title,
                f"{places[1]} {' '.join(words[2:])} {places[2]} {number * 71}",
                number * 4,
            )
        )
    return rows


def judged(numbers: Iterable[int], *, wrong: Iterable[int] = ()) -> list[dict[str, Any]]:
    """The person's word on stories of the stream; on those in `wrong` the opposite of it."""
    turned = set(wrong)
    return [
        {"id": f"s{number}", "topic": TOPIC, "relevant": belongs(number) != (number in turned)}
        for number in numbers
    ]


async def feed_in(runtime: Runtime, rows: Iterable[Mapping[str, Any]]) -> None:
    stats = await runtime.importer.import_rows(
        enumerate(rows, 1), source_resolver(runtime.store, runtime.config), size=500
    )
    assert not stats.bad_rows


async def teach(runtime: Runtime, rows: Iterable[Mapping[str, Any]]) -> int:
    bad: list[str] = []
    taken = await labels.import_labels(runtime, enumerate(rows, 1), bad)
    assert not bad
    return taken


def label_of(runtime: Runtime, entry: str) -> Any:
    """The label of the story that an entry is in; None where it has none."""
    story = runtime.store.find(entry)[1]
    found = runtime.store.stories([story])[story].labels
    return next((label for label in found if label.topic == TOPIC), None)


@dataclass(frozen=True)
class Said:
    """What a verb printed."""

    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)


Cli = Callable[..., Said]


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Cli]:
    """Run the command line as its console script does, in this process: `cli(config, "train", "--json")`."""
    handlers, shown = list(logging.getLogger().handlers), warnings.showwarning

    def run_verb(config: Config, *arguments: str, code: int = 0) -> Said:
        monkeypatch.setenv("AGGREGATOR_CONFIG", str(config.path))
        monkeypatch.setenv("COLUMNS", "200")
        monkeypatch.setattr(sys, "argv", ["aggregator", *arguments])
        capfd.readouterr()
        ended: Any = 0
        try:
            main()
        except SystemExit as end:
            ended = end.code or 0
        said = Said(*capfd.readouterr())
        assert ended == code, f"{arguments} ended with {ended}:\n{said.stdout}\n{said.stderr}"
        return said

    yield run_verb
    logging.getLogger().handlers[:] = handlers
    warnings.showwarning = shown
