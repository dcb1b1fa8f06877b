"""Everything that is kept: whole records in, whole records out, one transaction a batch.

In: Batches of decided records.
Out: Records of `core.types` as they were stored, and the few named here. Tables and connections never leave.
May import: publish, entries, config, core, classifiers.
"""

from aggregator.store.daemon_lock import DaemonLock
from aggregator.store.engine import database_path
from aggregator.store.import_sources import public_url
from aggregator.store.models import StoredModel
from aggregator.store.queries.output_selection import Wanted
from aggregator.store.store import Store

__all__ = ["DaemonLock", "Store", "StoredModel", "Wanted", "database_path", "public_url"]
