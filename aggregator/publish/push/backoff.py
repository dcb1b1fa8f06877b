"""When to try again, and when to give up. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import blake2b

FIRST = timedelta(seconds=30)
LONGEST = timedelta(hours=6)
LONGEST_REST = timedelta(minutes=15)
MAX_WAIT_ASKED = timedelta(hours=24)
MAX_ATTEMPTS = 20
"""With the delays below, about three days."""


def next_attempt(attempts: int, key: str, now: datetime, asked: datetime | None = None) -> datetime:
    """When a delivery that failed for the `attempts`-th time (from 1) is tried again.

    The delay doubles from 30 seconds to six hours, then is spread by a quarter either way; the spread comes
    from the key, so that the outcome depends on the arguments alone. `asked` (Retry-After) is a lower bound,
    itself at most a day away.
    """
    digest = blake2b(f"{key} {attempts}".encode(), digest_size=4).digest()
    spread = 0.75 + 0.5 * int.from_bytes(digest, "big") / 2**32
    due = now + _doubled(attempts, LONGEST) * spread
    return max(due, min(asked, now + MAX_WAIT_ASKED)) if asked else due


def rest_until(failures: int, now: datetime, asked: datetime | None = None) -> datetime:
    """Until when a channel is left alone after its `failures`-th failure in a row (from 1).

    While a server is down, however much waits for it, it sees one attempt at the end of each rest.
    """
    until = now + _doubled(failures, LONGEST_REST)
    return max(until, min(asked, now + MAX_WAIT_ASKED)) if asked else until


def is_over(attempts: int, created: datetime, now: datetime, give_up: timedelta) -> bool:
    """Whether a delivery that has now failed `attempts` times is given up."""
    return attempts >= MAX_ATTEMPTS or now - created >= give_up


def _doubled(times: int, longest: timedelta) -> timedelta:
    return min(longest, FIRST * (1 << min(times - 1, 20)))
