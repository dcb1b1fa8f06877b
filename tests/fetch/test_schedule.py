"""When a feed is next due: the server's wishes first, then the feed's own interval, then its cadence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config import PollConfig
from aggregator.core.httpdate import RETRY_CAP
from aggregator.core.types import FeedMemory, FeedState, Fetched, ParsedFeed, PollError
from aggregator.fetch.finished_poll import finished_poll
from aggregator.fetch.schedule import MUTED, Plan, cadence, freshness, learn, plan

from .makers import NOW, changes, document, entries, failed, fetched, same, state

POLL = PollConfig()
STILL = PollConfig(jitter=0)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def planned(
    feed: FeedState,
    answer: Fetched,
    parsed: ParsedFeed | PollError | None = None,
    arrivals: Sequence[datetime] = (),
    now: datetime = NOW,
    settings: PollConfig = STILL,
    fixed: timedelta | None = None,
    network_down: bool = False,
) -> Plan:
    """What `plan` makes of a poll that brought new entries published at these moments."""
    news = changes(entries(*(now - moment for moment in arrivals), now=now)) if arrivals else None
    return plan(finished_poll(feed, answer, parsed, news, now, network_down), settings, fixed)


def wait(**options: object) -> timedelta:
    """The wait after a poll that brought nothing new, without jitter."""
    feed = state(memory=options.pop("memory", FeedMemory()))
    headers = options.pop("headers", {})
    now = options.pop("now", NOW)
    got = planned(
        feed, fetched(feed, headers=headers), options.pop("parsed", None), (), now, STILL, **options
    )  # type: ignore[arg-type]
    return got.next_due - now  # type: ignore[operator, return-value]


# --- the server's wishes ---


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"cache-control": "max-age=3600"}, 3600),
        ({"cache-control": "public, MAX-AGE=3600, must-revalidate"}, 3600),
        ({"cache-control": 'max-age="3600"'}, 3600),
        ({"cache-control": "max-age=3600", "age": "600"}, 3000),
        ({"cache-control": "max-age=60", "age": "600"}, 0),
        ({"cache-control": "s-maxage=3600"}, 0),  # meant for shared caches
        ({"cache-control": "no-cache, max-age=3600"}, 0),
        ({"cache-control": "no-store"}, 0),
        ({"cache-control": "max-age=-1"}, 0),
        ({"cache-control": "max-age=lots"}, 0),
        ({"cache-control": "max-age=99999999999"}, 365 * 86400),
        ({"expires": "Wed, 04 Mar 2026 14:00:00 GMT", "date": "Wed, 04 Mar 2026 12:00:00 GMT"}, 7200),
        # The server's clock is a day behind ours: only the difference counts.
        ({"expires": "Tue, 03 Mar 2026 14:00:00 GMT", "date": "Tue, 03 Mar 2026 12:00:00 GMT"}, 7200),
        ({"expires": "0", "date": "Wed, 04 Mar 2026 12:00:00 GMT"}, 0),
        ({"expires": "Wed, 04 Mar 2026 14:00:00 GMT"}, 0),
        ({"expires": "Sat, 01 Jan 2000 00:00:00 GMT", "date": "Wed, 04 Mar 2026 12:00:00 GMT"}, 0),
        (
            {
                "cache-control": "max-age=60",
                "expires": "Wed, 04 Mar 2026 14:00:00 GMT",
                "date": "Wed, 04 Mar 2026 12:00:00 GMT",
            },
            60,
        ),
    ],
)
def test_freshness(headers: dict[str, str], seconds: int) -> None:
    assert freshness(headers) == timedelta(seconds=seconds)


def test_max_age_counts_on_200_and_on_304() -> None:
    feed = state()
    headers = {"cache-control": "max-age=7200"}
    for answer in (fetched(feed, headers=headers), same(feed, headers=headers)):
        assert planned(feed, answer).next_due == NOW + 2 * HOUR


@pytest.mark.parametrize(
    ("hints", "expected"),
    [
        ({"ttl": 3600}, HOUR),
        ({"update_period": 7200}, 2 * HOUR),
        ({"ttl": 3600, "update_period": 7200}, 2 * HOUR),
        ({"ttl": 60}, 15 * MINUTE),
        ({"ttl": 30 * 86400}, DAY),  # beyond the ceiling: a mistake, not a wish
    ],
)
def test_the_documents_wishes_count_now_and_after_a_304(hints: dict[str, int], expected: timedelta) -> None:
    feed = state()
    first = planned(feed, fetched(feed), document(hints=hints))
    assert first.next_due == NOW + expected
    again = replace(feed, memory=first.memory)
    assert planned(again, same(again)).next_due == NOW + expected
    without = planned(again, fetched(again), document())
    assert without.next_due == NOW + POLL.floor


def test_skipped_hours_are_not_entered() -> None:
    hours = frozenset(range(12, 18))
    assert wait(parsed=document(hints={"skip_hours": hours})) == 6 * HOUR


def test_skipped_days_are_not_entered_even_beyond_the_ceiling() -> None:
    friday = NOW + timedelta(days=2, hours=11, minutes=50)
    assert (
        wait(now=friday, parsed=document(hints={"skip_days": frozenset((5, 6))})) == 48 * HOUR + 10 * MINUTE
    )


def test_a_document_that_skips_everything_is_not_believed() -> None:
    for hints in ({"skip_hours": frozenset(range(24))}, {"skip_days": frozenset(range(7))}):
        assert wait(parsed=document(hints=hints)) == POLL.floor


# --- the feed's own interval ---


def test_a_fixed_interval_wins_over_cadence_but_not_over_the_server() -> None:
    busy = FeedMemory(gap=60.0, last_new=NOW)
    assert wait(fixed=3 * HOUR, memory=busy) == 3 * HOUR
    assert wait(fixed=5 * MINUTE) == 5 * MINUTE
    assert wait(fixed=3 * DAY) == 3 * DAY
    assert wait(fixed=5 * MINUTE, headers={"cache-control": "max-age=3600"}) == HOUR


# --- cadence ---


def test_an_unknown_feed_is_polled_at_the_floor() -> None:
    assert wait() == POLL.floor


@pytest.mark.parametrize("gap", [5 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY, 60 * DAY])
def test_a_rarer_feed_is_polled_more_rarely_within_the_bounds(gap: timedelta) -> None:
    memory = FeedMemory(gap=gap.total_seconds(), last_new=NOW)
    assert wait(memory=memory) == min(max(gap / 12, POLL.floor), POLL.ceiling)


def test_the_interval_grows_with_silence() -> None:
    memory = FeedMemory(gap=600.0, last_new=NOW - 20 * HOUR)
    assert wait(memory=memory) == HOUR


@pytest.mark.parametrize("gap", [HOUR, 8 * HOUR, 2 * DAY])
def test_a_regular_feeds_gap_is_learnt(gap: timedelta) -> None:
    """Polled as planned for sixty gaps, the estimate comes near, and no entry waits longer than a sixth of a gap."""
    feed, now = state(memory=FeedMemory(last_new=NOW)), NOW
    published = NOW + gap
    delays = []
    while now < NOW + 60 * gap:
        arrived = []
        while published <= now:
            arrived.append(published)
            delays.append(now - published)
            published += gap
        got = planned(feed, fetched(feed), document() if arrived else None, arrived, now, POLL)
        feed, now = replace(feed, memory=got.memory), got.next_due
    assert feed.memory.gap == pytest.approx(gap.total_seconds(), rel=0.35)
    assert max(delays[5:]) <= max(gap / 6, POLL.floor * 1.1)


def test_a_batch_counts_as_one_arrival() -> None:
    memory = learn(FeedMemory(last_new=NOW - DAY), document(), [NOW - n * MINUTE for n in range(12)], NOW)
    assert memory.gap == DAY.total_seconds()


def test_the_first_document_gives_a_cadence_to_begin_with() -> None:
    memory = learn(FeedMemory(), document(), [NOW - n * HOUR for n in range(1, 11)], NOW)
    assert memory.gap == HOUR.total_seconds()
    assert memory.last_new == NOW - HOUR
    assert cadence(memory, NOW) == HOUR / 12


def test_dates_in_the_future_teach_nothing_odd() -> None:
    memory = learn(FeedMemory(), document(), [NOW + DAY, NOW + 2 * DAY, NOW - HOUR], NOW)
    assert memory.last_new == NOW
    assert memory.gap == HOUR.total_seconds()


# --- jitter ---


def test_jitter_spreads_feeds_and_is_the_same_on_every_run() -> None:
    dues = []
    for number in range(200):
        feed = state(id=number)
        dues.append(planned(feed, fetched(feed), None, (), NOW, POLL).next_due)
        assert dues[-1] == planned(feed, fetched(feed), None, (), NOW, POLL).next_due
    assert min(dues) >= NOW + POLL.floor
    assert max(dues) <= NOW + POLL.floor * 1.1
    assert len(set(dues)) == 200
    thirds = [sum(1 for due in dues if due - NOW < POLL.floor * (1 + share / 30)) for share in (1, 2)]
    assert 40 < thirds[0] < 95
    assert 105 < thirds[1] < 160


# --- failures ---


def test_failures_back_off_to_the_ceiling_and_never_end() -> None:
    waits = []
    for failures in range(40):
        feed = state(failures=failures)
        waits.append(planned(feed, failed(feed)).next_due - NOW)
    assert waits[:4] == [15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR]
    assert waits[10:] == [DAY] * 30


@pytest.mark.parametrize("code", ["http-429", "http-503"])
def test_retry_after_is_obeyed_up_to_seven_days(code: str) -> None:
    feed = state()
    for asked, given_wait in ((HOUR, HOUR), (3 * DAY, 3 * DAY), (30 * DAY, RETRY_CAP), (MINUTE, 15 * MINUTE)):
        answer = failed(feed, code, retry_at=NOW + asked)
        assert planned(feed, answer).next_due == NOW + given_wait


def test_410_mutes() -> None:
    feed = state()
    assert planned(feed, failed(feed, "http-410")).next_due == NOW + MUTED


def test_a_held_host_is_asked_again_when_the_hold_ends() -> None:
    feed = state(failures=3)
    answer = failed(feed, "host-held", refused=True, retry_at=NOW + 2 * HOUR)
    due = planned(feed, answer).next_due
    assert NOW + 2 * HOUR <= due < NOW + 2 * HOUR + MINUTE


def test_an_outage_of_ours_is_looked_at_again_soon() -> None:
    feed = state(failures=9)
    due = planned(feed, failed(feed, "dns"), network_down=True).next_due
    assert due == NOW + 5 * MINUTE


def test_a_mistake_in_config_is_looked_at_again_at_the_floor() -> None:
    feed = state(failures=9)
    assert planned(feed, failed(feed, "credentials")).next_due == NOW + POLL.floor


def test_a_document_that_cannot_be_parsed_backs_off_too_and_teaches_nothing() -> None:
    feed = state(failures=2, memory=FeedMemory(gap=60.0, last_new=NOW))
    got = planned(feed, fetched(feed), PollError("html", "a page"))
    assert got.next_due == NOW + HOUR
    assert got.memory == feed.memory


# --- properties ---

moments = st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))
spans = st.timedeltas(timedelta(seconds=1), timedelta(days=40))
hints = st.fixed_dictionaries(
    {},
    optional={
        "ttl": st.none() | st.integers(0, 10**9),
        "update_period": st.none() | st.integers(0, 10**9),
        "skip_hours": st.frozensets(st.integers(0, 23)),
        "skip_days": st.frozensets(st.integers(0, 6)),
    },
)
control = (
    st.sampled_from(["", "no-cache", "public"])
    | st.integers(0, 10**12).map("max-age={}".format)
    | st.text(max_size=30)
)


@st.composite
def settings_of(draw: st.DrawFn) -> PollConfig:
    floor = draw(st.timedeltas(MINUTE, 6 * HOUR))
    return PollConfig(
        floor=floor,
        ceiling=floor + draw(st.timedeltas(timedelta(0), 10 * DAY)),
        jitter=draw(st.floats(0, 0.5)),
    )


@st.composite
def memories(draw: st.DrawFn, now: datetime) -> FeedMemory:
    return FeedMemory(
        gap=draw(st.none() | st.floats(0, 10**9)),
        last_new=draw(st.none() | spans.map(lambda span: now - span)),
    )


@given(
    data=st.data(), now=moments, poll=settings_of(), number=st.integers(0, 10**6), wishes=hints, cache=control
)
def test_never_before_the_servers_wish_nor_beyond_the_bounds(
    data: st.DataObject, now: datetime, poll: PollConfig, number: int, wishes: dict[str, object], cache: str
) -> None:
    feed = state(id=number, memory=data.draw(memories(now)))
    fixed = data.draw(st.none() | spans)
    arrivals = data.draw(st.lists(spans.map(lambda span: now - span), max_size=5))
    headers = {"cache-control": cache, "date": format_datetime(now, usegmt=True)}
    answer = fetched(feed, at=now, headers=headers)
    got = planned(feed, answer, document(hints=wishes), arrivals, now, poll, fixed)
    delay = got.next_due - now
    wish = min(
        max(
            freshness(headers),
            timedelta(seconds=max(wishes.get("ttl") or 0, wishes.get("update_period") or 0)),
        ),
        poll.ceiling,
    )  # type: ignore[type-var, operator]
    slack = timedelta(milliseconds=1)
    assert delay >= wish - slack
    assert delay >= (fixed if fixed is not None else poll.floor) - slack
    hours, days = wishes.get("skip_hours", frozenset()), wishes.get("skip_days", frozenset())
    possible = len(hours) < 24 and len(days) < 7  # type: ignore[arg-type]
    if possible:
        assert got.next_due.hour not in hours  # type: ignore[operator]
        assert got.next_due.weekday() not in days  # type: ignore[operator]
    if not hours and not days:
        top = max(fixed, wish) * (1 + poll.jitter) if fixed is not None else poll.ceiling
        assert delay <= top + slack
    else:
        assert delay <= max(poll.ceiling, (fixed or timedelta(0)) * 1.5, wish * 1.5) + timedelta(days=8)
    assert got == planned(feed, answer, document(hints=wishes), arrivals, now, poll, fixed)
    assert got.memory.gap is None or got.memory.gap >= 0


@given(
    now=moments,
    poll=settings_of(),
    failures=st.integers(0, 10**6),
    asked=st.none() | spans,
    fixed=st.none() | spans,
    code=st.sampled_from(["http-500", "http-429", "timeout", "html", "dns"]),
)
def test_failures_never_come_too_early_nor_stop_a_feed(
    now: datetime,
    poll: PollConfig,
    failures: int,
    asked: timedelta | None,
    fixed: timedelta | None,
    code: str,
) -> None:
    feed = state(failures=failures)
    answer = failed(feed, code, status=0, at=now, retry_at=now + asked if asked is not None else None)
    delay = planned(feed, answer, None, (), now, poll, fixed).next_due - now
    assert delay >= (fixed or poll.floor)
    assert delay >= min(asked or timedelta(0), RETRY_CAP)
    assert delay <= max(poll.ceiling, fixed or timedelta(0), min(asked or timedelta(0), RETRY_CAP))
