"""New, revised, unchanged, archived, churned, missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.core.hashes import text_keys
from aggregator.core.types import Changes, Entry, FeedMemory, FeedState, KnownEntry
from aggregator.entries.changes import ARCHIVE_COUNT, ENDLESS, RESTLESS, detect_changes
from aggregator.entries.ration import BURST_COUNT
from tests.entries.parse.documents import FEED, NOW, entries, item, rss


def entry(
    name: str, *, title: str = "", summary: str = "", at: datetime | None = NOW, digest: str = ""
) -> Entry:
    words = title or f"A title about {name} that nobody else has"
    return Entry(
        name,
        7,
        name,
        f"https://news.example/{name}",
        words,
        summary,
        published=at,
        seen=NOW,
        hash=digest or words + summary,
    )


def held(*found: Entry, **changes: object) -> dict[str, KnownEntry]:
    return {
        each.id: replace(
            KnownEntry(each.id, each.hash, each.title, each.summary, f"story-{each.id}"), **changes
        )  # type: ignore[arg-type]  # the dataclass checks
        for each in found
    }


def keys(*found: Entry) -> dict[int, str]:
    return {key: f"story-{each.id}" for each in found for key in text_keys(each)}


def remembering(found: Sequence[Entry], *, overlap: bool = True, unstable: bool = False) -> FeedState:
    memory = FeedMemory(last_ids=tuple(each.id for each in found), overlap=overlap, unstable_guids=unstable)
    return replace(FEED, memory=memory)


def run(
    found: Sequence[Entry],
    known: dict[str, KnownEntry] | None = None,
    seen: dict[int, str] | None = None,
    feed: FeedState = FEED,
    first: bool = False,
) -> Changes:
    return detect_changes(found, known or {}, seen or {}, feed, NOW, first)


def test_new_revised_and_unchanged() -> None:
    a, b, c = entry("a"), entry("b"), entry("c")
    changes = run([a, replace(b, title="Edited", hash="new"), c], held(b, c))
    assert changes.new == (a,)
    assert [(r.entry.title, r.before_title, r.before_hash, r.at) for r in changes.revised] == [
        ("Edited", b.title, b.hash, NOW)
    ]
    assert changes.unchanged == 1
    assert changes.ids == ("a", "b", "c")
    assert (changes.archived, changes.churned, changes.gap) == (frozenset(), False, False)


def test_an_entry_dated_before_a_fetch_that_did_not_list_it_is_marked_with_that_fetch() -> None:
    feed = replace(FEED, last_success=NOW - timedelta(minutes=30))
    back = entry("back", at=NOW - timedelta(hours=2))
    since = entry("since", at=NOW - timedelta(minutes=20))
    undated = entry("undated", at=None)
    new = run([back, since, undated], feed=feed).new
    assert [each.listed_after for each in new] == [feed.last_success, None, None]
    assert [each.public for each in new] == [feed.last_success, since.published, NOW]
    first = run([back], feed=replace(feed, last_success=None), first=True).new
    assert first[0].public == back.published, "a first look has nothing to compare with"
    ahead = replace(feed, last_success=NOW + timedelta(days=1))
    assert run([back], feed=ahead).new[0].public == NOW, "the clock was set back"


def test_a_text_that_flips_back_is_damped_and_a_real_edit_is_not() -> None:
    a = entry("a", digest="two")
    assert run([replace(a, hash="one")], held(a, recent_hashes=("one", "zero"))).revised[0].flapping
    assert not run([replace(a, hash="three")], held(a, recent_hashes=("one", "zero"))).revised[0].flapping


def test_a_text_that_changes_at_each_poll_is_damped_while_its_title_is_not() -> None:
    a = entry("a", digest="two")
    restless = held(a, revisions=RESTLESS)
    assert run([replace(a, hash="three")], restless).revised[0].flapping
    assert not run([replace(a, hash="three", title="A real headline")], restless).revised[0].flapping


def test_a_headline_that_never_rests_is_damped_in_the_end() -> None:
    a = entry("a", digest="two")
    turned = replace(a, hash="three", title="Another headline")
    assert not run([turned], held(a, revisions=ENDLESS - 1)).revised[0].flapping
    assert run([turned], held(a, revisions=ENDLESS)).revised[0].flapping


def test_a_document_rewritten_as_a_whole_is_damped_and_a_busy_desk_is_not() -> None:
    before = [entry(f"a{n}") for n in range(20)]
    after = [replace(each, summary=f"{each.title}, 3 minutes ago", hash=f"new {each.id}") for each in before]
    assert all(r.flapping for r in run([entry("news"), *after], held(*before)).revised)
    assert not any(r.flapping for r in run([*after[:15], *before[15:]], held(*before)).revised)
    assert not any(r.flapping for r in run(after[:9], held(*before[:9])).revised)


def test_the_first_polls_backlog_is_archived() -> None:
    fresh, old, undated = entry("a"), entry("b", at=NOW - timedelta(hours=73)), entry("c", at=None)
    assert run([fresh, old, undated], first=True).archived == {"b", "c"}
    assert run([fresh, old, undated]).archived == frozenset()


def test_an_archive_dump_is_archived_and_a_late_addition_is_not() -> None:
    news = entry("news")
    old = [entry(f"old{n}", at=NOW - timedelta(days=30 + n)) for n in range(ARCHIVE_COUNT)]
    assert run([news, *old]).archived == {each.id for each in old}
    assert run([news, *old[:-1]]).archived == frozenset()


def test_a_document_rebuilt_with_todays_dates_does_not_flood() -> None:
    before = [entry(f"b{n}") for n in range(20)]
    dump = [entry(f"d{n}", at=NOW - timedelta(seconds=n)) for n in range(500)]
    changes = run([before[0], *dump], held(before[0]), feed=remembering(before))
    assert len(changes.new) == 500
    assert changes.archived == {each.id for each in dump[BURST_COUNT:]}


def test_a_long_outage_of_a_large_feed_is_no_dump() -> None:
    before = [entry(f"b{n}") for n in range(100)]
    changes = run([entry(f"n{n}") for n in range(100)], feed=remembering(before))
    assert not changes.archived


def test_changed_guids_are_recognised() -> None:
    before = [entry(f"a{n}") for n in range(10)]
    after = [replace(each, id=f"new-{each.id}", guid=f"new-{each.id}") for each in before]
    news = entry("news")
    changes = run([news, *after], seen=keys(*before), feed=remembering(before))
    assert changes.churned
    assert not changes.gap
    assert changes.archived == {each.id for each in after}


def test_the_first_poll_of_a_copy_of_another_feed_is_no_churn() -> None:
    theirs = [entry(f"a{n}") for n in range(10)]
    ours = [replace(each, id=f"o-{each.id}", feed_id=8) for each in theirs]
    changes = run(
        ours, seen=keys(*theirs), feed=FeedState(8, "https://o.example/", "https://o.example/"), first=True
    )
    assert not changes.churned
    assert len(changes.new) == 10


def test_a_feed_with_unstable_guids_is_told_apart_by_its_links() -> None:
    """The life of such a feed: two polls of churn, then its links identify its items for good."""
    feed, known, seen = FEED, {}, {}
    stored: list[Entry] = []
    announced: list[str] = []
    for poll in range(6):
        document = rss(
            *(
                item(f"Report number {n} of the day", f"https://news.example/{n}", f"{poll}-{n}")
                for n in range(poll, poll + 8)
            )
        )
        found = entries(document, feed)
        changes = detect_changes(
            found, {e.id: known[e.id] for e in found if e.id in known}, seen, feed, NOW, poll == 0
        )
        for new in changes.new:
            known.update(held(new))
            seen.update(keys(new))
            stored.append(new)
            if new.id not in changes.archived:
                announced.append(new.url)
        churn = feed.memory.churn + 1 if changes.churned else 0
        memory = replace(
            feed.memory,
            last_ids=changes.ids,
            churn=churn,
            unstable_guids=churn >= 2,
            overlap=changes.unchanged > 0,
        )
        feed = replace(feed, memory=memory)
        assert not changes.gap
    assert feed.memory.unstable_guids
    later = [url for url in announced if int(url.rsplit("/", 1)[1]) >= 8]
    assert later == [f"https://news.example/{n}" for n in range(8, 13)]
    assert len(stored) < 8 * 3 + 6


def test_a_gap_needs_a_feed_that_always_overlapped() -> None:
    before, after = [entry("a"), entry("b")], [entry("x"), entry("y")]
    assert run(after, feed=remembering(before)).gap
    assert not run(after, feed=remembering(before, overlap=False)).gap
    assert not run([*after, before[1]], held(before[1]), feed=remembering(before)).gap
    assert not run([], feed=remembering(before)).gap
    assert not run(after, feed=remembering(before), first=True).gap
