"""Everything that is kept, in one SQLite database. Table objects never leave this package."""

from aggregator.store.engine import DaemonLock, database_path
from aggregator.store.store import Store

__all__ = ["DaemonLock", "Store", "database_path"]
