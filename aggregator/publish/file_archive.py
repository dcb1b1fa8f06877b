"""Which archive documents stand beside an output's files, and how files name each other.

<slug>.atom -> <slug>/2026-11-23T09.atom -> … -> <slug>/2026-11-22.atom -> … and <slug>/withdrawn.atom
A span that is cut into parts: 2026-11-22.atom (the newest) -> 2026-11-22_1763812800000000-s1.atom -> …
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from aggregator.config.outputs import OutputConfig
from aggregator.publish import archive
from aggregator.publish.parameters import Request, read_parameters
from aggregator.publish.source import StorySource
from aggregator.publish.types import FORMATS, OutputFeed, file_name

RECENT = timedelta(days=7)
"""Archives that closed within this are written anew each hour, since their stories still change; older ones each day."""
GRACE = timedelta(days=2)
"""How long documents that a larger one has taken in, or that the bound leaves out, stay for readers on their way."""
_UNITS = ("day", "week", "month")


def chain(output: OutputConfig, feed: OutputFeed, oldest: datetime | None) -> tuple[str, ...]:
    """Return the keys of a feed's archives in the order of their links: all hours and days of the span that is still
    open, then at most `files_archives` of the configured size, none older than `oldest`."""
    unit, keys, whole = output.archive, [], 0
    first = feed.paging.prev_archive
    key = first.removeprefix("archive=") if first and output.files_archives else None
    while key is not None:
        keys.append(key)
        span = archive.span_of(key, unit)
        whole += key == archive.key_of(span[0], unit)
        key = archive.previous(span, unit, oldest) if whole < output.files_archives else None
        if key is None and len(keys) == 1:
            keys.append(archive.before(span, unit))  # an archive is never alone in its chain
    return tuple(keys)


def parts(source: StorySource, output: OutputConfig, key: str, now: datetime) -> tuple[Request, ...]:
    """Return what is to be asked for all of an archive: its parts, the newest first."""
    whole = read_parameters([("archive", key)], output, now)
    places = archive.cuts(source.outline(output, whole.selection), by_entries=output.unit == "entry")
    return (whole, *(replace(whole, before=place) for place in reversed(places)))


def parts_held(folder: Path, key: str) -> tuple[str, ...]:
    """Return the names of an archive's parts as they were last written; empty: it never was."""
    if not (folder / f"{key}.json.gz").exists():
        return ()
    return (key, *sorted(path.name.removesuffix(".atom") for path in folder.glob(f"{key}_*.atom")))


def due(key: str, output: OutputConfig, now: datetime, last: datetime | None) -> bool:
    """Whether an archive is to be written, where its output's were last written at `last` (None: never)."""
    if last is None or last.date() != now.date():
        return True
    if _hour(last) == _hour(now):
        return False
    return archive.span_of(key, output.archive)[1] > now - RECENT


def as_files(feed: OutputFeed, kept: Collection[str]) -> OutputFeed:
    """Return a document that names its neighbours as files, and only those that are kept."""
    paging = feed.paging
    before, after = (
        query if query is not None and file_name(query) in kept else None
        for query in (paging.prev_archive, paging.next_archive)
    )
    # A page has no file of its own: what it would hold is in the archives.
    paging = replace(paging, first=None, next=None, prev_archive=before, next_archive=after)
    return replace(feed, paging=paging, files=True)


def prune(folder: Path, kept: Collection[str], now: datetime) -> None:
    """Remove archive documents that are no longer kept. Other files are left alone."""
    with suppress(FileNotFoundError):
        for path in sorted(folder.iterdir()):
            name, _, ending = path.name.removesuffix(".gz").rpartition(".")
            if ending not in FORMATS or name in kept:
                continue
            span = _span(name.partition("_")[0])
            if span is not None and span[1] < now - GRACE:
                path.unlink(missing_ok=True)


def _span(key: str) -> archive.Span | None:
    # The size may have been configured otherwise when the file was written.
    for unit in _UNITS:
        with suppress(ValueError, OverflowError):
            return archive.span_of(key, unit)
    return None


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
