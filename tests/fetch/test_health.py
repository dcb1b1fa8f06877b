"""States and alarms over the life of a feed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.config import PollConfig
from aggregator.core.types import (
    Alarm,
    Changes,
    FeedMemory,
    FeedState,
    Fetched,
    Health,
    ParsedFeed,
    PollError,
)
from aggregator.fetch.outcome import decide

from .makers import NOW, changes, document, entries, failed, fetched, same, state

POLL = PollConfig(failing_after=3)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HTML = PollError(
    "html",
    "an HTML page. The page names a feed: https://news.example/rss?key=1.",
    suggestions=("https://news.example/rss?key=1",),
)


class Life:
    """A feed polled again and again; collects its alarms."""

    def __init__(self, **fields: object) -> None:
        fields = {"last_success": NOW - HOUR, **fields}
        self.feed: FeedState = state(health_since=NOW - 9 * DAY, **fields)
        self.now = NOW
        self.alarms: list[Alarm] = []

    def poll(
        self,
        answer: Fetched | None = None,
        parsed: ParsedFeed | PollError | None = None,
        news: Changes | None = None,
        after: timedelta = HOUR,
        **options: bool,
    ) -> Health:
        self.now += after
        answer = replace(answer or fetched(self.feed), feed=self.feed, at=self.now)
        if answer.error is None and answer.status == 200 and parsed is None:
            parsed, news = document(), news or changes()
        intent = decide(self.feed, answer, parsed, news, self.now, POLL, **options)  # type: ignore[arg-type]
        self.feed = intent.feed
        self.alarms += intent.alarms
        return self.feed.health

    def kinds(self) -> list[str]:
        return [alarm.kind for alarm in self.alarms]


def test_a_good_feed_is_ok_and_raises_nothing() -> None:
    life = Life()
    for _ in range(10):
        assert life.poll(news=changes(entries(HOUR, now=life.now))) is Health.OK
    assert life.kinds() == []
    assert life.feed.health_since == NOW - 9 * DAY


def test_the_first_failure_is_remembered_until_a_good_poll_although_the_state_is_still_ok() -> None:
    life = Life()
    assert life.poll(failed(life.feed, "http-503")) is Health.OK
    assert life.feed.memory.health.error_message == "it went wrong: http-503"
    life.poll(failed(life.feed, "dns"), network_down=True)
    life.poll(failed(life.feed, "host-held", refused=True))
    assert life.feed.memory.health.error_message == "it went wrong: http-503", "neither is the feed's own"
    life.poll()
    assert life.feed.memory.health.error_message == ""


def test_a_streak_of_errors_is_failing_and_ends_with_recovered() -> None:
    life = Life()
    bad = failed(life.feed, "http-503")
    assert [life.poll(bad) for _ in range(4)] == [Health.OK, Health.OK, Health.FAILING, Health.FAILING]
    assert life.kinds() == ["failing"]
    assert life.feed.health_since == NOW + 3 * HOUR
    assert "4 polls failed" in life.feed.health_why
    assert life.poll() is Health.OK
    assert life.kinds() == ["failing", "recovered"]
    assert "2026-03-04 15:00 UTC" in life.alarms[-1].message
    assert life.feed.health_why == ""


def test_a_single_error_is_nobodys_business() -> None:
    life = Life()
    for _ in range(6):
        life.poll(failed(life.feed, "timeout"))
        life.poll()
    assert life.kinds() == []


def test_a_flapping_feed_does_not_fill_the_alarms() -> None:
    life = Life()
    for _ in range(20):
        for _ in range(3):
            life.poll(failed(life.feed, "timeout"), after=timedelta(minutes=15))
        life.poll(after=timedelta(minutes=15))
    assert life.kinds() == ["failing", "recovered"]  # within a day


def test_a_page_where_a_feed_should_be_is_named_at_once_and_offers_its_feeds() -> None:
    life = Life()
    life.poll(parsed=HTML)
    life.poll(parsed=HTML)
    assert life.kinds() == ["html"]
    assert life.alarms[0].message.count("https://news.example/rss?key=***") == 1
    assert life.poll(parsed=HTML) is Health.FAILING
    assert "key=1" not in f"{life.alarms} {life.feed.health_why} {life.feed.memory}"
    assert life.kinds() == ["html", "failing"]


def test_missed_entries_raise_an_alarm_and_degrade_for_a_day() -> None:
    life = Life()
    life.poll()
    assert life.poll(news=changes(entries(HOUR), unchanged=0, gap=True)) is Health.DEGRADED
    assert life.kinds() == ["gap"]
    assert life.poll() is Health.DEGRADED
    assert life.poll(same(life.feed), after=DAY - 2 * HOUR) is Health.DEGRADED
    assert life.poll(same(life.feed), after=HOUR) is Health.OK  # a day to the hour
    assert life.kinds() == ["gap", "recovered"]


def test_a_flood_is_told_for_a_day() -> None:
    life = Life()
    assert (
        life.poll(news=replace(changes(entries(HOUR)), held_back=frozenset(str(n) for n in range(940))))
        is Health.DEGRADED
    )
    assert "940 new entries" in life.feed.health_why
    assert life.kinds() == ["degraded"]
    assert life.poll(after=23 * HOUR) is Health.DEGRADED
    assert life.poll(after=2 * HOUR) is Health.OK
    assert life.kinds() == ["degraded", "recovered"]


def test_gaps_at_every_poll_are_told_once_a_day() -> None:
    life = Life()
    for _ in range(72):
        life.poll(news=changes(entries(HOUR, now=life.now), unchanged=0, gap=True))
    assert life.kinds() == ["gap"] * 3


def test_a_malformed_document_degrades_until_a_good_one_comes() -> None:
    life = Life()
    assert life.poll(parsed=document(problems=("mismatched tag",)), news=changes()) is Health.DEGRADED
    assert "mismatched tag" in life.feed.health_why
    assert life.poll(same(life.feed)) is Health.DEGRADED
    assert life.poll() is Health.OK
    assert life.kinds() == ["degraded", "recovered"]


def regular(gap: timedelta, count: int = 8) -> Life:
    """A feed that has brought an entry every `gap`."""
    life = Life(memory=FeedMemory(last_new=NOW))
    for _ in range(count):
        life.poll(news=changes(entries(timedelta(minutes=1), now=life.now + gap)), after=gap)
    assert life.kinds() == []
    return life


@pytest.mark.parametrize(("gap", "patience"), [(HOUR, 2 * DAY), (DAY, 5 * DAY), (7 * DAY, 35 * DAY)])
def test_silence_beyond_its_own_cadence_is_quiet(gap: timedelta, patience: timedelta) -> None:
    life = regular(gap)
    assert life.poll(same(life.feed), after=patience - HOUR) is Health.OK
    assert life.poll(same(life.feed), after=2 * HOUR) is Health.QUIET
    assert life.poll(same(life.feed), after=DAY) is Health.QUIET
    assert life.kinds() == ["quiet"]
    assert life.poll(news=changes(entries(HOUR, now=life.now))) is Health.OK
    assert life.kinds() == ["quiet", "recovered"]


def test_a_silence_it_has_had_before_is_not_quiet() -> None:
    life = regular(HOUR)
    life.poll(news=changes(entries(HOUR, now=life.now)), after=4 * DAY)  # a holiday
    for _ in range(8):
        life.poll(news=changes(entries(HOUR, now=life.now)))
    assert life.poll(same(life.feed), after=6 * DAY) is Health.OK
    assert life.poll(same(life.feed), after=3 * DAY) is Health.QUIET


def test_a_feed_we_hardly_know_is_not_called_quiet() -> None:
    life = regular(HOUR, count=3)
    assert life.poll(same(life.feed), after=60 * DAY) is Health.OK


def test_our_own_outage_changes_no_feeds_health() -> None:
    life = Life()
    for _ in range(10):
        life.poll(failed(life.feed, "dns"), network_down=True)
    assert life.feed.health is Health.OK
    assert life.kinds() == []


def test_quiet_then_failing_then_back_recovers_once_for_each_alarm_at_most() -> None:
    life = regular(HOUR)
    life.poll(same(life.feed), after=3 * DAY)
    for _ in range(3):
        life.poll(failed(life.feed, "http-500"))
    assert life.poll(news=changes(entries(HOUR, now=life.now))) is Health.OK
    assert life.kinds() == ["quiet", "failing", "recovered"]


def test_a_feed_that_recovers_into_a_lesser_evil_says_so() -> None:
    life = Life()
    for _ in range(3):
        life.poll(failed(life.feed, "http-500"))
    assert life.poll(parsed=document(problems=("odd",)), news=changes()) is Health.DEGRADED
    assert life.kinds() == ["failing", "degraded", "recovered"]


def test_alarms_show_no_secret_of_a_url() -> None:
    there = "https://u:p@new.example/f?token=sesame"
    life = Life(memory=FeedMemory(moved_to=there, moved_count=2))
    life.poll(fetched(life.feed, permanent_url=there))
    told = " ".join(alarm.message for alarm in life.alarms) + life.feed.health_why
    assert "new.example/f?…" in told
    assert "sesame" not in told
    assert "u:p" not in told
