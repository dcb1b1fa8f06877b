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

from collections.abc import Sequence
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
    KnownEntry,
    Story,
)
from aggregator.store.database import Database
from aggregator.store.engine import open_engine
from aggregator.store.entry_archive import Entries
from aggregator.store.feed_register import Feeds
from aggregator.store.foreign import refuse_foreign
from aggregator.store.judgements import Judgements, record, take_back
from aggregator.store.meta import Meta
from aggregator.store.migrate import migrate
from aggregator.store.models import Models
from aggregator.store.outbox import SqlOutbox
from aggregator.store.queries import (
    constraints,
    entry_lookup,
    entry_writing,
    fingerprints,
    held_back,
    poll_log,
    story_loading,
    story_writing,
)
from aggregator.store.retention import Retention
from aggregator.store.story_archive import StorySelection
from classifiers.types import Label


class Store:
    """A database, open. Every method raises StoreError when the database cannot be used."""

    def __init__(self, engine: Engine) -> None:
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
        refuse_foreign(path)
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

    @property
    def takes_nothing(self) -> bool:
        """Whether the last try to write failed for want of room, rights or a lock, or the file is damaged."""
        return self._database.takes_nothing

    @property
    def is_damaged(self) -> bool:
        """Whether the file was found to be damaged: nothing helps before a person restores it."""
        return self._database.is_damaged

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
            return entry_lookup.known(connection, ids)

    def seen(self, keys: Sequence[int]) -> dict[int, str]:
        """The stories of the fingerprint keys ever stored."""
        with self._database.read() as connection:
            return fingerprints.seen(connection, keys)

    def own_keys(self, fresh: Sequence[Entry]) -> dict[int, frozenset[int]]:
        """Of the keys of entries not stored yet: by feed, those under which it stored an entry before."""
        with self._database.read() as connection:
            return fingerprints.own_keys(connection, fresh)

    def window(self, since: datetime) -> list[tuple[str, Entry, Fingerprint]]:
        """What grouping must remember: recent entries with their story and fingerprint, in order of arrival."""
        with self._database.read() as connection:
            return fingerprints.window(connection, since)

    def stories(self, ids: Sequence[str], *, text: bool = True) -> dict[str, Story]:
        """Stories by id, whole; `text=False`: without their entries' content and full text."""
        with self._database.read() as connection:
            return story_loading.load(connection, ids, text=text)

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
            return entry_lookup.find(connection, what)

    def redirects(self, ids: Sequence[str]) -> dict[str, str]:
        """Where the ids of merged stories lead."""
        with self._database.read() as connection:
            return story_loading.redirects(connection, ids)

    def history_of(self, story: str) -> list[tuple[datetime, str, str]]:
        """(moment, kind, detail as JSON) of what happened to a story, oldest first."""
        with self._database.read() as connection:
            return story_loading.history_of(connection, story)

    def judged(self, ids: Sequence[str]) -> dict[str, list[Feedback]]:
        """People's judgements on the stories."""
        return self.judgements.of_stories(ids)

    def growth(self, since: datetime) -> list[tuple[str, int, timedelta]]:
        """How stories published since then grew, by topic."""
        return self.selection.growth(since)

    def constraints(self) -> dict[tuple[str, str], bool]:
        """People's corrections of grouping: (entry, entry) -> together?"""
        with self._database.read() as connection:
            return constraints.constraints(connection)

    def corrections(self) -> list[Constraint]:
        """People's corrections of grouping in full, oldest first."""
        with self._database.read() as connection:
            return constraints.corrections(connection)

    def apply(self, batch: Batch, now: datetime) -> None:
        """Write everything a step decided, in one transaction. Applying the same batch twice changes nothing.

        Raises StoreError when the database takes nothing.
        """
        assigned = {a.entry: a for a in batch.grouping.assignments}
        new = {c.entry.id for c in batch.candidates}
        moved = [a for a in batch.grouping.assignments if a.entry not in new]
        with self._database.write() as connection:
            entry_writing.insert_new(connection, batch.candidates, assigned)
            held_back.keep(connection, batch.candidates)
            held_back.release(connection, batch.released)
            entry_writing.revise(connection, batch.revisions)
            if batch.labels:
                entry_writing.relabel(connection, dict(batch.labels))
            if batch.fingerprints:
                entry_writing.refingerprint(connection, dict(batch.fingerprints))
            entry_writing.set_pages(connection, batch.pages)
            # Before anything moves: what is said of a story goes where the story goes.
            take_back(connection, batch.taken_back)
            record(connection, batch.judgements)
            constraints.keep_constraints(connection, batch.constraints)
            entry_writing.move(connection, moved)
            _repoint(connection, moved)
            for story in {a.story for a in moved}:
                story_writing.delete_redirect(connection, story)
            for from_story, into in batch.grouping.merges:
                story_writing.merge(connection, from_story, into, now)
            story_writing.write(connection, batch.stories, now)
            poll_log.write_polls(connection, batch.polls)


def _repoint(connection: Connection, moved: Sequence[Assignment]) -> None:
    """Let the exact keys of entries lead to the stories they were moved to."""
    target = {a.entry: a.story for a in moved}
    found = entry_lookup.by_ids(connection, list(target))
    fingerprints.repoint(connection, [(target[entry.id], text_keys(entry)) for entry in found])
