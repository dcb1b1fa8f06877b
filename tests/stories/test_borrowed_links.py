"""A link or guid that a feed took from another is a claim: it joins only texts that agree, and brings nothing together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from aggregator.core.types import Candidate, Entry
from aggregator.stories.grouping.publisher import publisher_of
from aggregator.stories.grouping.ration import MOST, MergeRation

from .conftest import START, Replay, make_candidates, make_entry

EVENTS = [
    (
        "Ferry with 140 aboard sinks off Palawan island",
        "Philippine rescuers search for the missing at night.",
    ),
    ("Bank of Korea holds its interest rate at 2.5 percent", "The board cites household debt in Seoul."),
    ("Museum in Lisbon shows six golden crowns", "The exhibition of royal treasure opens on Friday."),
    ("Crane operators strike at the port of Busan", "The union demands safety measures at the terminal."),
    ("Earthquake of magnitude 6 shakes Hualien", "Buildings were damaged in eastern Taiwan."),
    ("Peru's finance minister resigns over a tax scandal", "President names a successor in Lima."),
    ("Typhoon floods the harbour of Da Nang", "Thousands of Vietnamese leave their homes."),
    ("Court in Nairobi jails four ivory smugglers", "Kenyan judges hand down twelve years."),
]
LIE = ("The miracle cure that doctors hide from you", "One spoon of this oil every morning heals everything.")
HOSTILE = 99


def url(number: int) -> str:
    return f"https://outlet{number}.example/news/{number}"


def honest() -> list[Entry]:
    return [
        make_entry(*text, id=f"h{n}", at=n / 10, feed_id=n + 1, url=url(n)) for n, text in enumerate(EVENTS)
    ]


def forged(name: str, text: tuple[str, str], link: int, **more: Any) -> Entry:
    values: dict[str, Any] = {"at": 2.0, "feed_id": HOSTILE, "url": url(link), **more}
    return make_entry(*text, id=name, **values)


def stream(*entries: Entry) -> list[Candidate]:
    return make_candidates(*honest(), *entries)


def assert_honest_apart(run: Replay) -> None:
    assert len({run.story_of(f"h{n}") for n in range(len(EVENTS))}) == len(EVENTS)
    assert run.redirects == {}


@pytest.mark.parametrize("batch", [1, 3, 50])
def test_one_text_under_everyones_links_joins_no_story_and_merges_none(batch: int) -> None:
    lies = [forged(f"x{n}", LIE, n, at=2 + n / 100) for n in range(len(EVENTS))]
    run = Replay().feed(stream(*lies), batch)
    assert_honest_apart(run)
    ours = {run.story_of(lie.id) for lie in lies}
    assert len(ours) == 1
    assert ours.isdisjoint({run.story_of(f"h{n}") for n in range(len(EVENTS))})


def test_one_text_under_everyones_links_before_they_publish() -> None:
    lies = [forged(f"x{n}", LIE, n, at=n / 100) for n in range(len(EVENTS))]
    later = [make_entry(*EVENTS[n], id=f"h{n}", at=1, feed_id=n + 1, url=url(n)) for n in range(len(EVENTS))]
    run = Replay().feed(make_candidates(*lies, *later), 4)
    assert_honest_apart(run)
    assert run.story_of("x0") not in {run.story_of(f"h{n}") for n in range(len(EVENTS))}


def test_the_link_of_one_and_the_text_of_another() -> None:
    run = Replay().feed(stream(forged("x", EVENTS[1], 0)), 1)
    assert_honest_apart(run)
    assert run.story_of("x") == run.story_of("h1"), "the text decides, not the link"


def test_a_text_that_is_half_of_each() -> None:
    half = (f"{EVENTS[0][0]}, {EVENTS[1][0]}", f"{EVENTS[0][1]} {EVENTS[1][1]}")
    halves = [forged(f"x{n}", half, n % 2, at=2 + n / 10, guid=f"x{n}") for n in range(12)]
    run = Replay().feed(stream(*halves), 1)
    assert_honest_apart(run)


def test_a_slow_drip_of_halves_and_then_honest_reports() -> None:
    """Halves joined to one story draw no report of the other event into it, and merge nothing when one comes."""
    half = (f"{EVENTS[0][0]}, {EVENTS[1][0]}", f"{EVENTS[0][1]} {EVENTS[1][1]}")
    halves = [forged(f"x{n}", half, 0, at=2 + n, guid=f"x{n}") for n in range(12)]
    more = [
        make_entry(
            "Bank of Korea keeps interest rate at 2.5 percent", EVENTS[1][1], id="m1", at=15, feed_id=40
        ),
        make_entry("Ferry sinks off Palawan with 140 aboard", EVENTS[0][1], id="m0", at=16, feed_id=41),
    ]
    run = Replay().feed(stream(*halves, *more), 1)
    assert_honest_apart(run)
    assert run.story_of("m0") == run.story_of("h0")
    assert run.story_of("m1") == run.story_of("h1")


def test_many_feeds_of_one_host_are_one_voice() -> None:
    """Twenty feeds of one site fill two stories with their halves, then bridge them."""
    half = (f"{EVENTS[0][0]}, {EVENTS[1][0]}", f"{EVENTS[0][1]} {EVENTS[1][1]}")
    halves = [forged(f"x{n}", half, n % 2, at=2 + n / 10, feed_id=100 + n) for n in range(20)]
    run = Replay(publisher=lambda feed: "evil.example" if feed >= 100 else str(feed))
    run.feed(stream(*halves), 1)
    assert_honest_apart(run)


def test_a_text_changed_after_it_joined_brings_nothing_together() -> None:
    """The window read anew holds the lie under the story that its first text joined."""
    run = Replay().feed(stream(forged("x", EVENTS[0], 0)), 1)
    assert run.story_of("x") == run.story_of("h0")
    (changed,) = make_candidates(forged("x", EVENTS[1], 0))
    run.rows["x"] = changed
    run.window = type(run.window)(run.settings)
    run.window.load((run.story_of(c.entry.id), c.entry, c.fingerprint) for c in run.rows.values())
    copy = make_entry(*EVENTS[1], id="copy", at=3, feed_id=50)
    run.feed(make_candidates(copy), 1)
    assert_honest_apart(run)


def test_one_guid_on_items_with_nothing_in_common_keeps_them_apart() -> None:
    items = [make_entry(*text, id=f"h{n}", guid="same", at=n / 10) for n, text in enumerate(EVENTS)]
    run = Replay().feed(make_candidates(*items), 1)
    assert len(run.stories()) == len(EVENTS)


@pytest.mark.parametrize("late", [1.0, 30.0, 200.0])
def test_syndication_joins(late: float) -> None:
    """The same link, and a headline of one's own of the same event: what aggregators bring."""
    texts: Sequence[tuple[str, str]] = [
        ("140 on ferry that sank near Palawan", ""),
        ("필리핀 앞바다에서 140명 태운 여객선 침몰", ""),
        EVENTS[0],
    ]
    for text in texts:
        listed = make_entry(*text, id="agg", at=late, feed_id=60, url=url(0))
        run = Replay().feed(stream(listed), 1)
        assert run.story_of("agg") == run.story_of("h0"), text


def test_merges_are_rationed_and_told() -> None:
    def stories(left: dict[str, int]) -> Replay:
        reports = [
            make_entry(
                "Ferry with 140 aboard sinks off Palawan island", "Rescuers search.", id="a", feed_id=1
            ),
            make_entry(
                "Philippine ferry with 140 aboard goes down off Palawan",
                "Many are missing.",
                id="b",
                at=1,
                feed_id=2,
                url=url(1),
            ),
            make_entry("Palawan ferry: what is known", id="c", at=2, feed_id=1, guid="a", url=url(1)),
        ]
        run = Replay(Replay().settings.model_copy(update={"likelihood": 0.99}), merges_left=left)
        return run.feed(make_candidates(*reports), 1)

    assert len(stories({"1": 1}).stories()) == 1
    refused = stories({"1": 0})
    assert len(refused.stories()) == 2
    assert refused.refused == [1]


def test_the_ration_is_of_a_day() -> None:
    ration = MergeRation()
    ration.note(["a.example"] * (MOST - 1), START)
    ration.note(["a.example", "b.example"], START + timedelta(hours=20))
    assert ration.left(["a.example", "b.example", "c.example"], START + timedelta(hours=21)) == {
        "a.example": 0,
        "b.example": MOST - 1,
        "c.example": MOST,
    }
    assert ration.left(["a.example"], START + timedelta(hours=30))["a.example"] == MOST - 1
    assert ration.left(["a.example"], START - timedelta(days=400))["a.example"] == MOST


@pytest.mark.parametrize(
    ("url", "publisher"),
    [
        ("https://feeds.bbci.co.uk/news/rss.xml", "bbci.co.uk"),
        ("https://www.yna.co.kr/rss/news.xml", "yna.co.kr"),
        ("https://en.yna.co.kr/RSS/nk.xml", "yna.co.kr"),
        ("http://a.evil.example/1", "evil.example"),
        ("http://127.0.0.1:8000/feed", "127.0.0.1"),
        ("http://[::1]:8000/feed", "::1"),
        ("http://localhost/feed", "localhost"),
        ("import:chosun", "import:chosun"),
        ("http://[bad", "http://[bad"),
    ],
)
def test_whose_feed_it_is(url: str, publisher: str) -> None:
    assert publisher_of(url) == publisher
