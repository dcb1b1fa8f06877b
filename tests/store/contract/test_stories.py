"""Stories are merged, moved, withdrawn, chosen, paged and searched."""

from __future__ import annotations

from dataclasses import replace

from aggregator.core.hashes import text_keys
from aggregator.core.types import Assignment, Batch, Candidate, Fingerprint, Grouping
from aggregator.store import Store, Wanted

from .makers import HOUR, LABEL, NOW, OUT, batch, entry, story


def ids(store: Store, wanted: Wanted, limit: int = 100) -> list[str]:
    return [one.id for one in store.selection.wanted(wanted, limit)]


def test_merged_ids_lead_to_the_story_that_remains(store: Store) -> None:
    for number in (1, 2, 3):
        store.apply(batch(f"e{number}", into=f"s{number}"), NOW)
    store.apply(Batch(grouping=Grouping(merges=(("s2", "s1"),)), stories=(story("s1"),)), NOW)
    assert store.selection.withdrawn(["t"], NOW, 10) == [("s2", NOW, "merged into another story", "Story s1")]
    assert [(at, kind) for at, kind, _ in store.history_of("s1")] == [(NOW, "merged")]
    store.apply(Batch(grouping=Grouping(merges=(("s1", "s3"),)), stories=(story("s3"),)), NOW)
    assert store.redirects(["s1", "s2", "s3"]) == {"s1": "s3", "s2": "s3"}
    assert store.find("s2") == ("", "s3")
    assert store.find("https://a.example/e2") == ("e2", "s3")
    assert [m.entry.id for m in store.stories(["s3"])["s3"].entries] == ["e1", "e2", "e3"]
    assert store.stories(["s1", "s2"]) == {}
    assert set(store.seen(text_keys(entry("e2"))).values()) == {"s3"}


def test_an_entry_that_is_moved_takes_along_what_its_text_leads_to(store: Store) -> None:
    first = batch("e1", "e2")
    other = replace(entry("e2"), title="A quite different headline", summary="With words of its own in it.")
    candidates = (first.candidates[0], Candidate(other, Fingerprint(text_keys(other)), (LABEL,)))
    store.apply(replace(first, candidates=candidates), NOW)
    store.apply(batch("e3", into="s2"), NOW)
    store.apply(Batch(grouping=Grouping(merges=(("s2", "s1"),)), stories=(story("s1"),)), NOW)
    moved = Grouping((Assignment("e2", "s2", "person"),))
    store.apply(Batch(grouping=moved, stories=(story("s1"), story("s2"))), NOW)
    assert store.find("e2") == ("e2", "s2")
    assert set(store.seen(text_keys(other)).values()) == {"s2"}
    assert store.redirects(["s2"]) == {}, "it stands for itself again"
    assert [m.basis for m in store.stories(["s2"])["s2"].entries] == ["person"]


def test_a_story_that_leaves_a_topic_is_withdrawn_until_it_returns(store: Store) -> None:
    store.apply(batch("e1"), NOW)
    store.apply(Batch(stories=(story("s1", labels=(OUT,)),)), NOW + HOUR)
    gone = [("s1", NOW + HOUR, "no longer in the topic", "Story s1")]
    assert store.selection.withdrawn(["t"], NOW, 10) == gone
    assert store.selection.withdrawn([], NOW, 10) == gone
    assert store.selection.withdrawn(["other"], NOW, 10) == []
    store.apply(Batch(stories=(story("s1"),)), NOW + 2 * HOUR)
    assert store.selection.withdrawn(["t"], NOW, 10) == []


def test_an_output_is_read_page_by_page_without_a_gap(store: Store) -> None:
    for number in range(25):
        at = NOW - (number // 5) * HOUR  # five stories of each moment
        store.apply(batch(f"e{number}", into=f"s{number:02}", at=at), at)
    for order in ("changed", "published"):
        found: list[str] = []
        wanted = Wanted(topics=("t",), order=order)
        for _ in range(10):
            page = store.selection.wanted(wanted, 4)
            found += [one.id for one in page]
            if len(page) < 4:
                break
            wanted = replace(wanted, before=(page[-1].changed, page[-1].id))
        assert found == ids(store, Wanted(topics=("t",), order=order))
        assert found == [f"s{5 * moment + n:02}" for moment in range(5) for n in (4, 3, 2, 1, 0)]


def test_what_an_output_asks_for_is_what_it_gets(store: Store) -> None:
    high = replace(LABEL, score=0.99)
    store.apply(batch("e1", into="s1", at=NOW - 2 * HOUR), NOW)
    store.apply(batch("e2", into="s2", at=NOW - HOUR, labels=(high,)), NOW)
    store.apply(batch("e3", into="s3", labels=(OUT,)), NOW)
    old = batch("e4", into="s4", at=NOW - 9 * HOUR)
    store.apply(replace(old, stories=(replace(old.stories[0], announced=False),)), NOW)
    assert ids(store, Wanted(topics=("t",))) == ids(store, Wanted()) == ["s2", "s1"]
    assert ids(store, Wanted(topics=("u",))) == []
    assert ids(store, Wanted(topics=("t",)), 1) == ["s2"]
    assert ids(store, Wanted(belongs=False)) == ["s3"]
    assert ids(store, Wanted(belongs=False, margin=0.05)) == []
    assert ids(store, Wanted(min_score=0.95)) == ["s2"]
    assert ids(store, Wanted(since=NOW - 1.5 * HOUR)) == ["s2"]
    assert ids(store, Wanted(order="score")) == ["s2", "s1"]
    assert ids(store, Wanted(span=(NOW - 10 * HOUR, NOW - HOUR))) == ["s1", "s4"]
    assert [one.id for one in store.selection.newest()] == ["s3", "s2", "s1"]
    assert [one.id for one in store.selection.newest(topics=["t"], limit=1)] == ["s2"]
    assert [one.id for one in store.selection.newest(topics=["t"], since=NOW - HOUR)] == ["s2"]
    assert store.selection.oldest() == NOW - 9 * HOUR


def test_changes_are_told_in_order_from_a_moment_on(store: Store) -> None:
    assert store.selection.oldest() is None
    for number in range(4):
        store.apply(batch(f"e{number}", into=f"s{number}", at=NOW + (number // 2) * HOUR), NOW)
    assert [s.id for s in store.selection.changed_since(NOW, 10)] == ["s0", "s1", "s2", "s3"]
    assert [s.id for s in store.selection.changed_since(NOW, 2, after="s0")] == ["s1", "s2"]
    assert store.selection.changed_since(NOW + HOUR, 10, after="s3") == []


def test_the_outline_of_a_span_is_what_its_stories_are(store: Store) -> None:
    for number in range(9):
        first = NOW + number // 3 * HOUR
        made = batch(*(f"e{number}-{n}" for n in range(number % 4 + 1)), into=f"s{number}", at=first)
        store.apply(made, NOW)
    span = (NOW, NOW + 2 * HOUR)
    wanted = Wanted(order="first_seen", span=span)
    outline = store.selection.outline(wanted)
    assert outline == [(NOW + number // 3 * HOUR, f"s{number}", number % 4 + 1) for number in range(6)]
    assert [s.id for s in store.selection.wanted(wanted, 10)] == [f"s{number}" for number in range(5, -1, -1)]
    before = replace(wanted, before=(NOW + HOUR, "s4"))
    assert [s.id for s in store.selection.wanted(before, 2)] == ["s3", "s2"]
    assert [s.id for s in store.selection.wanted(replace(before, with_it=True), 2)] == ["s4", "s3"]
    assert store.selection.outline(replace(wanted, topics=("other",))) == []


def test_all_stories_are_walked_latest_change_first(store: Store) -> None:
    for number in range(1100):
        store.apply(batch(f"e{number}", into=f"s{number}", at=NOW - number * HOUR / 100), NOW)
    assert [s.id for s in store.selection.walk()] == [f"s{number}" for number in range(1100)]
    assert [s.id for s in store.selection.walk(since=NOW - 0.011 * HOUR)] == ["s0", "s1"]


def test_stories_are_found_by_words_and_phrases(store: Store) -> None:
    first, second = batch("e1", into="s1"), batch("e2", into="s2", at=NOW - HOUR)
    said = replace(first.candidates[0].entry, title="50% of “missiles” fell", text="평양 날씨")
    store.apply(replace(first, candidates=(replace(first.candidates[0], entry=said),)), NOW)
    store.apply(second, NOW)
    for words, found in {
        "missiles fell": ["s1"],
        "fell missiles": ["s1"],
        '"long enough"': ["s2", "s1"],
        "“enough long”": [],
        "50%": ["s1"],
        "5_%": [],
        "평양": ["s1"],
        "TITLE": ["s2"],
        "": [],
    }.items():
        assert [one.id for one in store.selection.search(words, 10)] == found, words
    assert len(store.selection.search("enough", 1)) == 1


def test_how_stories_grew_is_told_by_topic(store: Store) -> None:
    store.apply(batch("e1", into="s1"), NOW)
    later = entry("e2", at=NOW + 2 * HOUR)
    grown = Batch(
        candidates=(Candidate(later, Fingerprint(), (LABEL,)),),
        grouping=Grouping((Assignment("e2", "s1", "event"),)),
        stories=(story("s1"),),
    )
    store.apply(grown, NOW)
    store.apply(batch("e3", into="s2"), NOW)
    assert sorted(store.growth(NOW - HOUR)) == [("t", 1, 0 * HOUR), ("t", 2, 2 * HOUR)]
    assert store.growth(NOW + HOUR) == store.selection.growth(NOW + HOUR) == []
