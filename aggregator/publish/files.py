"""Writes outputs as static files for any web server: atomic, only when changed, with `.gz` beside."""

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
from aggregator.publish.build import no_feedback
from aggregator.publish.item import FeedbackLinks
from aggregator.publish.ports import Shelf
from aggregator.publish.produce import produce
from aggregator.publish.render import render
from aggregator.publish.types import FORMATS, Format, Site


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one file."""

    path: Path
    changed: bool


def write_output(
    shelf: Shelf,
    output: OutputConfig,
    folder: Path,
    *,
    now: datetime,
    site: Site,
    feedback: FeedbackLinks | None = None,
) -> tuple[Written, ...]:
    """Write `SLUG.atom`, `.rss` and `.json` and their `.gz` into `folder`, which is made if need be.

    `feedback`: makes the links into items; None when no server runs that could take an answer, and items then
    link to no page of ours either. Raises OSError.
    """
    base = f"{(output.files_url or site.base_url + '/feeds').rstrip('/')}/{output.slug}"
    served = feedback is not None
    feed = produce(
        shelf,
        output,
        now=now,
        site=site,
        feedback=feedback or no_feedback,
        base=base,
        served=served,
        # Another web server has the one file; only ours can answer for the pages behind it.
        paged=served and not output.files_url,
    )
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(
        written
        for form in FORMATS
        for written in write_document(folder, output.slug, form, render(feed, form))
    )


def write_document(folder: Path, slug: str, form: Format, body: bytes) -> Sequence[Written]:
    """Write one document and its compressed copy, each only when its bytes differ. Raises OSError."""
    path = folder / f"{slug}.{form}"
    packed = folder / f"{slug}.{form}.gz"
    # mtime=0: equal bytes must stay equal when compressed.
    return write_if_changed(path, body), write_if_changed(packed, gzip.compress(body, 9, mtime=0))


def write_if_changed(path: Path, body: bytes) -> Written:
    """Replace a file in one step, so that readers see the old or the new bytes and nothing between."""
    with suppress(FileNotFoundError):
        if path.read_bytes() == body:
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


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
