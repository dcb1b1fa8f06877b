"""When to try again, and how a queue is cut into messages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.core.httpdate import retry_after
from aggregator.publish.push.backoff import (
    LONGEST,
    LONGEST_REST,
    MAX_ATTEMPTS,
    MAX_WAIT_ASKED,
    is_over,
    next_attempt,
    rest_until,
)
from aggregator.publish.push.batching import arrange
from aggregator.publish.push.dispatcher import Channel
from aggregator.publish.push.types import Delivery, Message, Waiting

NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
Make = Callable[..., Delivery]


@given(st.integers(1, 10_000), st.text(max_size=40))
def test_delays_double_with_a_spread_up_to_a_ceiling(attempts: int, key: str) -> None:
    delay = next_attempt(attempts, key, NOW) - NOW
    nominal = min(timedelta(seconds=30) * 2 ** min(attempts - 1, 15), LONGEST)
    assert nominal * 0.75 <= delay <= nominal * 1.25
    assert delay == next_attempt(attempts, key, NOW) - NOW


def test_spread_differs_between_messages() -> None:
    assert len({next_attempt(5, f"key{n}", NOW) for n in range(50)}) > 40


def test_what_the_server_asks_is_a_lower_bound_within_reason() -> None:
    assert next_attempt(1, "k", NOW, NOW + timedelta(hours=2)) == NOW + timedelta(hours=2)
    assert next_attempt(1, "k", NOW, NOW - timedelta(hours=2)) > NOW
    assert next_attempt(1, "k", NOW, NOW + timedelta(days=300)) == NOW + MAX_WAIT_ASKED
    assert rest_until(1, NOW, NOW + timedelta(days=300)) == NOW + MAX_WAIT_ASKED


def test_attempts_before_giving_up_span_days() -> None:
    at = NOW
    for attempts in range(1, MAX_ATTEMPTS):
        assert not is_over(attempts, NOW, at, timedelta(days=365))
        at = next_attempt(attempts, "k", at)
    assert timedelta(days=2) < at - NOW < timedelta(days=5)
    assert is_over(MAX_ATTEMPTS, NOW, at, timedelta(days=365))
    assert is_over(1, NOW, NOW + timedelta(days=3), timedelta(days=3))


def test_rests_grow_to_a_quarter_of_an_hour() -> None:
    rests = [rest_until(failures, NOW) - NOW for failures in range(1, 30)]
    assert rests[0] == timedelta(seconds=30)
    assert rests == sorted(rests)
    assert rests[-1] == LONGEST_REST


def waiting(delivery: Make, number: int) -> list[Waiting]:
    return [Waiting(n, delivery(f"k{n}")) for n in range(number)]


@pytest.mark.parametrize(
    ("number", "budget", "sizes"),
    [
        (0, 5, []),
        (3, 0, []),
        (3, -2, []),
        (3, 5, [1, 1, 1]),
        (5, 5, [1, 1, 1, 1, 1]),
        (6, 5, [1, 1, 1, 1, 2]),
        (100, 3, [1, 1, 98]),
        (100, 1, [100]),
    ],
)
def test_what_is_beyond_the_cap_becomes_one_summary(
    delivery: Make, number: int, budget: int, sizes: list[int]
) -> None:
    queue = waiting(delivery, number)
    messages = arrange(queue, budget)
    assert [len(message.parts) for message in messages] == sizes
    if budget > 0:
        assert [part for message in messages for part in message.parts] == queue
    assert [message.summary for message in messages] == [size > 1 for size in sizes]


def test_pings_merge_and_keys_repeat(delivery: Make) -> None:
    queue = waiting(delivery, 4)
    (message,) = arrange(queue, 9, merge=True)
    assert message.parts == tuple(queue)
    assert arrange(queue, 9, merge=True)[0].key == message.key
    assert arrange(queue[:3], 9, merge=True)[0].key != message.key
    assert arrange(queue[:1], 9, merge=True)[0].key == "k0"


def test_budgets_of_the_hour() -> None:
    class Nowhere:
        async def send(self, message: Message, now: datetime) -> None:
            raise AssertionError("not sent in this test")

    talk = Channel(Nowhere(), max_per_hour=3)
    assert talk.budget([], NOW) == 3
    assert talk.budget([NOW] * 5, NOW) == -2
    ping = Channel(Nowhere(), max_per_hour=20, merge=True)
    assert ping.budget([], NOW) == 1
    assert ping.budget([NOW - timedelta(minutes=2, seconds=59)], NOW) == 0
    assert ping.budget([NOW - timedelta(minutes=50), NOW - timedelta(minutes=3)], NOW) == 1


@pytest.mark.parametrize(
    ("value", "after"),
    [
        ("120", timedelta(minutes=2)),
        ("Mon, 23 Nov 2026 05:30:00 GMT", timedelta(hours=1)),
    ],
)
def test_retry_after_is_read(value: str, after: timedelta) -> None:
    assert retry_after({"retry-after": value}, NOW) == NOW + after


@pytest.mark.parametrize("value", ["", "soon", " 0 ", "-5", "1.5", "²", "Mon, 99 Nov"])
def test_nonsense_in_retry_after_is_ignored(value: str) -> None:
    assert retry_after({"retry-after": value}, NOW) is None


def test_an_endless_retry_after_does_not_overflow() -> None:
    assert retry_after({"retry-after": "9" * 500}, NOW) is not None
