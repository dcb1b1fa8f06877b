"""What is new in a document, what has changed, and what must not be announced.

    entries of one document + what the store holds of them -> Changes

Pure. The thresholds stand here, each with its reason.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aggregator.core.hashes import text_keys
from aggregator.core.types import Changes, Entry, FeedMemory, FeedState, KnownEntry, Revision
from aggregator.entries.diff import diff
from aggregator.entries.ration import ration

BACKLOG_AGE = timedelta(hours=72)
"""At a feed's first poll, older entries fill the archive and are not announced; nor are those without a date."""
BACKLOG_SPAN = timedelta(days=1)
"""So long after the first poll, entries that were too old for it are backlog still: some feeds grow backwards."""
ARCHIVE_AGE = timedelta(days=7)
"""What is older than this when it turns up is old news if it comes with others."""
ARCHIVE_COUNT = 5
"""So many old entries at once are an archive dump; fewer are late additions, and announced."""
CHURN_COUNT = 3
CHURN_SHARE = 0.8
"""When a feed that we know has no id in common with its last document, yet this share (and at least this
count) of its entries has a text or link that we hold, its guids changed, not its items."""
RESTLESS = 5
"""Revisions of an entry after which a change of its text alone, title and summary being equal, is told to
nobody: a counter, an advertisement or a clock."""
ENDLESS = 30
"""Revisions of an entry after which no further one is told, whatever it changes."""
REWRITE_COUNT = 10
REWRITE_SHARE = 0.8
"""When this share (and at least this count) of the entries that a document has kept changed at once, its template
changed, or a counter in it: no editor does that between two polls."""
RECENT_HASHES = 8
"""Hashes of earlier versions that the store keeps of an entry (`KnownEntry.recent_hashes`)."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Entries set against what is held of them, each by itself."""

    fresh: tuple[Entry, ...]
    revised: tuple[Revision, ...]
    unchanged: int


def compare(entries: Iterable[Entry], known: Mapping[str, KnownEntry], now: datetime) -> Comparison:
    """Which entries are not held, and which are held with another text. `known` is as for `detect_changes`."""
    fresh = []
    revised = []
    unchanged = 0
    for entry in entries:
        held = known.get(entry.id)
        if held is None:
            fresh.append(entry)
        elif held.hash == entry.hash:
            unchanged += 1
        else:
            revised.append(_revision(entry, held, now))
    return Comparison(tuple(fresh), tuple(revised), unchanged)


def detect_changes(
    entries: Sequence[Entry],
    known: Mapping[str, KnownEntry],
    own_keys: Container[int],
    feed: FeedState,
    now: datetime,
    first_poll: bool,
) -> Changes:
    """Set the entries of one document against what is held.

    `known` holds the stored entries among their ids, `own_keys` the keys under which this very feed stored an entry
    before: what another feed brought never keeps an entry out of its own feed's news. `now` is UTC.
    """
    # What stood in the last document and is held no more is what retention deleted: it is not stored again.
    forgotten = set(feed.memory.last_ids) - known.keys()
    compared = compare(entries, known, now)
    fresh = [entry for entry in compared.fresh if entry.id not in forgotten]
    revised = list(compared.revised)
    unchanged = compared.unchanged + len(compared.fresh) - len(fresh)
    if len(revised) >= max(REWRITE_COUNT, REWRITE_SHARE * (len(revised) + unchanged)):
        revised = [replace(revision, flapping=True) for revision in revised]
    overlap = _overlaps(entries, known, feed)
    familiar = frozenset(entry.id for entry in fresh if any(key in own_keys for key in text_keys(entry)))
    unstable = feed.memory.unstable_guids
    if unstable:
        # Its links identify it now (`identity.distinct`), and what is familiar is stored under some guid.
        fresh = [entry for entry in fresh if entry.id not in familiar]
        unchanged += len(familiar)
    # A feed that churned stays so: going back to its guids would double every entry.
    churned = unstable or (not first_poll and not overlap and _churned(entries, familiar, feed))
    always = feed.memory.overlap and bool(feed.memory.last_ids)
    old = set(familiar) if churned and not unstable else set()
    old |= _old_news([e for e in fresh if e.id not in old], familiar, feed.memory, now, first_poll)
    announced = [entry for entry in fresh if entry.id not in old]
    rationed = ration(announced, feed.memory, now, first_poll)
    return Changes(
        new=tuple(fresh if first_poll else _placed(fresh, feed, now)),
        revised=tuple(revised),
        unchanged=unchanged,
        archived=frozenset(old) | rationed.held_back,
        churned=churned,
        gap=always and bool(entries) and not (overlap or churned or first_poll),
        ids=tuple(entry.id for entry in entries),
        spent_until=rationed.spent_until,
        usual=rationed.usual,
        held_back=rationed.held_back,
    )


def _placed(fresh: Sequence[Entry], feed: FeedState, now: datetime) -> list[Entry]:
    """The entries, those with a date before the feed's last fetch marked with the time of that fetch: they were not
    listed then, so whoever dates them back does not come before those who had the news earlier."""
    last = feed.last_success
    if last is None:
        return list(fresh)
    last = min(last, now)  # the clock may have been set back
    return [
        replace(entry, listed_after=last) if entry.published is not None and entry.published < last else entry
        for entry in fresh
    ]


def _revision(entry: Entry, held: KnownEntry, now: datetime) -> Revision:
    back = entry.hash in held.recent_hashes
    same = (held.title, held.summary) == (entry.title, entry.summary)
    restless = held.revisions >= (RESTLESS if same else ENDLESS)
    return Revision(
        entry=entry,
        at=now,
        before_title=held.title,
        before_summary=held.summary,
        before_hash=held.hash,
        diff=diff(f"{held.title}\n{held.summary}", f"{entry.title}\n{entry.summary}"),
        flapping=back or restless,
    )


def _overlaps(entries: Sequence[Entry], known: Mapping[str, KnownEntry], feed: FeedState) -> bool:
    """Whether the document has an entry in common with the last one, or with anything held."""
    last = set(feed.memory.last_ids)
    return any(entry.id in last or entry.id in known for entry in entries)


def _churned(entries: Sequence[Entry], familiar: frozenset[str], feed: FeedState) -> bool:
    """Whether the guids changed and not the items."""
    return bool(
        feed.memory.last_ids
        and len(familiar) >= min(CHURN_COUNT, len(entries))
        and familiar
        and len(familiar) >= CHURN_SHARE * len(entries)
    )


def _old_news(
    fresh: Sequence[Entry], familiar: frozenset[str], memory: FeedMemory, now: datetime, first_poll: bool
) -> set[str]:
    """Ids of entries that are the backlog of a feed new to us, an archive that was dumped, or old ones come back."""
    if first_poll:
        return {entry.id for entry in fresh if entry.published is None or now - entry.published > BACKLOG_AGE}
    first = memory.first_read
    if first is not None and timedelta(0) <= now - first < BACKLOG_SPAN:
        return {entry.id for entry in fresh if entry.published and first - entry.published > BACKLOG_AGE}
    old = {entry.id for entry in fresh if entry.published and now - entry.published > ARCHIVE_AGE}
    return old if len(old) >= ARCHIVE_COUNT else old & familiar
