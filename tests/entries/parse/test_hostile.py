"""Each hostile document ends as it should, soon, and in bounded memory."""

from __future__ import annotations

import gc
import sys
import time
from pathlib import Path

import pytest

from aggregator.core.types import ParsedFeed, PollError
from aggregator.entries.normalise import normalise
from aggregator.entries.parse import parse

from .documents import FEED, NOW, fetched
from .hostile import CASES, MIB, Case

MOST_MEMORY = 300 * MIB
MOST_SECONDS = 20
"""On an idle core none takes 3 s; the machine may be busy."""


def _peak(reset: bool = False) -> int:
    """Highest resident size of this process in bytes; `reset` starts anew (Linux only, else 0)."""
    if sys.platform != "linux":
        return 0
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_hostile_document(case: Case) -> None:
    answer = fetched(case.build(), headers=case.headers)
    gc.collect()
    before = _peak(reset=True)
    start = time.perf_counter()
    parsed = parse(answer)
    entries = normalise(parsed, FEED, NOW) if isinstance(parsed, ParsedFeed) else ()
    assert time.perf_counter() - start < MOST_SECONDS
    assert _peak() - before < MOST_MEMORY
    if case.code:
        assert isinstance(parsed, PollError), parsed
        assert parsed.code == case.code
        assert parsed.message
        return
    assert isinstance(parsed, ParsedFeed), parsed
    if case.count is not None:
        assert len(entries) == case.count
    assert case.check(entries)
    assert case.problem in " ".join(parsed.problems)
    for entry in entries:
        "".join((entry.title, entry.summary, entry.content, entry.text, entry.url, entry.guid)).encode()


def test_names_are_unique() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 60
