"""The structured record of an item: the `_aggregator` object of JSON Feed, described by item.schema.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from aggregator.core.serialise import (
    JsonForm,
    corroboration_as_dict,
    label_as_dict,
    member_as_dict,
    story_as_dict,
)
from aggregator.core.types import Story, StoryEntry
from aggregator.publish.text import clean, iso, safe_url
from classifiers.types import Label

VERSION = 1
RECORD = JsonForm(
    story={
        "story": "id",
        "first_seen": "first_seen",
        "changed": "changed",
        "change": "change",
        "burst": "burst",
        "labels": "labels",
        "corroboration": "corroboration",
        "sources": "members",
    },
    member={
        "entry": "entry",
        "title": "title",
        "url": "url",
        "published": "time",
        "language": "language",
        "feed": "feed",
        "feed_url": "feed_url",
        "origin": "origin",
        "kind": "kind",
        "country": "country",
        "basis": "basis",
    },
    moment=iso,
    url=safe_url,
    text=clean,
)


def story_record(
    story: Story, labels: Sequence[Label], feedback: Mapping[str, str], about: str
) -> dict[str, Any]:
    """Return the record of a story with the labels that may be shown and the feedback links."""
    shown = replace(story, labels=tuple(labels))
    record = {"version": VERSION, "unit": "story", **story_as_dict(shown, RECORD)}
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
        "labels": [label_as_dict(label, RECORD) for label in labels],
        "corroboration": corroboration_as_dict(story.corroboration, RECORD),
        "sources": [member_as_dict(member, RECORD)],
    }
    return _finish(record, feedback, about)


def _finish(record: dict[str, Any], feedback: Mapping[str, str], about: str) -> dict[str, Any]:
    if feedback:
        record["feedback"] = dict(feedback)
    if about:
        record["about"] = about
    return record
