"""An entry with its fingerprint as a row, and back. Pure."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from datetime import datetime
from typing import Any

from aggregator.core.types import Enclosure, Entry, Fingerprint
from aggregator.store.rows.encoding import Row, dump, micros, micros_or_none, moment, moment_or_none


def entry_to_row(
    entry: Entry, *, story: str, basis: str, archived: bool, fingerprint: Fingerprint
) -> dict[str, Any]:
    extra: dict[str, Any] = {}
    if entry.categories:
        extra["categories"] = entry.categories
    if entry.enclosures:
        extra["enclosures"] = [(e.url, e.type, e.length) for e in entry.enclosures]
    if entry.image:
        extra["image"] = entry.image
    if entry.listed_after:
        extra["listed_after"] = micros(entry.listed_after)
    assert entry.seen is not None, "normalise sets `seen`"
    return {
        "id": entry.id,
        "feed_id": entry.feed_id,
        "story": story,
        "basis": basis,
        "guid": entry.guid,
        "url": entry.url,
        "title": entry.title,
        "summary": entry.summary,
        "content": entry.content,
        "text": entry.text,
        "author": entry.author,
        "language": entry.language,
        "origin": entry.origin,
        "credit": entry.credit,
        "hash": entry.hash,
        "published": micros_or_none(entry.published),
        "updated": micros_or_none(entry.updated),
        "seen": micros(entry.seen),
        "archived": archived,
        "page": "",
        "revisions": 0,
        "recent_hashes": entry.hash,
        "extra_json": dump(extra) if extra else "{}",
        "fingerprint_json": dump(fingerprint_to_json(fingerprint)),
    }


def listed_after(extra_json: str) -> datetime | None:
    """`Entry.listed_after`, from the column that keeps it."""
    return moment_or_none(json.loads(extra_json).get("listed_after"))


def row_to_entry(row: Row) -> Entry:
    extra = json.loads(row["extra_json"]) if row["extra_json"] != "{}" else {}
    return Entry(
        id=row["id"],
        feed_id=row["feed_id"],
        guid=row["guid"],
        url=row["url"],
        title=row["title"],
        summary=row["summary"],
        content=row["content"],
        text=row["text"],
        author=row["author"],
        categories=tuple(extra.get("categories", ())),
        published=moment_or_none(row["published"]),
        updated=moment_or_none(row["updated"]),
        seen=moment(row["seen"]),
        language=row["language"],
        enclosures=tuple(Enclosure(*values) for values in extra.get("enclosures", ())),
        image=extra.get("image", ""),
        origin=row["origin"],
        credit=row["credit"],
        hash=row["hash"],
        listed_after=moment_or_none(extra.get("listed_after")),
    )


def fingerprint_to_json(fingerprint: Fingerprint) -> dict[str, Any]:
    value: dict[str, Any] = {
        "k": fingerprint.keys,
        "b": fingerprint.bands,
        "f": dict(fingerprint.features),
        "t": fingerprint.text,
    }
    if fingerprint.vector:
        value |= {"v": b64encode(fingerprint.vector).decode(), "m": fingerprint.model}
    return value


def fingerprint_from_json(text: str) -> Fingerprint:
    value = json.loads(text)
    return Fingerprint(
        tuple(value.get("k", ())),
        tuple(value.get("b", ())),
        value.get("f", {}),
        value.get("t", ""),
        b64decode(value.get("v", "")),
        value.get("m", ""),
    )
