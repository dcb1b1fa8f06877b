"""Opening the database: where it is, how SQLite is set up, and the lock that keeps a second daemon out."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, Connection, make_url

from aggregator.core.errors import StoreError, StoreLocked


def database_path(configured: str, env: Mapping[str, str]) -> Path:
    """The SQLite file: as configured, else under systemd's state directory, else the XDG data directory."""
    if configured:
        return Path(configured).expanduser()
    if state := env.get("STATE_DIRECTORY"):
        return Path(state.split(":")[0]) / "aggregator.db"
    base = env.get("XDG_DATA_HOME") or str(Path(env.get("HOME", "~")).expanduser() / ".local" / "share")
    return Path(base) / "aggregator" / "aggregator.db"


def open_engine(path: Path | None) -> Engine:
    """An engine on the SQLite file, whose folder is made if need be; None: in memory. Raises StoreError."""
    if path is None:
        url: URL = make_url("sqlite://")
    else:
        _make_folder(path.parent)
        url = URL.create("sqlite", database=str(path))
    # Parameters hold what people read and judge; they stay out of error messages and logs.
    engine = create_engine(
        url, hide_parameters=True, connect_args={"timeout": 30, "check_same_thread": False}
    )
    event.listen(engine, "connect", _set_up_connection)
    event.listen(engine, "begin", _begin)
    return engine


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot make the folder {folder}: {error.strerror}; set [store] path to a writable place"
        ) from error


def _set_up_connection(connection: Any, _record: object) -> None:
    # The driver's own BEGIN comes only before a write, too late for a consistent read; we send our own.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA cache_size=-65536")
    cursor.execute("PRAGMA temp_store=MEMORY")
    cursor.close()


def _begin(connection: Connection) -> None:
    # IMMEDIATE takes the write lock at once: a transaction that reads first would else fail when upgraded.
    write = connection.get_execution_options().get("write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


class DaemonLock:
    """Held while a daemon owns the database; the kernel lets go of it even after kill -9."""

    def __init__(self, database: Path) -> None:
        self.path = database.with_name(database.name + ".lock")
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the lock. Raises StoreLocked, naming the process that holds it; StoreError where none can be made."""
        _make_folder(self.path.parent)
        try:
            file = self.path.open("a+", encoding="ascii")
        except OSError as error:
            raise StoreError(
                f"cannot write {self.path}: {error.strerror}; let the user that runs this write there, "
                "or set [store] path to a writable place"
            ) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            owner = file.read().strip() or "unknown"
            file.close()
            raise StoreLocked(
                f"another aggregator (process {owner}) is running on {self.path.with_suffix('')}; "
                "stop it first, or set [store] path to another file"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._file = file

    def release(self) -> None:
        """Give the lock up; harmless when it is not held."""
        if self._file is not None:
            self._file.close()
            self._file = None
