"""Many rows at once, past SQLAlchemy's work on each row's parameters: it took a third of the time of writing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table


def insert_rows(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, conflict: str = "ABORT"
) -> None:
    """Insert rows that all have the keys of the first. `conflict`: ABORT, IGNORE or REPLACE (SQLite's words)."""
    if not rows:
        return
    columns = tuple(rows[0])
    head = f"INSERT OR {conflict} INTO {table.name} ({_names(columns)}) VALUES ({_places(columns)})"  # noqa: S608  (our own names)
    connection.exec_driver_sql(head, _values(columns, rows))


def upsert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, key: str) -> None:
    """Insert rows, or replace all but the key of those whose key is there."""
    if not rows:
        return
    columns = tuple(rows[0])
    changes = ", ".join(f'"{name}" = excluded."{name}"' for name in columns if name != key)
    connection.exec_driver_sql(
        f"INSERT INTO {table.name} ({_names(columns)}) VALUES ({_places(columns)}) "  # noqa: S608  (our own names)
        f'ON CONFLICT ("{key}") DO UPDATE SET {changes}',
        _values(columns, rows),
    )


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _places(columns: Sequence[str]) -> str:
    return ", ".join("?" for _ in columns)


def _values(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    return [itemgetter(*columns)(row) for row in rows]
