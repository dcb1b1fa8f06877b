"""docs/cli.md describes every verb and every option, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from aggregator.cli.app import app

EVERYWHERE = {"--config", "-c", "--help"}


def verbs(group: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        inside = f"{path} {name}".strip()
        if hasattr(command, "commands"):
            yield from verbs(command, inside)
        else:
            yield inside, command


ROOT = typer.main.get_command(app)
VERBS = dict(verbs(ROOT))


def options(command: Any) -> set[str]:
    return {
        name for p in command.params if p.param_type_name == "option" for name in [*p.opts, *p.secondary_opts]
    }


def documented(root: Path) -> dict[str, str]:
    """Each verb's section by its name; the heading's code span is the verb with its arguments."""
    text = (root / "docs" / "cli.md").read_text(encoding="utf-8")
    sections = {}
    for part in text.split("\n### ")[1:]:
        heading, _, body = part.partition("\n")
        words = re.match(r"`([a-z -]+?)( [A-Z\[].*)?`", heading)
        assert words, f"a heading must be a verb in backticks: {heading}"
        sections[words[1]] = heading + "\n" + body.partition("\n## ")[0]
    return sections


def test_every_verb_is_described_and_nothing_else(root: Path) -> None:
    assert documented(root).keys() == VERBS.keys()


def test_every_option_is_described_and_nothing_else(root: Path) -> None:
    for name, section in documented(root).items():
        described = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", " ".join(re.findall(r"`([^`]+)`", section))))
        real = options(VERBS[name]) - {"--help"}
        general = set() if name == "backtest" else EVERYWHERE
        assert described - general == real - general, f"options of {name}"


def test_every_argument_stands_in_its_heading(root: Path) -> None:
    for name, section in documented(root).items():
        arguments = [p for p in VERBS[name].params if p.param_type_name == "argument"]
        heading = section.partition("\n")[0].strip("`").removeprefix(name).split()
        assert len(heading) == len(arguments), f"arguments of {name}: {heading}"
        for word, argument in zip(heading, arguments, strict=True):
            assert word.startswith("[") != argument.required, f"{name} {word}"


def test_the_general_part_is_true(root: Path) -> None:
    text = (root / "docs" / "cli.md").read_text(encoding="utf-8").partition("\n## ")[0]
    assert {name for name, command in VERBS.items() if "--config" not in options(command)} == {"demo"}
    for name in options(ROOT) - {"--help"}:
        assert f"`aggregator {name}`" in text


def test_verbs_that_read_can_print_json(root: Path) -> None:
    """Exports are JSON lines (or OPML) already; the others change something and say so."""
    silent = {name for name, command in VERBS.items() if "--json" not in options(command)}
    assert silent == {
        *(
            "run",
            "demo",
            "publish",
            "feeds add",
            "feeds remove",
            "feeds release",
            "opml import",
            "opml export",
        ),
        *("stories merge", "stories split", "label set", "label undo", "label import", "label export"),
        *("topics show", "topics copy"),
        *("models use", "classify", "export entries", "export stories", "export labels", "deliveries revive"),
    }
