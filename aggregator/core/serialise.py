"""A story as JSON values: one place that knows what there is to say of it, and a form for each kind of document.

    Story, JsonForm -> dict of plain values, in the form's order

Exports and `--json` write the form EXPORT; JSON Feed's records and pushed messages have forms of their own beside the
code that writes them. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from aggregator.core.types import Corroboration, Entry, Story, StoryEntry
from classifiers.types import Label, Reason

Writer = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class JsonForm:
    """How one kind of document writes the values of a story."""

    story: Mapping[str, str]
    """Its name for each value to the name here (`STORY_VALUES`), in its order."""
    member: Mapping[str, str]
    """The same for an entry of a story (`MEMBER_VALUES`)."""
    belongs: str = "belongs"
    """Its name for whether a label's topic holds the story."""
    history: Callable[[str, str], Any] = lambda at, state: {"at": at, "state": state}
    """A state of corroboration with the moment it began."""
    moment: Callable[[datetime], str] = datetime.isoformat
    score: Callable[[float], float] = lambda score: round(score, 4)
    threshold: Callable[[float], float] = lambda threshold: round(threshold, 4)
    url: Writer = str
    text: Writer = str
    texts: Mapping[str, Writer] = field(default_factory=dict)
    """Instead of `text`, by the name of the value here."""


EXPORT = JsonForm(
    story={
        "id": "id",
        "title": "title",
        "lead": "lead",
        "url": "url",
        "lang": "language",
        "published": "published",
        "first_seen": "first_seen",
        "changed": "changed",
        "change": "change",
        "burst": "burst",
        "corroboration": "corroboration",
        "topics": "labels",
        "entries": "members",
    },
    member={
        "id": "entry",
        "basis": "basis",
        "source": "feed",
        "origin": "origin",
        "kind": "kind",
        "country": "country",
        "url": "url",
        "title": "title",
        "published": "published",
        "lang": "language",
    },
    belongs="in",
    history=lambda at, state: [at, state],
    score=lambda score: round(score, 6),
    threshold=lambda threshold: threshold,
)
"""As exports and `--json` write it."""


def story_as_dict(story: Story, form: JsonForm = EXPORT) -> dict[str, Any]:
    """A story with its labels and entries, as far as the form names them."""
    return {name: STORY_VALUES[value](story, form) for name, value in form.story.items()}


def member_as_dict(member: StoryEntry, form: JsonForm = EXPORT) -> dict[str, Any]:
    """An entry as a member of its story."""
    return {name: MEMBER_VALUES[value](member, form) for name, value in form.member.items()}


def entry_as_dict(
    entry: Entry, *, story: str, basis: str = "", source: str = "", labels: tuple[Label, ...] = ()
) -> dict[str, Any]:
    """An entry by itself, as exports and `--json` write it."""
    return {
        "id": entry.id,
        "story": story,
        "basis": basis,
        "source": source,
        "url": entry.url,
        "title": entry.title,
        "summary": entry.summary,
        "published": _moment(entry.published, EXPORT),
        "seen": _moment(entry.seen, EXPORT),
        "lang": entry.language,
        "origin": entry.origin,
        "topics": [label_as_dict(label) for label in labels],
    }


def label_as_dict(label: Label, form: JsonForm = EXPORT) -> dict[str, Any]:
    """A topic's decision with its evidence."""
    return {
        "topic": label.topic,
        "score": form.score(label.score),
        "threshold": form.threshold(label.threshold),
        form.belongs: label.belongs,
        "facet": label.facet,
        "rules": label.rules,
        "model": label.model,
        "reasons": [_reason(reason, form.text) for reason in label.reasons],
    }


def corroboration_as_dict(corroboration: Corroboration, form: JsonForm = EXPORT) -> dict[str, Any]:
    """Who reports a story, and how that came about."""
    return {
        "state": corroboration.state,
        "since": _moment(corroboration.since, form),
        "origins": [form.text(origin) for origin in corroboration.origins],
        "kinds": list(corroboration.kinds),
        "countries": list(corroboration.countries),
        "attributions": [form.text(words) for words in corroboration.attributions],
        "history": [form.history(form.moment(at), state) for at, state in corroboration.history],
    }


# The same few terms speak for most stories; nobody changes a value that is made.
@lru_cache(maxsize=8192)
def _reason(reason: Reason, text: Writer) -> Mapping[str, Any]:
    return {
        "kind": reason.kind,
        "what": text(reason.what),
        "weight": round(reason.weight, 4),
        "where": reason.where,
        "found": text(reason.found),
        "passing": reason.passing,
    }


def _moment(moment: datetime | None, form: JsonForm) -> str | None:
    return None if moment is None else form.moment(moment)


def _text(name: str, text: str, form: JsonForm) -> str:
    return form.texts.get(name, form.text)(text)


STORY_VALUES: Mapping[str, Callable[[Story, JsonForm], Any]] = {
    "id": lambda story, form: story.id,
    "title": lambda story, form: _text("title", story.title, form),
    "lead": lambda story, form: _text("lead", story.lead, form),
    "url": lambda story, form: form.url(story.url),
    "language": lambda story, form: story.language,
    "published": lambda story, form: form.moment(story.published),
    "first_seen": lambda story, form: form.moment(story.first_seen),
    "changed": lambda story, form: form.moment(story.changed),
    "change": lambda story, form: _text("change", story.change, form),
    "burst": lambda story, form: story.burst,
    "state": lambda story, form: story.corroboration.state,
    "corroboration": lambda story, form: corroboration_as_dict(story.corroboration, form),
    "labels": lambda story, form: [label_as_dict(label, form) for label in story.labels],
    "members": lambda story, form: [member_as_dict(member, form) for member in story.entries],
}
"""All that can be said of a story."""
MEMBER_VALUES: Mapping[str, Callable[[StoryEntry, JsonForm], Any]] = {
    "entry": lambda member, form: member.entry.id,
    "basis": lambda member, form: member.basis,
    "title": lambda member, form: _text("title", member.entry.title, form),
    "url": lambda member, form: form.url(member.entry.url),
    "published": lambda member, form: _moment(member.entry.published, form),
    "time": lambda member, form: _moment(member.entry.time, form),
    "language": lambda member, form: member.entry.language,
    "feed": lambda member, form: form.text(member.feed_title),
    "feed_url": lambda member, form: form.url(member.feed_url),
    "outlet": lambda member, form: form.text(member.feed_title or member.entry.origin or member.origin),
    "origin": lambda member, form: form.text(member.entry.origin or member.origin),
    "kind": lambda member, form: member.kind,
    "country": lambda member, form: member.country,
}
"""All that can be said of an entry as a member of a story; `time` is `published`, else when it was first seen."""
