"""People's yes and no and their corrections of stories: kept, superseded, taken back, moved with what they speak of."""

from __future__ import annotations

from dataclasses import replace

from aggregator.core.types import Assignment, Batch, Constraint, Grouping
from aggregator.store import Store

from .makers import HOUR, NOW, batch, judgement, story


def test_the_newest_judgement_counts_and_can_be_taken_back(store: Store) -> None:
    store.apply(batch("e1"), NOW)
    given = (judgement(True), judgement(False, 1), judgement(True, topic="u"))
    store.apply(Batch(judgements=given), NOW)
    assert [(f.topic, f.relevant) for f in store.judgements.all()] == [("t", False), ("u", True)]
    newest = store.judgements.newest_about(story="s1", entry="e1", topic="t")
    assert newest is not None
    assert replace(newest, n=0) == given[1]
    store.apply(Batch(taken_back=(newest.n,)), NOW)
    assert [f.relevant for f in store.judgements.all("t")] == [True]
    newest = store.judgements.newest_about(story="", entry="e1", topic="t")
    assert newest is not None
    store.apply(Batch(taken_back=(newest.n,)), NOW)
    assert store.judgements.newest_about(story="s1", entry="e1", topic="t") is None
    assert store.judgements.newest_about(story="", entry="", topic="u") is None


def test_judgements_are_found_by_story(store: Store) -> None:
    assert store.judged(["s1"]) == {}
    store.apply(batch("e1"), NOW)
    store.apply(Batch(judgements=(judgement(True), judgement(False, 1, entry=""))), NOW)
    assert [f.entry for f in store.judged(["s1", "s2"])["s1"]] == ["e1", ""]
    assert store.judgements.of_stories(["s1"]).keys() == {"s1"}
    whole = store.judgements.newest(story="s1", topic="t")
    assert whole is not None
    assert not whole.relevant
    assert store.judgements.newest(story="s1", topic="u") is None


def test_what_was_said_goes_where_the_entry_and_the_story_go(store: Store) -> None:
    store.apply(batch("e1", "e2"), NOW)
    store.apply(Batch(judgements=(judgement(True), judgement(False, entry=""))), NOW)
    moved = Grouping((Assignment("e1", "s2", "person"),))
    store.apply(Batch(grouping=moved, stories=(story("s2"),)), NOW)
    assert [f.entry for f in store.judged(["s2"])["s2"]] == ["e1"]
    store.apply(Batch(grouping=Grouping(merges=(("s1", "s2"),))), NOW)
    assert {f.entry for f in store.judged(["s2"])["s2"]} == {"e1", ""}


def test_a_judgement_given_with_a_merge_goes_to_the_story_that_remains(store: Store) -> None:
    store.apply(batch("e1"), NOW)
    store.apply(batch("e2", into="s2"), NOW)
    merged = Grouping(merges=(("s1", "s2"),))
    store.apply(Batch(grouping=merged, stories=(story("s2"),), judgements=(judgement(True),)), NOW)
    assert store.judged(["s1", "s2"]).keys() == {"s2"}


def test_the_latest_word_on_a_pair_counts(store: Store) -> None:
    first = Constraint("b", "a", True, NOW, "me")
    store.apply(Batch(constraints=(first, Constraint("a", "c", False, NOW + HOUR))), NOW)
    assert store.constraints() == {("a", "b"): True, ("a", "c"): False}
    assert store.corrections()[0] == Constraint("a", "b", True, NOW, "me")
    store.apply(Batch(constraints=(Constraint("a", "b", False, NOW + 2 * HOUR, "you"),)), NOW)
    assert store.constraints() == {("a", "b"): False, ("a", "c"): False}
    assert [one.by for one in store.corrections()] == ["", "you"]
