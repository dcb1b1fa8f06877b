"""What is kept for how long. Applied once a day, by what the database remembers of the last time.

Not by the time a process has run: one that the machine's owner, or a timer, starts every day for an hour forgets too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from aggregator.core.types import Story
from aggregator.pipeline.writer import Writer

log = structlog.get_logger("aggregator")

EVERY = timedelta(days=1)

SLICE = 1000
"""Entries deleted between two batches of polls: polling does not wait for the rest."""

_PUSHES_KEPT = timedelta(days=90)
"""Far longer than any change is news, so that `when = "new"` tells no story twice."""

_NOTE = "retention-applied"


async def apply_if_due(writer: Writer, *, doubt: str = "") -> Mapping[str, int] | None:
    """Delete what the configuration says is too old; how much of what went, None when it was not time yet.

    `doubt`: why this machine's clock should not be believed (`Runtime.clock_doubt`); what is deleted never comes back,
    so it waits then, and says so.

    Stopped half-way it goes on at the next call. Raises what the store raises.
    """
    now = writer.clock.now()
    if not _is_due(writer, now):
        return None
    if doubt:
        log.warning("retention waits: nothing is deleted while the clock is in doubt", why=doubt)
        return None
    gone: Counter[str] = Counter()
    before = _ago(now, writer.config.store.retention)
    while deleted := await writer.run(_forget_slice, writer, before, now):
        gone.update(deleted)
    gone.update(await writer.run(_forget_rest, writer, now))
    return gone


def _ago(now: datetime, span: timedelta) -> datetime:
    """The moment `span` before `now`; a span that means "for ever" may reach beyond the calendar."""
    return now - min(span, now - datetime(1970, 1, 1, tzinfo=UTC))


def _is_due(writer: Writer, now: datetime) -> bool:
    noted = writer.store.meta.get(_NOTE)
    # A moment to come means that the clock was set back since.
    return noted is None or not now - EVERY < datetime.fromisoformat(noted) <= now


def _forget_slice(writer: Writer, before: datetime, now: datetime) -> Mapping[str, int]:
    old = writer.store.retention.older(before, SLICE)
    if not old:
        return {}
    besides = writer.store.retention.stories_besides(old)
    left = [_untold(story, besides[story.id]) for story in writer.assembler.rebuild(besides, now)]
    return {"entries": len(old), "stories": writer.store.retention.forget_entries(old, left, now)}


def _untold(story: Story, before: Story) -> Story:
    """A story as its remaining entries bear it out. That others went is no news, and changes nothing it is in."""
    return replace(
        story,
        labels=before.labels,
        first_seen=before.first_seen,
        published=before.published,
        announced=before.announced,
        changed=before.changed,
        change=before.change,
    )


def _forget_rest(writer: Writer, now: datetime) -> Mapping[str, int]:
    settings, store = writer.config.store, writer.store
    polls = store.retention.forget_rest(
        polls_before=_ago(now, settings.keep_polls),
        history_before=_ago(now, settings.retention),
        window_before=_ago(now, 4 * writer.config.stories.window),
    )
    pushes = store.outbox.prune(now - _PUSHES_KEPT)
    # Entries that are gone may be in the window still.
    writer.forget_caches()
    store.meta.set(_NOTE, now.isoformat())
    return {"polls": polls, "pushes": pushes}
