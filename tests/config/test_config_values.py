"""Durations and sizes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config.values import format_duration, format_size, parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("1h30m", 5400), ("7d", 604800), ("2 w", 1209600), (" 1.5h ", 5400), (45, 45), (0.5, 0.5)],
)
def test_durations(text: object, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "h", "3", "3 parsecs", "1h2", "-1h", True, None, [], -1, float("nan"), "١h"]
)
def test_what_is_no_duration(text: object) -> None:
    with pytest.raises(ValueError, match=r"must"):
        parse_duration(text)


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
