"""Entries go in and come out whole; what came before is known; their texts change and are kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aggregator.core.errors import NotFound
from aggregator.core.hashes import text_keys
from aggregator.core.types import ALIKE, Assignment, Batch, EarlierVersion, Fingerprint, Grouping, Revision
from aggregator.store import Store

from .conftest import A, Open
from .makers import HOUR, LABEL, NOW, OUT, batch, entry, fingerprint, story


def test_what_goes_in_comes_out(store: Store) -> None:
    store.apply(batch("e1"), NOW)
    found = store.stories(["s1"])["s1"]
    member = found.entries[0]
    assert member.entry == replace(entry("e1"), content="")
    assert (member.feed_title, member.feed_url, member.basis, member.archived) == ("A", A, "new", False)
    assert member.labels == (LABEL,)
    assert found.labels == (LABEL,)
    assert found.corroboration == story("s1").corroboration
    assert store.entries_for(["e1", "e2"]) == {"e1": entry("e1")}
    assert store.entries.by_ids(["e1", "e2"]) == [entry("e1")]
    assert store.labels_for(["e1", "e2"]) == store.entries.labels_of(["e1", "e2"]) == {"e1": (LABEL,)}


def test_lists_of_stories_leave_out_long_texts(store: Store) -> None:
    store.apply(batch("e1"), NOW)
    (member,) = store.stories(["s1"], text=False)["s1"].entries
    assert member.entry == replace(entry("e1"), content="", text="")


def test_everything_survives_a_restart(store: Store, open_store: Open) -> None:
    store.apply(batch("e1"), NOW)
    store.close()
    assert open_store().entries_for(["e1"]) == {"e1": entry("e1")}


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
    assert len(store.entries_for([f"e{n}" for n in range(6000)])) == 5000


def test_the_window_holds_what_is_recent_in_order_of_arrival(store: Store) -> None:
    store.apply(batch("old", into="s0", at=NOW - 10 * HOUR), NOW)
    store.apply(batch("b", "a"), NOW)
    undated = replace(entry("c"), published=None)
    third = batch("c", into="s2")
    store.apply(replace(third, candidates=(replace(third.candidates[0], entry=undated),)), NOW)
    assert store.window(NOW - HOUR) == [
        ("s1", replace(entry("b"), content="", text=""), fingerprint(entry("b"))),
        ("s1", replace(entry("a"), content="", text=""), fingerprint(entry("a"))),
        ("s2", replace(undated, content="", text=""), fingerprint(entry("c"))),
    ], "without the texts that grouping has no use for"


def test_a_revision_keeps_the_old_text(store: Store) -> None:
    store.apply(batch("e1"), NOW)
    new = replace(entry("e1"), title="Another title", hash="hash-2")
    change = Revision(new, NOW + HOUR, "Title of e1", "old", "hash-e1", diff="[-Title of e1-]")
    fresh = Fingerprint((), (3,), {"w:y": 1.0}, "y")
    change_all = Batch(revisions=(change,), labels=(("e1", ()),), fingerprints=(("e1", fresh),))
    store.apply(change_all, NOW + HOUR)
    assert store.entries_for(["e1"])["e1"].title == "Another title"
    assert store.entries.earlier_versions("e1") == [
        EarlierVersion(NOW + HOUR, "Title of e1", "old", "hash-e1", "[-Title of e1-]", False)
    ]
    assert store.labels_for(["e1"]) == {}
    assert store.known(["e1"])["e1"].recent_hashes == ("hash-e1", "hash-2")
    ((_, _, held),) = store.window(NOW - HOUR)
    assert held == fresh


def test_when_an_entry_was_not_listed_yet_is_kept_through_a_revision(store: Store) -> None:
    first = batch("e1")
    marked = replace(first.candidates[0], entry=replace(first.candidates[0].entry, listed_after=NOW - HOUR))
    store.apply(replace(first, candidates=(marked,)), NOW)
    new = replace(entry("e1"), title="Another title", hash="hash-2", image="https://news.example/i.png")
    store.apply(Batch(revisions=(Revision(new, NOW + HOUR, "Title of e1", "old", "hash-e1"),)), NOW + HOUR)
    held = store.entries_for(["e1"])["e1"]
    assert (held.listed_after, held.image) == (NOW - HOUR, "https://news.example/i.png")


def test_of_an_entry_that_changes_for_ever_the_newest_revisions_are_kept(store: Store) -> None:
    store.apply(batch("e1", "e2"), NOW)
    for n in range(60):
        new = replace(entry("e1"), title=f"Title {n + 1}", hash=f"hash-{n + 1}")
        store.apply(Batch(revisions=(Revision(new, NOW, f"Title {n}", "", f"hash-{n}"),)), NOW)
    other = replace(entry("e2"), title="Other", hash="x")
    store.apply(Batch(revisions=(Revision(other, NOW, "Title of e2", "", "hash-e2"),)), NOW)
    kept = [version.title for version in store.entries.earlier_versions("e1")]
    assert kept == [f"Title {n}" for n in range(59, 9, -1)]
    assert len(store.entries.earlier_versions("e2")) == 1


def test_a_page_is_wanted_once(store: Store) -> None:
    store.apply(batch("e1", "e2"), NOW)
    store.apply(batch("old", into="s2", at=NOW - 9 * HOUR), NOW)
    wanted = [e.id for e in store.entries.wanting_pages([A], NOW - HOUR, 10)]
    assert wanted == ["e2", "e1"]
    assert store.entries.wanting_pages(["https://other.example/"], NOW - HOUR, 10) == []
    store.apply(Batch(pages=(("e1", "The page", "done"), ("e2", "", "it is gone"))), NOW)
    assert store.entries.wanting_pages([A], NOW - HOUR, 10) == []
    assert store.entries_for(["e1"])["e1"].text == "The page"
    assert store.entries_for(["e2"])["e2"].text == "The whole text of e2"


def test_entries_are_read_in_turn(store: Store) -> None:
    store.apply(batch("old", into="s0", at=NOW - 9 * HOUR), NOW)
    store.apply(batch("e1", "e2", "e3"), NOW)
    found = [[e.id for e, _, _ in part] for part in store.entries.walk(size=3)]
    assert found == [["e3", "e2", "e1"], ["old"]]
    assert next(store.entries.walk(since=NOW)) == [(entry(name), "s1", "new") for name in ("e3", "e2", "e1")]
    first, place = store.entries.newest_before(None, 3)
    rest, end = store.entries.newest_before(place, 3)
    assert [[e.id for e in part] for part in (first, rest)] == found
    assert store.entries.newest_before(end, 3) == ([], None)
    assert store.entries.first_of_stories(["s0", "s1", "s9"]) == {"s0": "old", "s1": "e1"}


def test_a_person_names_things_by_id_or_url(store: Store) -> None:
    store.apply(batch("e1"), NOW)
    assert store.find("e1") == ("e1", "s1")
    assert store.find("s1") == ("", "s1")
    assert store.find("https://a.example/e1") == ("e1", "s1")
    with pytest.raises(NotFound, match="'nothing'"):
        store.find("nothing")


def test_labels_are_replaced(store: Store) -> None:
    store.apply(batch("e1"), NOW)
    store.apply(Batch(labels=(("e1", (OUT,)),)), NOW)
    assert store.labels_for(["e1"]) == {"e1": (OUT,)}


def test_a_feed_has_its_own_keys_and_those_of_what_is_gone(store: Store) -> None:
    store.apply(batch("mine"), NOW)
    copy = replace(entry("mine"), id="copy", feed_id=2)
    guid, *shared = text_keys(entry("mine"))
    assert store.own_keys([entry("mine")]) == {1: frozenset([guid, *shared])}
    assert store.own_keys([copy]) == {2: frozenset()}, "what another feed brought is not its own"
    store.retention.forget_entries({"mine": "s1"}, (), NOW)
    assert store.own_keys([copy]) == {2: frozenset(shared)}
    assert store.own_keys([entry("other")]).get(1, frozenset()) == frozenset()


def test_who_holds_a_link_or_guid_in_a_story_and_what_it_keeps_of_each_feed(store: Store) -> None:
    store.apply(batch("e1", "e2"), NOW)
    lean = replace(entry("e1"), content="", text="")
    assert store.entries.holders(["s1"], [entry("e1").url], []) == [("s1", lean)]
    assert store.entries.holders(["s1"], [], ["urn:e1"]) == [("s1", lean)]
    assert store.entries.holders(["s2"], [entry("e1").url], ["urn:e1"]) == []
    assert store.entries.kept_by_feed(["s1", "s2"]) == {("s1", 1): 2}


def test_what_is_held_back_waits_until_it_is_let_through_or_forgotten(store: Store) -> None:
    first = batch("e1", "e2", "e3")
    held = tuple(replace(c, archived=True, held_back=c.entry.id != "e3") for c in first.candidates)
    store.apply(replace(first, candidates=held), NOW)
    assert store.feeds.held_back() == {1: 2}
    assert store.feeds.held_back_of(1, 1) == {"e1": "s1"}
    assert store.feeds.held_back_of(2, 10) == {}
    store.apply(Batch(released=("e1",)), NOW)
    assert [m.archived for m in store.stories(["s1"])["s1"].entries] == [False, True, True]
    assert store.feeds.held_back_of(1, 10) == {"e2": "s1"}
    store.retention.forget_entries({"e2": "s1"}, (), NOW)
    assert store.feeds.held_back() == {}


def test_an_entry_that_is_only_counted_is_known_and_its_text_is_not_kept(store: Store) -> None:
    whole, counted = batch("e1"), batch("e2", "e3")
    alike = Grouping(tuple(Assignment(one, "s1", ALIKE) for one in ("e2", "e3")))
    store.apply(whole, NOW)
    store.apply(replace(counted, grouping=alike), NOW)
    assert store.known(["e2"])["e2"].hash == entry("e2").hash
    assert store.seen(text_keys(entry("e3"))).keys() == set(text_keys(entry("e3")))
    assert store.entries_for(["e2"])["e2"].summary == store.entries_for(["e2"])["e2"].content == ""
    (found,) = store.stories(["s1"]).values()
    assert ([m.entry.id for m in found.entries], found.alike) == (["e1"], (("A", 2),))
    assert [one.id for _, one, _ in store.window(NOW - HOUR)] == ["e1"]
    assert [one.id for one in store.entries.newest_before(None)[0]] == ["e1"]
    assert store.labels_for(["e2"]) == {}


def test_of_a_long_text_a_story_reads_the_beginning_and_the_end(store: Store) -> None:
    text = "It began so. " + "Much was said. " * 5000 + "(AFP)"
    long = replace(entry("e1"), text=text)
    first = batch("e1")
    store.apply(replace(first, candidates=(replace(first.candidates[0], entry=long),)), NOW)
    read = store.stories(["s1"])["s1"].entries[0].entry.text
    assert len(read) < 7000
    assert read.startswith("It began so.")
    assert read.endswith("(AFP)")
    assert store.entries_for(["e1"])["e1"].text == text
