"""The outbox on a real SQLite file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator.publish.push.types import Delivery, Waiting
from aggregator.store.outbox import SqlOutbox

from .conftest import open_store

NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
Make = Callable[..., Delivery]


def keys(waiting: list[Waiting]) -> list[str]:
    return [one.delivery.key for one in waiting]


def test_queueing_twice_is_harmless_and_nothing_is_changed_on_the_way(
    outbox: SqlOutbox, delivery: Make
) -> None:
    first = delivery("a", body={"title": "한글 🚀 \x1f'\"", "nested": [1, {"x": None}]})
    assert outbox.queue([first, delivery("b")]) == 2
    assert outbox.queue([first, delivery("c"), delivery("c")]) == 1
    assert outbox.queue([]) == 0
    due = outbox.due(NOW, 10)
    assert keys(due) == ["a", "b", "c"]
    assert due[0].delivery == first
    outbox.done([due[0].n], NOW)
    assert outbox.queue([first]) == 0
    assert keys(outbox.due(NOW + 60 * MINUTE, 10)) == ["b", "c"]


def test_due_is_in_order_and_fair_between_channels(outbox: SqlOutbox, delivery: Make) -> None:
    flood = [delivery(f"flood{n}", created=NOW - MINUTE) for n in range(50)]
    outbox.queue([*flood, delivery("quiet", channel="notify:mail"), delivery("other", output="other")])
    outbox.queue([delivery("later", created=NOW + MINUTE)])
    assert keys(outbox.due(NOW, 3)) == ["flood0", "flood1", "flood2", "quiet", "other"]
    assert "later" in keys(outbox.due(NOW + MINUTE, 100))


def test_retries_wait_and_count(outbox: SqlOutbox, delivery: Make) -> None:
    outbox.queue([delivery("a")])
    (one,) = outbox.due(NOW, 10)
    outbox.retry([one.n], NOW + 5 * MINUTE, "refused")
    assert outbox.due(NOW + 4 * MINUTE, 10) == []
    (again,) = outbox.due(NOW + 5 * MINUTE, 10)
    assert again.attempts == 1
    assert again.delivery == one.delivery


def test_a_summary_counts_once(outbox: SqlOutbox, delivery: Make) -> None:
    outbox.queue([delivery(f"k{n}") for n in range(1200)])
    numbers = [one.n for one in outbox.due(NOW, 2000)]
    outbox.done(numbers[:1], NOW)
    outbox.done(numbers[1:], NOW + MINUTE)
    assert outbox.sent_since(NOW - MINUTE) == {("korea", "webhook:desk"): [NOW, NOW + MINUTE]}
    assert outbox.sent_since(NOW) == {("korea", "webhook:desk"): [NOW + MINUTE]}
    assert outbox.due(NOW + 60 * MINUTE, 10) == []
    assert outbox.counts() == {
        ("korea", "webhook:desk", "sent"): 2,
        ("korea", "webhook:desk", "merged"): 1198,
    }


def test_dead_letters_are_listed_and_can_be_revived(outbox: SqlOutbox, delivery: Make) -> None:
    outbox.queue([delivery(name) for name in "abc"])
    numbers = [one.n for one in outbox.due(NOW, 10)]
    outbox.retry(numbers, NOW, "first error")
    outbox.dead(numbers[:2], "answered 410")
    letters = outbox.dead_letters()
    assert [(letter.story, letter.attempts, letter.error) for letter in letters] == [
        ("b", 1, "answered 410"),
        ("a", 1, "answered 410"),
    ]
    assert letters[0].body["title"] == "Story b"
    assert len(outbox.dead_letters(limit=1)) == 1
    assert outbox.revive(numbers[:1], NOW + MINUTE) == 1
    assert outbox.revive(None, NOW + MINUTE) == 1
    assert outbox.revive(None, NOW + MINUTE) == 0
    assert {one.delivery.key: one.attempts for one in outbox.due(NOW + MINUTE, 10)} == {
        "a": 0,
        "b": 0,
        "c": 1,
    }


def test_what_is_settled_stays_settled(outbox: SqlOutbox, delivery: Make) -> None:
    outbox.queue([delivery("a"), delivery("b")])
    sent, dead = (one.n for one in outbox.due(NOW, 10))
    outbox.done([sent], NOW)
    outbox.dead([dead], "no")
    outbox.retry([sent, dead], NOW, "late")
    outbox.dead([sent], "late")
    outbox.done([dead], NOW)
    assert outbox.due(NOW + MINUTE, 10) == []
    assert {state: n for (_, _, state), n in outbox.counts().items()} == {"sent": 1, "dead": 1}


def test_pruning_spares_what_waits(outbox: SqlOutbox, delivery: Make) -> None:
    outbox.queue([delivery(name) for name in "abcd"])
    a, b, c, _ = (one.n for one in outbox.due(NOW, 10))
    outbox.done([a], NOW)
    outbox.done([b], NOW + 10 * MINUTE)
    outbox.dead([c], "no")
    assert outbox.prune(NOW + 5 * MINUTE) == 2
    assert {state: n for (_, _, state), n in outbox.counts().items()} == {"sent": 1, "waiting": 1}


def test_it_outlives_the_process(tmp_path: Path, outbox: SqlOutbox, delivery: Make) -> None:
    outbox.queue([delivery("a")])
    again = open_store(tmp_path / "test.db")
    assert keys(again.outbox.due(NOW, 10)) == ["a"]
    again.close()
