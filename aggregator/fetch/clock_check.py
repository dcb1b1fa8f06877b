"""Whether the machine's clock can be believed before anything is deleted for being old. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

TOLERANCE = timedelta(days=1)
"""What a clock may be off: a cache's answer carries an old date, and a day more or less deletes nothing that matters."""
_LONGEST_REST = timedelta(days=30)
"""A daemon that stored nothing for longer waits for a server's word before it deletes."""


def why_doubtful(
    now: datetime, *, ahead: timedelta | None, stepped: timedelta, newest: datetime | None, kept: timedelta
) -> str:
    """Say why `now` should not be believed, in words; empty when it may be.

    Args:
        now: what the clock shows, aware.
        ahead: by how much it is ahead of the servers polled (`ServerClocks.ahead`); None when none answered yet.
        stepped: by how much it went ahead of the monotonic clock since this process started.
        newest: when the newest entry was stored; None when there is none.
        kept: how long entries are kept.
    """
    if ahead is not None:
        if ahead <= TOLERANCE:
            return ""
        return f"the servers that were polled say that this machine's clock is {_days(ahead)} ahead"
    if stepped > TOLERANCE:
        return f"this machine's clock went {_days(stepped)} ahead at once, and no server has confirmed it yet"
    if newest is not None and now - newest > min(_LONGEST_REST, kept / 2):
        return (
            f"the newest entry was stored {_days(now - newest)} ago by this machine's clock, "
            "and no server has confirmed that clock yet"
        )
    return ""


def _days(span: timedelta) -> str:
    return f"{span.days} day{'s' if span.days != 1 else ''}"
