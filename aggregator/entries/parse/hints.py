"""What a document asks of its pollers: RSS ttl, skipHours and skipDays, and the RSS syndication module."""

from __future__ import annotations

import re
from collections.abc import Iterable

from aggregator.core.types import ScheduleHints

_PERIODS = {"hourly": 3600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}
_DAYS = {
    name: number
    for number, name in enumerate(
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    )
}
_LONGEST = 31_536_000
_NUMBER = re.compile(r"\s*(\d{1,9})(?:\.\d*)?\s*\Z")


def read(found: Iterable[tuple[str, str]]) -> ScheduleHints:
    """Hints from (element, text) pairs, elements in lower case without prefix: ttl, updateperiod,
    updatefrequency, hour, day. What cannot be read is left out.

    ttl is in minutes (RSS 2.0). An updatePeriod alone means a frequency of 1, a frequency alone a daily
    period (syndication module, "defaults to daily"). Hour 24 is hour 0 (RSS 0.92 allowed both).
    """
    ttl: int | None = None
    period: str | None = None
    frequency: int | None = None
    hours: set[int] = set()
    days: set[int] = set()
    for name, text in found:
        number = _number(text)
        if name == "ttl" and number:
            ttl = min(number * 60, _LONGEST)
        elif name == "updateperiod":
            period = text.strip().lower()
        elif name == "updatefrequency" and number:
            frequency = number
        elif name == "hour" and number is not None and number <= 24:
            hours.add(number % 24)
        elif name == "day" and text.strip().lower() in _DAYS:
            days.add(_DAYS[text.strip().lower()])
    update = None
    if period in _PERIODS or (period is None and frequency):
        update = max(1, _PERIODS[period or "daily"] // (frequency or 1))
    # A feed that skips every hour or every day asks for never, which is a mistake.
    return ScheduleHints(
        ttl=ttl,
        update_period=update,
        skip_hours=frozenset(hours) if len(hours) < 24 else frozenset(),
        skip_days=frozenset(days) if len(days) < 7 else frozenset(),
    )


def _number(text: str) -> int | None:
    match = _NUMBER.match(text)
    return int(match[1]) if match else None
