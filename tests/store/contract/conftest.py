"""Every implementation of the store, each opened on a real database of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aggregator.config import FeedConfig
from aggregator.store import Store

Open = Callable[[], Store]
"""Opens the test's database, the same one each time."""

A, B = "https://a.example/feed", "https://b.example/feed"


def sqlite(folder: Path) -> Store:
    return Store.open(folder / "a.db")


@pytest.fixture(params=[pytest.param(sqlite, id="sqlite")])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    opened: list[Store] = []

    def again() -> Store:
        opened.append(request.param(tmp_path))
        return opened[-1]

    yield again
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Open) -> Store:
    store = open_store()
    store.sync_feeds([FeedConfig(url=A, title="A"), FeedConfig(url=B)])
    return store
