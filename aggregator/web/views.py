"""What the pages show, as plain values: reads the source, decides nothing else."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aggregator.config.outputs import OutputConfig
from aggregator.config.secrets import mask
from aggregator.publish import words
from aggregator.publish.build import feed_title
from aggregator.publish.item import outlet, source_facts
from aggregator.publish.languages import language_tag
from aggregator.publish.produce import gather
from aggregator.publish.select import labels_shown, selection_of
from aggregator.publish.text import safe_url
from aggregator.publish.types import Names
from aggregator.types import FeedState, Health, Story
from aggregator.web.context import Context
from classifiers.types import Label

LATEST = 25
"""Stories on the home page."""
SHOWN_REASONS = 4

_KIND_WORDS = {
    "stories": "stories",
    "digest": "digest",
    "near-misses": "near misses",
    "health": "feed health",
    "alerts": "alerts",
}


@dataclass(frozen=True, slots=True)
class OutputCard:
    """An output on the home page."""

    slug: str
    title: str
    description: str
    kind: str
    folder: str
    browsable: bool
    """Whether it has a page of stories."""


@dataclass(frozen=True, slots=True)
class StoryCard:
    """A story in a list."""

    id: str
    title: str
    url: str
    lead: str
    language: str
    state: str
    burst: bool
    changed: datetime
    change: str
    outlets: tuple[str, ...]
    sources: int
    why: tuple[dict[str, Any], ...]


def home_view(context: Context, now: datetime) -> dict[str, Any]:
    """Values of the home page."""
    source = context.source
    names = source.names()
    outputs = [output for output in source.outputs() if not output.private_env]
    latest: dict[str, StoryCard] = {}
    for output in outputs:
        if output.kind == "stories":
            for card in _cards(context, output, now, LATEST, names):
                latest.setdefault(card.id, card)
    stories = sorted(latest.values(), key=lambda card: (card.changed, card.id), reverse=True)[:LATEST]
    feeds = source.feeds()
    health = Counter(feed.health for feed in feeds if feed.active)
    return {
        "outputs": [output_card(output, names) for output in outputs],
        "stories": stories,
        "feeds_total": sum(health.values()),
        "feeds_well": health[Health.OK],
        "attention": feed_rows(context, now, feeds, only_unwell=True)[:12],
        "now": now,
    }


def output_view(context: Context, output: OutputConfig, now: datetime) -> dict[str, Any]:
    """Values of the page of one output."""
    names = context.source.names()
    stories = _cards(context, output, now, output.limit, names) if browsable(output) else ()
    return {"output": output_card(output, names), "stories": stories, "now": now}


def story_view(context: Context, story: Story) -> dict[str, Any]:
    """Values of a story's page. Topics that only private outputs hold are left out."""
    names = context.source.names()
    public: set[str] = set()
    for output in context.source.outputs():
        if not output.private_env:
            public.update(output.topics or [label.topic for label in story.labels])
    labels = [label for label in story.labels if label.topic in public]
    return {
        "story": story,
        "url": safe_url(story.url),
        "language": language_tag(story.language),
        "labels": [_why(label, names, limit=40) for label in labels],
        "links": [
            {
                "topic": names.topics.get(label.topic) or words.name(label.topic),
                **_links(context, story, label),
            }
            for label in labels
        ],
        "sources": [
            {
                "title": member.entry.title or "Untitled",
                "url": safe_url(member.entry.url),
                "outlet": outlet(member, names),
                "facts": source_facts(member, names),
                "time": member.entry.time,
                "summary": member.entry.summary[:400],
                "language": language_tag(member.entry.language),
                "basis": member.basis,
            }
            for member in story.entries
        ],
    }


def feed_rows(
    context: Context, now: datetime, feeds: Any = None, *, only_unwell: bool = False
) -> list[dict[str, Any]]:
    """Values of the table of feeds: those that need attention first."""
    found: list[FeedState] = list(context.source.feeds() if feeds is None else feeds)
    rows = [feed for feed in found if feed.active and not (only_unwell and feed.health is Health.OK)]
    rows.sort(key=lambda feed: (feed.health is Health.OK, (feed.title or feed.url).casefold()))
    return [
        {
            "title": feed.title or mask(feed.url),
            # A feed whose URL holds a key is named, not linked.
            "url": safe_url(feed.url) if mask(feed.url) == feed.url else "",
            "kind": words.kind(feed.kind),
            "country": feed.country,
            "language": feed.language,
            "health": feed.health.value,
            "why": feed.health_why,
            "polled": feed.last_polled,
            "due": feed.next_due,
            "new": feed.memory.last_new,
            "now": now,
        }
        for feed in rows
    ]


def output_card(output: OutputConfig, names: Names) -> OutputCard:
    """Return an output as the pages show it."""
    return OutputCard(
        slug=output.slug,
        title=feed_title(output, names),
        description=output.description,
        kind=_KIND_WORDS[output.kind],
        folder=output.folder,
        browsable=browsable(output),
    )


def browsable(output: OutputConfig) -> bool:
    """Whether an output is a list of stories."""
    return output.kind in ("stories", "near-misses", "alerts")


def _cards(
    context: Context, output: OutputConfig, now: datetime, limit: int, names: Names
) -> tuple[StoryCard, ...]:
    selection = selection_of(output, now)
    stories, _ = gather(context.source, output, selection, None)
    return tuple(
        StoryCard(
            id=story.id,
            title=story.title or "Untitled story",
            url=safe_url(story.url),
            lead=story.lead,
            language=language_tag(story.language),
            state=story.corroboration.state,
            burst=story.burst,
            changed=story.changed,
            change=story.change,
            outlets=tuple(dict.fromkeys(outlet(member, names) for member in story.entries))[:5],
            sources=len(story.entries),
            why=tuple(_why(label, names, limit=SHOWN_REASONS) for label in labels_shown(story, selection)),
        )
        for story in stories[:limit]
    )


def _why(label: Label, names: Names, *, limit: int) -> dict[str, Any]:
    return {
        "topic": names.topics.get(label.topic) or words.name(label.topic),
        "facet": (names.facets.get(label.facet) or words.name(label.facet)) if label.facet else "",
        "score": label.score,
        "threshold": label.threshold,
        "belongs": label.belongs,
        "reasons": [words.reason_text(reason) for reason in words.strongest_reasons(label, limit)],
    }


def _links(context: Context, story: Story, label: Label) -> dict[str, str]:
    token = context.signer.token(story.id, label.topic)
    return {
        kind: f"{context.prefix}/feedback/{token}/{kind}"
        for kind in ("relevant", "not_relevant", "wrong_story")
    }
