"""Whether this machine's clock can be believed, from what the polls of this process have shown."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from aggregator.core.ports import Clock
from aggregator.core.types import Fetched
from aggregator.fetch.clock_check import why_doubtful
from aggregator.fetch.server_clocks import ServerClocks


class ClockTrust:
    """Compares the clock with the servers that were polled, and with the monotonic clock since it was made."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._servers = ServerClocks()
        self._began = clock.now()
        self._turned = time.monotonic()

    def observe(self, batch: Sequence[Fetched]) -> None:
        """Take in finished polls."""
        self._servers.observe(batch, time.monotonic())

    def doubt(self, newest: datetime | None, kept: timedelta) -> str:
        """Say why nothing should be deleted for being old now; empty when nothing speaks against it.

        `newest`: when the newest entry was stored; `kept`: how long entries are kept.
        """
        now, turned = self._clock.now(), time.monotonic()
        stepped = (now - self._began) - timedelta(seconds=turned - self._turned)
        return why_doubtful(
            now, ahead=self._servers.ahead(now, turned), stepped=stepped, newest=newest, kept=kept
        )
