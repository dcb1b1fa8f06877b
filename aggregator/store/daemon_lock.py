"""The lock that keeps a second daemon off a database."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from aggregator.core.errors import StoreError, StoreLocked
from aggregator.store.engine import make_folder


class DaemonLock:
    """Held while a daemon owns the database; the kernel lets go of it even after kill -9."""

    def __init__(self, database: Path) -> None:
        # Beside the file itself: by whatever links it is reached, there is one lock.
        self._database = database.resolve()
        self.path = self._database.with_name(self._database.name + ".lock")
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the lock. Raises StoreLocked, naming the process that holds it; StoreError where none can be made."""
        make_folder(self.path.parent)
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
                f"another aggregator (process {owner}) is running on {self._database}; "
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
