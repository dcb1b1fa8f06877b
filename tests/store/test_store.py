"""The store keeps what it is given, whole, once, and across restarts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from aggregator.config import FeedConfig
from aggregator.core.errors import NotFound
from aggregator.core.hashes import text_keys
from aggregator.core.types import (
    Alarm,
    Assignment,
    Batch,
    Candidate,
    Corroboration,
    Enclosure,
    Entry,
    FeedMemory,
    FeedState,
    Fingerprint,
    Grouping,
    Health,
    Outcome,
    PollIntent,
    PollRecord,
    Revision,
    Story,
)
from aggregator.store import Store, entries, feedback, feeds, selection, stories
from aggregator.store.feedback import Feedback
from classifiers.types import Label, Reason

from .conftest import HOUR, NOW


def entry(name: str, *, feed: int = 1, at: datetime = NOW) -> Entry:
    return Entry(
        id=name,
        feed_id=feed,
        guid=f"urn:{name}",
        url=f"https://a.example/{name}",
        title=f"Title of {name}",
        summary="What happened, in a sentence long enough to count.",
        content="<p>Safe</p>",
        categories=("one", "two"),
        published=at,
        seen=at,
        language="en",
        enclosures=(Enclosure("https://a.example/x.mp3", "audio/mpeg", 12),),
        hash=f"hash-{name}",
    )


REASONS = (Reason("term", "@x", 1.5, "title", "X"), Reason("term", "y", 0.5, "text", "Y", passing=True))
LABEL = Label("t", 0.9, 0.5, True, "f", REASONS, "r1", "")


def story(name: str, *, at: datetime = NOW, labels: tuple[Label, ...] = (LABEL,)) -> Story:
    return Story(
        id=name,
        title=f"Story {name}",
        lead="",
        url="",
        language="en",
        first_seen=at,
        published=at,
        changed=at,
        labels=labels,
        corroboration=Corroboration(since=at, origins=("a",), history=((at, "single-source"),)),
    )


def batch(*names: str, into: str = "s1", at: datetime = NOW) -> Batch:
    made = [entry(name, at=at) for name in names]
    return Batch(
        candidates=tuple(
            Candidate(e, Fingerprint(text_keys(e), (1, 2), {"w:x": 1.0}, "x\ty"), (LABEL,)) for e in made
        ),
        grouping=Grouping(tuple(Assignment(e.id, into, "new") for e in made)),
        stories=(story(into, at=at),),
    )


def test_what_goes_in_comes_out(store: Store) -> None:
    store.apply(batch("e1"), NOW)
    found = store.stories(["s1"])["s1"]
    member = found.entries[0]
    assert member.entry == entry("e1")
    assert member.feed_title == "A"
    assert member.labels == (LABEL,)
    assert found.labels == (LABEL,)
    assert found.corroboration == story("s1").corroboration
    (window,) = store.window(NOW - HOUR)
    assert window == ("s1", entry("e1"), Fingerprint(text_keys(entry("e1")), (1, 2), {"w:x": 1.0}, "x\ty"))


def test_applying_a_batch_twice_changes_nothing(store: Store) -> None:
    for _ in range(2):
        store.apply(batch("e1", "e2"), NOW)
    assert [e.entry.id for e in store.stories(["s1"])["s1"].entries] == ["e1", "e2"]
    with store.read() as connection:
        assert stories.history_of(connection, "s1") == []


def test_a_batch_is_stored_whole_or_not_at_all(store: Store) -> None:
    broken = replace(batch("e1"), stories=(replace(story("s1"), memory={"x": object()}),))
    with pytest.raises(TypeError):
        store.apply(broken, NOW)
    assert store.known(["e1"]) == {}


def test_known_and_seen_tell_what_came_before(store: Store) -> None:
    store.apply(batch("e1"), NOW)
    known = store.known(["e1", "e2"])
    assert known.keys() == {"e1"}
    assert (known["e1"].story, known["e1"].recent_hashes) == ("s1", ("hash-e1",))
    keys = text_keys(entry("e1"))
    assert store.seen([*keys, 12345]) == dict.fromkeys(keys, "s1")


def test_many_ids_are_looked_up_in_one_call(store: Store) -> None:
    store.apply(batch(*(f"e{n}" for n in range(5000))), NOW)
    assert len(store.known([f"e{n}" for n in range(6000)])) == 5000


def test_a_revision_keeps_the_old_text(store: Store) -> None:
    store.apply(batch("e1"), NOW)
    new = replace(entry("e1"), title="Another title", hash="hash-2")
    change = Revision(new, NOW + HOUR, "Title of e1", "old", "hash-e1", "[-Title of e1-]")
    store.apply(Batch(revisions=(change,), labels=(("e1", ()),)), NOW + HOUR)
    with store.read() as connection:
        (held,) = entries.by_ids(connection, ["e1"])
        (old,) = entries.revisions_of(connection, "e1")
        assert entries.labels_of(connection, ["e1"]) == {}
    assert held.title == "Another title"
    assert (old["title"], old["diff"]) == (
        "Title of e1",
        "[-Title of e1-]",
    )
    assert store.known(["e1"])["e1"].recent_hashes == ("hash-e1", "hash-2")


def test_when_an_entry_was_not_listed_yet_is_kept_through_a_revision(store: Store) -> None:
    first = batch("e1")
    marked = replace(first.candidates[0], entry=replace(first.candidates[0].entry, listed_after=NOW - HOUR))
    store.apply(replace(first, candidates=(marked,)), NOW)
    new = replace(entry("e1"), title="Another title", hash="hash-2", image="https://news.example/i.png")
    store.apply(Batch(revisions=(Revision(new, NOW + HOUR, "Title of e1", "old", "hash-e1"),)), NOW + HOUR)
    with store.read() as connection:
        (held,) = entries.by_ids(connection, ["e1"])
    assert (held.listed_after, held.image) == (NOW - HOUR, "https://news.example/i.png")


def test_of_an_entry_that_changes_for_ever_the_newest_revisions_are_kept(store: Store) -> None:
    store.apply(batch("e1", "e2"), NOW)
    for n in range(60):
        new = replace(entry("e1"), title=f"Title {n + 1}", hash=f"hash-{n + 1}")
        store.apply(Batch(revisions=(Revision(new, NOW, f"Title {n}", "", f"hash-{n}"),)), NOW)
    other = replace(entry("e2"), title="Other", hash="x")
    store.apply(Batch(revisions=(Revision(other, NOW, "Title of e2", "", "hash-e2"),)), NOW)
    with store.read() as connection:
        kept = [revision["title"] for revision in entries.revisions_of(connection, "e1")]
        assert kept == [f"Title {n}" for n in range(59, 9, -1)]
        assert len(entries.revisions_of(connection, "e2")) == 1


def test_merged_ids_lead_to_the_story_that_remains(store: Store) -> None:
    for number in (1, 2, 3):
        store.apply(batch(f"e{number}", into=f"s{number}"), NOW)
    merges = (("s2", "s1"),)
    store.apply(Batch(grouping=Grouping(merges=merges), stories=(story("s1"),)), NOW)
    with store.read() as connection:
        assert selection.withdrawn(connection, ["t"], NOW, 10) == [
            ("s2", NOW, "merged into another story", "Story s1")
        ]
    store.apply(Batch(grouping=Grouping(merges=(("s1", "s3"),)), stories=(story("s3"),)), NOW)
    with store.read() as connection:
        assert stories.redirects(connection, ["s1", "s2", "s3"]) == {"s1": "s3", "s2": "s3"}
        assert entries.find(connection, "s2") == ("", "s3")
        assert entries.find(connection, "https://a.example/e2") == ("e2", "s3")
        assert [m.entry.id for m in stories.load(connection, ["s3"])["s3"].entries] == ["e1", "e2", "e3"]
        assert stories.load(connection, ["s1", "s2"]) == {}
    assert set(store.seen(text_keys(entry("e2"))).values()) == {"s3"}


def test_a_story_that_leaves_a_topic_is_withdrawn_until_it_returns(store: Store) -> None:
    store.apply(batch("e1"), NOW)
    out = replace(LABEL, belongs=False, score=0.1)
    store.apply(Batch(stories=(story("s1", labels=(out,)),)), NOW + HOUR)
    with store.read() as connection:
        assert selection.withdrawn(connection, ["t"], NOW, 10) == [
            ("s1", NOW + HOUR, "no longer in the topic", "Story s1")
        ]
        assert selection.withdrawn(connection, ["other"], NOW, 10) == []
    store.apply(Batch(stories=(story("s1"),)), NOW + 2 * HOUR)
    with store.read() as connection:
        assert selection.withdrawn(connection, ["t"], NOW, 10) == []


def test_retention_deletes_entries_but_not_the_memory_of_them(store: Store) -> None:
    store.apply(batch("old", into="s1", at=NOW - 100 * HOUR), NOW)
    store.apply(batch("new", into="s2"), NOW)
    old = store.older(NOW - HOUR, 10)
    assert old == {"old": "s1"}
    assert store.stories_besides(old) == {}
    assert store.forget_entries(old, (), NOW) == 1
    assert store.older(NOW - HOUR, 10) == {}
    store.forget_rest(polls_before=NOW, history_before=NOW, window_before=NOW - HOUR)
    assert store.stories(["s1", "s2"]).keys() == {"s2"}
    assert set(store.seen(text_keys(entry("old"))).values()) == {"s1"}
    with store.read() as connection, pytest.raises(NotFound):
        entries.find(connection, "old")


def test_feeds_follow_the_configuration_and_keep_their_state(store: Store) -> None:
    a, b = store.due(NOW, 10)
    assert (a.url, b.origin) == ("https://a.example/feed", "b.example")
    polled = replace(
        a,
        etag='W/"x"',
        next_due=NOW + HOUR,
        failures=2,
        health=Health.FAILING,
        memory=FeedMemory(gap=60.0, last_new=NOW, last_ids=("x",)),
    )
    record = PollRecord(a.id, NOW, Outcome.FAILED, 500, 0.1, 10, host="a.example", error="http-500: no")
    alarm = Alarm(a.id, NOW, "failing", "it fails")
    store.apply(Batch(polls=(PollIntent(polled, record, (alarm,)),)), NOW)
    assert [f.url for f in store.due(NOW, 10)] == ["https://b.example/feed"]
    assert store.due(NOW + HOUR, 10)[1] == polled
    with store.read() as connection:
        assert feeds.polls(connection) == [record]
        assert feeds.alarms(connection) == [alarm]
        assert feeds.next_due(connection) == NOW + HOUR
    assert store.sync_feeds([FeedConfig(url="https://a.example/feed", title="New name")]) == (0, 1)
    (a,) = store.due(NOW + HOUR, 10)
    assert (a.title, a.etag) == ("New name", 'W/"x"')
    assert store.sync_feeds([FeedConfig(url="https://b.example/feed")]) == (0, 1)
    assert [f.url for f in store.due(NOW + HOUR, 10)] == ["https://b.example/feed"]


def test_a_feed_that_is_gone_is_polled_no_more(store: Store) -> None:
    a, _ = store.due(NOW, 10)
    record = PollRecord(a.id, NOW, Outcome.GONE, 410)
    store.apply(Batch(polls=(PollIntent(replace(a, health=Health.GONE), record),)), NOW)
    assert a.id not in {f.id for f in store.due(NOW + 1000 * HOUR, 10)}


def test_a_title_learned_from_the_document_gives_way_to_a_configured_one(store: Store) -> None:
    _, b = store.due(NOW, 10)
    store.apply(
        Batch(polls=(PollIntent(replace(b, title="Learned"), PollRecord(b.id, NOW, Outcome.NEW)),)), NOW
    )
    assert store.due(NOW, 10)[1].title == "Learned"
    store.sync_feeds([FeedConfig(url="https://a.example/feed"), FeedConfig(url="https://b.example/feed")])
    assert store.due(NOW, 10)[1].title == "Learned"


def judgement(relevant: bool, minutes: int = 0, topic: str = "t") -> Feedback:
    return Feedback("e1", "s1", topic, relevant, "", NOW + minutes * HOUR / 60, "me")


def test_the_newest_judgement_counts_and_can_be_taken_back(store: Store) -> None:
    store.apply(batch("e1"), NOW)
    with store.write() as connection:
        feedback.record(connection, [judgement(True), judgement(False, 1), judgement(True, topic="u")])
        assert [(f.topic, f.relevant) for f in feedback.all_feedback(connection)] == [
            ("t", False),
            ("u", True),
        ]
        assert feedback.undo(connection, story="s1", entry="e1", topic="t")
        assert [f.relevant for f in feedback.all_feedback(connection, "t")] == [True]
        assert feedback.undo(connection, story="s1", entry="e1", topic="t")
        assert not feedback.undo(connection, story="s1", entry="e1", topic="t")


def test_import_sources_borrow_what_is_known_of_the_outlet(store: Store) -> None:
    known = {
        "yna": FeedConfig(url="https://y.example/rss", title="Y", origin="y", kind="agency", country="KR")
    }
    with store.write() as connection:
        found = feeds.import_sources(connection, ["yna", "other"], known)
        again = feeds.import_sources(connection, ["yna"], {})
        assert [f.url for f in feeds.all_feeds(connection)] == [
            "https://a.example/feed",
            "https://b.example/feed",
        ]
    assert (found["yna"].kind, found["yna"].country, found["other"].origin) == ("agency", "KR", "other")
    assert again["yna"] == found["yna"]
    assert not found["yna"].active
    assert store.sync_feeds([]) == (0, 2)


def test_everything_survives_a_restart(tmp_path: Path, store: Store) -> None:
    store.apply(batch("e1"), NOW)
    store.close()
    again = Store.open(tmp_path / "a.db")
    assert again.stories(["s1"])["s1"].entries[0].entry == entry("e1")
    again.close()


def test_states_of_feeds_are_whole_records() -> None:
    state = FeedState(id=0, url="u", location="u")
    assert state.memory == FeedMemory()


def test_how_stories_grew_is_told_by_topic(store: Store) -> None:
    store.apply(batch("e1", into="s1", at=NOW), NOW)
    later = entry("e2", at=NOW + 2 * HOUR)
    grown = Batch(
        candidates=(Candidate(later, Fingerprint(), (LABEL,)),),
        grouping=Grouping((Assignment("e2", "s1", "event"),)),
        stories=(story("s1"),),
    )
    store.apply(grown, NOW)
    store.apply(batch("e3", into="s2", at=NOW), NOW)
    assert sorted(store.growth(NOW - HOUR)) == [("t", 1, 0 * HOUR), ("t", 2, 2 * HOUR)]
    assert store.growth(NOW + HOUR) == []
