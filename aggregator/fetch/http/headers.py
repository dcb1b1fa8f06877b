"""What we say in a request's headers and keep of a response's."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from aggregator import __version__
from aggregator.config import HttpConfig
from aggregator.core.types import FeedState
from aggregator.fetch.http.decode import ACCEPTED

FEED_TYPES = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.5"
)
PAGE_TYPES = "text/html, application/xhtml+xml, */*;q=0.5"

_KEPT = frozenset(
    (
        "age", "cache-control", "content-encoding", "content-language", "content-length", "content-location",
        "content-type", "date", "etag", "expires", "last-modified", "link", "retry-after", "x-robots-tag",
    )
)  # fmt: skip
_LONGEST_VALIDATOR = 4096
_PROBE = timedelta(days=1)


def user_agent(http: HttpConfig) -> str:
    """Name, version and contact, or what the configuration puts in their place."""
    if http.user_agent:
        return http.user_agent
    contact = f" (+{http.contact})" if http.contact else ""
    return f"aggregator/{__version__}{contact}"


def common(http: HttpConfig, accept: str) -> dict[str, str]:
    """The headers of every request."""
    return {"User-Agent": user_agent(http), "Accept": accept, "Accept-Encoding": ACCEPTED}


def kept(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Response headers that later stages read: lower-case names, values as latin-1, byte for byte.

    A header that comes several times is joined with ", " (RFC 9110, section 5.3), except those of which only
    one makes sense, where the first counts.
    """
    found: dict[str, str] = {}
    for name_bytes, value_bytes in raw:
        name = name_bytes.decode("latin-1").lower()
        if name not in _KEPT:
            continue
        value = value_bytes.decode("latin-1")
        if name in ("cache-control", "link", "content-encoding") and name in found:
            found[name] += ", " + value
        else:
            found.setdefault(name, value)
    return found


def validators(feed: FeedState, now: datetime) -> dict[str, str]:
    """If-None-Match and If-Modified-Since for a feed; empty when it is time to ask without them.

    A server whose ETag sticks answers 304 for ever although its feed goes on. One known to do so is asked
    without validators once a day. One that merely fell silent is probed too, ever more rarely: after an
    eighth of the silence, at least a day.
    """
    if _without_validators(feed, now):
        return {}
    sent = {}
    for name, value in (("If-None-Match", feed.etag), ("If-Modified-Since", feed.last_modified)):
        if value and len(value) <= _LONGEST_VALIDATOR:
            try:
                sent[name] = value.encode("latin-1").decode("utf-8")
            except (UnicodeEncodeError, UnicodeDecodeError):
                continue  # aiohttp writes headers as UTF-8: these bytes would not arrive as they came
    return sent


def _without_validators(feed: FeedState, now: datetime) -> bool:
    if feed.etag is None and feed.last_modified is None:
        return True
    memory = feed.memory
    last = memory.last_unconditional
    if last is None:
        return False
    if memory.sticky_validators:
        return now - last >= _PROBE
    if memory.last_new is None:
        return False
    silence = now - memory.last_new
    usual = timedelta(seconds=3 * (memory.gap or 0.0))
    return silence > max(_PROBE, usual) and now - last >= max(_PROBE, silence / 8)
