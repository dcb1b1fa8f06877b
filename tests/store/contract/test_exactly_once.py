"""A batch is there whole or not at all, and applied twice it is there once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from aggregator.core.hashes import text_keys
from aggregator.core.types import (
    Alarm,
    Assignment,
    Batch,
    Constraint,
    Grouping,
    Outcome,
    PollIntent,
    PollRecord,
    Revision,
)
from aggregator.store import Store

from .conftest import Open
from .makers import HOUR, LABEL, NOW, OUT, batch, entry, judgement, story


def begin(store: Store) -> None:
    store.apply(batch("e1", "e2"), NOW)
    store.apply(batch("e3", into="s3"), NOW)
    store.apply(Batch(judgements=(judgement(True),)), NOW)


def everything(store: Store) -> Any:
    """All that can be read of a store that `begin` and a batch filled."""
    names = ["e1", "e2", "e3", "e4"]
    stories = ["s1", "s2", "s3", "s4"]
    return (
        store.stories(stories),
        store.known(names),
        store.labels_for(names),
        [store.entries.earlier_versions(name) for name in names],
        store.seen([key for name in names for key in text_keys(entry(name))]),
        store.redirects(stories),
        [store.history_of(name) for name in stories],
        store.judgements.all(),
        store.judged(stories),
        store.corrections(),
        store.feeds.all(),
        store.feeds.polls(),
        store.feeds.alarms(),
        store.window(NOW - HOUR),
    )


def poll(store: Store, **change: Any) -> Batch:
    feed = store.feeds.all()[0]
    intent = PollIntent(
        replace(feed, etag="x", next_due=NOW + HOUR),
        PollRecord(feed.id, NOW, Outcome.NEW, 200),
        (Alarm(feed.id, NOW, "gap", "some were missed"),),
    )
    return replace(batch("e4", into="s4"), polls=(intent,), **change)


def revision(_: Store) -> Batch:
    new = replace(entry("e1"), title="Another", hash="hash-2")
    return Batch(
        revisions=(Revision(new, NOW, "Title of e1", "old", "hash-e1"),),
        labels=(("e1", (OUT,)),),
        pages=(("e2", "The page", "done"),),
        stories=(story("s1", labels=(OUT,)),),
    )


def merge(_: Store) -> Batch:
    return Batch(
        grouping=Grouping(merges=(("s3", "s1"),)),
        stories=(story("s1", at=NOW + HOUR),),
        constraints=(Constraint("e1", "e3", True, NOW, "me"),),
    )


def split(_: Store) -> Batch:
    return Batch(
        grouping=Grouping((Assignment("e1", "s2", "person"),)),
        stories=(story("s1"), story("s2")),
        constraints=(Constraint("e1", "e2", False, NOW, "me"),),
        judgements=(judgement(False, 1, entry="e2"),),
    )


def undo(store: Store) -> Batch:
    newest = store.judgements.newest_about(story="s1", entry="e1", topic="t")
    assert newest is not None
    return Batch(taken_back=(newest.n,), stories=(story("s1", labels=(replace(LABEL, score=0.7),)),))


BATCHES = [poll, revision, merge, split, undo]


@pytest.mark.parametrize("make", BATCHES)
def test_a_batch_applied_twice_changes_nothing(store: Store, make: Callable[[Store], Batch]) -> None:
    begin(store)
    before = everything(store)
    decided = make(store)
    store.apply(decided, NOW + HOUR)
    after = everything(store)
    assert after != before
    store.apply(decided, NOW + HOUR)
    assert everything(store) == after


@pytest.mark.parametrize("make", BATCHES)
def test_a_batch_that_fails_leaves_nothing(store: Store, make: Callable[[Store], Batch]) -> None:
    begin(store)
    before = everything(store)
    decided = make(store)
    broken = replace(story("s1"), memory={"x": object()})  # what no column can hold
    with pytest.raises(TypeError):
        store.apply(replace(decided, stories=(*decided.stories, broken)), NOW + HOUR)
    assert everything(store) == before


def test_what_one_store_wrote_the_other_sees(store: Store, open_store: Open) -> None:
    other = open_store()
    begin(store)
    other.apply(split(other), NOW)
    assert everything(store) == everything(other)
