"""All that is stored as JSON values, one row at a time: entries, stories, and what people said of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from aggregator.core.serialise import entry_as_dict, story_as_dict
from aggregator.store.import_sources import IMPORT_PREFIX
from aggregator.store.store import Store


def export_entries(store: Store, *, since: datetime | None = None) -> Iterator[dict[str, Any]]:
    """Every entry with its story and labels, newest first; with `since`, those first seen since then."""
    by_id = store.feeds_by_id()
    for batch in store.entries.walk(since=since):
        labels = store.labels_for([entry.id for entry, _, _ in batch])
        for entry, story, basis in batch:
            feed = by_id[entry.feed_id]
            imported = feed.url.startswith(IMPORT_PREFIX)
            yield entry_as_dict(
                entry,
                story=story,
                basis=basis,
                source=feed.url.removeprefix(IMPORT_PREFIX) if imported else feed.title,
                labels=labels.get(entry.id, ()),
            )


def export_stories(store: Store, *, since: datetime | None = None) -> Iterator[dict[str, Any]]:
    """Every story whole, most recently changed first; with `since`, those changed since then."""
    return (story_as_dict(story) for story in store.selection.walk(since=since))


def export_labels(store: Store, topic: str | None = None) -> Iterator[dict[str, Any]]:
    """Every judgement that counts, in the form `label import` reads: a topic's, or all and corrections of stories.

    A judgement on a story names its first entry too, since in another database the story may have another id.
    """
    given = store.judgements.all(topic)
    first = store.entries.first_of_stories([f.story for f in given if not f.entry])
    for f in given:
        yield {
            "id": f.entry or f.story,
            "story": f.story,
            **({} if f.entry else {"entry": first.get(f.story, "")}),
            "topic": f.topic,
            "relevant": f.relevant,
            "facet": f.facet,
            "at": f.at.isoformat(),
            "by": f.by,
        }
    if topic is None:
        for one in store.corrections():
            yield {
                "together": one.together,
                "a": one.a,
                "b": one.b,
                "at": one.at.isoformat(),
                "by": one.by,
            }
