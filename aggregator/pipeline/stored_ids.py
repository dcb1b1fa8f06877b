"""Entries that are stored under another id: their feed shared a guid or link among other items then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from aggregator.core.types import FeedState, KnownEntry
from aggregator.entries.identity import aliases, renamed, unsettled
from aggregator.pipeline.worker import ParsedDocument
from aggregator.store import Store


def with_stored_ids(
    store: Store, feeds: Mapping[int, FeedState], documents: Mapping[int, ParsedDocument]
) -> tuple[dict[int, ParsedDocument], dict[str, KnownEntry]]:
    """The documents, by feed, with their entries under the ids that are stored; and what is stored under these."""
    known = store.known([entry.id for document in documents.values() for entry in document.entries])
    other = [
        alias
        for feed, document in documents.items()
        if feeds[feed].last_success is not None
        for entry in unsettled(document.entries, known)
        for alias in aliases(entry, feeds[feed])
    ]
    stored = known | store.known(other)
    if len(stored) == len(known):
        return dict(documents), known
    found = {
        feed: replace(document, entries=renamed(document.entries, stored, feeds[feed]))
        for feed, document in documents.items()
    }
    return found, stored
