"""Stories to push, and an outbox in a real SQLite file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.core.types import Corroboration, Entry, Story, StoryEntry
from aggregator.publish.push.types import Delivery
from aggregator.store import Store
from aggregator.store.outbox import SqlOutbox
from classifiers.types import Label

NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)


def make_story(
    id: str = "s1",
    *,
    title: str = '합참 "북한, 단거리 탄도미사일 발사" 🚀',
    changed: datetime = NOW,
    score: float = 0.9,
    facet: str = "weapons-test",
    topic: str = "korea",
    states: tuple[str, ...] = ("single-source",),
    state_since: datetime = NOW,
    **fields: Any,
) -> Story:
    """A story with one entry and one label."""
    entry = Entry(
        id=f"e-{id}",
        feed_id=1,
        guid=f"g-{id}",
        url=f"https://news.example/{id}?a=1&b=<2>",
        title=title,
        summary="A lead.",
        published=NOW - timedelta(minutes=30),
        seen=NOW,
        language="ko",
        origin="hanbat",
    )
    history = tuple((state_since, state) for state in states)
    values: dict[str, Any] = {
        "lead": "Three missiles flew 420 km.",
        "first_seen": NOW - timedelta(minutes=20),
        "published": NOW - timedelta(minutes=30),
        "change": "a second outlet reports it",
        "entries": (StoryEntry(entry, "new", feed_title="Hanbat Ilbo", kind="newspaper", country="KR"),),
        "labels": (Label(topic, score, 0.5, score >= 0.5, facet),),
        "corroboration": Corroboration(states[-1], state_since, history=history),
    }
    return Story(id=id, title=title, url=entry.url, language="ko", changed=changed, **(values | fields))


def make_delivery(
    key: str, *, channel: str = "webhook:desk", output: str = "korea", **fields: Any
) -> Delivery:
    """A delivery with the least body a sender needs."""
    body = {
        "event": "new",
        "story": key,
        "title": f"Story {key}",
        "lead": "",
        "url": f"https://news.example/{key}",
    }
    body |= {"page": "", "state": "single-source", "source_count": 1, "facet": "", "score": None}
    body |= {"change": "", "sources": []}
    values: dict[str, Any] = {"story": key, "body": body, "created": NOW}
    return Delivery(output=output, channel=channel, key=key, **(values | fields))


def open_store(path: Path) -> Store:
    """A database with an outbox in it, made if need be."""
    return Store.open(path, backups=0)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[SqlOutbox]:
    store = open_store(tmp_path / "test.db")
    yield store.outbox
    store.close()


@pytest.fixture
def story() -> Callable[..., Story]:
    return make_story


@pytest.fixture
def delivery() -> Callable[..., Delivery]:
    return make_delivery
