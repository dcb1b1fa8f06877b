"""Which deliveries a change calls for. Pure: the same changes planned twice give the same keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b

from aggregator.config.outputs import OutputConfig
from aggregator.config.push import PushConfig
from aggregator.core.types import Story
from aggregator.publish.push.payload import moment_key, story_document
from aggregator.publish.push.types import Delivery
from classifiers.types import Label

STALE = timedelta(days=3)
"""A change older than this is no news: an import or a restored database must not set off a storm."""


def plan_deliveries(
    output: OutputConfig,
    stories: Sequence[Story],
    now: datetime,
    *,
    base_url: str = "",
) -> list[Delivery]:
    """The messages that changed stories of one output call for.

    `stories`: those that changed since the last call and are in the output (`publish.select.matches`); some
    overlap with the last call is harmless. `base_url`: where the web server has pages of stories; empty: none.
    """
    fresh = [story for story in stories if story.announced and now - story.changed <= STALE]
    return [
        message
        for push in output.push
        if push.kind != "websub"
        for story in fresh
        for message in _messages(output, push, story, now, base_url)
    ]


def plan_pings(output: OutputConfig, documents: Sequence[str], version: str, now: datetime) -> list[Delivery]:
    """The pings of the output's hubs: one each for a state of its documents.

    `documents`: their URLs. `version`: changes whenever they change, and never comes back to what it was.
    """
    return [
        Delivery(
            output.slug,
            push.channel,
            "",
            delivery_key(output.slug, push.channel, "", version),
            {"urls": list(documents)},
            now,
        )
        for push in output.push
        if push.kind == "websub" and documents
    ]


def _messages(
    output: OutputConfig, push: PushConfig, story: Story, now: datetime, base_url: str
) -> Iterator[Delivery]:
    label = _label(story, output, push)
    if label is None or (push.states and story.corroboration.state not in push.states):
        return
    for event, occasion in _events(story, push, now):
        yield Delivery(
            output=output.slug,
            channel=push.channel,
            story=story.id,
            key=delivery_key(output.slug, push.channel, story.id, occasion),
            body=story_document(story, label, event, base_url),
            created=now,
        )


def _label(story: Story, output: OutputConfig, push: PushConfig) -> Label | None:
    """The label that fits the channel's conditions best: of the output's topics, one that belongs before others."""
    fitting = [
        label
        for label in story.labels
        if (not output.topics or label.topic in output.topics)
        and label.score >= push.min_score
        and (not push.facets or label.facet in push.facets)
        and (label.belongs or output.kind == "near-misses")
    ]
    return max(fitting, key=lambda label: (label.belongs, label.score, label.topic), default=None)


def _events(story: Story, push: PushConfig, now: datetime) -> Iterator[tuple[str, str]]:
    """What there is to tell, each with the words that make it one occasion and no other."""
    if push.when == "all":
        yield "change", f"change {moment_key(story.changed)}"
    elif push.when == "new":
        yield "new", "new"
    if push.when in {"alerts", "bursts"} and story.burst:
        yield "burst", "burst"
    since = story.corroboration.since
    changed_state = since is not None and len(story.corroboration.history) > 1
    if push.when == "alerts" and since is not None and changed_state and now - since <= STALE:
        yield "state", f"state {story.corroboration.state} {moment_key(since)}"


def delivery_key(*parts: str) -> str:
    """A hash of the parts, the same for ever."""
    return blake2b("\x00".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
