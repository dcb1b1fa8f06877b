"""What one exchange with a server brought, or why it brought nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from aggregator.core.types.feeds import FeedState


@dataclass(frozen=True, slots=True)
class PollError:
    """Why a poll brought nothing. A value, never raised."""

    code: str
    """Short and stable, for metrics and tests: dns, connect, tls, timeout, too-large, http-404, html, ..."""
    message: str
    """For people: what happened and what can be done."""
    refused: bool = False
    """True when we declined, False when the other side failed."""
    retry_at: datetime | None = None
    """The server's Retry-After as a moment, where it sent one."""
    suggestions: tuple[str, ...] = ()
    """Feed URLs found in an HTML page that stood where a feed should be."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """One exchange with a server, over. Exactly one of `body`, `error` is set, or neither after a 304."""

    feed: FeedState
    at: datetime
    """When the request was sent."""
    url: str
    """The URL that answered, after redirects."""
    status: int = 0
    """Of the final response; 0 when there was none."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Lower-case names."""
    body: bytes | None = None
    """Decoded from gzip, br, deflate or zstd; not from its character encoding."""
    error: PollError | None = None
    permanent_url: str = ""
    """Where an unbroken chain of 301/308 from `feed.location` led; empty when there was none."""
    seconds: float = 0.0
    """From `at` to the end of the answer; both are of the last request, not of redirects before it."""
    received: int = 0
    """Bytes on the wire, headers apart."""
    conditional: bool = False
    """Whether validators were sent."""

    @property
    def not_modified(self) -> bool:
        return self.status == 304
