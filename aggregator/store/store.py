"""The store as the rest of the program sees it: whole records in, whole records out.

One `Store` per database. Reads may come from any thread; writes are serialised by SQLite's write lock and are
whole transactions: either all of a batch is there or nothing of it.

What every batch needs are methods here; the rest is by subject:

    store.feeds        who is polled, when, and how it went
    store.entries      entries one by one, or all in turn
    store.selection    stories for outputs, pages, searches
    store.judgements   people's yes and no
    store.models       trained models
    store.outbox       what is still to be pushed
    store.retention    forgetting
    store.meta         small facts of the installation
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine

from aggregator.config import FeedConfig
from aggregator.core.errors import StoreError
from aggregator.core.hashes import text_keys
from aggregator.core.types import (
    Assignment,
    Batch,
    Constraint,
    Entry,
    Feedback,
    FeedState,
    Fingerprint,
    Grouping,
    KnownEntry,
    Story,
)
from aggregator.store import entries, feedback, feeds, held_back, stories
from aggregator.store.database import Database
from aggregator.store.engine import open_engine
from aggregator.store.entry_archive import Entries
from aggregator.store.feed_register import Feeds
from aggregator.store.judgements import Judgements
from aggregator.store.meta import Meta
from aggregator.store.migrate import migrate
from aggregator.store.model_register import Models
from aggregator.store.outbox import SqlOutbox
from aggregator.store.retention import Retention
from aggregator.store.story_archive import StorySelection
from classifiers.types import Label


class Store:
    """A database, open. Every method raises StoreError when the database cannot be used."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._database = Database(engine)
        self.feeds = Feeds(self._database)
        self.entries = Entries(self._database)
        self.selection = StorySelection(self._database)
        self.judgements = Judgements(self._database)
        self.models = Models(self._database)
        self.outbox = SqlOutbox(self._database)
        self.retention = Retention(self._database)
        self.meta = Meta(self._database)

    @classmethod
    def open(cls, path: Path, *, backups: int = 3) -> Store:
        """Open the database, made or brought up to date as needed. Raises StoreError, StoreVersion."""
        engine = open_engine(path)
        migrate(engine, path, backups=backups)
        return cls(engine)

    @property
    def folder(self) -> Path:
        """Where the database is; models lie beside it."""
        return self._database.path.parent

    def is_displaced(self) -> bool:
        """Whether another file, or none, is now where the database was opened: what is written goes nowhere."""
        return self._database.is_displaced()

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def read(self) -> AbstractContextManager[Connection]:
        """A connection inside one consistent read."""
        return self._database.read()

    def write(self) -> AbstractContextManager[Connection]:
        """A connection inside one write transaction: committed at the end, rolled back on an exception."""
        return self._database.write()

    @property
    def takes_nothing(self) -> bool:
        """Whether the last try to write failed for want of room, rights or a lock, or the file is damaged."""
        return self._database.takes_nothing

    def trouble(self) -> str:
        """What is wrong with the database, in words: it is damaged, cannot be read, or took nothing within the last
        minutes.

        Empty when all is well.
        """
        if told := self._database.trouble():
            return told
        try:
            self.feeds.next_due()
        except StoreError as error:
            return self._database.trouble() or str(error)
        return ""

    # --- what every batch asks ---

    def sync_feeds(self, configured: Sequence[FeedConfig]) -> tuple[int, int]:
        """Make the stored feeds those of the configuration; (added, put to rest)."""
        return self.feeds.sync(configured)

    def due(self, now: datetime, limit: int) -> list[FeedState]:
        """Feeds to poll now, longest waiting first."""
        return self.feeds.due(now, limit)

    def feeds_by_id(self) -> dict[int, FeedState]:
        """Every feed, import sources and those at rest too."""
        return self.feeds.by_id()

    def known(self, ids: Sequence[str]) -> dict[str, KnownEntry]:
        """Those of the entries that came before."""
        with self._database.read() as connection:
            return entries.known(connection, ids)

    def seen(self, keys: Sequence[int]) -> dict[int, str]:
        """The stories of the fingerprint keys ever stored."""
        with self._database.read() as connection:
            return entries.seen(connection, keys)

    def own_keys(self, fresh: Sequence[Entry]) -> dict[int, frozenset[int]]:
        """Of the keys of entries not stored yet: by feed, those under which it stored an entry before."""
        with self._database.read() as connection:
            return entries.own_keys(connection, fresh)

    def window(self, since: datetime) -> list[tuple[str, Entry, Fingerprint]]:
        """What grouping must remember: recent entries with their story and fingerprint, in order of arrival."""
        with self._database.read() as connection:
            return list(entries.window(connection, since))

    def stories(self, ids: Sequence[str], *, text: bool = True) -> dict[str, Story]:
        """Stories by id, whole; `text=False`: without their entries' content and full text."""
        with self._database.read() as connection:
            return stories.load(connection, ids, text=text)

    def entries_for(self, ids: Sequence[str]) -> dict[str, Entry]:
        """Entries by id."""
        return {entry.id: entry for entry in self.entries.by_ids(ids)}

    def labels_for(self, ids: Sequence[str]) -> dict[str, tuple[Label, ...]]:
        """Entries' labels by the entry's id, highest score first; an entry without any is left out."""
        return self.entries.labels_of(ids)

    def find(self, what: str) -> tuple[str, str]:
        """(entry id, story id) by an entry's id, a story's id (merged ones too) or an entry's URL.

        The entry is empty when a story was named. Raises NotFound.
        """
        with self._database.read() as connection:
            return entries.find(connection, what)

    def redirects(self, ids: Sequence[str]) -> dict[str, str]:
        """Where the ids of merged stories lead."""
        with self._database.read() as connection:
            return stories.redirects(connection, ids)

    def history_of(self, story: str) -> list[tuple[datetime, str, str]]:
        """(moment, kind, detail as JSON) of what happened to a story, oldest first."""
        with self._database.read() as connection:
            return stories.history_of(connection, story)

    def judged(self, ids: Sequence[str]) -> dict[str, list[Feedback]]:
        """People's judgements on the stories."""
        return self.judgements.of_stories(ids)

    def growth(self, since: datetime) -> list[tuple[str, int, timedelta]]:
        """How stories published since then grew, by topic."""
        return self.selection.growth(since)

    def constraints(self) -> dict[tuple[str, str], bool]:
        """People's corrections of grouping: (entry, entry) -> together?"""
        with self._database.read() as connection:
            return stories.constraints(connection)

    def corrections(self) -> list[Constraint]:
        """People's corrections of grouping in full, oldest first."""
        with self._database.read() as connection:
            return [Constraint(*row) for row in stories.corrections(connection)]

    def apply(self, batch: Batch, now: datetime) -> None:
        """Write everything a step decided, in one transaction. Applying the same batch twice changes nothing.

        Raises StoreError when the database takes nothing.
        """
        assigned = {a.entry: a for a in batch.grouping.assignments}
        new = {c.entry.id for c in batch.candidates}
        moved = [a for a in batch.grouping.assignments if a.entry not in new]
        with self._database.write() as connection:
            entries.insert_new(connection, batch.candidates, assigned)
            held_back.keep(connection, batch.candidates)
            held_back.release(connection, batch.released)
            entries.revise(connection, batch.revisions)
            if batch.labels:
                entries.relabel(connection, dict(batch.labels))
            if batch.fingerprints:
                entries.refingerprint(connection, dict(batch.fingerprints))
            entries.set_pages(connection, batch.pages)
            # Before anything moves: what is said of a story goes where the story goes.
            feedback.take_back(connection, batch.taken_back)
            feedback.record(connection, batch.judgements)
            stories.keep_constraints(connection, batch.constraints)
            entries.move(connection, moved)
            _repoint(connection, moved)
            for story in {a.story for a in moved}:
                stories.delete_redirect(connection, story)
            for from_story, into in batch.grouping.merges:
                stories.merge(connection, from_story, into, now)
            stories.write(connection, batch.stories, now)
            feeds.write_polls(connection, batch.polls)

    def repoint(self, grouping: Grouping) -> None:
        """Let the fingerprints of moved entries lead to their new stories."""
        with self._database.write() as connection:
            _repoint(connection, grouping.assignments)

    def older(self, before: datetime, most: int) -> dict[str, str]:
        """See `Retention.older`."""
        return self.retention.older(before, most)

    def stories_besides(self, entry_stories: Mapping[str, str]) -> dict[str, Story]:
        """See `Retention.stories_besides`."""
        return self.retention.stories_besides(entry_stories)

    def forget_entries(self, entry_stories: Mapping[str, str], left: Sequence[Story], now: datetime) -> int:
        """See `Retention.forget_entries`."""
        return self.retention.forget_entries(entry_stories, left, now)

    def forget_rest(
        self, *, polls_before: datetime, history_before: datetime, window_before: datetime
    ) -> int:
        """See `Retention.forget_rest`."""
        return self.retention.forget_rest(
            polls_before=polls_before, history_before=history_before, window_before=window_before
        )


def _repoint(connection: Connection, moved: Sequence[Assignment]) -> None:
    """Let the exact keys of entries lead to the stories they were moved to."""
    target = {a.entry: a.story for a in moved}
    found = entries.by_ids(connection, list(target))
    entries.repoint(connection, [(target[entry.id], text_keys(entry)) for entry in found])
