"""Conditional requests and encodings (RFC 9110 §12.5.3, §13): small parsers, each answer remembered."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from aggregator.core.httpdate import parse_http_date

_KNOWN = (b"gzip", b"br")


@lru_cache(maxsize=256)
def accepted_encodings(header: bytes) -> frozenset[bytes]:
    """Return those of gzip and br that an Accept-Encoding header allows."""
    allowed: dict[bytes, bool] = {}
    for part in header.lower().split(b","):
        name, _, parameters = part.partition(b";")
        name = name.strip()
        if name == b"x-gzip":
            name = b"gzip"
        allowed[name] = _quality(parameters) > 0
    anything = allowed.get(b"*", False)
    return frozenset(name for name in _KNOWN if allowed.get(name, anything))


def matching_tag(header: bytes, tags: frozenset[bytes]) -> bytes | None:
    """Return the tag of ours that an If-None-Match header names (weak comparison), or None. `*` names any."""
    stripped = header.strip()
    if stripped in tags:
        return stripped
    if stripped == b"*":
        return min(tags)
    for part in stripped.split(b","):
        tag = part.strip().removeprefix(b"W/")
        if tag in tags:
            return tag
    return None


@lru_cache(maxsize=1024)
def read_date(header: bytes) -> datetime | None:
    """Return the moment an HTTP date names, or None where it cannot be read."""
    return parse_http_date(header.decode("latin-1"))


def _quality(parameters: bytes) -> float:
    name, _, value = parameters.strip().partition(b"=")
    if name.strip() != b"q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
