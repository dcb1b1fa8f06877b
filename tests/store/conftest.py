"""A real database in a file, and records to put into it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.config import FeedConfig
from aggregator.store import Store

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "a.db")
    opened.sync_feeds(
        [FeedConfig(url="https://a.example/feed", title="A"), FeedConfig(url="https://b.example/feed")]
    )
    yield opened
    opened.close()
