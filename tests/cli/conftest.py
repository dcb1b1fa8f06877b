"""A database filled from the demo's news world, and the command line in this process."""

from __future__ import annotations

import json
import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from aggregator.cli.app import main
from aggregator.cli.demo.site import DemoSite
from tests.e2e.world import demo_site, rows, write_config

TOPIC = "korean-peninsula-security"
IN_PROCESS = ('tick = "1s"', 'tick = "1s"\nworkers = 0')


@dataclass(frozen=True)
class Said:
    """What a verb printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def rows(self) -> list[dict[str, Any]]:
        return rows(self.out)


Verb = Callable[..., Said]


@pytest.fixture
def verb(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Verb]:
    """Run the command line as its console script does: `verb("stories", "--json", config=path)`."""
    before, shown = list(logging.getLogger().handlers), warnings.showwarning

    def run(*arguments: str, config: Path | None = None) -> Said:
        if config is not None:
            monkeypatch.setenv("AGGREGATOR_CONFIG", str(config))
        monkeypatch.setattr(sys, "argv", ["aggregator", *arguments])
        capfd.readouterr()
        try:
            main()
            code: Any = 0
        except SystemExit as end:
            code = end.code or 0
        out, err = capfd.readouterr()
        return Said(code, out, err)

    yield run
    logging.captureWarnings(capture=False)
    warnings.showwarning = shown
    logging.getLogger().handlers[:] = before


@pytest.fixture(scope="session")
def news() -> Iterator[DemoSite]:
    with demo_site() as site:
        yield site


@pytest.fixture(scope="session")
def filled(news: DemoSite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration whose database holds the demo's first instalment. For tests that only read."""
    from tests.e2e.world import cli

    config = write_config(tmp_path_factory.mktemp("filled"), news, replace=[IN_PROCESS])
    cli("poll", config=config)
    return config


@pytest.fixture
def own(filled: Path, tmp_path: Path) -> Path:
    """A copy of `filled` that a test may change."""
    text = filled.read_text(encoding="utf-8").replace(str(filled.parent), str(tmp_path))
    for file in filled.parent.glob("aggregator.db*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def launch(verb: Verb, config: Path) -> dict[str, Any]:
    """The demo's biggest story."""
    found: list[dict[str, Any]] = verb("stories", "--topic", TOPIC, "--json", config=config).json
    return max(found, key=lambda story: len(story["entries"]))
