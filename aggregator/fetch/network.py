"""Whether it is our own network that fails, and not the feeds. No IO, no clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from aggregator.core.types import Fetched
from aggregator.core.urls import host_of

_REASONS = {
    "dns": "host names cannot be looked up",
    "connect": "no connection can be made",
    "timeout": "no answer comes in time",
    "disconnected": "connections are broken off",
    "proxy": "the proxy in http.proxy cannot be reached",
}
CONNECTION = frozenset(_REASONS)
"""Codes of errors in which no server was reached."""
BLAMELESS = frozenset(("host-held", "stopped"))
"""Codes of polls that were not made, for no reason of the feed's: they count neither for nor against it."""
_NOT_ASKED = BLAMELESS | {"url", "credentials", "internal", "address"}


@dataclass(frozen=True, slots=True)
class Outage:
    """Our network is down: when the first host was lost (aware), and what most of them were lost to, in words."""

    since: datetime
    why: str

    def __str__(self) -> str:
        return f"down since {self.since.astimezone(UTC):%Y-%m-%d %H:%M} UTC: {self.why}"


def network_is_down(results: Sequence[Fetched]) -> bool:
    """Tell whether it is our network that failed: at least nine in ten of three or more hosts were not reached.

    Results that never left this machine are not counted. For batches of a feed or two see `NetworkWatch`.
    """
    asked = [each for each in results if _asked(each)]
    lost = [each for each in asked if _lost(each)]
    return len({host_of(each.url) for each in lost}) >= 3 and len(lost) >= 0.9 * len(asked)


class NetworkWatch:
    """Judges the network also when feeds fall due one at a time: it remembers the last few minutes.

    The network is down when the batch itself says so, or when nothing was reached since the last host that answered:
    three hosts or more were tried since, five or more if that host answered within these minutes.
    """

    def __init__(self, span: timedelta = timedelta(minutes=5)) -> None:
        self._span = span
        self._lost: list[tuple[datetime, str]] = []
        """Since the last success: when, and which host."""
        self._reached: datetime | None = None
        self.outage: Outage | None = None
        """From the verdict that we are down until a host is reached; also while nothing is polled."""

    def judge(self, batch: Sequence[Fetched], now: datetime) -> bool:
        """Take in the results of a batch, in order, and say whether our network is down."""
        for each in batch:
            if _lost(each):
                self._lost.append((now, host_of(each.url)))
            elif _asked(each):
                self._lost.clear()
                self._reached = now
        self._lost = [(at, host) for at, host in self._lost if now - at <= self._span]
        hosts = len({host for _, host in self._lost})
        lately = self._reached is not None and now - self._reached <= self._span
        down = network_is_down(batch) or hosts >= (5 if lately else 3)
        if down and self.outage is None:
            since = self._lost[0][0] if self._lost else now
            self.outage = Outage(since, _commonest(batch))
        elif not down and self._reached == now:
            self.outage = None
        return down


def _asked(fetched: Fetched) -> bool:
    return fetched.error is None or fetched.error.code not in _NOT_ASKED


def _lost(fetched: Fetched) -> bool:
    return fetched.status == 0 and fetched.error is not None and fetched.error.code in CONNECTION


def _commonest(batch: Sequence[Fetched]) -> str:
    codes = Counter(each.error.code for each in batch if each.error is not None and _lost(each))
    return _REASONS[codes.most_common(1)[0][0]] if codes else ""
