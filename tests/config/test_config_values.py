"""Durations and sizes."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config.values import format_duration, format_size, parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("1h30m", 5400), ("7d", 604800), ("2 w", 1209600), (" 1.5h ", 5400), (0, 0)],
)
def test_durations(text: object, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "h", "3", "3 parsecs", "1h2", "-1h", True, False, None, [], -1, 45, 0.5, float("nan"), "١h"]
)
def test_what_is_no_duration(text: object) -> None:
    with pytest.raises(ValueError, match=r"must"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        (15, 'such as "15s" or "15m", got 15'),
        (0.5, 'such as "0.5s" or "0.5m"'),
        ("15", 'such as "15s" or "15m", got \'15\''),
        ("1y", 'write "365d"'),
        ("2 years", 'write "730d"'),
        ("1 month", 'write "30d"'),
        ("10min", 'write "10m"'),
        ("1 hour and 30 minutes", 'write "1h30m"'),
    ],
)
def test_what_was_meant_is_said(written: object, instead: str) -> None:
    with pytest.raises(ValueError, match=re.escape(instead)):
        parse_duration(written)


@given(st.integers(min_value=0, max_value=10**9))
def test_a_duration_written_is_read_again(seconds: int) -> None:
    span = timedelta(seconds=seconds)
    assert parse_duration(format_duration(span)) == span


@pytest.mark.parametrize(
    ("text", "size"), [("10MiB", 10 * 1024**2), ("512 kB", 512_000), ("1.5GiB", 1610612736), ("7", 7), (9, 9)]
)
def test_sizes(text: object, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "MiB", "3 acres", "9" * 400, True, None, 1.5])
def test_what_is_no_size(text: object) -> None:
    with pytest.raises(ValueError, match=r"must"):
        parse_size(text)


@given(st.integers(min_value=0, max_value=10**14))
def test_a_size_written_is_read_again(size: int) -> None:
    assert parse_size(format_size(size)) == size
