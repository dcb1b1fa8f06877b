"""The structured record of an item: the `_aggregator` object of JSON Feed, described by item.schema.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from aggregator.core.types import Corroboration, Story, StoryEntry
from aggregator.publish.text import clean, iso, safe_url
from classifiers.types import Label, Reason

VERSION = 1


def story_record(
    story: Story, labels: Sequence[Label], feedback: Mapping[str, str], about: str
) -> dict[str, Any]:
    """Return the record of a story with the labels that may be shown and the feedback links."""
    record: dict[str, Any] = {
        "version": VERSION,
        "unit": "story",
        "story": story.id,
        "first_seen": iso(story.first_seen),
        "changed": iso(story.changed),
        "change": clean(story.change),
        "burst": story.burst,
        "labels": [label_record(label) for label in labels],
        "corroboration": corroboration_record(story.corroboration),
        "sources": [source_record(member) for member in story.entries],
    }
    return _finish(record, feedback, about)


def entry_record(
    story: Story, member: StoryEntry, labels: Sequence[Label], feedback: Mapping[str, str], about: str
) -> dict[str, Any]:
    """Return the record of one entry of a story."""
    record: dict[str, Any] = {
        "version": VERSION,
        "unit": "entry",
        "story": story.id,
        "entry": member.entry.id,
        "labels": [label_record(label) for label in labels],
        "corroboration": corroboration_record(story.corroboration),
        "sources": [source_record(member)],
    }
    return _finish(record, feedback, about)


def label_record(label: Label) -> dict[str, Any]:
    """Return a topic's decision with its evidence."""
    return {
        "topic": label.topic,
        "score": round(label.score, 4),
        "threshold": round(label.threshold, 4),
        "belongs": label.belongs,
        "facet": label.facet,
        "rules": label.rules,
        "model": label.model,
        "reasons": [_reason(reason) for reason in label.reasons],
    }


def corroboration_record(corroboration: Corroboration) -> dict[str, Any]:
    """Return who reports a story and how that came about."""
    return {
        "state": corroboration.state,
        "since": iso(corroboration.since) if corroboration.since else None,
        "origins": [clean(origin) for origin in corroboration.origins],
        "kinds": list(corroboration.kinds),
        "countries": list(corroboration.countries),
        "attributions": [clean(words) for words in corroboration.attributions],
        "history": [{"at": iso(at), "state": state} for at, state in corroboration.history],
    }


def source_record(member: StoryEntry) -> dict[str, Any]:
    """Return one entry as a source of its story."""
    entry = member.entry
    return {
        "entry": entry.id,
        "title": clean(entry.title),
        "url": safe_url(entry.url),
        "published": iso(entry.time) if entry.time else None,
        "language": entry.language,
        "feed": clean(member.feed_title),
        "feed_url": safe_url(member.feed_url),
        "origin": clean(entry.origin or member.origin),
        "kind": member.kind,
        "country": member.country,
        "basis": member.basis,
    }


# The same few terms speak for most stories; nobody changes a record that is made.
@lru_cache(maxsize=8192)
def _reason(reason: Reason) -> Mapping[str, Any]:
    return {
        "kind": reason.kind,
        "what": clean(reason.what),
        "weight": round(reason.weight, 4),
        "where": reason.where,
        "found": clean(reason.found),
        "passing": reason.passing,
    }


def _finish(record: dict[str, Any], feedback: Mapping[str, str], about: str) -> dict[str, Any]:
    if feedback:
        record["feedback"] = dict(feedback)
    if about:
        record["about"] = about
    return record
