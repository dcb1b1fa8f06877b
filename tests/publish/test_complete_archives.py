"""Archives are complete: whatever their size, each story is in exactly one document of the chain, both ways along it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from lxml import etree

from aggregator.config import OutputConfig
from aggregator.config.load import load
from aggregator.core.types import Assignment, Batch, Candidate, Fingerprint, Grouping, Story
from aggregator.daemon.store_source import StoreSource
from aggregator.pipeline.runtime import Runtime
from aggregator.publish import FORMATS, OutputFeed, archive, render
from aggregator.publish.files import write_output
from aggregator.publish.parameters import read_parameters
from aggregator.publish.produce import produce
from aggregator.publish.source import StorySource
from aggregator.publish.text import urn
from aggregator.publish.types import Publication

from .memory_source import MemorySource
from .samples import NOW, SITE, member, story
from .strict import A, check

OUTPUT = OutputConfig(slug="harbour", topics=("harbour-safety",), files_url="https://static.example.org/f")
MONTH = NOW.replace(month=10, day=3)
CONFIG = """
[poll]
workers = 0
[store]
path = "a.db"
[[feeds]]
url = "https://a.example/feed"
[topics.harbour-safety]
title = "Harbour safety"
[topics.harbour-safety.terms]
"ferry" = 3
"""


def crowd(number: int, first: datetime, step: timedelta, each: int = 1) -> list[Story]:
    """So many stories, each with so many entries; a hundred at a time are first seen in the same moment."""
    made = []
    for n in range(number):
        at = first + step * (n // 100)
        entries = tuple(member(n * each + m, at=at + timedelta(seconds=m)) for m in range(each))
        made.append(
            story(
                n,
                id=f"s{n:05d}",
                first_seen=at,
                published=at,
                changed=at,
                entries=entries,
                url=entries[0].entry.url,
            )
        )
    return made


@pytest.fixture(params=["memory", "database"])
def sources(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[object]:
    """Makes a source of stories, in memory or in a real database."""
    opened: list[Runtime] = []

    def make(stories: list[Story]) -> StorySource:
        if request.param == "memory":
            return MemorySource(stories)
        path = tmp_path / "config.toml"
        path.write_text(CONFIG, encoding="utf-8")
        runtime = Runtime(load(path))
        opened.append(runtime)
        pairs = [(one.entry, s.id) for s in stories for one in s.entries]
        batch = Batch(
            candidates=tuple(Candidate(entry, Fingerprint()) for entry, _ in pairs),
            grouping=Grouping(assignments=tuple(Assignment(entry.id, home, "new") for entry, home in pairs)),
            stories=tuple(stories),
        )
        runtime.store.apply(batch, NOW)
        return StoreSource(runtime)

    yield make
    for runtime in opened:
        runtime.store.close()


def document(source: StorySource, output: OutputConfig, query: str) -> OutputFeed:
    request = read_parameters(parse_qsl(query), output, NOW) if query else None
    return produce(source, output, Publication(SITE), request, now=NOW)


def walk(source: StorySource, output: OutputConfig, *, back: bool = True) -> dict[str, OutputFeed]:
    """The archive documents by query, along the chain from the feed back, or from its end forth."""
    query = document(source, output, "").paging.prev_archive
    met: dict[str, OutputFeed] = {}
    while query is not None:
        assert query not in met
        met[query] = document(source, output, query)
        query = met[query].paging.prev_archive
    if back:
        return met
    query, met = list(met)[-1], {}
    while query is not None:
        met[query] = document(source, output, query)
        query = met[query].paging.next_archive
    return met


def ids(documents: dict[str, OutputFeed]) -> Counter[str]:
    return Counter(item.id for one in documents.values() for item in one.items)


CASES = {
    # 1,300 stories of a month, and of a day (an import: all in a few moments).
    "month": ("month", "story", lambda: crowd(1300, MONTH, timedelta(hours=30))),
    "day": ("day", "story", lambda: crowd(2300, MONTH, timedelta(seconds=1))),
    "day of entries": ("day", "entry", lambda: crowd(700, MONTH, timedelta(minutes=2), each=3)),
    "month of entries": ("month", "entry", lambda: crowd(400, MONTH, timedelta(days=5), each=7)),
    "few": ("month", "story", lambda: crowd(3, MONTH, timedelta(days=1))),
}


@pytest.mark.parametrize("name", CASES)
def test_each_story_is_in_one_archive(sources, name: str) -> None:  # type: ignore[no-untyped-def]
    size, unit, make = CASES[name]
    output = OUTPUT.model_copy(update={"archive": size, "unit": unit, "limit": 50})
    stories = make()
    source = sources(stories)
    every = Counter(
        [urn("entry", one.entry.id) for s in stories for one in s.entries]
        if unit == "entry"
        else [urn("story", s.id) for s in stories]
    )
    chain = walk(source, output)
    assert ids(chain) == every
    assert max(len(one.items) for one in chain.values()) <= archive.MOST
    forth = walk(source, output, back=False)
    assert list(forth)[: len(chain)] == list(reversed(chain)), "the same documents, the other way"
    assert ids(forth) == every, "and what comes after them is empty"
    assert all(feed.paging.archive for feed in chain.values())
    least = min(chain.values(), key=lambda feed: len(feed.items))
    for form in FORMATS:
        assert check(form, render(least, form), now=NOW, url=least.url(form)) == []


def test_without_the_cut_three_hundred_would_be_in_no_archive(sources) -> None:  # type: ignore[no-untyped-def]
    output = OUTPUT.model_copy(update={"archive": "month"})
    source = sources(crowd(1300, MONTH, timedelta(hours=30)))
    whole = document(source, output, "archive=2026-10")
    assert len(whole.items) == 300, "the newest part is what the oldest have left over"
    assert whole.paging.prev_archive is not None
    assert len(document(source, output, whole.paging.prev_archive).items) == 1000


def test_a_walk_through_changes_misses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between any two documents stories are taken out or come in, somewhere in the same span."""
    monkeypatch.setattr(archive, "MOST", 7)
    output = OUTPUT.model_copy(update={"archive": "month"})
    for seed in range(40):
        stories = crowd(60, MONTH, timedelta(hours=1))
        for n, one in enumerate(stories):
            stories[n] = replace(one, first_seen=MONTH + timedelta(minutes=n))
        source = MemorySource(stories)
        stays = {urn("story", s.id) for n, s in enumerate(stories) if n % 5}
        seen: set[str] = set()
        query, steps = document(source, output, "").paging.prev_archive, 0
        while query is not None:
            feed = document(source, output, query)
            seen |= {item.id for item in feed.items}
            query, steps = feed.paging.prev_archive, steps + 1
            change = (seed * 7 + steps * 13) % 60
            if seed % 2:
                new = story(
                    900 + steps,
                    id=f"n{seed}-{steps}",
                    first_seen=MONTH + timedelta(minutes=change, seconds=30),
                )
                source.put(new)
            else:
                source.held.pop(f"s{change - change % 5:05d}", None)
            assert steps < 100
        assert stays <= seen, seed


def test_the_chain_begins_at_the_newest_story_whatever_the_feed_shows() -> None:
    stories = [
        replace(one, labels=(replace(one.labels[0], score=0.99 - n / 1000),))
        for n, one in enumerate(crowd(40, MONTH, timedelta(days=1)))
    ]
    for n, one in enumerate(stories):
        at = MONTH + timedelta(days=n / 2)
        stories[n] = replace(one, first_seen=at, changed=at, published=at - timedelta(days=9 * (n % 2)))
    for order in ("score", "published", "changed"):
        output = OUTPUT.model_copy(update={"order": order, "limit": 3})
        assert len(ids(walk(MemorySource(stories), output))) == 40, order


@pytest.mark.parametrize("unit", ["story", "entry"])
def test_archives_among_files_are_complete_too(tmp_path: Path, unit: str) -> None:
    output = OUTPUT.model_copy(update={"archive": "month", "unit": unit, "limit": 20})
    stories = (
        crowd(1300, MONTH, timedelta(hours=30))
        if unit == "story"
        else crowd(500, MONTH, timedelta(days=4), each=5)
    )
    source = MemorySource(stories)
    for _ in range(2):  # a second time, when nothing is due any more
        write_output(source, output, tmp_path, now=NOW, site=SITE, archived=NOW if _ else None)
        url: str | None = "https://static.example.org/f/harbour.atom"
        met: Counter[str] = Counter()
        number = 0
        while url is not None:
            body = (tmp_path / url.removeprefix("https://static.example.org/f/")).read_bytes()
            root = etree.fromstring(body)
            if number:
                met.update(entry.text for entry in root.iterfind(f"{A}entry/{A}id"))
            links = {link.get("rel"): link.get("href") for link in root.iterfind(f"{A}link")}
            url, number = links.get("prev-archive"), number + 1
        assert len(met) == (1300 if unit == "story" else 2500)
        assert set(met.values()) == {1}
    for path in (tmp_path / "harbour").iterdir():
        if path.suffix != ".gz" and path.stat().st_size < 1_500_000:
            own = f"https://static.example.org/f/harbour/{path.name}"
            assert (
                check(path.suffix[1:], path.read_bytes(), url=own, withdrawals="withdrawn" in path.name) == []
            )


def test_parts_that_are_no_more_are_removed_and_others_left(tmp_path: Path) -> None:
    output = OUTPUT.model_copy(update={"archive": "month"})
    source = MemorySource(crowd(2300, MONTH, timedelta(hours=12)))
    write_output(source, output, tmp_path, now=NOW, site=SITE)
    folder = tmp_path / "harbour"
    before = {path.name for path in folder.glob("2026-10_*.json.gz")}
    assert len(before) == 2
    for n in range(1500):
        source.held.pop(f"s{n:05d}")
    write_output(source, output, tmp_path, now=NOW + timedelta(days=1), site=SITE, archived=NOW)
    assert not list(folder.glob("2026-10_*"))
    assert (folder / "2026-10.atom").exists()


@pytest.mark.parametrize("limit", [1, 5, 50])
def test_a_limit_of_entries_is_kept_and_pages_hold_each_once(sources, limit: int) -> None:  # type: ignore[no-untyped-def]
    sizes = [66, 1, 2, 30, 1, 7, 16, 3, 3, 60]
    stories = []
    for n, size in enumerate(sizes):
        at = NOW - timedelta(hours=n // 2 + 1)
        entries = tuple(member(1000 * n + m, at=at - timedelta(minutes=m // 3)) for m in range(size))
        stories.append(story(n, id=f"s{n}", first_seen=at, changed=at, published=at, entries=entries))
    source = sources(stories)
    output = OUTPUT.model_copy(update={"unit": "entry", "limit": limit, "archive": "none"})
    met: Counter[str] = Counter()
    query: str | None = ""
    while query is not None:
        feed = document(source, output, query)
        assert len(feed.items) == min(limit, sum(sizes) - met.total())
        met.update(item.id for item in feed.items)
        assert check("atom", render(feed, "atom"), now=NOW, url=feed.url("atom")) == []
        query = feed.paging.next
    assert met == Counter(urn("entry", one.entry.id) for s in stories for one in s.entries)


def test_a_page_that_begins_after_an_entry_taken_out_since_repeats_rather_than_misses() -> None:
    at = NOW - timedelta(hours=1)
    whole = story(1, changed=at, entries=tuple(member(m, at=at - timedelta(minutes=m)) for m in range(9)))
    output = OUTPUT.model_copy(update={"unit": "entry", "limit": 4, "archive": "none"})
    first = document(MemorySource([whole]), output, "")
    assert first.paging.next is not None
    ended = first.items[-1].id
    left = replace(whole, entries=tuple(one for one in whole.entries if urn("entry", one.entry.id) != ended))
    second = document(MemorySource([left]), output, first.paging.next)
    third = document(MemorySource([left]), output, second.paging.next or "")
    assert {item.id for item in (*first.items, *second.items, *third.items)} >= {
        urn("entry", one.entry.id) for one in left.entries
    }
