"""Queries on entries, their labels, revisions and fingerprints."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select, update

from aggregator.core import urls
from aggregator.core.errors import NotFound
from aggregator.core.hashes import text_keys
from aggregator.core.text import straight_quotes
from aggregator.core.types import Assignment, Candidate, Entry, Fingerprint, KnownEntry, Revision
from aggregator.store.bulk import insert_rows
from aggregator.store.codec import (
    dump,
    entry_to_row,
    fingerprint_from_json,
    fingerprint_to_json,
    label_to_row,
    listed_after,
    micros,
    moment,
    row_to_entry,
    row_to_label,
)
from aggregator.store.tables import (
    EntryLabelRow,
    EntryRow,
    FeedbackRow,
    FeedRow,
    FingerprintRow,
    RevisionRow,
    StoryRedirectRow,
    core,
)
from classifiers.types import Label

ENTRIES = core(EntryRow)
FEEDS = core(FeedRow)
LABELS = core(EntryLabelRow)
FINGERPRINTS = core(FingerprintRow)
REVISIONS = core(RevisionRow)
REDIRECTS = core(StoryRedirectRow)
FEEDBACK = core(FeedbackRow)

_T = TypeVar("_T")

CHUNK = 2000
"""Values in one IN list: well under SQLite's limit of 32,766."""

_HASHES_KEPT = 8
_REVISIONS_KEPT = 50


def chunks(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """The values in runs that fit an IN list."""
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]


def known(connection: Connection, ids: Sequence[str]) -> dict[str, KnownEntry]:
    """What is held of those of the entries that have come before."""
    columns = (
        ENTRIES.c.id,
        ENTRIES.c.hash,
        ENTRIES.c.title,
        ENTRIES.c.summary,
        ENTRIES.c.story,
        ENTRIES.c.revisions,
        ENTRIES.c.recent_hashes,
    )
    found: dict[str, KnownEntry] = {}
    for chunk in chunks(ids):
        for row in connection.execute(select(*columns).where(ENTRIES.c.id.in_(chunk))):
            found[row.id] = KnownEntry(
                row.id,
                row.hash,
                row.title,
                row.summary,
                row.story,
                row.revisions,
                tuple(row.recent_hashes.split()),
            )
    return found


def seen(connection: Connection, keys: Sequence[int]) -> dict[int, str]:
    """The story of each fingerprint key that was ever stored; a merged story counts as the one it went into."""
    found: dict[int, str] = {}
    story = func.coalesce(REDIRECTS.c.into, FINGERPRINTS.c.story).label("story")
    joined = FINGERPRINTS.outerjoin(REDIRECTS, REDIRECTS.c.story == FINGERPRINTS.c.story)
    for chunk in chunks(keys):
        statement = select(FINGERPRINTS.c.key, story).select_from(joined).where(FINGERPRINTS.c.key.in_(chunk))
        found.update((row.key, row.story) for row in connection.execute(statement))
    return found


def own_keys(connection: Connection, fresh: Sequence[Entry]) -> dict[int, frozenset[int]]:
    """Of the keys of entries that are not stored: by feed, those under which that very feed stored an entry before.

    A key of a story of which nothing is left counts for every feed: an old item came back after its entry was deleted.
    """
    keys = {key: entry.feed_id for entry in fresh for key in text_keys(entry)}
    held = seen(connection, list(keys))
    stories = sorted(set(held.values()))
    feeds = {keys[key] for key in held}
    stored: set[str] = set()
    own: dict[int, set[int]] = {feed: set() for feed in feeds}
    columns = (ENTRIES.c.feed_id, ENTRIES.c.guid, ENTRIES.c.url, ENTRIES.c.title, ENTRIES.c.summary)
    for chunk in chunks(stories):
        within = select(ENTRIES.c.story).where(ENTRIES.c.story.in_(chunk)).distinct()
        stored.update(connection.execute(within).scalars())
        for row in connection.execute(
            select(*columns).where(ENTRIES.c.story.in_(chunk), ENTRIES.c.feed_id.in_(feeds))
        ):
            own[row.feed_id].update(
                text_keys(Entry("", row.feed_id, row.guid, row.url, row.title, row.summary))
            )
    gone = {key for key, story in held.items() if story not in stored}
    return {feed: frozenset(gone | found) for feed, found in own.items()}


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
        rows.append(
            entry_to_row(
                c.entry,
                story=assignment.story,
                basis=assignment.basis,
                archived=c.archived,
                fingerprint=c.fingerprint,
            )
        )
        at = rows[-1]["seen"]
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
            select(ENTRIES.c.hash, ENTRIES.c.recent_hashes, ENTRIES.c.extra_json).where(
                ENTRIES.c.id == entry.id
            )
        ).one_or_none()
        if held is None or held.hash == entry.hash:
            continue
        entry = replace(entry, listed_after=listed_after(held.extra_json))  # a fact of its first version
        earlier = [h for h in held.recent_hashes.split() if h != entry.hash]
        hashes = [*earlier[1 - _HASHES_KEPT :], entry.hash]
        row = entry_to_row(entry, story="", basis="", archived=False, fingerprint=Fingerprint())
        changed = (
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
        connection.execute(
            update(ENTRIES)
            .where(ENTRIES.c.id == entry.id)
            .values(
                **{name: row[name] for name in changed},
                recent_hashes=" ".join(hashes),
                revisions=ENTRIES.c.revisions + 1,
            )
        )
        connection.execute(
            insert(REVISIONS),
            {
                "entry": entry.id,
                "at": micros(revision.at),
                "title": revision.before_title,
                "summary": revision.before_summary,
                "hash": revision.before_hash,
                "diff": revision.diff,
                "flapping": revision.flapping,
            },
        )
        own = REVISIONS.c.entry == entry.id
        # A feed that changes its texts at each poll would fill the disk.
        oldest = (
            select(REVISIONS.c.n).where(own).order_by(REVISIONS.c.n.desc()).offset(_REVISIONS_KEPT).limit(1)
        )
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


def labels_of(connection: Connection, entries: Sequence[str]) -> dict[str, tuple[Label, ...]]:
    """Each entry's labels, highest score first."""
    found: dict[str, list[Label]] = {}
    for chunk in chunks(entries):
        statement = (
            select(LABELS).where(LABELS.c.entry.in_(chunk)).order_by(LABELS.c.score.desc(), LABELS.c.topic)
        )
        for row in connection.execute(statement).mappings():
            found.setdefault(row["entry"], []).append(row_to_label(row))
    return {entry: tuple(labels) for entry, labels in found.items()}


def by_ids(connection: Connection, ids: Sequence[str]) -> list[Entry]:
    """The entries of those ids, in no particular order."""
    return [
        row_to_entry(row)
        for chunk in chunks(ids)
        for row in connection.execute(select(ENTRIES).where(ENTRIES.c.id.in_(chunk))).mappings()
    ]


def first_of_stories(connection: Connection, stories: Sequence[str]) -> dict[str, str]:
    """Each story's earliest entry."""
    found: dict[str, str] = {}
    at = func.coalesce(ENTRIES.c.published, ENTRIES.c.seen)
    for chunk in chunks(stories):
        statement = (
            select(ENTRIES.c.story, ENTRIES.c.id).where(ENTRIES.c.story.in_(chunk)).order_by(at, ENTRIES.c.id)
        )
        for row in connection.execute(statement):
            found.setdefault(row.story, row.id)
    return found


def walk(
    connection: Connection, *, since: datetime | None = None, size: int = 1000
) -> Iterator[list[tuple[Entry, str, str]]]:
    """All entries as (entry, story, basis), newest first, in batches. Stable while others write."""
    last: int | None = None
    while True:
        statement = select(ENTRIES).order_by(ENTRIES.c.n.desc()).limit(size)
        if last is not None:
            statement = statement.where(ENTRIES.c.n < last)
        if since is not None:
            statement = statement.where(ENTRIES.c.seen >= micros(since))
        rows = connection.execute(statement).mappings().all()
        if not rows:
            return
        last = rows[-1]["n"]
        yield [(row_to_entry(row), row["story"], row["basis"]) for row in rows]


def newest_before(
    connection: Connection, before: int | None, size: int = 1000
) -> tuple[list[Entry], int | None]:
    """The newest entries older than the place `before` (None: from the top), and the place to go on from."""
    statement = select(ENTRIES).order_by(ENTRIES.c.n.desc()).limit(size)
    if before is not None:
        statement = statement.where(ENTRIES.c.n < before)
    rows = connection.execute(statement).mappings().all()
    return [row_to_entry(row) for row in rows], rows[-1]["n"] if rows else None


def find(connection: Connection, what: str) -> tuple[str, str]:
    """(entry id, story id) by an entry's id, a story's id (merged ones too) or an entry's URL.

    The entry is empty when a story was named. Raises NotFound.
    """
    by_id = select(ENTRIES.c.id, ENTRIES.c.story).where(ENTRIES.c.id == what)
    by_url = select(ENTRIES.c.id, ENTRIES.c.story).where(ENTRIES.c.url.in_(urls.spellings(what))).limit(1)
    for statement in (by_id, by_url):
        if row := connection.execute(statement).first():
            return row.id, row.story
    into = connection.execute(select(REDIRECTS.c.into).where(REDIRECTS.c.story == what)).scalar()
    story: str = into or what
    if connection.execute(select(ENTRIES.c.id).where(ENTRIES.c.story == story).limit(1)).first() is None:
        raise NotFound(
            f"nothing is stored under {what!r}; give the id of an entry or story, or an entry's URL"
        )
    return "", story


def window(connection: Connection, since: datetime) -> Iterator[tuple[str, Entry, Fingerprint]]:
    """(story, entry, fingerprint) of every entry whose own time is not before `since`, oldest first."""
    at = ENTRIES.c.published
    statement = (
        select(ENTRIES)
        .where((at >= micros(since)) | (at.is_(None) & (ENTRIES.c.seen >= micros(since))))
        .order_by(ENTRIES.c.n)
    )
    for row in connection.execute(statement).mappings():
        yield row["story"], row_to_entry(row), fingerprint_from_json(row["fingerprint_json"])


def revisions_of(connection: Connection, entry: str) -> list[Mapping[str, Any]]:
    """An entry's earlier versions, newest first."""
    statement = select(REVISIONS).where(REVISIONS.c.entry == entry).order_by(REVISIONS.c.n.desc())
    return [dict(row) for row in connection.execute(statement).mappings()]


def newest_seen(connection: Connection) -> datetime | None:
    """When the newest entry was first seen; None when there is none."""
    newest = connection.execute(select(func.max(ENTRIES.c.seen))).scalar()
    return None if newest is None else moment(newest)


def older(connection: Connection, before: datetime, most: int) -> dict[str, str]:
    """The story of each entry first seen before then; `most` at once, the oldest first."""
    old = select(ENTRIES.c.id, ENTRIES.c.story).where(ENTRIES.c.seen < micros(before))
    return {row.id: row.story for row in connection.execute(old.order_by(ENTRIES.c.seen).limit(most))}


def forget(connection: Connection, ids: Sequence[str]) -> None:
    """Delete entries with their labels and revisions.

    Fingerprints stay: an old item that comes back is not news.
    """
    for chunk in chunks(ids):
        for table in (LABELS, REVISIONS):
            connection.execute(delete(table).where(table.c.entry.in_(chunk)))
        connection.execute(delete(ENTRIES).where(ENTRIES.c.id.in_(chunk)))


def homes_without(connection: Connection, stories: Sequence[str], ids: Container[str]) -> list[str]:
    """Those of the stories that have an entry besides the ones named."""
    found: set[str] = set()
    for chunk in chunks(stories):
        statement = select(ENTRIES.c.story, ENTRIES.c.id).where(ENTRIES.c.story.in_(chunk))
        found.update(row.story for row in connection.execute(statement) if row.id not in ids)
    return sorted(found)


def wanting_pages(connection: Connection, feeds: Sequence[str], since: datetime, limit: int) -> list[Entry]:
    """Entries of those feeds (URLs), first seen since then, whose page was never asked for; newest first."""
    statement = (
        select(ENTRIES)
        .join(FEEDS, FEEDS.c.id == ENTRIES.c.feed_id)
        .where(
            FEEDS.c.url.in_(feeds), ENTRIES.c.page == "", ENTRIES.c.url != "", ENTRIES.c.seen >= micros(since)
        )
        .order_by(ENTRIES.c.n.desc())
        .limit(limit)
    )
    return [row_to_entry(row) for row in connection.execute(statement).mappings()]


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


def search(connection: Connection, words: str, limit: int) -> list[str]:
    """Ids of stories with an entry that has all these words in title, summary or full text; newest first.

    A phrase in quotation marks, straight or typographic, must stand there as written. Words beyond the tenth are not
    looked for.
    """
    straight = straight_quotes(words)
    wanted = [phrase or word for phrase, word in re.findall(r'"([^"]+)"|([^\s"]+)', straight)][:10]
    if not wanted:
        return []
    everywhere = (ENTRIES.c.title, ENTRIES.c.summary, ENTRIES.c.text)
    has = [or_(*[column.contains(one, autoescape=True) for column in everywhere]) for one in wanted]
    statement = select(ENTRIES.c.story).where(*has).order_by(ENTRIES.c.n.desc()).limit(limit * 5)
    return list(dict.fromkeys(row.story for row in connection.execute(statement)))[:limit]


def forget_fingerprints(connection: Connection, before: datetime) -> int:
    """Drop what grouping needs of entries that can be in no window any more; their exact keys stay."""
    old = (ENTRIES.c.seen < micros(before)) & (ENTRIES.c.fingerprint_json != "{}")
    return connection.execute(update(ENTRIES).where(old).values(fingerprint_json="{}")).rowcount


def repoint(connection: Connection, rows: Sequence[tuple[str, Sequence[int]]]) -> None:
    """Let fingerprint keys lead to another story: a person moved their entry there."""
    for story, keys in rows:
        for chunk in chunks(keys):
            connection.execute(update(FINGERPRINTS).where(FINGERPRINTS.c.key.in_(chunk)).values(story=story))
