"""Opening the database that a configuration names: as the process that owns it, or as a visitor."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from aggregator.config import Config
from aggregator.core.errors import StoreError
from aggregator.store.engine import database_path
from aggregator.store.store import Store


def store_path(config: Config, env: Mapping[str, str] | None = None) -> Path:
    """Where this configuration's database is. `env`: the process's environment, if None."""
    return database_path(config.store.path, os.environ if env is None else env)


def open_store(config: Config, env: Mapping[str, str] | None = None) -> Store:
    """Open this configuration's database, made or migrated as needed, with its feeds as configured.

    For the one process that owns the database. Raises StoreError.
    """
    store = Store.open(store_path(config, env), backups=config.store.backups)
    store.sync_feeds(config.feeds)
    return store


def visit_store(config: Config, env: Mapping[str, str] | None = None) -> Store:
    """Open this configuration's database, which another process may own.

    The stored feeds stay as that process has them, and no database is made: one made by whoever happens to look
    would not be writable for the service. Raises StoreError where there is none.
    """
    path = store_path(config, env)
    if not path.is_file():
        raise StoreError(
            f"there is no database at {path} yet; `aggregator run`, `poll` or `import` makes it, "
            "and [store] path says where it is"
        )
    return Store.open(path, backups=config.store.backups)
