"""How many merges of stories one publisher may bring about, and how many it has left.

Honest feeds bring about few: over 19,993 entries of eleven outlets in ten weeks, the most by one outlet in a day are 2.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from datetime import datetime, timedelta

MOST = 24
"""Merges that one publisher may bring about within SPAN."""
SPAN = timedelta(days=1)


class MergeRation:
    """Remembers the merges of the last day. In memory only: after a restart everyone begins anew."""

    def __init__(self) -> None:
        self._merges: deque[tuple[datetime, str]] = deque()

    def left(self, publishers: Iterable[str], now: datetime) -> dict[str, int]:
        """How many merges each of the publishers may still bring about."""
        # A moment after `now` was noted before the clock was set back.
        while self._merges and not now - SPAN <= self._merges[0][0] <= now:
            self._merges.popleft()
        used = Counter(publisher for _, publisher in self._merges)
        return {publisher: max(0, MOST - used[publisher]) for publisher in publishers}

    def note(self, publishers: Iterable[str], now: datetime) -> None:
        """Each of the publishers brought a merge about; one that did so twice is named twice."""
        self._merges.extend((now, publisher) for publisher in publishers)
