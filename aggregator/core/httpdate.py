"""Dates as HTTP writes them (RFC 9110, section 5.6.7), and what Retry-After says by them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

RETRY_CAP = timedelta(days=7)
"""A longer Retry-After is a mistake of the server's: the feed would never be polled again."""


def parse_http_date(text: str) -> datetime | None:
    """Read an HTTP date in any of its three forms; a date without a zone is UTC. None for anything else."""
    try:
        moment = parsedate_to_datetime(text.strip())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        return None


def format_http_date(moment: datetime) -> str:
    """Write an aware moment as an HTTP date, cut to the second."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0), usegmt=True)


def retry_after(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """When a server wants to be asked again: `Retry-After` in seconds or as a date, at most seven days away.

    A date is taken relative to the server's own `Date`, so that a clock that is off does no harm
    (RFC 9110, section 10.2.3). None when the header is absent, unreadable or in the past.
    """
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit():
        wait = timedelta(seconds=min(int(value[:12]), int(RETRY_CAP.total_seconds())))
    else:
        moment = parse_http_date(value)
        if moment is None:
            return None
        there = parse_http_date(headers.get("date", "")) or now.astimezone(UTC)
        wait = min(moment - there, RETRY_CAP)
    return now + wait if wait > timedelta(0) else None
