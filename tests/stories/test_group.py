from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.config.stories import StoriesConfig
from aggregator.core.types import Candidate, Entry
from aggregator.stories.grouping.contrast import other_weapons
from aggregator.stories.grouping.group import group, story_id
from aggregator.stories.grouping.member import member_of
from aggregator.stories.grouping.similarity import WEIGHTS, with_story
from aggregator.stories.grouping.window import Window

from .conftest import Replay, make_candidates, make_entry

Make = Callable[..., list[Candidate]]

WORDS = [
    "Wonsan",
    "Goseong",
    "Busan",
    "ferry",
    "missile",
    "launch",
    "sanctions",
    "summit",
    "Mongolia",
    "earthquake",
    "Hualien",
    "strike",
    "crane",
    "museum",
    "crown",
    "detected",
    "denounced",
    "signed",
    "12",
    "13",
    "two",
    "one",
    "killed",
    "rescued",
    "Kim",
    "Jong",
    "Un",
    "Trump",
    "Xi",
    "Jinping",
    "tariff",
    "semiconductor",
]


@st.composite
def streams(draw: Any) -> list[Candidate]:
    """Short streams of entries over a small vocabulary, so that all kinds of joins and merges occur."""
    count = draw(st.integers(2, 14))
    entries = []
    for number in range(count):
        title = " ".join(draw(st.lists(st.sampled_from(WORDS), min_size=2, max_size=8)))
        summary = " ".join(draw(st.lists(st.sampled_from(WORDS), max_size=12)))
        hours = draw(st.sampled_from([0.0, 0.5, 3.0, 20.0, 60.0, 100.0]))
        guid = draw(st.sampled_from(["", "", "shared-1", "shared-2"])) or f"g{number}"
        entries.append(make_entry(title, summary, at=hours, id=f"e{number}", guid=guid, language="en"))
    return make_candidates(*entries)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stream=streams(), batch=st.integers(1, 6))
def test_every_entry_is_in_one_story_and_every_redirect_resolves(stream: list[Candidate], batch: int) -> None:
    run = Replay().feed(stream, batch)
    stories = run.stories()
    assert sum(len(entries) for entries in stories.values()) == len(stream)
    assert {entry for entries in stories.values() for entry in entries} == {c.entry.id for c in stream}
    for source in run.redirects:
        assert run.resolve(source) in stories
        assert source not in stories, "a merged id names no story of its own"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stream=streams(), seed=st.integers(0, 100))
def test_the_order_inside_a_batch_does_not_matter(stream: list[Candidate], seed: int) -> None:
    shuffled = list(stream)
    random.Random(seed).shuffle(shuffled)
    empty = Window(StoriesConfig())
    one = group(stream, {}, empty, {}, StoriesConfig())
    other = group(shuffled, {}, empty, {}, StoriesConfig())
    assert one == other


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stream=streams(), cut=st.integers(1, 10))
def test_deciding_leaves_no_trace_and_a_rebuilt_window_decides_alike(
    stream: list[Candidate], cut: int
) -> None:
    ordered = sorted(stream, key=lambda c: (c.entry.time, c.entry.id))
    run = Replay().feed(ordered[:cut], 1)
    rest = ordered[cut:]
    first = group(rest, {}, run.window, {}, run.settings)
    assert group(rest, {}, run.window, {}, run.settings) == first
    rebuilt = Window(run.settings)
    rebuilt.load((run.story_of(c.entry.id), c.entry, c.fingerprint) for c in run.rows.values())
    again = group(rest, {}, rebuilt, {}, run.settings)
    assert [(a.entry, a.story, a.basis) for a in again.assignments] == [
        (a.entry, a.story, a.basis) for a in first.assignments
    ]
    assert again.merges == first.merges


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stream=streams())
def test_feeding_the_same_entries_again_changes_nothing(stream: list[Candidate]) -> None:
    run = Replay().feed(stream, 3)
    before = run.stories()
    assert run.feed(stream, 2).stories() == before


@settings(max_examples=25, deadline=None)
@given(streams(), st.floats(0.05, 0.99))
def test_giving_up_early_on_a_story_loses_no_likely_one(stream: list[Candidate], least: float) -> None:
    window = Window(StoriesConfig())
    members = [member_of("", candidate.entry, candidate.fingerprint) for candidate in stream]
    profiles = [window.profile(member) for member in members]
    story = [member.traits for member in members[:3]]
    for profile in profiles:
        whole = with_story(profile, story)
        early = with_story(profile, story, least)
        assert early == whole or (early < least and whole < least)


def test_story_ids_come_from_the_first_entry_alone() -> None:
    assert story_id("abc") == story_id("abc") != story_id("abd")
    assert len(story_id("abc")) == 16
    assert story_id("abc").startswith("s")


@pytest.mark.parametrize("kind", ["guid", "url", "text"])
def test_exact_keys_join(kind: str, replay: type[Replay]) -> None:
    title, summary = (
        "Crane operators strike at Busan port",
        "Operators demand safety measures at the terminal.",
    )
    other = "Busan crane operators walk out"
    first = make_entry(title, summary, id="a", guid="one", url="https://alpha.example/a")
    second = make_entry(
        title if kind == "text" else other,
        summary if kind == "text" else "",
        at=200,
        id="b",
        guid="one" if kind == "guid" else "two",
        url="https://alpha.example/a" if kind == "url" else "https://bravo.example/b",
    )
    run = replay().feed(make_candidates(first, second), 1)
    assert run.story_of("b") == run.story_of("a") == story_id("a")
    assert run.basis("b") == kind


def test_a_flash_its_full_text_and_its_reissue_are_one(
    entry: Callable[..., Entry], candidates: Make, replay: type[Replay]
) -> None:
    lead = "합동참모본부는 4일 오전 북한이 원산 일대에서 동해상으로 단거리 탄도미사일 두 발을 발사한 것을 포착했다고 밝혔다."
    title = '합참 "북한, 동해상으로 탄도미사일 두 발 발사"'
    run = replay().feed(
        candidates(
            entry(f"[속보] {title}", id="flash"),
            entry(title, lead, at=0.2, id="full"),
            entry(f"{title}(종합)", lead, at=1, id="again"),
        ),
        1,
    )
    assert len(run.stories()) == 1
    assert {run.basis("full"), run.basis("again")} == {"near"}


def test_one_event_in_three_languages(
    entry: Callable[..., Entry], candidates: Make, replay: type[Replay]
) -> None:
    run = replay().feed(
        candidates(
            entry(
                "North Korea fires two ballistic missiles toward East Sea",
                "The launch from Wonsan was detected.",
            ),
            entry("북한, 원산서 동해로 탄도미사일 두 발 발사", "합참이 포착했다.", at=0.5, feed_id=2),
            entry(
                "北朝鮮 元山から日本海に弾道ミサイル2発を発射",
                "韓国軍が発表した。",
                at=1,
                feed_id=3,
                language="ja",
            ),
        )
    )
    assert len(run.stories()) == 1


@pytest.mark.parametrize(
    ("english", "korean", "japanese"),
    [
        (
            "US jails Chinese man for eight years for smuggling arms to North Korea",
            "美, 북한에 무기 밀수출한 중국인에 징역 8년",
            "米 北朝鮮に武器密輸の中国人に懲役8年の判決",
        ),
        (
            "Fifteen killed as funicular derails in Lisbon",
            "리스본 푸니쿨라 탈선해 15명 사망",
            "リスボンでケーブルカー脱線 15人死亡",
        ),
        (
            "Typhoon floods Hualien, dozens missing as lake barrier bursts",
            "대만 화롄 태풍 홍수로 수십명 실종",
            "台湾花蓮 台風で洪水 数十人行方不明",
        ),
    ],
)
def test_more_events_in_three_languages(
    english: str,
    korean: str,
    japanese: str,
    entry: Callable[..., Entry],
    candidates: Make,
    replay: type[Replay],
) -> None:
    other = entry("Finance minister resigns over tax scandal in Peru", at=0.2, feed_id=4)
    run = replay().feed(
        candidates(
            entry(english),
            entry(korean, at=0.5, feed_id=2),
            entry(japanese, at=1, feed_id=3, language="ja"),
            other,
        )
    )
    assert len(run.stories()) == 2
    assert run.story_of(english) == run.story_of(korean) == run.story_of(japanese)


def test_stages_of_a_saga_stay_apart(
    entry: Callable[..., Entry], candidates: Make, replay: type[Replay]
) -> None:
    run = replay().feed(
        candidates(
            entry(
                "Mongolian president arrives in Seoul for state visit",
                "He landed at the air base on Tuesday.",
            ),
            entry(
                "South Korea, Mongolia sign rare earth deal at summit", "Leaders signed after talks.", at=22
            ),
            entry(
                "Mongolian president tours shipyard in Ulsan",
                "He saw an icebreaker under construction.",
                at=46,
            ),
        )
    )
    assert len(run.stories()) == 3


def test_same_event_can_be_switched_off(
    entry: Callable[..., Entry], candidates: Make, replay: type[Replay]
) -> None:
    texts = candidates(
        entry(
            "North Korea fires two ballistic missiles toward East Sea", "The launch from Wonsan was detected."
        ),
        entry(
            "Two ballistic missiles launched by North Korea from Wonsan", "They fell into the East Sea.", at=1
        ),
    )
    assert len(replay().feed(texts).stories()) == 1
    assert len(replay(StoriesConfig(same_event=False)).feed(texts).stories()) == 2


def test_reports_further_apart_than_the_window_are_two_events(
    entry: Callable[..., Entry], candidates: Make, replay: type[Replay]
) -> None:
    texts = candidates(
        entry("North Korea fires two ballistic missiles toward East Sea", "Launched from Wonsan.", id="a"),
        entry(
            "North Korea fires two ballistic missiles toward East Sea",
            "From Wonsan, says Seoul.",
            at=30,
            id="b",
        ),
    )
    short = StoriesConfig(window=timedelta(hours=24))
    assert len(replay(short).feed(texts, 1).stories()) == 2
    assert len(replay(short).feed(texts, 2).stories()) == 2


def test_a_key_that_two_stories_hold_merges_them(
    entry: Callable[..., Entry], candidates: Make, replay: type[Replay]
) -> None:
    url = "https://a.example/ferry"
    run = replay(StoriesConfig(likelihood=0.99)).feed(
        candidates(
            entry(
                "Ferry with 140 aboard sinks off Palawan island", "Rescuers are on the way.", id="a", guid="x"
            ),
            entry(
                "Philippine ferry with 140 aboard goes down off Palawan",
                "Many are missing.",
                at=1,
                id="b",
                url=url,
            ),
            entry("Palawan ferry: what is known", at=2, id="c", guid="x", url=url),
        ),
        1,
    )
    assert run.redirects == {story_id("b"): story_id("a")}
    assert len(run.stories()) == 1


def test_what_a_person_set_apart_stays_apart(
    entry: Callable[..., Entry], candidates: Make, replay: type[Replay]
) -> None:
    texts = candidates(
        entry("North Korea fires two ballistic missiles toward East Sea", "From Wonsan.", id="a"),
        entry("Two ballistic missiles fired by North Korea toward East Sea", "Wonsan launch.", at=1, id="b"),
        entry(
            "North Korea fires two ballistic missiles toward East Sea", "From Wonsan.", at=2, id="c", guid="c"
        ),
    )
    assert len(replay().feed(texts, 1).stories()) == 1
    run = replay(constraints={("a", "b"): False, ("a", "c"): False}).feed(texts, 1)
    assert run.story_of("a") != run.story_of("b")
    assert run.story_of("a") != run.story_of("c")


def test_what_a_person_joined_is_joined(
    entry: Callable[..., Entry], candidates: Make, replay: type[Replay]
) -> None:
    texts = candidates(
        entry("Bank of Korea holds interest rate", id="a"),
        entry("Museum shows six golden crowns", at=1, id="b"),
    )
    assert len(replay().feed(texts, 1).stories()) == 2
    run = replay(constraints={("a", "b"): True}).feed(texts, 1)
    assert len(run.stories()) == 1
    assert run.basis("b") == "person"


def test_an_entry_without_a_date_is_grouped_by_when_it_was_seen(
    entry: Callable[..., Entry], candidates: Make, replay: type[Replay]
) -> None:
    undated = entry(
        "Museum shows six golden crowns at last", "The exhibition is open.", id="u", published=None
    )
    run = replay().feed(candidates(undated, entry("Museum shows six golden crowns at last", id="v", at=1)), 1)
    assert len(run.stories()) == 1


def test_old_entries_leave_the_window() -> None:
    run = Replay()
    for day in range(30):
        run.feed(make_candidates(make_entry(f"Report number {day} on harbour {day * 7}", at=24.0 * day)), 1)
    assert len(run.window) <= 4


LAUNCH = (
    "Kim Jong Un oversees cruise missile launch from new destroyer",
    "The North Korean leader watched the missiles fly over the Yellow Sea.",
)
SAME_LAUNCH = (
    "김정은, 구축함서 순항미사일 발사 참관",
    "북한 김정은 국무위원장이 서해에서 미사일 발사를 지켜봤다.",
)


@pytest.mark.parametrize(
    "other",
    [
        ("김정은, 저격수 양성소서 저격 훈련 참관", "북한 김정은 국무위원장이 평양의 훈련 기지를 시찰했다."),
        ("김정은, 포병 사격 대회 참관…대포 성능에 만족", "북한 김정은 국무위원장이 사격을 지켜봤다."),
        ("김정은, 홍수 피해 마을 시찰", "북한 김정은 국무위원장이 수해 지역을 방문했다."),
        (
            "Kim Jong Un oversees sniper drill at training base",
            "The North Korean leader praised the marksmen.",
        ),
        ("Kim Jong Un oversees artillery drill", "The North Korean leader watched the guns fire."),
    ],
)
@pytest.mark.parametrize("backwards", [False, True])
def test_one_leader_at_two_things_is_two_events(other: tuple[str, str], backwards: bool) -> None:
    """Who it is, of which country, and that he looked on are no event: what he looked at must not differ."""
    pair = [LAUNCH, other]
    first, second = pair[::-1] if backwards else pair
    replay = Replay().feed(make_candidates(make_entry(*first), make_entry(*second, at=1)))
    assert replay.story_of(first[0]) != replay.story_of(second[0])


def test_one_leader_at_one_thing_is_one_event_in_any_language() -> None:
    replay = Replay().feed(make_candidates(make_entry(*LAUNCH), make_entry(*SAME_LAUNCH, at=1)))
    assert replay.story_of(LAUNCH[0]) == replay.story_of(SAME_LAUNCH[0])


def test_doings_alone_do_not_join_across_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    def stories() -> int:
        made = make_candidates(
            make_entry("Bank fraud and how to spot it"),
            make_entry("열화상카메라 구입 사기 잇따라", at=1),
        )
        return len(Replay().feed(made).stories())

    assert stories() == 2
    monkeypatch.setitem(WEIGHTS, "no_name_shared", 0.0)
    assert stories() == 1


def test_two_kinds_of_missile_are_less_likely_one_launch() -> None:
    cruise, ballistic, unnamed = (
        member_of("", candidate.entry, candidate.fingerprint).traits
        for candidate in make_candidates(
            make_entry("North Korea launches two cruise missiles into Yellow Sea"),
            make_entry("북한, 서해로 탄도미사일 2발 발사"),
            make_entry("북한, 서해로 미사일 2발 발사"),
        )
    )
    assert other_weapons(cruise, ballistic)
    assert not other_weapons(cruise, unnamed), "a flash does not say which kind"
