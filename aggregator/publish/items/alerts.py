"""Items of an alerts output: one for each burst and each change of corroboration, and nothing else.

An alert is an event of its own, with its own id, so that every reader shows it as new; the story it is about
keeps its id in the other outputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from aggregator.core.types import Story
from aggregator.publish import wording
from aggregator.publish.body import body, bullets, foreign, heading, paragraph, plain_words, strong
from aggregator.publish.items.record import story_record
from aggregator.publish.items.story import (
    MAX_LEAD,
    MAX_TITLE,
    Context,
    action_row,
    categories,
    feedback_links,
    main_entry,
    outlet,
    related,
)
from aggregator.publish.languages import language_tag
from aggregator.publish.selection import labels_shown
from aggregator.publish.text import iso, one_line, safe_url, urn, when
from aggregator.publish.types import Category, Item


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing that happened to a story."""

    story: Story
    kind: str
    """burst or state."""
    at: datetime
    state: str
    """The state since; for a burst, the state at the time of writing."""
    before: str = ""
    """The state before; empty for a burst."""

    @property
    def id(self) -> str:
        if self.kind == "burst":
            return urn("alert", self.story.id, "burst")
        return urn("alert", self.story.id, self.state, iso(self.at))

    @property
    def headline(self) -> str:
        return "Burst" if self.kind == "burst" else wording.state(self.state)


def alerts_of(story: Story) -> tuple[Alert, ...]:
    """Return what happened to a story, oldest first. Its first state is no change and makes no alert."""
    history = story.corroboration.history
    found = [
        Alert(story, "state", at, state, before)
        for (_, before), (at, state) in pairwise(history)
        if state != before
    ]
    if story.burst:
        found.append(Alert(story, "burst", burst_since(story), story.corroboration.state))
    return tuple(sorted(found, key=lambda alert: (alert.at, alert.id)))


def burst_since(story: Story) -> datetime:
    """Return when a burst began: as the story remembers it (`memory["burst"]`, RFC 3339), else its last change."""
    told = story.memory.get("burst")
    if isinstance(told, str):
        try:
            at = datetime.fromisoformat(told)
        except ValueError:
            return story.changed
        if at.tzinfo is not None:
            return at
    return story.changed


def alert_items(stories: Sequence[Story], context: Context) -> tuple[Item, ...]:
    """Return the alerts of stories as items, latest first, at most the selection's limit."""
    alerts = [alert for story in stories for alert in alerts_of(story)]
    since = context.selection.since
    kept = [alert for alert in alerts if since is None or alert.at >= since]
    kept.sort(key=lambda alert: (alert.at, alert.id), reverse=True)
    return tuple(_item(alert, context) for alert in kept[: context.selection.limit])


def _item(alert: Alert, context: Context) -> Item:
    story, names = alert.story, context.names
    labels = labels_shown(story, context.selection)
    links = feedback_links(story, labels, context)
    page = f"{context.site.base_url}/story/{story.id}" if context.served else ""
    title = one_line(story.title, MAX_TITLE) or "Untitled story"
    lead = wording.excerpt(story.lead, MAX_LEAD)
    if alert.kind == "burst":
        told = "Unusually many reports in a short time."
    else:
        told = f"Was “{wording.state(alert.before)}”, now “{wording.state(alert.state)}”."
    blocks = [
        paragraph(strong(f"{alert.headline}, {when(alert.at)}"), f". {told}"),
        *([paragraph(foreign(lead, language_tag(story.language)))] if lead else []),
        paragraph(wording.reported_by(story, names)),
    ]
    if story.corroboration.history:
        rows = [
            plain_words(f"{when(at)}: {wording.state(state)}") for at, state in story.corroboration.history
        ]
        blocks += [heading("Corroboration"), bullets(rows)]
    blocks.extend(action_row(links, page))
    main = main_entry(story)
    event = Category(
        alert.kind, "urn:x-aggregator:alert", "Burst" if alert.kind == "burst" else "State change"
    )
    record: Mapping[str, Any] = {}
    if context.records:
        record = {
            **story_record(story, labels, links, context.about),
            "unit": "alert",
            "alert": {"kind": alert.kind, "at": iso(alert.at), "state": alert.state, "before": alert.before},
        }
    return Item(
        id=alert.id,
        title=f"[{alert.headline}] {title}",
        url=safe_url(story.url) or page or context.site.base_url + "/",
        body=body(blocks),
        summary=told,
        published=alert.at,
        updated=alert.at,
        language=language_tag(story.language),
        author=outlet(main, names) if main else context.site.title,
        categories=(event, *categories(story, labels, context)),
        related=related(story),
        page=page,
        record=record,
    )
