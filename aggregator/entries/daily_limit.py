"""How much of what one feed brings in a day is stored: a flood fills no disk. Pure.

    the changes of one document + what the feed had stored today -> the changes that are stored

Entries beyond `[poll] daily_entries` are not stored, and not noted as seen either: what still stands in the document the
next day is taken then. Beyond `[poll] daily_text` entries are stored with title, summary and link, without their text.
A feed's first document is stored whole; `[http] max_size` bounds it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from aggregator.core.types import Changes, DayStored, Entry, FeedMemory


def within_day(
    changes: Changes, memory: FeedMemory, now: datetime, first_poll: bool, most: int, most_text: int
) -> Changes:
    """The changes without what goes beyond `most` entries, and beyond `most_text` characters of text, in a day (UTC).

    Of too many the newest are stored, of undated ones those that come first. `bounded` says what was left out.
    """
    today = now.astimezone(UTC).date().isoformat()
    before = memory.stored if memory.stored.day == today else DayStored(today)
    if first_poll or not changes.new:
        return replace(changes, stored=before)
    room = max(0, most - before.entries)
    order = sorted(changes.new, key=lambda entry: (entry.published or now).timestamp(), reverse=True)
    taken = {entry.id for entry in order[:room]}
    text, cut = before.text, set()
    for entry in order[:room]:
        size = len(entry.content) + len(entry.text)
        if size and text + size > most_text:
            cut.add(entry.id)
        else:
            text += size
    left_out = frozenset(entry.id for entry in order[room:])
    return replace(
        changes,
        new=tuple(_without_text(e) if e.id in cut else e for e in changes.new if e.id in taken),
        ids=tuple(id for id in changes.ids if id not in left_out),
        archived=changes.archived - left_out,
        held_back=changes.held_back - left_out,
        left_out=len(left_out),
        stored=DayStored(today, before.entries + len(taken), text),
        bounded="; ".join(filter(None, (changes.bounded, *_told(len(left_out), len(cut), most, most_text)))),
    )


def _without_text(entry: Entry) -> Entry:
    return replace(entry, content="", text="")


def _told(left_out: int, cut: int, most: int, most_text: int) -> list[str]:
    told = []
    if left_out:
        told.append(
            f"{left_out:,} new entries of one document were not stored: one feed may bring {most:,} a day; what it still "
            "lists tomorrow is taken then; if it is honest, raise [poll] daily_entries"
        )
    if cut:
        told.append(
            f"{cut:,} new entries were stored without their full text: one feed may bring {most_text / 1024**2:,.0f} MiB of "
            "it a day; if it is honest, raise [poll] daily_text"
        )
    return told
