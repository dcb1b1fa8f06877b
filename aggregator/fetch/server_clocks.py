"""What the Date headers of servers say of our own clock. No IO, no clock of its own.

A clock that is wrong by months deletes a year of entries for being old. The servers that are polled tell the time
with every answer (RFC 9110, section 6.6.1); most of them are right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from aggregator.core.httpdate import parse_http_date
from aggregator.core.types import Fetched
from aggregator.core.urls import host_of

_HOSTS = 200
"""Hosts remembered, those heard last: one host has one voice, however many feeds it serves."""


@dataclass(frozen=True, slots=True)
class _Heard:
    ahead: timedelta
    """By how much our clock was ahead of the server's."""
    at: datetime
    turned: float
    """Of the monotonic clock, seconds, at the same moment."""


class ServerClocks:
    """Remembers by how much our clock was ahead of each host's when it answered last."""

    def __init__(self) -> None:
        self._heard: dict[str, _Heard] = {}

    def observe(self, batch: Sequence[Fetched], turned: float) -> None:
        """Take in finished polls; `turned` is the monotonic clock now, in seconds."""
        for fetched in batch:
            said = parse_http_date(fetched.headers.get("date", "")) if fetched.status else None
            if said is None:
                continue
            host = host_of(fetched.url)
            at = fetched.at + timedelta(seconds=fetched.seconds)
            self._heard.pop(host, None)
            self._heard[host] = _Heard(at - said, at, turned)
        while len(self._heard) > _HOSTS:
            del self._heard[next(iter(self._heard))]

    def ahead(self, now: datetime, turned: float) -> timedelta | None:
        """By how much our clock is ahead now, as half of the hosts have it at least; None when none has answered.

        A step of our clock since a host answered (`now` against `turned`, the monotonic clock) is counted in.
        """
        if not self._heard:
            return None
        return timedelta(
            seconds=median(
                (heard.ahead + (now - heard.at) - timedelta(seconds=turned - heard.turned)).total_seconds()
                for heard in self._heard.values()
            )
        )
