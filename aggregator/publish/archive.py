"""Archive documents (RFC 5005 §4): closed spans of an output, chained by links.

    feed -> hours of today -> days of the open week or month -> weeks or months

A span with more stories than one document should hold is cut into parts, the newest first in the chain: the span's own
key names the newest, and each older one is what was first seen before a given story. A part asked for by a place at which
nothing is cut any more still ends where the next one begins: whoever follows the chain misses nothing.

A document holds the stories first seen in its span, so that none moves from one document to another, and only a
span that is over has one, so that the set it holds stands still. Hours and days that a larger document has taken in
can still be asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from aggregator.publish.selection import Cursor
from aggregator.publish.source import Outlined

Span = tuple[datetime, datetime]

MOST = 1000
"""Items in one archive document. One that has more is of stories with many entries each, which are not torn apart."""
_FORMS = {"hour": "%Y-%m-%dT%H", "day": "%Y-%m-%d", "month": "%Y-%m"}


def units(unit: str) -> tuple[str, ...]:
    """Return the spans an output's archives come in, largest first; `unit` as configured."""
    return tuple(dict.fromkeys((unit, "day", "hour")))


def span_of(key: str, unit: str) -> Span:
    """Return [from, until) of an archive key of an output: "2026-11-22T05", "2026-11-22", "2026-W47" or "2026-11".

    Raises ValueError when it is none of those that the configured unit comes in.
    """
    for size in units(unit):
        try:
            start = _start(key, size)
        except ValueError:
            continue
        if key_of(start, size) == key:
            return _around(start, size)
    raise ValueError(f"no archive by {unit} is called {key!r}")


def key_of(moment: datetime, size: str) -> str:
    """Return the key of the hour, day, week or month a moment lies in."""
    at = moment.astimezone(UTC)
    if size == "week":
        year, week, _ = at.isocalendar()
        return f"{year:04d}-W{week:02d}"
    return at.strftime(_FORMS[size])


def latest(newest: datetime, unit: str, now: datetime, oldest: datetime | None) -> str | None:
    """Return the key of the archive that comes after the feed itself: the one with the newest story, or before.

    It is not simply the last hour's, since the feed's bytes would then change each hour without any news. `newest`,
    `oldest`: `first_seen` of the newest story in the feed, and of the oldest that is held.
    """
    hour = _around(now, "hour")[0]
    moment = min(newest, hour - timedelta(seconds=1))
    if oldest is None or moment < oldest.replace(minute=0, second=0, microsecond=0):
        return None
    for size in units(unit):
        if _around(moment, size)[1] <= now:
            return key_of(moment, size)
    return None


def previous(span: Span, unit: str, oldest: datetime | None) -> str | None:
    """Return the key of the largest span that ends where this one begins; None where nothing that old is held."""
    return None if oldest is None or oldest >= span[0] else before(span, unit)


def before(span: Span, unit: str) -> str:
    """Return the key of the largest span that ends where this one begins, whether anything that old is held or not."""
    moment = span[0] - timedelta(seconds=1)
    return next(key_of(moment, size) for size in units(unit) if _around(moment, size)[1] <= span[0])


def following(span: Span, unit: str, now: datetime) -> str | None:
    """Return the key of the largest closed span that begins where this one ends; None where that is still open."""
    for size in units(unit):
        start, end = _around(span[1], size)
        if start == span[1] and end <= now:
            return key_of(start, size)
    return None


def cuts(outline: Sequence[Outlined], *, by_entries: bool) -> tuple[Cursor, ...]:
    """Return the places at which a span is cut into parts, the oldest first; a part holds what comes before its place.

    Counted from the oldest story on, so that what is added or taken away later moves only the cuts after it.
    `by_entries`: whether entries are the items, not stories.
    """
    found: list[Cursor] = []
    held = 0
    for one in outline:
        items = one.entries if by_entries else 1
        if held and held + items > MOST:
            found.append(Cursor(one.first_seen, one.story))
            held = 0
        held += items
    return tuple(found)


def _around(moment: datetime, size: str) -> Span:
    start = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if size == "hour":
        return start, start + timedelta(hours=1)
    start = start.replace(hour=0)
    if size == "day":
        return start, start + timedelta(days=1)
    if size == "week":
        start -= timedelta(days=start.weekday())
        return start, start + timedelta(days=7)
    start = start.replace(day=1)
    return start, (start + timedelta(days=32)).replace(day=1)


def _start(key: str, size: str) -> datetime:
    text, form = (f"{key}-1", "%G-W%V-%u") if size == "week" else (key, _FORMS[size])
    return datetime.strptime(text, form).replace(tzinfo=UTC)
