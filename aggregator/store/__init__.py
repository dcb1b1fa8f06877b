"""Everything that is kept: whole records in, whole records out, one transaction a batch.

In: Batches of decided records.
Out: Records of `core.types` as they were stored. Tables and connections never leave.
May import: publish, entries, config, core, classifiers.
"""

from aggregator.store.engine import DaemonLock, database_path
from aggregator.store.feedback import StoredModel
from aggregator.store.selection import Wanted
from aggregator.store.store import Store

__all__ = ["DaemonLock", "Store", "StoredModel", "Wanted", "database_path"]
