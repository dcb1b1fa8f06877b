"""Small facts of the installation: secrets made at first start, moments of jobs, what the topics were last."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, delete, insert, select

from aggregator.store.database import Database
from aggregator.store.tables import VALUES


class Meta:
    """Texts by key. Raises StoreError when the database cannot be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str) -> str | None:
        """The text kept under a key; None when there is none."""
        with self._database.read() as connection:
            return _value(connection, key)

    def set(self, key: str, text: str) -> None:
        """Keep a text under a key, in place of what was there."""
        with self._database.write() as connection:
            _set_value(connection, key, text)

    def update(self, key: str, change: Callable[[str | None], str]) -> str:
        """Keep what `change` makes of the text that is held (None: none), and return it. No one writes in between."""
        with self._database.write() as connection:
            held = _value(connection, key)
            text = change(held)
            if text != held:
                _set_value(connection, key, text)
        return text


def _value(connection: Connection, key: str) -> str | None:
    found: str | None = connection.execute(select(VALUES.c.value).where(VALUES.c.key == key)).scalar()
    return found


def _set_value(connection: Connection, key: str, text: str) -> None:
    connection.execute(delete(VALUES).where(VALUES.c.key == key))
    connection.execute(insert(VALUES), {"key": key, "value": text})
