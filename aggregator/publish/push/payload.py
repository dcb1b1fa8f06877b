"""What a message says: a story as a JSON document, and documents as text for people. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from aggregator.core.serialise import JsonForm, story_as_dict
from aggregator.core.types import Story
from aggregator.publish.text import clean, iso, one_line, safe_url, spell, urn
from classifiers.types import Label

VERSION = 1
MAX_SOURCES = 20
MAX_LISTED = 40
"""Stories spelt out in the text of a summary; the rest are counted."""

_MESSAGE = JsonForm(
    story={
        "story": "id",
        "title": "title",
        "lead": "lead",
        "url": "url",
        "language": "language",
        "published": "published",
        "changed": "changed",
        "change": "change",
        "state": "state",
        "burst": "burst",
        "sources": "members",
    },
    member={
        "title": "title",
        "url": "url",
        "outlet": "outlet",
        "origin": "origin",
        "kind": "kind",
        "country": "country",
        "language": "language",
        "published": "time",
    },
    moment=iso,
    url=safe_url,
    text=clean,
    texts={
        "title": partial(one_line, limit=250),
        "lead": partial(one_line, limit=1200),
        "change": partial(one_line, limit=300),
    },
)
_EVENTS = {"new": "New", "change": "", "burst": "Burst", "state": "Corroboration"}


def story_document(story: Story, label: Label | None, event: str, base_url: str) -> dict[str, Any]:
    """The story as it is now, as JSON values, for webhooks and as what notifications are made of (docs/push.md)."""
    said = story_as_dict(replace(story, entries=story.entries[-MAX_SOURCES:]), _MESSAGE)
    return {
        "event": event,
        "story": said["story"],
        "item": urn("story", story.id),
        "title": said["title"] or "Untitled story",
        "lead": said["lead"],
        "url": said["url"],
        "page": f"{base_url}/story/{story.id}" if base_url else "",
        **{name: said[name] for name in ("language", "published", "changed", "change", "state", "burst")},
        "topic": label.topic if label else "",
        "facet": label.facet if label else "",
        "score": _MESSAGE.score(label.score) if label else None,
        "source_count": len(story.entries),
        "sources": said["sources"],
    }


def envelope(key: str, output: str, title: str, stories: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What a webhook posts: one story, or several in a summary."""
    return {
        "version": VERSION,
        "id": key,
        "type": "summary" if len(stories) > 1 else "story",
        "output": {"slug": output, "title": title},
        "stories": [dict(story) for story in stories],
    }


def as_text(output_title: str, stories: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """Title and plain text of a notification about these documents (at least one)."""
    latest = {story["story"]: story for story in stories}
    if len(latest) > 1:
        rows = [_row(story) for story in list(latest.values())[:MAX_LISTED]]
        more = len(latest) - len(rows)
        tail = [f"And {more} more."] if more else []
        return _harmless(f"{output_title}: {len(latest)} stories"), _harmless("\n\n".join([*rows, *tail]))
    story = stories[-1]
    word = _EVENTS.get(story["event"], "")
    title = f"{word}: {story['title']}" if word else story["title"]
    number = story["source_count"]
    facts = [spell(story["state"]), "1 report" if number == 1 else f"{number} reports"]
    if story["facet"]:
        facts.append(spell(story["facet"]))
    if story["score"] is not None:
        facts.append(f"score {story['score']:.2f}")
    parts = [
        story["lead"],
        " · ".join(facts),
        f"Latest change: {story['change']}" if story["change"] else "",
        "\n".join(f"- {source['outlet']}: {source['title']}" for source in story["sources"][-5:]),
        "\n".join(dict.fromkeys(url for url in (story["url"], story["page"]) if url)),
        output_title,
    ]
    return _harmless(title), _harmless("\n\n".join(part for part in parts if part))


def moment_key(moment: datetime) -> str:
    """A moment as part of a key, exact to the microsecond."""
    return moment.isoformat(timespec="microseconds")


def _row(story: Mapping[str, Any]) -> str:
    link = story["page"] or story["url"]
    return f"{story['title']}\n{link}" if link else str(story["title"])


def _harmless(text: str) -> str:
    """Chat services act on "@everyone" or "<!here>" in a message; a headline must not call a whole team."""
    return text.replace("@", "@\u200b").replace("<!", "<\u200b!") if _calls(text) else text


def _calls(text: str) -> bool:
    folded = text.casefold()
    return any(call in folded for call in ("@everyone", "@here", "@channel", "@all", "@room", "<@", "<!"))
