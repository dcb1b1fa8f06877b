"""Old entries go, with the stories they leave empty; the memory of them stays."""

from __future__ import annotations

import pytest

from aggregator.core.errors import NotFound
from aggregator.core.hashes import text_keys
from aggregator.core.types import Alarm, Batch, Fingerprint, Outcome, PollIntent, PollRecord
from aggregator.store import Store

from .makers import HOUR, NOW, OUT, batch, entry, story


def test_retention_deletes_entries_but_not_the_memory_of_them(store: Store) -> None:
    store.apply(batch("old", into="s1", at=NOW - 100 * HOUR), NOW)
    store.apply(batch("new", into="s2"), NOW)
    old = store.retention.older(NOW - HOUR, 10)
    assert old == {"old": "s1"}
    assert store.retention.stories_besides(old) == {}
    assert store.retention.forget_entries(old, (), NOW) == 1
    assert store.retention.older(NOW - HOUR, 10) == {}
    assert store.stories(["s1", "s2"]).keys() == {"s2"}
    assert set(store.seen(text_keys(entry("old"))).values()) == {"s1"}
    with pytest.raises(NotFound):
        store.find("old")


def test_a_story_goes_on_without_its_old_entries(store: Store) -> None:
    store.apply(batch("old", at=NOW - 100 * HOUR), NOW)
    store.apply(batch("new"), NOW)
    old = store.retention.older(NOW - HOUR, 10)
    besides = store.retention.stories_besides(old)
    assert [m.entry.id for m in besides["s1"].entries] == ["new"]
    assert store.retention.forget_entries(old, list(besides.values()), NOW) == 0
    assert [m.entry.id for m in store.stories(["s1"])["s1"].entries] == ["new"]


def test_the_oldest_go_first(store: Store) -> None:
    assert store.retention.newest() is None
    for n in range(5):
        store.apply(batch(f"e{n}", into=f"s{n}", at=NOW - n * HOUR), NOW)
    assert list(store.retention.older(NOW, 2)) == ["e4", "e3"]
    assert store.retention.newest() == NOW


def test_polls_alarms_and_what_happened_are_forgotten_in_their_time(store: Store) -> None:
    (feed, _) = store.due(NOW, 10)
    for at in (NOW - 9 * HOUR, NOW):
        alarm = Alarm(feed.id, at, "failing", "no")
        intent = PollIntent(feed, PollRecord(feed.id, at, Outcome.FAILED), (alarm,))
        store.apply(Batch(polls=(intent,)), NOW)
    store.apply(batch("e1", at=NOW - 9 * HOUR), NOW)
    store.apply(batch("e2", into="s2"), NOW)
    for name in ("s1", "s2"):
        store.apply(Batch(stories=(story(name, labels=(OUT,)),)), NOW - 9 * HOUR)
    store.retention.forget_entries({"e1": "s1"}, (), NOW)
    gone = store.retention.forget_rest(polls_before=NOW, history_before=NOW, window_before=NOW - HOUR)
    assert gone == 1
    assert [p.at for p in store.feeds.polls()] == [a.at for a in store.feeds.alarms()] == [NOW]
    assert store.history_of("s1") == []
    assert [kind for _, kind, _ in store.history_of("s2")] == ["withdrawn"], "it is still there"


def test_grouping_forgets_what_is_behind_its_window(store: Store) -> None:
    store.apply(batch("old", at=NOW - 9 * HOUR), NOW)
    store.apply(batch("new", into="s2"), NOW)
    store.retention.forget_rest(polls_before=NOW, history_before=NOW, window_before=NOW - HOUR)
    kept = {entry.id: fingerprint for _, entry, fingerprint in store.window(NOW - 10 * HOUR)}
    assert kept["old"] == Fingerprint()
    assert kept["new"] != Fingerprint()
