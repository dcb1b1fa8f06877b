"""What one poll changes: validators, location, memory, failures, the record; and whether our network is down."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.config import PollConfig
from aggregator.core.types import (
    Changes,
    FeedMemory,
    FeedState,
    Fetched,
    Health,
    Outcome,
    ParsedFeed,
    PollError,
    PollIntent,
    Revision,
)
from aggregator.fetch.network import NetworkWatch, network_is_down
from aggregator.fetch.outcome import MOVED_AFTER, body_hash, decide, host_holds

from .makers import BODY, NOW, URL, changes, document, entries, failed, fetched, same, state

POLL = PollConfig(jitter=0)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
THERE = "https://new.example/feed"


def step(
    feed: FeedState,
    answer: Fetched,
    parsed: ParsedFeed | PollError | None = None,
    news: Changes | None = None,
    **options: object,
) -> PollIntent:
    now = options.pop("now", answer.at)
    return decide(feed, answer, parsed, news, now, POLL, **options)  # type: ignore[arg-type]


# --- outcomes and the record ---


@pytest.mark.parametrize(
    ("answer", "parsed", "news", "outcome"),
    [
        (fetched(state()), document(6), changes(entries(HOUR)), Outcome.NEW),
        (fetched(state()), document(5), changes(), Outcome.UNCHANGED),
        (fetched(state()), None, None, Outcome.UNCHANGED),
        (same(state()), None, None, Outcome.NOT_MODIFIED),
        (failed(state(), "http-500"), None, None, Outcome.FAILED),
        (failed(state(), "http-410"), None, None, Outcome.GONE),
        (failed(state(), "address", refused=True), None, None, Outcome.REFUSED),
        (fetched(state()), PollError("html", "a page"), None, Outcome.FAILED),
    ],
)
def test_outcomes(
    answer: Fetched, parsed: ParsedFeed | PollError | None, news: Changes | None, outcome: Outcome
) -> None:
    intent = step(state(), answer, parsed, news)
    assert intent.record.outcome is outcome
    assert intent.feed.next_due is not None
    assert intent.feed.next_due > NOW
    assert intent.feed.last_polled == NOW


def test_a_revision_alone_is_news() -> None:
    (entry,) = entries(HOUR)
    news = Changes(revised=(Revision(entry, NOW, "before", "", ""),), unchanged=4, ids=(entry.id,))
    intent = step(state(), fetched(state()), document(5), news)
    assert intent.record.outcome is Outcome.NEW
    assert (intent.record.new, intent.record.revised, intent.record.entries) == (0, 1, 5)


def test_the_record_holds_the_whole_poll() -> None:
    feed = state()
    answer = fetched(feed, url="https://User.example:8443/x?key=1", seconds=1.23456, received=99)
    record = step(feed, answer, document(0), changes(entries(HOUR, DAY))).record
    assert (record.feed_id, record.at, record.status) == (7, NOW, 200)
    assert (record.host, record.seconds, record.received) == ("user.example", 1.23456, 99)
    assert (record.entries, record.new, record.error) == (7, 2, "")
    assert step(feed, failed(feed)).record.error == "http-500: it went wrong: http-500"
    for url, host in (
        ("http://신문.kr/x", "xn--z92b13l.kr"),
        ("http://[::1]:80/", "::1"),
        ("http://[", ""),
        ("", ""),
    ):
        assert step(feed, fetched(feed, url=url)).record.host == host


# --- validators and the body ---


def test_validators_and_hash_follow_a_good_answer() -> None:
    feed = state(etag='"old"', last_modified="then", body_hash="0", failures=2)
    answer = fetched(feed, headers={"etag": '"new"'})
    after = step(feed, answer, document(), changes()).feed
    assert (after.etag, after.last_modified, after.body_hash) == ('"new"', None, body_hash(BODY))
    assert (after.failures, after.last_success) == (0, NOW)


def test_a_304_keeps_what_it_does_not_replace() -> None:
    feed = state(etag='"old"', last_modified="then", body_hash="0", failures=2)
    after = step(feed, same(feed)).feed
    assert (after.etag, after.last_modified, after.body_hash, after.failures) == ('"old"', "then", "0", 0)
    after = step(feed, same(feed, headers={"etag": '"new"'})).feed
    assert (after.etag, after.last_modified) == ('"new"', "then")


@pytest.mark.parametrize("parsed", [None, PollError("html", "a page")])
def test_a_failure_keeps_the_validators_of_the_last_good_document(parsed: PollError | None) -> None:
    feed = state(etag='"old"', body_hash="0", last_success=NOW - DAY)
    answer = failed(feed) if parsed is None else fetched(feed, headers={"etag": '"page"'})
    after = step(feed, answer, parsed).feed
    assert (after.etag, after.body_hash, after.failures, after.last_success) == ('"old"', "0", 1, NOW - DAY)


def test_body_hashes_tell_bodies_apart() -> None:
    assert body_hash(b"a") == body_hash(b"a") != body_hash(b"b")
    assert len(body_hash(b"")) == 32


def test_the_feeds_own_title_is_taken_where_none_is_configured() -> None:
    assert step(state(), fetched(state()), document(), changes()).feed.title == "The feed"
    assert step(state(title="Mine"), fetched(state()), document(), changes()).feed.title == "Mine"


# --- validators that stick ---


def test_a_server_whose_validators_stick_is_found_out() -> None:
    feed = state(etag='"x"', memory=FeedMemory(last_new=NOW - 3 * DAY, gap=3600.0))
    plain = fetched(feed, headers={"etag": '"x"'})  # an unconditional request, answered under the same ETag
    after = step(feed, plain, document(), changes(entries(HOUR))).feed
    assert after.memory.sticky_validators
    assert after.memory.last_unconditional == NOW
    # A 304 proves nothing, news in answer to a conditional request does.
    assert step(after, same(after)).feed.memory.sticky_validators
    honest = fetched(after, headers={"etag": '"x"'}, conditional=True)
    assert not step(after, honest, document(), changes(entries(HOUR))).feed.memory.sticky_validators


@pytest.mark.parametrize(
    ("held", "sent", "news"),
    [
        (None, None, True),  # no validators at all
        ('"x"', '"y"', True),  # changed with the document
        ('"x"', '"x"', False),  # the same document, another advertisement
    ],
)
def test_a_server_is_not_accused_without_proof(held: str | None, sent: str | None, news: bool) -> None:
    feed = state(etag=held)
    answer = fetched(feed, headers={"etag": sent} if sent else {})
    after = step(feed, answer, document(), changes(entries(HOUR) if news else ())).feed
    assert not after.memory.sticky_validators


# --- moving ---


def test_a_permanent_redirect_is_believed_after_three_polls_in_a_row() -> None:
    feed = state()
    for number in range(1, MOVED_AFTER + 1):
        intent = step(feed, fetched(feed, permanent_url=THERE), document(), changes())
        feed = intent.feed
        assert (feed.location == THERE) is (number == MOVED_AFTER)
    assert feed.url == URL
    assert feed.health is Health.MOVED
    (alarm,) = intent.alarms
    assert alarm.kind == "moved"
    assert URL in alarm.message
    assert THERE in alarm.message
    assert feed.memory.moved_count == 0
    # And it stays there, without another alarm.
    intent = step(feed, fetched(feed), document(), changes())
    assert intent.feed.location == THERE
    assert intent.alarms == ()


def test_a_304_behind_the_redirect_counts_too() -> None:
    feed = state(memory=FeedMemory(moved_to=THERE, moved_count=2))
    assert step(feed, same(feed, permanent_url=THERE)).feed.location == THERE


@pytest.mark.parametrize("between", ["elsewhere", "none", "failure", "html"])
def test_polls_that_do_not_agree_start_the_count_again(between: str) -> None:
    feed = state(memory=FeedMemory(moved_to=THERE, moved_count=2))
    if between == "failure":
        feed = step(feed, failed(feed)).feed
    elif between == "html":
        feed = step(feed, fetched(feed, permanent_url=THERE), PollError("html", "a page")).feed
    else:
        to = "https://third.example/" if between == "elsewhere" else ""
        feed = step(feed, fetched(feed, permanent_url=to), document(), changes()).feed
    assert feed.location == URL
    assert step(feed, fetched(feed, permanent_url=THERE), document(), changes()).feed.location == URL


def test_a_new_place_that_stops_working_is_left_for_the_configured_url() -> None:
    feed = state(location=THERE)
    for _ in range(5):
        assert feed.location == THERE
        intent = step(feed, failed(feed, "http-404"))
        feed = intent.feed
    assert feed.location == URL
    assert "moved" in [alarm.kind for alarm in intent.alarms]


# --- memory ---


def test_ids_and_overlap_are_remembered() -> None:
    feed = state()
    first = step(feed, fetched(feed), document(5), changes(entries(HOUR, DAY), unchanged=0)).feed
    assert first.memory.last_ids == tuple(entry.id for entry in entries(HOUR, DAY))
    assert not first.memory.overlap
    second = step(first, fetched(first), document(5), changes(unchanged=2)).feed
    assert second.memory.overlap
    third = step(second, same(second)).feed
    assert third.memory.overlap
    assert third.memory.last_ids == second.memory.last_ids
    gap = step(third, fetched(third), document(5), changes(entries(HOUR), unchanged=0, gap=True))
    assert not gap.feed.memory.overlap


def test_ids_are_capped() -> None:
    feed = state()
    many = tuple(f"id{n}" for n in range(100_000))
    after = step(feed, fetched(feed), document(1), changes(ids=many)).feed
    assert after.memory.last_ids == many[:500]


def test_churned_guids_are_unstable_after_three_polls_and_until_they_stop() -> None:
    feed = state()
    for expected in (False, False, True, True):
        feed = step(feed, fetched(feed), document(), changes(entries(HOUR), churned=True)).feed
        assert feed.memory.unstable_guids is expected
    assert feed.health is Health.DEGRADED
    feed = step(feed, fetched(feed), document(), changes()).feed
    assert not feed.memory.unstable_guids


def test_old_news_teaches_no_cadence_except_at_the_first_poll() -> None:
    backlog = entries(HOUR, 3 * HOUR, 5 * HOUR)
    archived = frozenset(entry.id for entry in backlog)
    feed = state()
    first = step(feed, fetched(feed), document(3), changes(backlog, archived=archived, unchanged=0)).feed
    assert first.memory.gap == 2 * 3600.0
    later = step(first, fetched(first), document(3), changes(backlog, archived=archived)).feed
    assert later.memory.gap == first.memory.gap
    assert later.memory.last_new == first.memory.last_new


# --- whose fault ---


def test_when_our_network_is_down_nobody_is_blamed() -> None:
    feed = state(failures=2, health=Health.OK, memory=FeedMemory(moved_to=THERE, moved_count=2))
    intent = step(feed, failed(feed, "dns"), network_down=True)
    assert intent.feed.failures == 2
    assert intent.feed.health is Health.OK
    assert intent.feed.memory == feed.memory
    assert intent.alarms == ()
    assert intent.record.outcome is Outcome.FAILED
    assert intent.feed.next_due is not None
    assert intent.feed.next_due <= NOW + timedelta(minutes=6)


def test_a_server_that_answered_badly_meanwhile_is_blamed_all_the_same() -> None:
    assert step(state(), failed(state(), "http-500"), network_down=True).feed.failures == 1


def test_a_held_host_is_no_failure() -> None:
    feed = state(failures=1)
    intent = step(feed, failed(feed, "host-held", refused=True, retry_at=NOW + HOUR))
    assert intent.feed.failures == 1
    assert intent.feed.next_due is not None
    assert intent.feed.next_due >= NOW + HOUR


def results(*codes: str | None, host: str = "h{}.example") -> list[Fetched]:
    found = []
    for number, code in enumerate(codes):
        feed = state(id=number, url=f"https://{host.format(number)}/feed")
        found.append(fetched(feed) if code is None else failed(feed, code))
    return found


@pytest.mark.parametrize(
    ("found", "down"),
    [
        (results(*["dns"] * 20), True),
        (results(*["dns", "connect", "timeout"] * 6, None), True),
        (results(*["dns"] * 8, None, None), False),
        (results("dns", "connect"), False),  # two hosts can both be down
        (results(*["connect"] * 20, host="one.example"), False),
        (results(*["http-500"] * 20), False),
        (results(*["tls"] * 20), False),
        (results(*["dns"] * 3, *["credentials", "host-held"] * 10), True),  # never left this machine
        (results(*["credentials"] * 10), False),
        (results(), False),
    ],
)
def test_whether_our_network_is_down(found: list[Fetched], down: bool) -> None:
    assert network_is_down(found) is down


def test_410_mutes_and_says_so() -> None:
    feed = state(health=Health.FAILING, failures=9)
    intent = step(feed, failed(feed, "http-410"))
    assert intent.feed.health is Health.GONE
    assert intent.feed.next_due is not None
    assert intent.feed.next_due > NOW + 10_000 * DAY
    (alarm,) = intent.alarms
    assert alarm.kind == "gone"
    assert "muted" in alarm.message
    revived = replace(intent.feed, next_due=None)
    again = step(revived, fetched(revived), document(), changes())
    assert again.feed.health is Health.OK
    assert [alarm.kind for alarm in again.alarms] == ["recovered"]


def test_what_a_host_asked_for_survives_a_restart() -> None:
    feeds = []
    for number, (url, hours) in enumerate(
        (("https://a.example/1", 2), ("https://a.example/2", 5), ("https://b.example/", 0))
    ):
        feed = state(id=number, url=url)
        retry_at = NOW + hours * HOUR if hours else None
        feeds.append(step(feed, failed(feed, "http-429", retry_at=retry_at)).feed)
    assert host_holds(feeds, NOW) == {"a.example": NOW + 5 * HOUR}
    assert host_holds(feeds, NOW + 3 * HOUR) == {"a.example": NOW + 5 * HOUR}
    assert host_holds(feeds, NOW + 6 * HOUR) == {}
    well = step(feeds[1], fetched(feeds[1]), document(), changes()).feed
    assert host_holds([well], NOW) == {}


def test_an_outage_is_noticed_although_feeds_fall_due_one_at_a_time() -> None:
    watch = NetworkWatch()
    minute = timedelta(minutes=1)
    ups = results(*[None] * 5)
    downs = results(*["dns", "connect"] * 10)
    assert not any(watch.judge([up], NOW) for up in ups)
    verdicts = [watch.judge([down], NOW + minute * n / 4) for n, down in enumerate(downs, 1)]
    assert verdicts == [False] * 4 + [True] * 16
    assert not watch.judge([ups[0]], NOW + 6 * minute)
    assert not watch.judge([downs[0]], NOW + 7 * minute)


def test_after_a_quiet_while_three_lost_hosts_are_enough() -> None:
    watch = NetworkWatch()
    watch.judge(results(None), NOW)
    verdicts = [watch.judge([down], NOW + HOUR) for down in results("dns", "dns", "dns")]
    assert verdicts == [False, False, True]


def test_a_dead_host_with_many_feeds_and_a_few_dead_feeds_are_no_outage() -> None:
    watch = NetworkWatch()
    for n in range(50):
        assert not watch.judge(results("connect", host="dead.example"), NOW + n * timedelta(seconds=10))
    for n in range(50):
        mixed = [*results("connect", host=f"dead{n % 4}.example"), *results("dns", "http-500")]
        assert not watch.judge(mixed, NOW + HOUR + n * timedelta(seconds=10))


def test_dead_hosts_far_apart_in_time_are_no_outage() -> None:
    watch = NetworkWatch()
    for n, down in enumerate(results(*["dns"] * 20)):
        assert not watch.judge([down], NOW + n * timedelta(minutes=4))


def test_an_outage_lasts_from_the_first_lost_host_until_one_is_reached() -> None:
    watch = NetworkWatch()
    minute = timedelta(minutes=1)
    lost = results("dns", "connect", "dns")
    for n, down in enumerate(lost):
        assert watch.outage is None
        watch.judge([down], NOW + n * minute)
    assert str(watch.outage) == f"down since {NOW:%Y-%m-%d %H:%M} UTC: host names cannot be looked up"
    assert not watch.judge([lost[0]], NOW + HOUR), "one host alone proves nothing"
    assert watch.outage is not None, "but neither did anybody answer"
    watch.judge(results("http-500"), NOW + 2 * HOUR)
    assert watch.outage is None, "a server that fails is reached"


def test_a_batch_that_is_lost_as_a_whole_is_enough() -> None:
    assert NetworkWatch().judge(results(*["dns"] * 10), NOW)


def test_a_poll_that_was_stopped_leaves_the_feed_due_and_as_it_was() -> None:
    feed = state(failures=2, health_since=NOW)
    after = step(feed, failed(feed, "stopped", refused=True)).feed
    assert after == replace(feed, next_due=NOW, last_polled=NOW)


# --- documents cut off on their way ---


def test_a_document_cut_off_is_asked_for_again_soon_and_without_its_validators() -> None:
    feed = replace(state(), etag='"held"', memory=FeedMemory(gap=DAY.total_seconds()))
    headers = {"etag": '"new"', "cache-control": "max-age=7200"}
    whole = step(feed, fetched(feed, headers=headers), document(5), changes()).feed
    cut = step(feed, fetched(feed, headers=headers), replace(document(5), truncated=True), changes()).feed
    assert whole.next_due is not None
    assert cut.next_due is not None
    assert whole.next_due - NOW >= 2 * HOUR
    assert POLL.floor <= cut.next_due - NOW <= 2 * POLL.floor
    assert (whole.etag, cut.etag, cut.last_modified, cut.body_hash) == ('"new"', None, None, feed.body_hash)


def test_a_document_that_always_ends_there_is_all_that_the_server_has() -> None:
    feed = state()
    headers = {"etag": '"new"', "cache-control": "max-age=7200"}
    waits = []
    for _ in range(4):
        feed = step(
            feed, fetched(feed, headers=headers), replace(document(5), truncated=True), changes()
        ).feed
        assert feed.next_due is not None
        waits.append(feed.next_due - NOW)
    assert [wait < HOUR for wait in waits] == [True, True, False, False]
    assert (feed.etag, feed.body_hash) == ('"new"', body_hash(BODY))
    feed = step(feed, fetched(feed, headers=headers), document(5), changes()).feed
    again = step(feed, fetched(feed, headers=headers), replace(document(5), truncated=True), changes()).feed
    assert again.etag is None, "a whole document came in between"


def test_entries_missing_from_a_document_cut_off_are_not_missed() -> None:
    feed = state()
    answer = step(feed, fetched(feed), replace(document(5), truncated=True), replace(changes(), gap=True))
    assert not [alarm for alarm in answer.alarms if alarm.kind == "gap"]
