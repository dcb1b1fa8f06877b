"""The store as the rest of the program sees it: whole records in, whole records out.

One `Store` per database. Reads may come from any thread; writes are serialised by SQLite's write lock and are
whole transactions: either all of a batch is there or nothing of it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError

from aggregator.config import FeedConfig
from aggregator.core.errors import StoreError
from aggregator.core.hashes import text_keys
from aggregator.core.types import Batch, Entry, FeedState, Fingerprint, Grouping, KnownEntry, Story
from aggregator.store import entries, feedback, feeds, stories
from aggregator.store.engine import open_engine
from aggregator.store.migrate import migrate

Diff = Callable[[str, str], str]

TROUBLE_LASTS = 300.0
"""Seconds for which a write that failed is told, although others succeed: small ones find room where large do not."""

_AT_FAULT = frozenset(
    (
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_PROTOCOL,
    )
)
"""What no row is to blame for."""


@dataclass(frozen=True, slots=True)
class _Trouble:
    """A write that failed for no fault of what was written."""

    why: str
    at: float
    """By the monotonic clock."""
    last: bool = True
    """No write has succeeded since."""


class Store:
    """A database, open."""

    def __init__(self, engine: Engine, *, diff: Diff) -> None:
        self.engine = engine
        self._diff = diff
        self._file = _identity(self.engine)
        self._trouble: _Trouble | None = None

    @classmethod
    def open(cls, path: Path, *, diff: Diff, backups: int = 3) -> Store:
        """Open the database, made or brought up to date as needed. Raises StoreError, StoreVersion."""
        engine = open_engine(path)
        migrate(engine, path, backups=backups)
        return cls(engine, diff=diff)

    @property
    def folder(self) -> Path:
        """Where the database is; models lie beside it."""
        return Path(self.engine.url.database or ".").parent

    def is_displaced(self) -> bool:
        """Whether another file, or none, is now where the database was opened: what is written goes nowhere."""
        return _identity(self.engine) != self._file

    def close(self) -> None:
        """Let go of the file."""
        self.engine.dispose()

    def read(self) -> AbstractContextManager[Connection]:
        """A connection inside one consistent read."""
        return self._reading()

    def write(self) -> AbstractContextManager[Connection]:
        """A connection inside one write transaction: committed at the end, rolled back on an exception.

        Raises StoreError when the database takes nothing, whatever is written.
        """
        return self._writing()

    @property
    def takes_nothing(self) -> bool:
        """Whether the last try to write failed for want of room, rights or a lock."""
        return self._trouble is not None and self._trouble.last

    def trouble(self) -> str:
        """What is wrong with the database, in words: it cannot be read, or took nothing within the last minutes.

        Empty when all is well.
        """
        trouble = self._trouble
        if trouble is not None and trouble.last:
            return f"the database takes nothing ({trouble.why}); polling goes on by itself when it does again"
        if trouble is not None and time.monotonic() - trouble.at < TROUBLE_LASTS:
            return f"the database took something, but not all, in the last minutes ({trouble.why})"
        try:
            with self.read() as connection:
                feeds.next_due(connection)
        except DatabaseError as error:
            return f"the database cannot be read: {error.orig}"
        return ""

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        try:
            with self.engine.connect().execution_options(write=True) as connection, connection.begin():
                yield connection
        except DatabaseError as error:
            if (why := _at_fault(error)) is None:
                raise
            self._trouble = _Trouble(why, time.monotonic())
            raise StoreError(
                f"the database takes nothing: {why}; is the disk full, is the file writable?"
            ) from error
        if self._trouble is not None and self._trouble.last:
            self._trouble = replace(self._trouble, last=False)

    # --- what the pipeline asks ---

    def sync_feeds(self, configured: Sequence[FeedConfig]) -> tuple[int, int]:
        """Make the stored feeds those of the configuration; (added, put to rest)."""
        with self.write() as connection:
            return feeds.sync(connection, configured)

    def due(self, now: datetime, limit: int) -> list[FeedState]:
        """Feeds to poll now, longest waiting first."""
        with self.read() as connection:
            return feeds.due(connection, now, limit)

    def known(self, ids: Sequence[str]) -> dict[str, KnownEntry]:
        """Those of the entries that came before."""
        with self.read() as connection:
            return entries.known(connection, ids)

    def seen(self, keys: Sequence[int]) -> dict[int, str]:
        """The stories of the fingerprint keys ever stored."""
        with self.read() as connection:
            return entries.seen(connection, keys)

    def stories(self, ids: Sequence[str], *, text: bool = True) -> dict[str, Story]:
        """Stories by id, whole."""
        with self.read() as connection:
            return stories.load(connection, ids, text=text)

    def judged(self, ids: Sequence[str]) -> dict[str, list[feedback.Feedback]]:
        """People's judgements on the stories."""
        with self.read() as connection:
            return feedback.of_stories(connection, ids) if feedback.any_feedback(connection) else {}

    def growth(self, since: datetime) -> list[tuple[str, int, timedelta]]:
        """How stories published since then grew, by topic."""
        with self.read() as connection:
            return stories.growth(connection, since)

    def constraints(self) -> dict[tuple[str, str], bool]:
        """People's corrections of grouping."""
        with self.read() as connection:
            return stories.constraints(connection)

    def window(self, since: datetime) -> list[tuple[str, Entry, Fingerprint]]:
        """What grouping must remember: recent entries with their story and fingerprint, in order of arrival."""
        with self.read() as connection:
            return list(entries.window(connection, since))

    def feeds_by_id(self) -> dict[int, FeedState]:
        """Every feed, import sources and those at rest too."""
        with self.read() as connection:
            return {feed.id: feed for feed in feeds.all_feeds(connection, imports=True)}

    def apply(self, batch: Batch, now: datetime) -> None:
        """Write everything a step decided, in one transaction. Applying the same batch twice changes nothing.

        Raises StoreError when the database takes nothing.
        """
        assigned = {a.entry: a for a in batch.grouping.assignments}
        new = {c.entry.id for c in batch.candidates}
        with self.write() as connection:
            entries.insert_new(connection, batch.candidates, assigned)
            entries.revise(connection, batch.revisions, self._diff)
            if batch.labels:
                entries.relabel(connection, dict(batch.labels))
            if batch.fingerprints:
                entries.refingerprint(connection, dict(batch.fingerprints))
            entries.set_pages(connection, batch.pages)
            moved = [a for a in batch.grouping.assignments if a.entry not in new]
            entries.move(connection, moved)
            for story in {a.story for a in moved}:
                stories.delete_redirect(connection, story)
            for from_story, into in batch.grouping.merges:
                stories.merge(connection, from_story, into, now)
            stories.write(connection, batch.stories, now)
            feeds.write_polls(connection, batch.polls)

    def repoint(self, grouping: Grouping) -> None:
        """Let the fingerprints of moved entries lead to their new stories."""
        target = {a.entry: a.story for a in grouping.assignments}
        with self.write() as connection:
            moved = entries.by_ids(connection, list(target))
            entries.repoint(connection, [(target[entry.id], text_keys(entry)) for entry in moved])

    # --- maintenance ---

    def older(self, before: datetime, most: int) -> dict[str, str]:
        """The story of each entry first seen before then; `most` at once, the oldest first."""
        with self.read() as connection:
            return entries.older(connection, before, most)

    def stories_besides(self, entry_stories: Mapping[str, str]) -> dict[str, Story]:
        """The stories of those entries that have others too, as they are without those entries."""
        ids = sorted(set(entry_stories.values()))
        with self.read() as connection:
            found = stories.load(connection, entries.homes_without(connection, ids, entry_stories))
        return {
            id: replace(story, entries=tuple(m for m in story.entries if m.entry.id not in entry_stories))
            for id, story in found.items()
        }

    def forget_entries(self, entry_stories: Mapping[str, str], left: Sequence[Story], now: datetime) -> int:
        """Delete entries and the stories they leave empty, and write those that go on with fewer; how many went.

        `entry_stories` is the story of each entry, `left` the stories that go on, in one transaction with the rest.
        """
        touched = sorted(set(entry_stories.values()))
        with self.write() as connection:
            entries.forget(connection, list(entry_stories))
            alive = stories.drop_empty(connection, touched)
            stories.write(connection, left, now)
        return len(touched) - len(alive)

    def forget_rest(
        self, *, polls_before: datetime, history_before: datetime, window_before: datetime
    ) -> int:
        """Delete old polls, what happened to stories that are gone, and what grouping needs no more; how many polls."""
        with self.write() as connection:
            polls = feeds.forget_polls(connection, polls_before)
        with self.write() as connection:
            stories.forget_history(connection, history_before)
        with self.write() as connection:
            entries.forget_fingerprints(connection, window_before)
        return polls


def _identity(engine: Engine) -> tuple[int, int] | None:
    """Device and inode of an engine's file; None for one in memory, or where there is none."""
    try:
        found = Path(engine.url.database or "").stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _at_fault(error: DatabaseError) -> str | None:
    """SQLite's words, where it is the database or the machine that fails, and not what was asked of it."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    # The low byte is the kind; the rest says more precisely what happened.
    return str(error.orig) if code is not None and code & 0xFF in _AT_FAULT else None
