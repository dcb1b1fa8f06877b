"""Whether it is our own network that fails, and not the feeds. No IO, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from yarl import URL

from aggregator.types import Fetched

CONNECTION = frozenset(("dns", "connect", "timeout", "disconnected", "proxy"))
"""Codes of errors in which no server was reached."""
BLAMELESS = frozenset(("host-held", "stopped"))
"""Codes of polls that were not made, for no reason of the feed's: they count neither for nor against it."""
_NOT_ASKED = BLAMELESS | {"url", "credentials", "internal", "address"}


def network_is_down(results: Sequence[Fetched]) -> bool:
    """Tell whether it is our network that failed: at least nine in ten of three or more hosts were not reached.

    Results that never left this machine are not counted. For batches of a feed or two see `NetworkWatch`.
    """
    asked = [each for each in results if _asked(each)]
    lost = [each for each in asked if _lost(each)]
    return len({host_name(each.url) for each in lost}) >= 3 and len(lost) >= 0.9 * len(asked)


class NetworkWatch:
    """Judges the network also when feeds fall due one at a time: it remembers the last few minutes.

    Down are we when the batch itself says so, or when everything since the last host that was reached was lost:
    three hosts or more, and five or more if that host was reached within these minutes.
    """

    def __init__(self, span: timedelta = timedelta(minutes=5)) -> None:
        self._span = span
        self._lost: list[tuple[datetime, str]] = []
        """Since the last success: when, and which host."""
        self._reached: datetime | None = None

    def judge(self, batch: Sequence[Fetched], now: datetime) -> bool:
        """Take in the results of a batch, in order, and say whether our network is down."""
        for each in batch:
            if _lost(each):
                self._lost.append((now, host_name(each.url)))
            elif _asked(each):
                self._lost.clear()
                self._reached = now
        self._lost = [(at, host) for at, host in self._lost if now - at <= self._span]
        hosts = len({host for _, host in self._lost})
        lately = self._reached is not None and now - self._reached <= self._span
        return network_is_down(batch) or hosts >= (5 if lately else 3)


def _asked(fetched: Fetched) -> bool:
    return fetched.error is None or fetched.error.code not in _NOT_ASKED


def _lost(fetched: Fetched) -> bool:
    return fetched.status == 0 and fetched.error is not None and fetched.error.code in CONNECTION


def host_name(url: str) -> str:
    """The host of a URL as manners and the poll log have it: lower case, IDNA in ASCII; empty when there is none."""
    try:
        return (URL(url).raw_host or "").lower().rstrip(".")
    except ValueError:
        return ""
