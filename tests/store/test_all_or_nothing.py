"""A person's correction is one transaction: broken off at any statement, or killed there, nothing of it is stored."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from aggregator.config import FeedConfig
from aggregator.core.types import Batch
from aggregator.store import Store

from .contract.makers import HOUR, NOW
from .contract.test_exactly_once import begin, everything, merge, poll, split

MOST = 200


class Broken(Exception):
    """What the test throws between two statements."""


@contextmanager
def broken_at(store: Store, number: int, happen: Callable[[], None]) -> Iterator[list[str]]:
    """Have something happen before the statement of that number (from 0); yields the statements that came."""
    seen: list[str] = []

    def count(_: Any, __: Any, statement: str, *___: Any) -> None:
        if len(seen) == number:
            happen()
        seen.append(statement)

    event.listen(store._database.engine, "before_cursor_execute", count)
    try:
        yield seen
    finally:
        event.remove(store._database.engine, "before_cursor_execute", count)


def throw() -> None:
    raise Broken


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def opened(folder: Path) -> Store:
    store = Store.open(folder / "a.db")
    store.sync_feeds([FeedConfig(url="https://a.example/feed")])
    return store


@pytest.mark.parametrize("make", [merge, split, poll])
def test_broken_off_at_any_statement_nothing_is_stored(
    tmp_path: Path, make: Callable[[Store], Batch]
) -> None:
    store = opened(tmp_path)
    begin(store)
    before, decided = everything(store), make(store)
    for number in range(MOST):
        try:
            with broken_at(store, number, throw):
                store.apply(decided, NOW + HOUR)
        except Broken:
            assert everything(store) == before, f"broken off at statement {number}"
        else:
            break
    assert 5 < number < MOST
    assert everything(store) != before
    store.close()


@pytest.mark.parametrize(("name", "moments"), [("merge", (1, 4, 8)), ("split", (1, 4, 8))])
def test_killed_at_a_statement_nothing_is_stored(tmp_path: Path, name: str, moments: tuple[int, ...]) -> None:
    store = opened(tmp_path)
    begin(store)
    before = everything(store)
    store.close()
    for number in moments:
        child = subprocess.run(
            [sys.executable, "-m", __name__, name, str(number), str(tmp_path)], check=False
        )
        assert child.returncode == -signal.SIGKILL
        store = Store.open(tmp_path / "a.db")
        assert everything(store) == before
        store.close()


if __name__ == "__main__":
    one = Store.open(Path(sys.argv[3]) / "a.db")
    with broken_at(one, int(sys.argv[2]), kill):
        one.apply({"merge": merge, "split": split}[sys.argv[1]](one), NOW + HOUR)
