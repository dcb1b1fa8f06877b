"""Rows to records and back. Pure; the only place that knows how a record is spread over columns."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from aggregator.core.types import (
    Corroboration,
    Enclosure,
    Entry,
    FeedState,
    Fingerprint,
    Health,
    Story,
)
from aggregator.store.feed_memory import memory_from_json, memory_to_json
from classifiers.types import Label, Reason

Row = Any
"""A database row by column name: SQLAlchemy's RowMapping, or a dict shaped like one."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    """Whole microseconds since 1970 UTC. The moment must be time-zone aware."""
    return (moment - _EPOCH) // _MICROSECOND


def micros_or_none(moment: datetime | None) -> int | None:
    return None if moment is None else micros(moment)


def moment(value: int) -> datetime:
    """The aware UTC datetime of `micros`."""
    return _EPOCH + timedelta(microseconds=value)


def moment_or_none(value: int | None) -> datetime | None:
    return None if value is None else moment(value)


def dump(value: Any) -> str:
    """Compact JSON; aware datetimes become ISO strings."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_encode)


def _encode(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, frozenset | set):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


# --- feeds ---


def feed_to_row(feed: FeedState) -> dict[str, Any]:
    return {
        "url": feed.url,
        "location": feed.location,
        "title": feed.title,
        "origin": feed.origin,
        "kind": feed.kind,
        "country": feed.country,
        "language": feed.language,
        "active": feed.active,
        "etag": feed.etag,
        "last_modified": feed.last_modified,
        "body_hash": feed.body_hash,
        "next_due": micros_or_none(feed.next_due),
        "last_polled": micros_or_none(feed.last_polled),
        "last_success": micros_or_none(feed.last_success),
        "failures": feed.failures,
        "health": str(feed.health),
        "health_since": micros_or_none(feed.health_since),
        "health_why": feed.health_why,
        "memory_json": memory_to_json(feed.memory),
    }


def row_to_feed(row: Row) -> FeedState:
    return FeedState(
        id=row["id"],
        url=row["url"],
        location=row["location"],
        title=row["title"],
        origin=row["origin"],
        kind=row["kind"],
        country=row["country"],
        language=row["language"],
        active=bool(row["active"]),
        etag=row["etag"],
        last_modified=row["last_modified"],
        body_hash=row["body_hash"],
        next_due=moment_or_none(row["next_due"]),
        last_polled=moment_or_none(row["last_polled"]),
        last_success=moment_or_none(row["last_success"]),
        failures=row["failures"],
        health=Health(row["health"]),
        health_since=moment_or_none(row["health_since"]),
        health_why=row["health_why"],
        memory=memory_from_json(row["memory_json"]),
    )


# --- entries ---


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


# --- labels ---


def label_to_row(label: Label) -> dict[str, Any]:
    return {
        "topic": label.topic,
        "score": label.score,
        "threshold": label.threshold,
        "belongs": label.belongs,
        "facet": label.facet,
        "rules": label.rules,
        "model": label.model,
        "reasons_json": dump([_reason_to_list(reason) for reason in label.reasons]),
    }


def _reason_to_list(reason: Reason) -> list[object]:
    """The fields in order; the last one only where it says something, as rows of earlier versions lack it."""
    values: list[object] = [reason.kind, reason.what, round(reason.weight, 4), reason.where, reason.found]
    return [*values, True] if reason.passing else values


def row_to_label(row: Row) -> Label:
    return Label(
        topic=row["topic"],
        score=row["score"],
        threshold=row["threshold"],
        belongs=bool(row["belongs"]),
        facet=row["facet"],
        reasons=tuple(Reason(*values) for values in json.loads(row["reasons_json"])),
        rules=row["rules"],
        model=row["model"],
    )


# --- stories ---


def story_to_row(story: Story) -> dict[str, Any]:
    c = story.corroboration
    return {
        "id": story.id,
        "title": story.title,
        "lead": story.lead,
        "url": story.url,
        "language": story.language,
        "first_seen": micros(story.first_seen),
        "published": micros(story.published),
        "changed": micros(story.changed),
        "change": story.change,
        "size": len(story.entries),
        "state": c.state,
        "burst": story.burst,
        "announced": story.announced,
        "corroboration_json": dump({name: getattr(c, name) for name in Corroboration.__slots__}),
        "memory_json": dump(dict(story.memory)),
    }


def row_to_story(row: Row, *, entries: Sequence[Any] = (), labels: Sequence[Label] = ()) -> Story:
    return Story(
        id=row["id"],
        title=row["title"],
        lead=row["lead"],
        url=row["url"],
        language=row["language"],
        first_seen=moment(row["first_seen"]),
        published=moment(row["published"]),
        changed=moment(row["changed"]),
        change=row["change"],
        entries=tuple(entries),
        labels=tuple(labels),
        corroboration=_corroboration(json.loads(row["corroboration_json"])),
        burst=bool(row["burst"]),
        announced=bool(row["announced"]),
        memory=json.loads(row["memory_json"]),
    )


def _corroboration(value: dict[str, Any]) -> Corroboration:
    known = {name: _frozen(value[name]) for name in Corroboration.__slots__ if name in value}
    if known.get("since"):
        known["since"] = datetime.fromisoformat(known["since"])
    known["history"] = tuple((datetime.fromisoformat(at), state) for at, state in known.get("history", ()))
    return Corroboration(**known)


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
