"""Archives: every moment is in exactly one document of the chain, and the chain begins where news stopped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.publish.archive import following, latest, previous, span_of

moments = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31)).map(lambda at: at.replace(tzinfo=UTC))


@given(moments, st.timedeltas(timedelta(0), timedelta(days=40)), st.sampled_from(["day", "week", "month"]))
def test_the_chain_has_no_gap_and_no_overlap(now: datetime, back: timedelta, unit: str) -> None:
    oldest = now - timedelta(days=70)
    hour = now.replace(minute=0, second=0, microsecond=0)
    key = latest(now - back, unit, now, oldest)
    assert key is not None
    span = span_of(key, unit)
    assert span[0] <= min(now - back, hour - timedelta(seconds=1)) < span[1] <= now
    visited = 1
    while (key := previous(span, unit, oldest)) is not None:
        before = span_of(key, unit)
        assert before[1] == span[0]
        span = before
        visited += 1
    assert span[0] <= oldest
    assert visited < 24 + 31 + 71
    while (key := following(span, unit, now)) is not None:
        after = span_of(key, unit)
        assert after[0] == span[1]
        span = after
    assert span[1] == hour


def test_the_first_archive_only_moves_with_news() -> None:
    newest = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    oldest = newest - timedelta(days=90)

    def at(hours: float, unit: str) -> str | None:
        return latest(newest, unit, newest + timedelta(hours=hours), oldest)

    assert [at(hours, "day") for hours in (0.1, 0.6, 3, 14, 15, 500)] == [
        "2026-11-20T08",
        "2026-11-20T09",
        "2026-11-20T09",
        "2026-11-20T09",
        "2026-11-20",
        "2026-11-20",
    ]
    assert [at(hours, "week") for hours in (15, 60, 70, 500)] == [
        "2026-11-20",
        "2026-11-20",
        "2026-W47",
        "2026-W47",
    ]
    assert [at(hours, "month") for hours in (15, 240, 300)] == ["2026-11-20", "2026-11-20", "2026-11"]
    assert latest(newest, "day", newest, newest - timedelta(minutes=5)) is None, (
        "nothing is older than this hour"
    )
    assert latest(newest, "day", newest, None) is None


@pytest.mark.parametrize(
    ("key", "unit"),
    [
        ("2026-W47", "day"),
        ("2026-11", "week"),
        ("2026-W54", "week"),
        ("2026-11-31", "day"),
        ("2026-1-1", "day"),
        ("2026-11-20T24", "day"),
        ("", "day"),
        ("x", "month"),
    ],
)
def test_what_is_no_archive(key: str, unit: str) -> None:
    with pytest.raises(ValueError, match="no archive"):
        span_of(key, unit)
