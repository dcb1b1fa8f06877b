"""The one engine behind the store: transactions, and what is wrong with the database when one fails."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError

from aggregator.core.errors import StoreError

TROUBLE_LASTS = 300.0
"""Seconds for which a write that failed is told, although others succeed: small ones find room where large do not."""

_UNUSABLE = frozenset(
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
"""What no row is to blame for, and what passes by itself or with a little help."""

_DAMAGED = frozenset((sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB))
"""What passes only when a person restores the file."""


@dataclass(frozen=True, slots=True)
class _Trouble:
    """A write that failed for no fault of what was written."""

    why: str
    at: float
    """By the monotonic clock."""
    last: bool = True
    """No write has succeeded since."""


class Database:
    """Transactions on one database. Reads may come from any thread; SQLite lets one write at a time."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._file = _identity(engine)
        self._trouble: _Trouble | None = None
        self._damage = ""

    @property
    def path(self) -> Path:
        """Where the database is."""
        return Path(self.engine.url.database or ".")

    def close(self) -> None:
        """Let go of the file."""
        self.engine.dispose()

    def is_displaced(self) -> bool:
        """Whether another file, or none, is now where the database was opened: what is written goes nowhere."""
        return _identity(self.engine) != self._file

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection inside one consistent read. Raises StoreError when the database cannot be read."""
        try:
            with self.engine.connect() as connection, connection.begin():
                yield connection
        except DatabaseError as error:
            self._raise_if_damaged(error)
            if (why := _words(error, _UNUSABLE)) is None:
                raise
            raise StoreError(
                f"the database {self.path} cannot be read: {why}; is the disk full, may this user read and write "
                "it and its folder, is another program at it?"
            ) from error

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection inside one write transaction: committed at the end, rolled back on an exception.

        Raises StoreError when the database takes nothing, whatever is written.
        """
        try:
            with self.engine.connect().execution_options(write=True) as connection, connection.begin():
                yield connection
        except DatabaseError as error:
            self._raise_if_damaged(error)
            if (why := _words(error, _UNUSABLE)) is None:
                raise
            self._trouble = _Trouble(why, time.monotonic())
            raise StoreError(
                f"the database takes nothing: {why}; is the disk full, is the file writable?"
            ) from error
        if self._trouble is not None and self._trouble.last:
            self._trouble = replace(self._trouble, last=False)

    @property
    def takes_nothing(self) -> bool:
        """Whether the last try to write failed for want of room, rights or a lock, or the file is damaged."""
        return bool(self._damage) or (self._trouble is not None and self._trouble.last)

    @property
    def is_damaged(self) -> bool:
        """Whether the file was found to be damaged since it was opened."""
        return bool(self._damage)

    def trouble(self) -> str:
        """What was wrong with the database when it was last read or written, in words; empty when all is well.

        Damage is told until the process ends. A write that failed is told for some minutes after others succeed.
        """
        if self._damage:
            # Whoever may read health may not know where on this machine the file is.
            return damage(Path(self.path.name), self._damage)
        trouble = self._trouble
        if trouble is not None and trouble.last:
            return f"the database takes nothing ({trouble.why}); polling goes on by itself when it does again"
        if trouble is not None and time.monotonic() - trouble.at < TROUBLE_LASTS:
            return f"the database took something, but not all, in the last minutes ({trouble.why})"
        return ""

    def _raise_if_damaged(self, error: DatabaseError) -> None:
        if (why := damage_in(error)) is not None:
            self._damage = why
            raise StoreError(damage(self.path, why)) from error


def damage_in(error: DatabaseError) -> str | None:
    """SQLite's words, where they say that the file is damaged."""
    return _words(error, _DAMAGED)


def damage(path: Path, why: str) -> str:
    """What to tell a person whose database is damaged. `why`: SQLite's words."""
    return (
        f"the database {path} is damaged ({why}): stop the daemon, keep a copy of the file, then put a backup in its "
        f"place, or save what can be read with `sqlite3 {path.name} .recover | sqlite3 new.db`"
    )


def _identity(engine: Engine) -> tuple[int, int] | None:
    """Device and inode of an engine's file; None for one in memory, or where there is none."""
    try:
        found = Path(engine.url.database or "").stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _words(error: DatabaseError, codes: frozenset[int]) -> str | None:
    """SQLite's words, where its code is one of these."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    # The low byte is the kind; the rest says more precisely what happened.
    return str(error.orig) if code is not None and code & 0xFF in codes else None
