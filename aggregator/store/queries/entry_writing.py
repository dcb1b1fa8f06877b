"""Writing entries: new ones, revisions, labels, pages, moves to other stories."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from aggregator.core.types import ALIKE, Assignment, Candidate, Fingerprint, Revision
from aggregator.store.queries.bulk import insert_rows
from aggregator.store.queries.chunked import chunks
from aggregator.store.queries.texts import without_text
from aggregator.store.rows.encoding import dump, micros
from aggregator.store.rows.entry_row import entry_to_row, fingerprint_to_json, listed_after
from aggregator.store.rows.label_row import label_to_row
from aggregator.store.tables import ENTRIES, FEEDBACK, FINGERPRINTS, LABELS, REVISIONS
from classifiers.types import Label

_HASHES_KEPT = 8
_REVISIONS_KEPT = 50
_REVISED = (
    "url",
    "title",
    "summary",
    "content",
    "text",
    "author",
    "language",
    "hash",
    "updated",
    "extra_json",
)
"""Columns that a revision changes."""


def insert_new(
    connection: Connection, candidates: Sequence[Candidate], assigned: Mapping[str, Assignment]
) -> None:
    """Insert entries with their labels and fingerprints. An id that is there already is left as it is."""
    if not candidates:
        return
    rows: list[dict[str, Any]] = []
    labels: list[dict[str, Any]] = []
    keys: list[dict[str, Any]] = []
    for c in candidates:
        assignment = assigned[c.entry.id]
        counted = assignment.basis == ALIKE
        rows.append(
            entry_to_row(
                without_text(c.entry) if counted else c.entry,
                story=assignment.story,
                basis=assignment.basis,
                archived=c.archived,
                fingerprint=Fingerprint() if counted else c.fingerprint,
            )
        )
        at = rows[-1]["seen"]
        if not counted:
            labels.extend({"entry": c.entry.id, **label_to_row(label)} for label in c.labels)
        keys.extend({"key": key, "story": assignment.story, "seen": at} for key in c.fingerprint.keys)
    insert_rows(connection, ENTRIES, rows, conflict="IGNORE")
    insert_rows(connection, LABELS, labels, conflict="REPLACE")
    insert_rows(connection, FINGERPRINTS, keys, conflict="IGNORE")


def revise(connection: Connection, revisions: Sequence[Revision]) -> None:
    """Write the new text of changed entries and keep the old one as a revision: the newest fifty of each.

    An entry that has that text already is left as it is.
    """
    for revision in revisions:
        entry = revision.entry
        held = connection.execute(
            select(ENTRIES.c.hash, ENTRIES.c.recent_hashes, ENTRIES.c.extra_json, ENTRIES.c.basis).where(
                ENTRIES.c.id == entry.id
            )
        ).one_or_none()
        if held is None or held.hash == entry.hash:
            continue
        if held.basis == ALIKE:  # counted, not kept: that it is known is all there is to it
            known = update(ENTRIES).where(ENTRIES.c.id == entry.id)
            connection.execute(known.values(hash=entry.hash, title=entry.title))
            continue
        entry = replace(entry, listed_after=listed_after(held.extra_json))  # a fact of its first version
        earlier = [h for h in held.recent_hashes.split() if h != entry.hash]
        hashes = [*earlier[1 - _HASHES_KEPT :], entry.hash]
        row = entry_to_row(entry, story="", basis="", archived=False, fingerprint=Fingerprint())
        connection.execute(
            update(ENTRIES)
            .where(ENTRIES.c.id == entry.id)
            .values(
                **{name: row[name] for name in _REVISED},
                recent_hashes=" ".join(hashes),
                revisions=ENTRIES.c.revisions + 1,
            )
        )
        _keep_earlier(connection, revision)


def _keep_earlier(connection: Connection, revision: Revision) -> None:
    """Keep what an entry said before; a feed that changes its texts at each poll would fill the disk with it."""
    connection.execute(
        insert(REVISIONS),
        {
            "entry": revision.entry.id,
            "at": micros(revision.at),
            "title": revision.before_title,
            "summary": revision.before_summary,
            "hash": revision.before_hash,
            "diff": revision.diff,
            "flapping": revision.flapping,
        },
    )
    own = REVISIONS.c.entry == revision.entry.id
    oldest = select(REVISIONS.c.n).where(own).order_by(REVISIONS.c.n.desc()).offset(_REVISIONS_KEPT).limit(1)
    connection.execute(delete(REVISIONS).where(own, REVISIONS.c.n <= oldest.scalar_subquery()))


def relabel(connection: Connection, labels: Mapping[str, Sequence[Label]]) -> None:
    """Replace all labels of the entries named."""
    for chunk in chunks(list(labels)):
        connection.execute(delete(LABELS).where(LABELS.c.entry.in_(chunk)))
    rows = [{"entry": entry, **label_to_row(label)} for entry, found in labels.items() for label in found]
    if rows:
        connection.execute(insert(LABELS), rows)


def refingerprint(connection: Connection, fingerprints: Mapping[str, Fingerprint]) -> None:
    """Replace what grouping remembers of the entries named (their text changed)."""
    if fingerprints:
        connection.execute(
            update(ENTRIES)
            .where(ENTRIES.c.id == bindparam("entry"))
            .values(fingerprint_json=bindparam("value")),
            [{"entry": e, "value": dump(fingerprint_to_json(f))} for e, f in fingerprints.items()],
        )


def move(connection: Connection, assignments: Iterable[Assignment]) -> None:
    """Put stored entries into other stories."""
    rows = [{"entry": a.entry, "to_story": a.story, "why": a.basis} for a in assignments]
    if rows:
        connection.execute(
            update(ENTRIES)
            .where(ENTRIES.c.id == bindparam("entry"))
            .values(story=bindparam("to_story"), basis=bindparam("why")),
            rows,
        )
        # What a person said of an entry goes where the entry goes.
        connection.execute(
            update(FEEDBACK).where(FEEDBACK.c.entry == bindparam("about")).values(story=bindparam("home")),
            [{"about": row["entry"], "home": row["to_story"]} for row in rows],
        )


def set_pages(connection: Connection, pages: Sequence[tuple[str, str, str]]) -> None:
    """Store full texts, or why there is none: a page is asked for once."""
    if not pages:
        return
    asked = [{"entry": entry, "outcome": outcome} for entry, _, outcome in pages]
    connection.execute(
        update(ENTRIES).where(ENTRIES.c.id == bindparam("entry")).values(page=bindparam("outcome")), asked
    )
    texts = [{"entry": entry, "whole": text} for entry, text, _ in pages if text]
    if texts:
        connection.execute(
            update(ENTRIES).where(ENTRIES.c.id == bindparam("entry")).values(text=bindparam("whole")), texts
        )
