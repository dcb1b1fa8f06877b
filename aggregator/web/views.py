"""What the pages show, as plain values: reads the source, decides nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from aggregator.config.outputs import OutputConfig
from aggregator.config.secrets import mask
from aggregator.core.types import FeedState, Health, Story
from aggregator.publish import wording
from aggregator.publish.gather import gather
from aggregator.publish.items.story import MAX_LEAD, outlet, source_facts, tally
from aggregator.publish.languages import language_tag
from aggregator.publish.selection import labels_shown, selection_of
from aggregator.publish.text import safe_url
from aggregator.publish.types import Names
from aggregator.web.browse import public_topics
from aggregator.web.cards import StoryCard, latest_report, output_card, story_card, why_view
from aggregator.web.context import Context
from classifiers.types import Label

NEVER_FETCHED = "never fetched"
"""The state of a feed whose first poll is still to come: nothing is known of it, good or bad."""
NEAR = 0.15
"""How far below its threshold a topic still has to do with a story, as with near misses."""
EXCERPT = 220
"""Characters of a report's summary on the page of its story."""
LATEST = 25
"""Stories on the home page."""


def home_view(context: Context, now: datetime) -> dict[str, Any]:
    """Values of the home page."""
    source = context.source
    names = source.names()
    outputs = [output for output in source.outputs() if not output.private_env]
    feeds = source.feeds()
    health = Counter(_state(feed) for feed in feeds if feed.active)
    return {
        "outputs": [output_card(output, names) for output in outputs],
        "stories": _latest(context, outputs, names, now),
        "feeds_total": sum(health.values()),
        "feeds_well": health[Health.OK],
        "feeds_new": health[NEVER_FETCHED],
        "attention": feed_rows(context, now, feeds, only_unwell=True)[:12],
        "now": now,
    }


def story_view(context: Context, story: Story) -> dict[str, Any]:
    """Values of a story's page. Topics that only private outputs hold are left out."""
    names = context.source.names()
    public = public_topics(context)
    labels = [label for label in story.labels if public is None or label.topic in public]
    near, far = [label for label in labels if _concerns(label)], [one for one in labels if not _concerns(one)]
    return {
        "story": story,
        "url": safe_url(story.url),
        "language": language_tag(story.language),
        "lead": wording.excerpt(story.lead, MAX_LEAD),
        "latest": latest_report(story),
        "tally": tally(story, names),
        "labels": [why_view(label, names, limit=40) for label in near],
        "links": [_links(context, story, label, names) for label in near],
        "other_links": [_links(context, story, label, names) for label in far],
        "wrong_story": (
            _links(context, story, labels[0], names)["wrong_story"]
            if labels and len(story.entries) > 1
            else ""
        ),
        "more_alike": wording.more_alike(story),
        "sources": [
            {
                "title": member.entry.title or "Untitled",
                "url": safe_url(member.entry.url),
                "outlet": outlet(member, names),
                "facts": source_facts(member, names),
                "time": member.entry.time,
                "summary": wording.excerpt(member.entry.summary, EXCERPT),
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
    held_back = context.source.held_back()
    rows.sort(
        key=lambda feed: (
            feed.health is Health.OK,
            feed.last_polled is not None,
            (feed.title or feed.url).casefold(),
        )
    )
    return [
        {
            "title": feed.title or mask(feed.url),
            # A feed whose URL holds a key is named, not linked.
            "url": safe_url(feed.url) if mask(feed.url) == feed.url else "",
            "kind": wording.kind(feed.kind),
            "country": feed.country,
            "language": feed.language,
            "health": _state(feed),
            "why": feed.health_why,
            "failed": _last_failure(feed),
            "success": feed.last_success,
            "tried": feed.last_polled,
            "due": feed.next_due,
            "new": feed.memory.last_new,
            "held_back": held_back.get(feed.id, 0),
            "release": context.signer.release_token(feed.url) if feed.id in held_back else "",
            "now": now,
        }
        for feed in rows
    ]


def _state(feed: FeedState) -> str:
    if feed.last_polled is None and feed.health is Health.OK:
        return NEVER_FETCHED
    return feed.health.value


def _concerns(label: Label) -> bool:
    """Whether a topic has to do with a story: it took it, just missed it, or a person has said so."""
    judged = any(reason.kind == "feedback" for reason in label.reasons)
    return label.belongs or judged or label.score >= label.threshold - NEAR


def _last_failure(feed: FeedState) -> str:
    """Return why the last poll failed, where the feed's state does not say so already."""
    if feed.health in (Health.FAILING, Health.GONE):
        return ""
    return feed.memory.health.error_message


def _latest(
    context: Context, outputs: Sequence[OutputConfig], names: Names, now: datetime
) -> list[StoryCard]:
    latest: dict[str, tuple[Story, list[Label]]] = {}
    for output in outputs:
        if output.kind != "stories":
            continue
        selection = selection_of(output, now)
        stories, _ = gather(context.source, output, replace(selection, limit=LATEST), None)
        for story in stories:
            _, labels = latest.setdefault(story.id, (story, []))
            labels.extend(label for label in labels_shown(story, selection) if label not in labels)
    ordered = sorted(latest.values(), key=lambda pair: (pair[0].changed, pair[0].id), reverse=True)
    return [story_card(story, labels, names) for story, labels in ordered[:LATEST]]


def _links(context: Context, story: Story, label: Label, names: Names) -> dict[str, str]:
    token = context.signer.token(story.id, label.topic)
    return {"topic": names.topics.get(label.topic) or wording.name(label.topic)} | {
        kind: f"{context.prefix}/feedback/{token}/{kind}"
        for kind in ("relevant", "not_relevant", "wrong_story")
    }
