"""Bringing a database up to date with Alembic, with a copy kept before anything in it is changed."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError, OperationalError

from aggregator.core.errors import StoreError, StoreVersion
from aggregator.store.database import Database, damage, damage_in
from aggregator.store.foreign import is_sqlite


def alembic_config() -> AlembicConfig:
    """Where the migrations are."""
    config = AlembicConfig()
    config.set_main_option("path_separator", "os")
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def migrate(engine: Engine, path: Path, *, backups: int, config: AlembicConfig | None = None) -> None:
    """Apply the migrations that are missing; before that, copy a database that already holds data.

    `config`: other migrations than the project's own.
    Raises StoreVersion when the database is newer than this program, StoreError when it cannot be used.
    """
    config = config or alembic_config()
    script = ScriptDirectory.from_config(config)
    head = script.get_current_head()
    try:
        with engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
    except OperationalError as error:
        raise StoreError(
            f"{path} cannot be opened ({error.orig}); SQLite writes beside the file even to read it: may this user "
            "write in the folder, is the disk full or mounted read-only?"
        ) from error
    except DatabaseError as error:
        if (why := damage_in(error)) is not None and is_sqlite(path):
            raise StoreError(damage(path, why)) from error
        raise StoreError(
            f"{path} is not a database of ours ({error.orig}); move it away or set [store] path"
        ) from error
    if current == head:
        return
    if current is not None:
        if current not in {revision.revision for revision in script.walk_revisions()}:
            raise StoreVersion(
                f"{path} was written by a newer version (schema {current}); upgrade this program, "
                "or go back to the copy that was kept beside it before the upgrade"
            )
        if backups:
            back_up(path, path.with_name(f"{path.name}.before-{head}"))
            _keep_newest(path, backups)
    with Database(engine).write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def back_up(source: Path, target: Path) -> None:
    """Copy a database consistently while it may be in use (SQLite's online backup), complete or not at all.

    Raises StoreError where there is no room or no leave for the copy.
    """
    unfinished = target.with_name(target.name + ".part")
    try:
        with closing(sqlite3.connect(source)) as origin, closing(sqlite3.connect(unfinished)) as copy:
            origin.backup(copy)
        unfinished.replace(target)
    except (sqlite3.Error, OSError) as error:
        with suppress(OSError):
            unfinished.unlink()
        raise StoreError(
            f"{source} is brought up to date only after a copy was made, and {target} cannot be written ({error}); "
            "make room there, or set [store] backups = 0"
        ) from error


def _keep_newest(path: Path, count: int) -> None:
    copies = sorted(path.parent.glob(f"{path.name}.before-*"), key=lambda p: p.stat().st_mtime, reverse=True)
    for old in copies[count:]:
        old.unlink()
