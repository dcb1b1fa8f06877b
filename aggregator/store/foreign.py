"""Files that are not to be opened as our database: another program's, or one that goes by several names."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from aggregator.core.errors import StoreError

_OURS = frozenset(("alembic_version", "feeds", "entries", "stories"))
_HEADER = b"SQLite format 3\x00"


def refuse_foreign(path: Path) -> None:
    """Raise StoreError where the file is a database of another program, or has several names. Changes nothing.

    SQLite names a database's log after the name it is opened by: under two names each has a log of its own that the
    other does not see, and together they ruin the file (sqlite.org/howtocorrupt.html, section 2.5).
    """
    try:
        names = path.stat().st_nlink
    except OSError:
        return  # there is none yet, or what is wrong is told where it is opened
    if path.is_file() and names > 1:
        raise StoreError(
            f"{path} is one file under {names} names (hard links); SQLite loses data where it is opened by two of "
            f"them. Give it one name: copy it and put the copy in its place (cp {path.name} new.db; mv new.db "
            f"{path.name}), with nothing running on it"
        )
    tables = _tables(path)
    if tables and not tables >= _OURS:
        some = ", ".join(sorted(tables)[:5])
        raise StoreError(
            f"{path} is a database of another program (its tables: {some}); set [store] path to another file"
        )


def is_sqlite(path: Path) -> bool:
    """Whether a file begins as a SQLite database does."""
    try:
        with path.open("rb") as file:
            return file.read(len(_HEADER)) == _HEADER
    except OSError:
        return False


def _tables(path: Path) -> frozenset[str]:
    """Names of the tables in a SQLite file; none where it cannot be read, which is told where it is opened."""
    try:
        # Without `c` in the mode nothing is made, and nothing of ours is set up in a file of another program.
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, timeout=30)) as connection:
            rows = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
    except sqlite3.Error:
        return frozenset()
    return frozenset(name for (name,) in rows)
