"""What every batch and every page asks is answered along indexes, never by reading a whole table."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event

from aggregator.config import FeedConfig
from aggregator.core.types import Batch, Outcome, PollIntent, PollRecord
from aggregator.store import Store, Wanted

from .contract.makers import HOUR, NOW, batch, judgement

LARGE = (
    "feeds",
    "entries",
    "entry_labels",
    "stories",
    "story_labels",
    "fingerprints",
    "polls",
    "story_history",
)
"""Tables that grow with use. Reading one whole is told as `SCAN entries`, without an index after it."""


@pytest.fixture
def filled(store: Store) -> Store:
    """Enough rows for SQLite to choose indexes by its own statistics."""
    store.sync_feeds([FeedConfig(url=f"https://{n}.example/feed") for n in range(300)])
    feeds = store.feeds.all()
    intents = [
        PollIntent(replace(f, next_due=NOW + n * HOUR, last_polled=NOW), PollRecord(f.id, NOW, Outcome.NEW))
        for n, f in enumerate(feeds)
    ]
    store.apply(Batch(polls=tuple(intents)), NOW)
    for n in range(300):
        store.apply(batch(f"e{n}", into=f"s{n}", at=NOW - n * HOUR), NOW)
    store.apply(Batch(judgements=(judgement(True),)), NOW)
    return store


QUESTIONS: dict[str, Callable[[Store], Any]] = {
    "due feeds": lambda store: store.due(NOW, 50),
    "the next due time": lambda store: store.feeds.next_due(),
    "known ids": lambda store: store.known(["e1", "e2"]),
    "seen keys": lambda store: store.seen([1, 2, 3]),
    "the window": lambda store: store.window(NOW - 20 * HOUR),
    "stories by id": lambda store: store.stories(["s1", "s2"]),
    "judgements of stories": lambda store: store.judged(["s1"]),
    "an output": lambda store: store.selection.wanted(Wanted(topics=("t",)), 20),
    "an output of any topic": lambda store: store.selection.wanted(Wanted(), 20),
    "the second page": lambda store: store.selection.wanted(
        Wanted(topics=("t",), before=(NOW - 5 * HOUR, "s5")), 20
    ),
    "by publication": lambda store: store.selection.wanted(
        Wanted(topics=("t",), order="published", before=(NOW - 5 * HOUR, "s5")), 20
    ),
    "changes to push": lambda store: store.selection.changed_since(NOW - 5 * HOUR, 20, after="s5"),
    "the newest stories": lambda store: store.selection.newest(limit=20),
    "a batch of entries": lambda store: store.entries.newest_before(100, 20),
    "what is too old": lambda store: store.retention.older(NOW - 200 * HOUR, 20),
    "a person's word": lambda store: store.find("https://a.example/e5"),
    "the log of a feed": lambda store: store.feeds.polls(feed_id=1),
    "pushes that are due": lambda store: store.outbox.due(NOW, 20),
}


def plans(store: Store, ask: Callable[[Store], Any]) -> list[str]:
    """What SQLite says of how it answers each statement of a question."""
    told: list[str] = []

    def explain(_: Any, cursor: Any, statement: str, parameters: Any, *__: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            own = cursor.connection.cursor()
            own.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            told.extend(row[3] for row in own.fetchall())
            own.close()

    engine = store._database.engine
    event.listen(engine, "before_cursor_execute", explain)
    try:
        ask(store)
    finally:
        event.remove(engine, "before_cursor_execute", explain)
    return told


@pytest.mark.parametrize("name", QUESTIONS)
def test_no_large_table_is_read_whole(filled: Store, name: str) -> None:
    told = plans(filled, QUESTIONS[name])
    assert told
    assert [step for step in told if re.fullmatch(rf"SCAN ({'|'.join(LARGE)})", step)] == [], told


def test_feeds_that_are_not_due_are_not_looked_at(filled: Store) -> None:
    assert not [step for step in plans(filled, QUESTIONS["due feeds"]) if step.startswith("SCAN")]


def test_a_whole_reading_would_be_noticed(filled: Store) -> None:
    told = plans(filled, lambda store: store.selection.search("missile", 5))
    assert "SCAN entries" in told
