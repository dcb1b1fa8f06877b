"""A story as a row, and back. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from aggregator.core.types import Corroboration, Story
from aggregator.store.rows.encoding import Row, dump, micros, moment
from classifiers.types import Label


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


def row_to_story(
    row: Row,
    *,
    entries: Sequence[Any] = (),
    labels: Sequence[Label] = (),
    alike: tuple[tuple[str, int], ...] = (),
) -> Story:
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
        alike=alike,
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
