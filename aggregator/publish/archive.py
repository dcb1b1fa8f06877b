"""Archive documents (RFC 5005 §4): closed days, weeks or months of an output, chained by links.

A document holds the stories first seen in its span, so that none moves from one document to another. The feed
itself always holds everything of the span still open; together they are the whole history.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

Span = tuple[datetime, datetime]


def span_of(key: str, unit: str) -> Span:
    """Return [from, until) of an archive key: "2026-11-22", "2026-W47" or "2026-11". Raises ValueError."""
    match unit:
        case "day":
            start = _date(key, "%Y-%m-%d")
            end = start + timedelta(days=1)
        case "week":
            start = _date(f"{key}-1", "%G-W%V-%u")
            end = start + timedelta(days=7)
        case "month":
            start = _date(key, "%Y-%m")
            end = (start + timedelta(days=32)).replace(day=1)
        case _:
            raise ValueError(f"there are no archives by {unit!r}")
    if key != key_of(start, unit):
        raise ValueError(f"not the canonical form: {key!r}")
    return start, end


def key_of(moment: datetime, unit: str) -> str:
    """Return the key of the span a moment lies in."""
    at = moment.astimezone(UTC)
    match unit:
        case "day":
            return at.strftime("%Y-%m-%d")
        case "week":
            year, week, _ = at.isocalendar()
            return f"{year:04d}-W{week:02d}"
        case "month":
            return at.strftime("%Y-%m")
        case _:
            raise ValueError(f"there are no archives by {unit!r}")


def open_span(now: datetime, unit: str) -> Span:
    """Return the span `now` lies in, which is not archived yet."""
    return span_of(key_of(now, unit), unit)


def previous(span: Span, unit: str, oldest: datetime | None) -> str | None:
    """Return the key of the span before, or None where nothing that old is held."""
    if oldest is None or oldest >= span[0]:
        return None
    return key_of(span[0] - timedelta(seconds=1), unit)


def following(span: Span, unit: str, now: datetime) -> str | None:
    """Return the key of the span after, or None where that one is still open."""
    end = span_of(key_of(span[1], unit), unit)[1]
    return key_of(span[1], unit) if end <= now else None


def _date(text: str, form: str) -> datetime:
    return datetime.strptime(text, form).replace(tzinfo=UTC)
