"""The outbox: each event is queued once, waits until it is due, and is sent, tried again, given up or revived."""

from __future__ import annotations

from aggregator.publish.push.types import Delivery
from aggregator.store import Store

from .conftest import Open
from .makers import HOUR, NOW


def delivery(key: str, channel: str = "webhook:desk") -> Delivery:
    return Delivery("korea", channel, key, key, {"title": key}, NOW)


def states(store: Store) -> dict[str, int]:
    return {state: number for (_, _, state), number in store.outbox.counts().items()}


def test_an_event_is_queued_once(store: Store, open_store: Open) -> None:
    assert store.outbox.queue([]) == 0
    assert store.outbox.queue([delivery("a"), delivery("b")]) == 2
    assert store.outbox.queue([delivery("a"), delivery("c")]) == 1
    again = open_store()
    assert [one.delivery for one in again.outbox.due(NOW, 10)] == [delivery(key) for key in "abc"]
    assert again.outbox.due(NOW - HOUR, 10) == []


def test_each_channel_has_its_share_of_what_is_due(store: Store) -> None:
    store.outbox.queue([delivery(f"a{n}") for n in range(5)] + [delivery("b", "notify:me")])
    assert sorted(one.delivery.key for one in store.outbox.due(NOW, 2)) == ["a0", "a1", "b"]


def test_what_arrived_what_failed_and_what_was_given_up(store: Store) -> None:
    store.outbox.queue([delivery(key) for key in "abcd"])
    a, b, c, d = (one.n for one in store.outbox.due(NOW, 10))
    store.outbox.done([a, b], NOW)
    store.outbox.retry([c], NOW + HOUR, "busy")
    store.outbox.dead([d], "refused")
    assert states(store) == {"sent": 1, "merged": 1, "waiting": 1, "dead": 1}
    assert store.outbox.sent_since(NOW - HOUR) == {("korea", "webhook:desk"): [NOW]}
    assert store.outbox.due(NOW, 10) == []
    assert [(one.n, one.attempts) for one in store.outbox.due(NOW + HOUR, 10)] == [(c, 1)]
    (letter,) = store.outbox.dead_letters()
    assert (letter.n, letter.error, letter.body) == (d, "refused", {"title": "d"})
    store.outbox.done([d], NOW)
    assert states(store)["dead"] == 1, "what is settled stays as it is"
    assert store.outbox.revive([a], NOW) == 0
    assert store.outbox.revive(None, NOW + HOUR) == 1
    assert store.outbox.dead_letters() == []
    assert store.outbox.prune(NOW + HOUR) == 2
    assert states(store) == {"waiting": 2}
