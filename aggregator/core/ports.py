"""The replaceable edges: where IO happens, and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol

from aggregator.core.types import FeedState, Fetched


class Clock(Protocol):
    """Tells the time. Stages never ask: they are given `now`."""

    def now(self) -> datetime:
        """The current moment, time-zone aware, UTC."""
        ...


class Fetcher(Protocol):
    """Talks to servers."""

    def fetch(self, feeds: Sequence[FeedState]) -> AsyncIterator[Fetched]:
        """Fetch all, yielding each as it completes. Never raises for a feed: failures are in `Fetched.error`."""
        ...

    async def close(self) -> None:
        """Release connections."""
        ...
