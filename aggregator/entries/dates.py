"""Dates as feeds write them, to UTC.

Read here: RFC 822/2822 with any zone name or offset, ISO 8601/W3CDTF (basic and extended), Unix seconds and
milliseconds, and the numeric forms of Korean, Japanese and Chinese sites ("2025-10-26 오전 9:00",
"2025年10月26日 21時05分"). A date without a zone is taken as local time of the feed's country where that
country has one zone all year (Korea, Japan, China, …), else as UTC.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo

KST = timezone(timedelta(hours=9))
_EIGHT = timezone(timedelta(hours=8))

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Dates before the web are placeholders (1970-01-01, 0001-01-01), not dates."""

_COUNTRY_ZONES: dict[str, tzinfo] = {
    "KR": KST,
    "KP": KST,
    "JP": KST,
    "CN": _EIGHT,
    "TW": _EIGHT,
    "HK": _EIGHT,
    "SG": _EIGHT,
}
_LANGUAGE_ZONES: dict[str, tzinfo] = {"ko": KST, "ja": KST}

# Hours east of UTC. Names that mean several zones (CST, IST, BST) get the sense that feeds use most.
_ZONES = {
    "": 0.0, "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "a": -1, "n": 1, "m": -12, "y": 12,
    "kst": 9, "jst": 9, "hkt": 8, "sgt": 8, "ict": 7, "wib": 7, "ist": 5.5, "pkt": 5, "msk": 3, "eet": 2, "eest": 3,
    "cet": 1, "cest": 2, "met": 1, "mest": 2, "mez": 1, "mesz": 2, "bst": 1, "west": 1, "sast": 2, "trt": 3,
    "edt": -4, "est": -5, "et": -5, "cdt": -5, "cst": -6, "ct": -6, "mdt": -6, "mst": -7, "mt": -7, "pdt": -7,
    "pst": -8, "pt": -8, "ast": -4, "adt": -3, "akdt": -8, "akst": -9, "hst": -10, "brt": -3, "art": -3,
    "aest": 10, "aedt": 11, "acst": 9.5, "acdt": 10.5, "awst": 8, "nzst": 12, "nzdt": 13,
}  # fmt: skip

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier enero gennaio ene gen janv",
            "feb february februar fevrier février febrero febbraio fév févr fev",
            "mar march märz mars marzo mär mrz maart",
            "apr april avril abril aprile avr abr",
            "may mai mayo maggio mei mag maj",
            "jun june juni juin junio giugno giu",
            "jul july juli juillet julio luglio juil lug",
            "aug august août agosto aout ago augustus",
            "sep september septembre septiembre settembre sept set",
            "oct october oktober octobre octubre ottobre okt ott",
            "nov november novembre noviembre novembro",
            "dec december dezember décembre diciembre dicembre dez déc dic",
        ),
        start=1,
    )
    for name in names.split()
}

_TIME = r"(?:[T\s,]*(?P<ap>am|pm|a\.m\.|p\.m\.|오전|오후|午前|午後|上午|下午)?\s*(?P<h>\d{1,2})(?::|시\s*|時\s*|时\s*|h)(?P<mi>\d{1,2})?(?:(?::|분\s*|分\s*)?(?P<s>\d{1,2})?(?:[.,]\d+|초|秒)?)?분?分?\s*(?P<ap2>am|pm|a\.m\.|p\.m\.)?)?"
_ZONE = r"\s*\(?(?P<zone>(?:utc|gmt)?\s*[+\-\u2212]\d{1,2}:?\d{0,2}|[a-z]{1,5})?\)?"

_ISO = re.compile(
    r"(?P<y>\d{4})-?(?P<m>\d{2})-?(?P<d>\d{2})"
    r"(?:[T ]{1,2}(?P<h>\d{2}):?(?P<mi>\d{2})(?::?(?P<s>\d{2})(?:[.,]\d{1,12})?)?)?"
    r"\s?(?P<zone>Z|[+\-]\d{2}:?\d{2}|[+\-]\d{2})?\Z",
    re.IGNORECASE,
)
_RFC = re.compile(
    r"(?:[^\W\d]+[.,]*\s*,?\s*)?(?P<d>\d{1,2})(?:st|nd|rd|th|\.)?[\s\-,]+(?P<month>[^\W\d]{3,12})\.?[\s\-,]+(?P<y>\d{4}|\d{2})"
    + _TIME
    + _ZONE
    + r"(?:\s*\([^)]*\))?\s*\Z",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    r"(?:[^\W\d]+[.,]*\s+)?(?P<month>[^\W\d]{3,12})\.?\s+(?P<d>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<y>\d{4})"
    + _TIME
    + _ZONE
    + r"\s*\Z",
    re.IGNORECASE,
)
_ASCTIME = re.compile(
    r"[a-z]{3,9},?\s+(?P<month>[a-z]{3,9})\s+(?P<d>\d{1,2})\s+(?P<h>\d{1,2}):(?P<mi>\d{2})(?::(?P<s>\d{2}))?"
    r"\s+(?P<zone>[a-z]{1,5}|[+\-]\d{4})?\s*(?P<y>\d{4})\Z",
    re.IGNORECASE,
)
_NUMERIC = re.compile(
    r"(?P<y>\d{4})\s*[\-./년年]\s*(?P<m>\d{1,2})\s*[\-./월月]\s*(?P<d>\d{1,2})\s*[일日.]?\s*(?:\([^)]{1,4}\))?"
    + _TIME
    + _ZONE
    + r"\s*\Z",
    re.IGNORECASE,
)
_COMPACT = re.compile(
    r"(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})(?P<h>\d{2})(?P<mi>\d{2})(?P<s>\d{2})?\Z"
)
_PATTERNS = (_ISO, _RFC, _NUMERIC, _MONTH_FIRST, _ASCTIME)
_LONGEST = 80


def zone_of(country: str, language: str = "") -> tzinfo:
    """The zone that a feed's dates without one are taken to be in.

    `country` (ISO 3166) decides where it has a single zone without summer time, else `language` for the two
    languages at home in one such zone, else UTC.
    """
    if country:
        return _COUNTRY_ZONES.get(country.upper(), UTC)
    return _LANGUAGE_ZONES.get(language[:2].lower(), UTC)


def read(
    text: str, zone: tzinfo = UTC, fallback: Callable[[str], datetime | None] | None = None
) -> datetime | None:
    """The moment `text` names, in UTC, or None. `zone` holds where the text names none. Never raises.

    `fallback` is asked last, for texts no pattern here reads.
    """
    text = " ".join(text[: 2 * _LONGEST].split())
    if not text or len(text) > _LONGEST:
        return None
    if text.isdigit() and text.isascii():
        return _number(text, zone)
    for pattern in _PATTERNS:
        match = pattern.match(text)
        if match:
            found = _build(match.groupdict(), zone)
            if found is not None:
                return found
    return fallback(text) if fallback is not None else None


def usable(when: datetime | None, now: datetime) -> datetime | None:
    """`when`, no later than `now`; None for a placeholder before `EARLIEST`."""
    if when is None or when < EARLIEST:
        return None
    return min(when, now)


def _number(text: str, zone: tzinfo) -> datetime | None:
    match = _COMPACT.match(text)
    if match:
        return _build(match.groupdict(), zone)
    if len(text) == 8:
        match = _ISO.match(text)
        return _build(match.groupdict(), zone) if match else None
    seconds = int(text) / (1000 if len(text) == 13 else 1)
    if 10**8 <= seconds < 10**10:
        return datetime.fromtimestamp(seconds, UTC)
    return None


def _build(found: dict[str, str | None], zone: tzinfo) -> datetime | None:
    month = found.get("m")
    number = int(month) if month else _month(found.get("month") or "")
    written = found["y"] or ""
    year = int(written)
    if len(written) == 2:
        year += 2000 if year < 70 else 1900
    hour = int(found.get("h") or 0)
    half = (found.get("ap") or found.get("ap2") or "").lower().replace(".", "")
    if half in ("pm", "오후", "午後", "下午") and hour < 12:
        hour += 12
    elif half in ("am", "오전", "午前", "上午") and hour == 12:
        hour = 0
    offset = _offset(found.get("zone"))
    # 24:00 is midnight of the next day (ISO 8601), and a leap second is the last second before.
    extra = timedelta(days=1) if hour == 24 else timedelta(0)
    second = min(int(found.get("s") or 0), 59)
    try:
        moment = datetime(
            year,
            number,
            int(found["d"] or 0),
            0 if hour == 24 else hour,
            int(found.get("mi") or 0),
            second,
            tzinfo=zone if offset is None else timezone(offset),
        )
        return (moment + extra).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _month(name: str) -> int:
    name = name.lower()
    return _MONTHS.get(name) or _MONTHS.get(name[:3], 0)


def _offset(zone: str | None) -> timedelta | None:
    """Offset from UTC, or None when the text named no zone."""
    if not zone or not zone.strip():
        return None
    name = zone.strip().lower().replace("\u2212", "-")
    if name in _ZONES:
        return timedelta(hours=_ZONES[name])
    name = name.removeprefix("utc").removeprefix("gmt").strip()
    match = re.match(r"([+-])(\d{1,2}):?(\d{2})?\Z", name)
    if not match:
        return timedelta(0)
    hours, minutes = int(match[2]), int(match[3] or 0)
    if hours > 15 or minutes > 59:
        return timedelta(0)
    span = timedelta(hours=hours, minutes=minutes)
    return -span if match[1] == "-" else span
