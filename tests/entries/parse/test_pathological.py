"""A hundred documents made to exhaust a reader: each is read within a share of time and memory that its size allows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .pathological import CASES

SMALL, LARGE = 200_000, 9_500_000
"""Bytes of a document; the second is just below `[http] max_size`."""
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="measures memory by /proc")


def measured(root: Path, size: int, *names: str) -> list[dict[str, Any]]:
    """What each document cost, in a process of its own."""
    command = [sys.executable, "-m", "tests.entries.parse.measured", str(size), *names]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, env={**os.environ})
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_there_are_more_than_a_hundred() -> None:
    assert len(CASES) >= 100


@pytest.mark.slow
def test_each_is_read_in_time_when_small(root: Path) -> None:
    """Work that grows with the square of the size shows at this size already; the machine may be busy."""
    found = measured(root, SMALL)
    assert [one["name"] for one in found] == list(CASES)
    assert [one for one in found if "error" in one or one["seconds"] > 1.2 or one["megabytes"] > 60] == []


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", CASES)
def test_each_is_read_in_time_at_full_size(root: Path, name: str) -> None:
    """At most 5 s of processor time and 300 MB."""
    (found,) = measured(root, LARGE, name)
    print(json.dumps(found))
    assert "error" not in found
    assert found["size"] > LARGE // 4
    assert found["seconds"] <= 5
    assert found["megabytes"] <= 300
