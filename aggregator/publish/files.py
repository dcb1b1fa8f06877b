"""Writes outputs as static files for any web server: atomic, only when changed, with `.gz` beside.

With an address of their own (`files_url`) the files are a whole feed that needs no server of ours: archives and the list
of what was withdrawn stand in a folder beside them.
"""

from __future__ import annotations

import gzip
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aggregator.config.outputs import OutputConfig
from aggregator.publish.file_archive import as_files, chain, due, parts, parts_held, prune
from aggregator.publish.formats.render import render
from aggregator.publish.parameters import Request, read_parameters
from aggregator.publish.produce import produce
from aggregator.publish.source import StorySource
from aggregator.publish.types import (
    FORMATS,
    FeedbackLinks,
    Format,
    OutputFeed,
    Publication,
    Site,
    file_name,
    no_feedback,
)


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one file."""

    path: Path
    changed: bool


def write_output(
    source: StorySource,
    output: OutputConfig,
    folder: Path,
    *,
    now: datetime,
    site: Site,
    feedback: FeedbackLinks | None = None,
    archived: datetime | None = None,
) -> tuple[Written, ...]:
    """Write `SLUG.atom`, `.rss` and `.json` and their `.gz` into `folder`, which is made if need be.

    Archives go into `folder/SLUG`, first those that the feed's links lead to. `archived`: when they were last written,
    for those that need not be looked at again; None: look at all.

    `feedback`: makes the links into items; None when no server runs that could take an answer, and items then
    link to no page of ours either. Raises OSError.
    """
    base = f"{(output.files_url or site.base_url + '/feeds').rstrip('/')}/{output.slug}"
    served = feedback is not None
    publication = Publication(
        site,
        base=base,
        served=served,
        # Without an address of their own the files are copies of what our server has, and lead back to it.
        paged=served or bool(output.files_url),
        feedback=feedback or no_feedback,
    )

    def made(request: Request | None = None) -> OutputFeed:
        return produce(source, output, publication, request, now=now)

    written: list[Written] = []
    feed = made()
    folder.mkdir(parents=True, exist_ok=True)
    if output.files_url:
        beside = folder / output.slug
        names: list[str] = []
        wanted: list[Request] = []
        for key in chain(output, feed, source.oldest()):
            held = parts_held(beside, key)
            if due(key, output, now, archived) or not held:
                made_anew = parts(source, output, key, now)
                wanted += made_anew
                held = tuple(file_name(request.query) for request in made_anew)
            names += held
        for request in wanted:
            written += _write(beside, file_name(request.query), as_files(made(request), names))
        if feed.withdrawn:
            request = read_parameters([("withdrawn", "yes")], output, now)
            written += _write(beside, "withdrawn", as_files(made(request), names))
        prune(beside, names, now)
        feed = as_files(feed, names)
    return (*written, *_write(folder, output.slug, feed))


def _write(folder: Path, name: str, feed: OutputFeed) -> list[Written]:
    folder.mkdir(exist_ok=True)
    return [one for form in FORMATS for one in write_document(folder, name, form, render(feed, form))]


def write_document(folder: Path, slug: str, form: Format, body: bytes) -> Sequence[Written]:
    """Write one document and its compressed copy, each only when its bytes differ. Raises OSError."""
    path, packed = folder / f"{slug}.{form}", folder / f"{slug}.{form}.gz"
    # Compressed first, so that a crash between the two leaves a difference to be found.
    if packed.exists() and _holds(path, body):
        return Written(packed, changed=False), Written(path, changed=False)
    # mtime=0: equal bytes must stay equal when compressed.
    return write_if_changed(packed, gzip.compress(body, 9, mtime=0)), write_if_changed(path, body)


def write_if_changed(path: Path, body: bytes) -> Written:
    """Replace a file in one step, so that readers see the old or the new bytes and nothing between."""
    if _holds(path, body):
        return Written(path, changed=False)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(body)
            file.flush()
            # mkstemp makes files for the owner alone; a web server of another user must read them.
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name)
        raise
    _sync_folder(path.parent)
    return Written(path, changed=True)


def _holds(path: Path, body: bytes) -> bool:
    with suppress(FileNotFoundError):
        return path.stat().st_size == len(body) and path.read_bytes() == body
    return False


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
