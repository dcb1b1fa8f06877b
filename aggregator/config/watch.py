"""Whether any file of a configuration has changed: config.toml, what it includes, its OPML files."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from pathlib import Path

from aggregator.config.written import Unreadable, listed, matching, read_document

Stamp = tuple[str, int, int, int]
"""Path, inode, size and time of the last change (ns since the epoch)."""


class WatchedFiles:
    """Remembers how the files were. A file that comes, goes or is put in another's place is a change too."""

    def __init__(self, path: Path) -> None:
        """`path`: config.toml, as it is now."""
        self._path = path
        self._main: Stamp | None = None
        self._patterns: tuple[str, ...] = ()
        self._seen = self._stamps()

    def changed(self) -> bool:
        """Whether anything is otherwise than at the last call, or at the beginning."""
        before, self._seen = self._seen, self._stamps()
        return self._seen != before

    def _stamps(self) -> frozenset[Stamp]:
        main = _stamp(self._path)
        if main is not None and main != self._main:
            self._main = main
            self._patterns = tuple(self._named())
        others = (one for pattern in self._patterns for one in matching(pattern, self._path.parent))
        return frozenset(stamp for one in (self._path, *others) if (stamp := _stamp(one)) is not None)

    def _named(self) -> Iterator[str]:
        """The files that config.toml names; those known so far where it cannot be read for a mistake."""
        if not self._path.is_file():
            return
        try:
            data = read_document(self._path).document.data
        except Unreadable:
            yield from self._patterns
            return
        yield from filter(None, listed(data, "include"))
        yield from map(glob.escape, filter(None, listed(data, "opml")))


def _stamp(path: Path) -> Stamp | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return str(path), found.st_ino, found.st_size, found.st_mtime_ns
