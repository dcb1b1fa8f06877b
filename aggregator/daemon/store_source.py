"""What publishing and the web server read and write, answered from the store."""

from __future__ import annotations

import asyncio
import secrets as random
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from aggregator import __version__
from aggregator.config import OutputConfig
from aggregator.config.secrets import mask
from aggregator.core.errors import NotFound, StoreError
from aggregator.core.types import Feedback, FeedState, Health, Story
from aggregator.daemon.config_refusal import Refusal
from aggregator.pipeline import corrections
from aggregator.pipeline.release import Released, release
from aggregator.pipeline.runtime import Runtime
from aggregator.publish.items.health import FeedAlarm
from aggregator.publish.selection import Cursor, Selection
from aggregator.publish.source import Outlined, Withdrawn
from aggregator.publish.text import when
from aggregator.publish.types import Names
from aggregator.store import Wanted
from aggregator.web.source import Verdict

_STALE = timedelta(minutes=30)
"""A daemon that has polled nothing for so long, with feeds overdue, is not healthy."""

_STUCK = "feeds are overdue but nothing has been polled for half an hour"
_NO_NETWORK = "no host answers: this machine's network seems to be down"
_DISPLACED = (
    "the database file was deleted or replaced while the daemon ran: what it stores is lost; restart it"
)


class StoreSource:
    """Implements `web.source.WebSource`. Methods may be called from any thread, except where the port says otherwise."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changed: Callable[[], Coroutine[Any, Any, None]] | None = None
        self._generation = 0
        self._next_change: datetime | None = None
        self.refused: Refusal | None = None
        """A changed configuration that could not be taken over; None while the file's is the one that runs."""

    def attach(
        self, loop: asyncio.AbstractEventLoop, changed: Callable[[], Coroutine[Any, Any, None]] | None = None
    ) -> None:
        """Name the loop that runs the writer: writes asked for in other threads are handed to it.

        `changed`: called on it after each such write, for what else must follow: files, pushes.
        """
        self._loop = loop
        self._changed = changed

    # --- kept at hand, for every request ---

    def outputs(self) -> Sequence[OutputConfig]:
        return self._runtime.config.outputs

    def generation(self) -> int:
        return self._generation

    def bump(self) -> None:
        """Anything published may have changed."""
        self._generation += 1

    def next_change(self) -> datetime | None:
        return self._next_change

    def look_ahead(self) -> None:
        """Find out when the next poll is due; called now and then, off the event loop."""
        self._next_change = self._runtime.store.feeds.next_due()

    def notices(self) -> Sequence[str]:
        told = []
        if outage := self._runtime.network.outage:
            down = f"{_NO_NETWORK}, since {when(outage.since)} ({outage.why}). No feed is blamed for it."
            told.append(down[0].upper() + down[1:])
        if refused := self.refused:
            told.append(
                f"The configuration was changed but cannot be used, since {when(refused.since)}; the one from "
                f"before goes on. {refused.first} (`aggregator check` and the log say all that is wrong)."
            )
        return told

    # --- reads ---

    def stories(
        self, output: OutputConfig, selection: Selection, limit: int, before: Cursor | None
    ) -> Sequence[Story]:
        return self._runtime.store.selection.wanted(_wanted(selection, before), limit)

    def outline(self, output: OutputConfig, selection: Selection) -> Sequence[Outlined]:
        found = self._runtime.store.selection.outline(_wanted(selection, None))
        return [Outlined(*row) for row in found]

    def tombstones(self, output: OutputConfig, since: datetime, limit: int) -> Sequence[Withdrawn]:
        found = self._runtime.store.selection.withdrawn(output.topics, since, limit)
        return [Withdrawn(*row) for row in found]

    def alarms(self, limit: int) -> Sequence[FeedAlarm]:
        known = {feed.id: feed for feed in self._runtime.store.feeds.all()}
        return [
            # Anybody may read an output: a key in a feed's URL stays here.
            FeedAlarm(alarm, known[alarm.feed_id].title, mask(known[alarm.feed_id].url))
            for alarm in self._runtime.store.feeds.alarms(limit=limit)
            if alarm.feed_id in known
        ]

    def oldest(self) -> datetime | None:
        return self._runtime.store.selection.oldest()

    def names(self) -> Names:
        config = self._runtime.config
        outlets = {feed.origin: feed.title for feed in reversed(config.feeds) if feed.origin and feed.title}
        return Names(
            topics={slug: topic.title for slug, topic in config.topics.items()},
            facets={facet.slug: facet.title for topic in config.topics.values() for facet in topic.facets},
            origins=outlets
            | {name: o.name or slug for slug, o in config.origins.items() for name in (slug, *o.aliases)},
        )

    def story(self, id: str) -> Story | str | None:
        store = self._runtime.store
        return store.stories([id], text=False).get(id) or store.redirects([id]).get(id)

    def search(self, words: str, limit: int) -> Sequence[Story]:
        return self._runtime.store.selection.search(words, limit)

    def feeds(self) -> Sequence[FeedState]:
        return [feed for feed in self._runtime.store.feeds.all() if feed.active]

    def held_back(self) -> Mapping[int, int]:
        return self._runtime.store.feeds.held_back()

    def health(self) -> Mapping[str, Any]:
        store = self._runtime.store
        if store.is_displaced():
            return {"ok": False, "version": __version__, "why": _DISPLACED}
        try:
            return (
                {"ok": False, "version": __version__, "why": why}
                if (why := store.trouble())
                else self._well()
            )
        except StoreError as error:
            return {"ok": False, "version": __version__, "why": store.trouble() or str(error)}

    def _well(self) -> Mapping[str, Any]:
        """Health where the database is well: whether feeds are polled."""
        now = self._runtime.clock.now()
        states = self.feeds()
        counts = Counter(
            "never-fetched" if feed.last_polled is None and feed.health == Health.OK else str(feed.health)
            for feed in states
        )
        polled = max((f.last_polled for f in states if f.last_polled), default=None)
        due = min(
            (f.next_due or datetime.min.replace(tzinfo=UTC) for f in states if f.health != Health.GONE),
            default=None,
        )
        stuck = due is not None and polled is not None and due < now - _STALE and polled < now - _STALE
        outage = self._runtime.network.outage
        doubt = self._runtime.clock_doubt()
        why = f"{_NO_NETWORK}: {outage.why}" if outage else _STUCK if stuck else ""
        return {
            "ok": not why,
            "version": __version__,
            "feeds": dict(counts),
            "last_polled": polled.isoformat() if polled else None,
            **({"network": str(outage)} if outage else {}),
            **({"retention": f"waits: {doubt}"} if doubt else {}),
            **({"configuration": str(self.refused)} if self.refused else {}),
            **({"why": why} if why else {}),
        }

    # --- writes ---

    def record_feedback(self, verdict: Verdict) -> datetime:
        writer = self._runtime.writer
        at = verdict.at or self._runtime.clock.now()
        if verdict.kind == "wrong_story":
            if verdict.entries:
                self._write(
                    lambda: corrections.split(writer, verdict.story, verdict.entries, by=verdict.by, at=at)
                )
            return at
        _, story = self._runtime.store.find(verdict.story)
        judgement = Feedback(
            entry="",
            story=story,
            topic=verdict.topic,
            relevant=verdict.kind == "relevant",
            facet="",
            at=at,
            by=verdict.by,
        )

        def judge() -> datetime:
            held = self._runtime.store.judgements.newest(story=story, topic=verdict.topic)
            # A button pressed twice is one answer, which one undo takes back.
            if held is not None and (held.relevant, held.by) == (judgement.relevant, judgement.by):
                return held.at
            corrections.judge(writer, [judgement])
            return at

        counts: datetime = self._write(judge)
        return counts

    def undo_feedback(self, verdict: Verdict) -> bool:
        writer = self._runtime.writer
        at = verdict.at
        if at is None:
            return False
        try:
            _, story = self._runtime.store.find(verdict.story)
        except NotFound:
            return False
        if verdict.kind == "wrong_story":
            return bool(self._write(lambda: corrections.unsplit(writer, story, verdict.entries, at)))
        return bool(
            self._write(
                lambda: corrections.unjudge(writer, entry="", story=story, topic=verdict.topic, at=at)
            )
        )

    def release(self, feed: str) -> int:
        writer = self._runtime.writer
        released: Released = self._write(lambda: release(writer, feed))
        return released.entries

    def _write(self, change: Any) -> Any:
        """Run a change in the writer's thread and wait for it; called in a thread of the web server."""
        assert self._loop is not None, "attach() comes first"
        done = asyncio.run_coroutine_threadsafe(self._runtime.writer.run(change), self._loop)
        result = done.result(timeout=60)
        self.bump()
        if self._changed is not None:
            asyncio.run_coroutine_threadsafe(self._changed(), self._loop)
        return result

    # --- the installation ---

    def secret(self) -> bytes:
        return self._kept("signing-key", lambda: random.token_hex(32)).encode()

    def installation(self) -> str:
        return self._kept("installation", lambda: random.token_hex(8))

    def _kept(self, key: str, make: Callable[[], str]) -> str:
        return self._runtime.store.meta.update(key, lambda held: make() if held is None else held)


def _wanted(selection: Selection, before: Cursor | None) -> Wanted:
    return Wanted(
        topics=selection.topics,
        belongs=selection.mode != "near",
        margin=selection.near_margin,
        min_score=selection.min_score,
        order=selection.order,
        since=selection.since,
        span=selection.span,
        before=(before.at, before.story) if before else None,
        with_it=bool(before and before.entry),
    )
