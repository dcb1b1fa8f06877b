"""Feeds that others wrote: the figures of docs/conformance.md do not get worse."""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = pytest.mark.reference


@pytest.fixture(scope="module")
def conformance(reference_data: Path, root: Path) -> ModuleType:
    """benchmarks/conformance.py as a module."""
    spec = importlib.util.spec_from_file_location("conformance", root / "benchmarks" / "conformance.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_feedparsers_expectations(conformance: ModuleType) -> None:
    table, differences = conformance.feedparser_table()
    total: Counter[str] = sum(table.values(), Counter())
    assert total["holds"] >= 1315
    assert len(differences) <= 49, "\n".join(name for name, _, _ in differences)


def test_gofeeds_results(conformance: ModuleType) -> None:
    table, differences = conformance.gofeed_table()
    assert sum(counts["equal"] for counts in table.values()) >= 861
    assert len(differences) <= 15
    assert table["number of items"]["differs"] == 0


def test_real_feeds_keep_every_promise(conformance: ModuleType) -> None:
    """Every third feed; `benchmarks/conformance.py real` looks at all."""
    counts, broken = conformance.real_table(step=3)
    assert broken == []
    assert counts["feeds"] == 77
    assert counts["entries"] >= 0.98 * counts["items"] > 1000
    assert not [name for name in counts if name.startswith("no feed")]


@pytest.mark.parametrize("name", ["wsj_world", "ft-home"])
def test_history_is_replayed_without_loss(conformance: ModuleType, name: str) -> None:
    """The first polls; `benchmarks/conformance.py history` replays all."""
    counts = conformance.replay(name, 150)
    assert counts["entries found"] == counts["distinct items in the archive"] > 100
    assert counts["revisions of the headline"] == counts["headline changes in the archive"] > 10
    assert (counts["stored twice"], counts["gaps"], counts["churned"]) == (0, 0, 0)
