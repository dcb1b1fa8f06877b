"""A clock for tests that live through days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class ShiftedClock:
    """The machine's, shifted; `shift` may change meanwhile."""

    def __init__(self, shift: timedelta = timedelta()) -> None:
        self.shift = shift

    def now(self) -> datetime:
        """UTC, aware."""
        return datetime.now(UTC) + self.shift
