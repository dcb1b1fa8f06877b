"""The engine: where the database is, and how SQLite is set up."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, Connection

from aggregator.core.errors import StoreError


def database_path(configured: str, env: Mapping[str, str]) -> Path:
    """The SQLite file: as configured, else under systemd's state directory, else the XDG data directory."""
    if configured:
        return Path(configured).expanduser()
    if state := env.get("STATE_DIRECTORY"):
        return Path(state.split(":")[0]) / "aggregator.db"
    base = env.get("XDG_DATA_HOME") or str(Path(env.get("HOME", "~")).expanduser() / ".local" / "share")
    return Path(base) / "aggregator" / "aggregator.db"


def open_engine(path: Path) -> Engine:
    """An engine on the SQLite file, whose folder is made if need be. Raises StoreError."""
    make_folder(path.parent)
    url = URL.create("sqlite", database=str(path))
    # Parameters hold what people read and judge; they stay out of error messages and logs.
    engine = create_engine(
        url, hide_parameters=True, connect_args={"timeout": 30, "check_same_thread": False}
    )
    event.listen(engine, "connect", _set_up_connection)
    event.listen(engine, "begin", _begin)
    return engine


def make_folder(folder: Path) -> None:
    """Make the folder of a database, with those above it. Raises StoreError."""
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
