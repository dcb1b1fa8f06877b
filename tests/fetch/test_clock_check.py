"""A clock is believed before anything is deleted only when nothing speaks against it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from aggregator.core.types import FeedState, Fetched
from aggregator.fetch.clock_check import why_doubtful
from aggregator.fetch.server_clocks import ServerClocks

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
YEAR = timedelta(days=365)


def answer(host: str, at: datetime, date: datetime | str, status: int = 200) -> Fetched:
    text = date if isinstance(date, str) else format_datetime(date, usegmt=True)
    feed = FeedState(1, f"https://{host}/feed", f"https://{host}/feed")
    return Fetched(feed, at, feed.url, status, {"date": text}, seconds=0.5)


def test_servers_that_agree_confirm_the_clock() -> None:
    clocks = ServerClocks()
    clocks.observe([answer(f"h{n}.example", NOW, NOW) for n in range(3)], turned=100.0)
    ahead = clocks.ahead(NOW, 100.5)
    assert ahead is not None
    assert abs(ahead) < timedelta(seconds=2)
    assert why_doubtful(NOW, ahead=ahead, stepped=timedelta(0), newest=NOW - YEAR, kept=YEAR) == ""


def test_a_step_after_the_last_answer_is_counted_in() -> None:
    clocks = ServerClocks()
    clocks.observe([answer("h.example", NOW, NOW)], turned=100.0)
    later = NOW + YEAR
    ahead = clocks.ahead(later, 160.0)
    assert ahead is not None
    assert ahead.days == 364
    assert "364 days ahead" in why_doubtful(later, ahead=ahead, stepped=YEAR, newest=NOW, kept=YEAR)


def test_one_host_has_one_voice_and_half_of_them_decide() -> None:
    clocks = ServerClocks()
    liar = [answer("liar.example", NOW, NOW - YEAR) for _ in range(50)]
    clocks.observe([*liar, *(answer(f"h{n}.example", NOW, NOW) for n in range(2))], turned=0.0)
    ahead = clocks.ahead(NOW, 0.5)
    assert ahead is not None
    assert ahead < timedelta(minutes=1)


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 99 Foo 2026 99:99:99 GMT"])
def test_an_answer_without_a_usable_date_says_nothing(date: str) -> None:
    clocks = ServerClocks()
    clocks.observe([answer("h.example", NOW, date), answer("g.example", NOW, NOW, status=0)], turned=0.0)
    assert clocks.ahead(NOW, 0.0) is None


def test_without_any_answer_a_step_or_a_long_rest_is_doubtful() -> None:
    calm = timedelta(0)
    assert why_doubtful(NOW, ahead=None, stepped=calm, newest=NOW - timedelta(days=2), kept=YEAR) == ""
    assert why_doubtful(NOW, ahead=None, stepped=calm, newest=None, kept=YEAR) == ""
    assert "400 days ago" in why_doubtful(
        NOW, ahead=None, stepped=calm, newest=NOW - timedelta(days=400), kept=YEAR
    )
    assert "365 days ahead at once" in why_doubtful(
        NOW + YEAR, ahead=None, stepped=YEAR, newest=NOW, kept=YEAR
    )
