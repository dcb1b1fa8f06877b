from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from aggregator.config.stories import StoriesConfig
from aggregator.core.types import Corroboration, StoryEntry
from aggregator.stories.summary.bursts import burst_at, growth, lead, poisson_tail, usual_growth
from aggregator.stories.summary.notable import worth_telling
from aggregator.stories.summary.summarise import summarise
from aggregator.stories.summary.topic_labels import story_labels
from classifiers.types import Label, Reason

from .conftest import START

SETTINGS = StoriesConfig()
NOW = START + timedelta(days=2)


@dataclass(frozen=True)
class Word:
    topic: str
    relevant: bool
    at: datetime | None = None
    facet: str = ""


def flash_and_full(member: Callable[..., StoryEntry]) -> list[StoryEntry]:
    return [
        member("[속보] 합참 \"탄도미사일 두 발 포착\"", url="https://a.example/1", id="flash", seen=START),
        member("[영상] 미사일 발사 순간", url="https://a.example/2", id="video", at=0.1, basis="event"),
        member(
            "합참 \"탄도미사일 두 발 포착\"(종합)", "합참은 원산에서 미사일 두 발이 발사됐다고 밝혔다.",
            url="https://a.example/3", id="full", at=0.2, basis="near",
        ),
    ]  # fmt: skip


def test_the_headline_is_the_first_full_reports(member: Callable[..., StoryEntry]) -> None:
    story = summarise("s1", flash_and_full(member), None, NOW, SETTINGS)
    assert story.title == '합참 "탄도미사일 두 발 포착"'
    assert story.url == "https://a.example/3"
    assert story.lead.startswith("합참은 원산에서")
    assert (story.published, story.first_seen) == (START, START)
    assert [m.entry.id for m in story.entries] == ["flash", "video", "full"]
    assert story.change == "new"
    assert story.changed == NOW


def test_the_headline_is_in_the_language_of_most_reports(member: Callable[..., StoryEntry]) -> None:
    def report(title: str, language: str, at: float, **more: str) -> StoryEntry:
        url = f"https://{language}.example/{at}"
        return member(title, "A lead that says more.", **{"url": url, "language": language, "at": at, **more})

    japanese = report("米韓が合同演習", "ja", 0)
    korean = [report("한미 연합훈련 시작", "ko", 1), report("한미, 훈련 돌입", "ko", 2)]
    english = [report("Allies begin drill", "en", 3), report("Drill begins", "en", 4)]
    told = None
    for members, title in (
        ([japanese], "米韓が合同演習"),
        ([japanese, korean[0]], "米韓が合同演習"),  # as many: the earliest full report
        ([japanese, *korean], "한미 연합훈련 시작"),
        ([japanese, *korean, *english], "한미 연합훈련 시작"),
        ([japanese, *korean, *english, report("[사설] 훈련을 보며", "en", 5)], "한미 연합훈련 시작"),
        ([japanese, *korean, *english, report("Third day of drill", "en", 6)], "Allies begin drill"),
    ):
        told = summarise("s1", members[::-1], told, NOW, SETTINGS)
        assert told.title == title
        assert told.language == next(m.entry.language for m in members if m.entry.title == title)
    assert [title for _, title in told.memory["titles"]] == [
        "米韓が合同演習",
        "한미 연합훈련 시작",
        "Allies begin drill",
    ]
    nothing_to_open = [report("훈련 사흘째", "ko", at, url="") for at in (7, 8)]
    assert summarise("s1", [japanese, *nothing_to_open], None, NOW, SETTINGS).url == japanese.entry.url


def test_a_second_look_finds_nothing_new(member: Callable[..., StoryEntry]) -> None:
    members = flash_and_full(member)
    story = summarise("s1", members, None, NOW, SETTINGS)
    stored = replace(story, memory=json.loads(json.dumps(story.memory)))
    again = summarise("s1", members[::-1], stored, NOW + timedelta(hours=1), SETTINGS)
    assert again == stored


def test_old_news_is_not_announced_until_something_live_joins(member: Callable[..., StoryEntry]) -> None:
    old = member("Ferry sinks off Palawan", "A ferry sank.", archived=True)
    story = summarise("s1", [old], None, NOW, SETTINGS)
    assert not story.announced
    live = member("Palawan ferry: inquiry opens", "An inquiry began.", at=1)
    joined = summarise("s1", [old, live], story, NOW + timedelta(hours=1), SETTINGS)
    assert joined.announced
    assert joined.change == "new"


def test_copies_are_stored_and_told_to_nobody(member: Callable[..., StoryEntry]) -> None:
    lead_text = "The ferry left at dawn with 140 people aboard and sank in rough seas off Palawan island, officials said."
    first = member("Ferry sinks off Palawan", lead_text)
    story = summarise("s1", [first], None, NOW, SETTINGS)
    copy = member("Ferry sinks off Palawan", lead_text, id="copy", origin="bravo", at=1, basis="text")
    after = summarise("s1", [first, copy], story, NOW + timedelta(hours=1), SETTINGS)
    assert (after.changed, after.change) == (story.changed, story.change)


def test_new_facts_are_told(member: Callable[..., StoryEntry]) -> None:
    first = member("Ferry sinks off Palawan", "A ferry sank in the Philippines.")
    story = summarise("s1", [first], None, NOW, SETTINGS)
    more = member("Ferry toll rises to 31", "Japan and Australia sent 12 divers; 45 are missing.", at=3)
    after = summarise("s1", [first, more], story, NOW + timedelta(hours=1), SETTINGS)
    assert after.change.startswith("new facts: ")
    assert after.changed == NOW + timedelta(hours=1)
    never = StoriesConfig(new_facts=1)
    assert summarise("s1", [first, more], story, NOW + timedelta(hours=1), never).change == story.change


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (None, Corroboration(), "new"),
        (
            Corroboration("single-source"),
            Corroboration("confirmed", attributions=("JCS said",)),
            "now confirmed by an official or independent source: JCS said",
        ),
        (
            Corroboration("single-source", kinds=("newspaper",)),
            Corroboration("single-source", kinds=("newspaper", "state-media")),
            "first report by state media",
        ),
        (
            Corroboration("single-source", kinds=("newspaper",)),
            Corroboration("single-source", kinds=("newspaper", "broadcaster")),
            "",
        ),
    ],
)
def test_what_is_worth_telling(before: Corroboration | None, after: Corroboration, words: str) -> None:
    assert worth_telling(before, after, burst=False, facts=(), known=(), share=0.5) == words


def test_a_burst_is_told_once() -> None:
    held = Corroboration()
    assert worth_telling(held, held, burst=True, facts=(), known=(), share=0.5) == "many reports at once"


def test_who_was_first_and_by_how_much(member: Callable[..., StoryEntry]) -> None:
    members = [
        member("b", origin="bravo", at=2),
        member("a", origin="alpha", at=0.5),
        member("a2", origin="alpha", at=1),
        member("undated", origin="late", published=None, seen=START - timedelta(days=1)),
    ]
    first = lead(members)
    assert first is not None
    assert (first.origin, first.ahead) == ("alpha", timedelta(hours=1.5))
    assert lead(members[-1:]) is None
    assert [count for _, count in growth(members[:3])] == [2, 1]


def test_bursts_need_many_reports_of_several_outlets_in_little_time(
    member: Callable[..., StoryEntry],
) -> None:
    fast = [member(str(n), origin=f"o{n % 3}", at=n / 4) for n in range(8)]
    slow = [member(str(n), origin=f"o{n % 3}", at=n * 4) for n in range(8)]
    alone = [member(str(n), at=n / 4) for n in range(8)]
    assert burst_at(fast, 0.3, 5) is not None
    assert burst_at(fast, 3.0, 5) is None, "usual for its topic"
    assert burst_at(slow, 0.3, 5) is None
    assert burst_at(alone, 0.3, 5) is None
    assert summarise("s", fast, None, NOW, SETTINGS).burst


def test_usual_growth_is_entries_an_hour_and_story() -> None:
    quiet = [("quiet", 1, timedelta(0))] * 29 + [("quiet", 4, timedelta(hours=33))]
    busy = [("busy", 30, timedelta(hours=6))] * 30
    rare = [("rare", 9, timedelta(hours=1))] * 29
    rates = usual_growth([*quiet, *busy, *rare])
    assert rates == {"quiet": pytest.approx((29 + 4) / (29 * 3 + 33)), "busy": pytest.approx(5.0)}
    assert usual_growth(()) == {}


def test_a_burst_is_unusual_for_its_own_topics(member: Callable[..., StoryEntry]) -> None:
    def labels(*topics: str) -> tuple[Label, ...]:
        return tuple(Label(topic, 0.9, 0.5, belongs=topic != "denied") for topic in topics)

    def burst(*topics: str, usual: dict[str, float] | None = None) -> bool:
        fast = [member(str(n), origin=f"o{n % 3}", at=n / 4, labels=labels(*topics)) for n in range(8)]
        return summarise("s", fast, None, NOW, SETTINGS, usual=usual).burst

    rates = {"busy": 5.0, "quiet": 0.1, "denied": 5.0}
    assert burst("busy"), "no rates: the setting"
    assert not burst("busy", usual=rates)
    assert burst("quiet", usual=rates)
    assert not burst("quiet", "busy", usual=rates), "the busier topic counts"
    assert burst("quiet", "denied", usual=rates), "a topic it does not belong to does not"
    assert burst("unknown", usual=rates), "a topic without a rate takes the setting"


def test_a_burst_is_told_once_though_rates_change(member: Callable[..., StoryEntry]) -> None:
    label = (Label("t", 0.9, 0.5, belongs=True),)
    fast = [member(str(n), origin=f"o{n % 3}", at=n / 4, labels=label) for n in range(8)]
    told = summarise("s", fast[:2], None, NOW, SETTINGS)
    for later, (rate, change) in enumerate([(0.1, True), (5.0, False), (0.1, False)], 1):
        at = NOW + timedelta(hours=later)
        again = summarise("s", fast, told, at, SETTINGS, usual={"t": rate})
        assert (again.changed == at) is change
        assert again.burst is (rate < 1)
        told = replace(again, memory=json.loads(json.dumps(again.memory)))


def test_poisson_tail() -> None:
    assert poisson_tail(0, 2.0) == 1.0
    assert poisson_tail(1, 2.0) == pytest.approx(1 - 0.1353, abs=1e-4)
    assert poisson_tail(5, 2.0) == pytest.approx(0.0527, abs=1e-4)


def label(score: float, *, belongs: bool, feedback: bool = False) -> Label:
    reasons = (Reason("feedback", "relevant"),) if feedback else ()
    return Label("korea", score, 0.5, belongs, reasons=reasons)


def test_labels_of_few_entries_follow_the_best(member: Callable[..., StoryEntry]) -> None:
    members = [
        member("a", labels=(label(0.2, belongs=False),)),
        member("b", labels=(label(0.9, belongs=True),)),
    ]
    (found,) = story_labels(members, ())
    assert (found.belongs, found.score) == (True, 0.9)


def test_one_stray_entry_among_many_does_not_carry_the_story(member: Callable[..., StoryEntry]) -> None:
    stray = member("x", labels=(label(0.9, belongs=True),))
    others = [member(str(n), labels=(label(0.1, belongs=False),)) for n in range(3)]
    (found,) = story_labels([stray, *others], ())
    assert not found.belongs
    (found,) = story_labels([stray, *[member(str(n)) for n in range(3)]], ())
    assert not found.belongs
    (found,) = story_labels([stray, member("y", labels=(label(0.8, belongs=True),)), *others], ())
    assert (found.belongs, found.score) == (True, 0.8)


def test_a_persons_word_wins_and_the_newest_counts(member: Callable[..., StoryEntry]) -> None:
    members = [member("a", labels=(label(0.9, belongs=True),))]
    no, yes = Word("korea", False, START), Word("korea", True, START + timedelta(hours=1))
    assert not story_labels(members, [no])[0].belongs
    assert story_labels(members, [yes, no])[0].belongs
    assert story_labels(members, [no])[0].score == 0.9
    (only,) = story_labels([member("b")], [yes])
    assert (only.topic, only.belongs, only.reasons[0].kind) == ("korea", True, "feedback")
    judged = [member("c", labels=(label(0.1, belongs=True, feedback=True),)), *members]
    assert story_labels(judged, ())[0].score == 0.1
