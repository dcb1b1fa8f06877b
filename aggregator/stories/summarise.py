"""Members -> Story: headline, lead, link, labels, corroboration, and whether anything changed that is worth telling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from aggregator.config.stories import StoriesConfig
from aggregator.stories.corroborate import corroborate
from aggregator.stories.words import headline, lead
from aggregator.types import Story, StoryEntry
from classifiers.types import Label, Reason


class Judged(Protocol):
    """A person's yes or no on a topic, however it is stored."""

    @property
    def topic(self) -> str: ...
    @property
    def relevant(self) -> bool: ...
    @property
    def facet(self) -> str: ...
    @property
    def at(self) -> datetime | None: ...


def summarise(
    story_id: str,
    members: Sequence[StoryEntry],
    previous: Story | None,
    now: datetime,
    settings: StoriesConfig,
    judgements: Sequence[Judged] = (),
) -> Story:
    """The story as it is now. `members`: at least one, in any order; `previous`: as it was stored, if it was.

    `judgements`: what people said of the story or any of its entries; of a topic the newest counts.
    """
    ordered = tuple(sorted(members, key=lambda m: (m.entry.time or now, m.entry.id)))
    first = ordered[0].entry
    best = min(ordered, key=lambda m: (not m.entry.url, m.basis == "near", -len(m.entry.summary)))
    title = headline(best.entry.title)
    text = lead(best.entry.summary) or lead(best.entry.text[:400])
    corroboration = corroborate(ordered, previous.corroboration if previous else None, now)
    seen = [m.entry.seen for m in ordered if m.entry.seen]
    change = ""
    if previous is None:
        change = "new"
    elif previous.corroboration.state != corroboration.state:
        change = f"now {corroboration.state}"
    return Story(
        id=story_id,
        title=title or first.url,
        lead=text,
        url=best.entry.url,
        language=best.entry.language,
        first_seen=min(seen, default=now),
        published=first.time or now,
        changed=now if change or previous is None else previous.changed,
        change=change or (previous.change if previous else ""),
        entries=ordered,
        labels=story_labels(ordered, judgements),
        corroboration=corroboration,
        announced=not all(m.archived for m in ordered),
        memory=dict(previous.memory) if previous else {},
    )


def story_labels(members: Sequence[StoryEntry], feedback: Sequence[Judged]) -> tuple[Label, ...]:
    """One label a topic: that of the entry with the highest score; a person's judgement overrules it."""
    best: dict[str, Label] = {}
    for member in members:
        for label in member.labels:
            held = best.get(label.topic)
            if held is None or (label.belongs, label.score) > (held.belongs, held.score):
                best[label.topic] = label
    newest = {j.topic: j for j in sorted(feedback, key=lambda j: j.at or datetime.min.replace(tzinfo=UTC))}
    for topic, judgement in newest.items():
        label = best.get(topic) or Label(topic, 1.0 if judgement.relevant else 0.0, 0.5, judgement.relevant)
        said = Reason("feedback", "relevant" if judgement.relevant else "not relevant")
        best[topic] = replace(
            label,
            belongs=judgement.relevant,
            facet=judgement.facet or label.facet,
            reasons=(said, *label.reasons),
        )
    return tuple(best[topic] for topic in sorted(best))
