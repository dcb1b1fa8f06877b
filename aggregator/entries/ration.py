"""How much of what a feed brings at once may be announced. Pure.

    what is news in a document + what the feed usually brings -> what is held back, what is saved up

A flood is stored and not announced. Credit grows with time, so nobody gains by pouring, and it reaches as far as what
the feed usually brings in such a time, so a large newspaper loses nothing when it is polled again after a pause.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, exp

from aggregator.core.types import Entry, FeedMemory, UsualRate

FIRST_COUNT = 500
"""So many entries a feed may announce at its first poll: whoever adds a feed wants what is in it, and hardly any
document is longer."""
BURST_COUNT = 100
BURST_SPAN = timedelta(minutes=15)
"""A feed may announce BURST_COUNT entries at each later poll. Between polls it earns as many again in each BURST_SPAN,
up to what it may be expected to bring in such a time. Of more than that the newest are announced and the rest goes to
the archive, whatever dates and ids say."""
DAY_COUNT = 350
"""What any feed that is known may bring in a day, and at once after less: the fullest day of the fullest of eleven
outlets in a year had 332 entries."""
USUAL_FACTOR = 4.0
"""So many times its mean rate a feed may bring: days of great events have up to three times the median, and a morning
has more than the mean of day and night."""
USUAL_MEMORY = timedelta(days=7)
"""What a feed brought counts less by a factor e after so long."""
USUAL_KNOWN = timedelta(days=3)
"""A feed that was watched for less is not known: its rate may be a first document's word only, and gives no more than
FIRST_COUNT a day."""
_SAMPLE_AGE = timedelta(days=3)
_SHORTEST_SPAN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Ration:
    """What one document may announce, and what is left for the next."""

    held_back: frozenset[str]
    """Ids of the entries beyond the feed's credit."""
    spent_until: datetime
    """What `FeedMemory.spent_until` becomes."""
    usual: UsualRate
    """What `FeedMemory.usual` becomes."""


def ration(news: Sequence[Entry], memory: FeedMemory, now: datetime, first_poll: bool) -> Ration:
    """Hold back what is beyond the feed's credit; `news` is what would be announced otherwise.

    What is saved up is the time since a single moment. It lies in the future only after the clock was set back.
    """
    span = BURST_SPAN / BURST_COUNT
    most = max(BURST_COUNT, len(memory.last_ids), _expected(memory, now))
    if first_poll:
        saved = 0
    elif memory.spent_until is None:
        saved = most
    else:
        saved = min(most, (now - memory.spent_until) // span)
    credit = FIRST_COUNT if first_poll else max(BURST_COUNT, saved)
    # Undated entries count as newest first, as feeds list them.
    order = sorted(news, key=lambda entry: (entry.published or now).timestamp(), reverse=True)
    return Ration(
        held_back=frozenset(entry.id for entry in order[credit:]),
        spent_until=now - span * max(0, saved - len(news)),
        usual=_first(order[:credit], now) if first_poll else _learned(memory, min(len(news), credit), now),
    )


def _expected(memory: FeedMemory, now: datetime) -> int:
    """The most entries that are no surprise after the time since the feed's last news."""
    if memory.last_new is None:
        return 0
    usual = memory.usual
    since = max(now - memory.last_new, timedelta(0))
    days = max(1.0, since / timedelta(days=1))
    expected = USUAL_FACTOR * usual.entries / usual.seconds * since.total_seconds() if usual.seconds else 0.0
    if usual.seconds < USUAL_KNOWN.total_seconds():
        return ceil(min(expected, FIRST_COUNT * days))
    return ceil(max(expected, DAY_COUNT * days))


def _learned(memory: FeedMemory, count: int, now: datetime) -> UsualRate:
    """The rate after `count` more entries; only what was announced counts, so a flood does not make itself usual."""
    if not count or memory.last_new is None:
        return memory.usual
    since = max(now - memory.last_new, timedelta(0)).total_seconds()
    kept = exp(-since / USUAL_MEMORY.total_seconds())
    return UsualRate(memory.usual.entries * kept + count, memory.usual.seconds * kept + since)


def _first(order: Sequence[Entry], now: datetime) -> UsualRate:
    """What the first document's own dates say of the rate; it is outweighed as soon as days have been watched."""
    dates = [e.published for e in order if e.published is not None and now - e.published <= _SAMPLE_AGE]
    if not dates:
        return UsualRate()
    span = max(now - min(dates), _SHORTEST_SPAN)
    return UsualRate(float(len(dates)), span.total_seconds())
