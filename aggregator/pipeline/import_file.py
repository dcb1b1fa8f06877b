"""JSON lines that come in: the rows of a file, and the feeds that their sources are."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from io import BufferedReader
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from aggregator.config import Config, FeedConfig
from aggregator.config.polling import FeedKind
from aggregator.core.types import FeedState
from aggregator.store import Store
from aggregator.stories.summary.outlets import Origins

_LONGEST_LINE = 16 * 1024 * 1024


def read_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    """(line number, row) of a JSON-lines file, gzipped where its name ends in .gz; what is wrong, where a line is bad.

    `k` stands in for `id` where a row has no `id`. Raises OSError, at once, when the file cannot be opened.
    """
    return _rows(gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb"))


def _rows(file: gzip.GzipFile | BufferedReader) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    number = 0
    with file:
        try:
            for number, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE), b""), 1):
                if line.strip():
                    yield number, _row(line)
        except (EOFError, OSError, zlib.error) as error:
            yield number + 1, f"and what follows cannot be read ({error}); is the file complete?"


def _row(line: bytes) -> Mapping[str, Any] | str:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        return f"is not JSON ({error}); each line must be one JSON object"
    if not isinstance(row, dict):
        return f"is {type(row).__name__}, not an object; each line must be one JSON object"
    if "id" not in row and "k" in row:
        row["id"] = row["k"]
    return row


def source_resolver(store: Store, config: Config) -> Callable[[set[str]], Mapping[str, FeedState]]:
    """Finds the feed of an import's source name: by origin, alias, title or domain of the configured feeds."""
    by_name: dict[str, FeedConfig] = {}
    for feed in reversed(config.feeds):
        for name in (feed.origin, feed.title, urlsplit(feed.url).hostname or ""):
            if name:
                by_name[name.lower()] = feed
    outlets = Origins(config.origins)
    found: dict[str, FeedState] = {}

    def like(name: str) -> FeedConfig | None:
        if feed := by_name.get(name.lower()):
            return feed
        if (outlet := outlets.known(name)) is None:
            return None
        return by_name.get(outlet.slug) or FeedConfig(
            url=f"import:{outlet.slug}",
            title=outlet.name,
            origin=outlet.slug,
            kind=cast(FeedKind, outlet.kind),
            country=outlet.country,
        )

    def resolve(names: set[str]) -> Mapping[str, FeedState]:
        if missing := names - found.keys():
            known = {name: outlet for name in missing if (outlet := like(name)) is not None}
            found.update(store.feeds.import_sources(missing, known))
        return found

    return resolve
