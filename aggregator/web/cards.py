"""Stories and outputs as the pages list them, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aggregator.config.outputs import OutputConfig
from aggregator.core.types import Story
from aggregator.publish import wording
from aggregator.publish.build import feed_title
from aggregator.publish.items.story import outlet, tally
from aggregator.publish.languages import language_tag
from aggregator.publish.text import one_line, safe_url
from aggregator.publish.types import Names
from classifiers.types import Label, Reason

SHOWN_REASONS = 5
SHOWN_OUTLETS = 6
LEAD = 300
"""Characters of a lead in a list."""

_KIND_WORDS = {
    "stories": "stories",
    "digest": "digest",
    "near-misses": "near misses",
    "health": "feed health",
    "alerts": "alerts",
}


@dataclass(frozen=True, slots=True)
class OutputCard:
    """An output in a list."""

    slug: str
    title: str
    description: str
    kind: str
    folder: str
    browsable: bool
    """Whether its page is a list of stories."""


@dataclass(frozen=True, slots=True)
class StoryCard:
    """A story in a list."""

    id: str
    title: str
    lead: str
    language: str
    state: str
    burst: bool
    first: datetime
    """When it was first reported."""
    latest: datetime
    """When its latest report came."""
    change: str
    """What changed last, in words; empty for a new story."""
    outlets: tuple[tuple[str, str], ...]
    """Name of each outlet, and the page of its first report; the page may be empty."""
    more_outlets: int
    """Outlets beyond those named."""
    tally: str
    """How many report it, in words; empty for a single report."""
    why: tuple[dict[str, Any], ...]


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


def story_card(story: Story, labels: Sequence[Label], names: Names) -> StoryCard:
    """Return a story with the labels that may be shown."""
    outlets: dict[str, str] = {}
    for member in story.entries:
        name, url = outlet(member, names), safe_url(member.entry.url)
        outlets[name] = outlets.get(name) or url
    return StoryCard(
        id=story.id,
        title=story.title or "Untitled story",
        lead=wording.excerpt(story.lead, LEAD),
        language=language_tag(story.language),
        state=story.corroboration.state,
        burst=story.burst,
        first=story.published,
        latest=latest_report(story),
        change="" if story.change == "new" else story.change,
        outlets=tuple(outlets.items())[:SHOWN_OUTLETS],
        more_outlets=max(0, len(outlets) - SHOWN_OUTLETS),
        tally=tally(story, names) if len(story.entries) > 1 else "",
        why=tuple(why_view(label, names, limit=SHOWN_REASONS) for label in labels),
    )


def latest_report(story: Story) -> datetime:
    """Return when the latest of a story's reports can have been public."""
    moments = [member.entry.public for member in story.entries]
    return max((at for at in moments if at is not None), default=story.published)


def why_view(label: Label, names: Names, *, limit: int) -> dict[str, Any]:
    """Return a topic's decision with its weightiest reasons, each in full.

    In a list (`limit` up to SHOWN_REASONS), what several rules added for one word is one reason, in few words too.
    """
    return {
        "topic": names.topics.get(label.topic) or wording.name(label.topic),
        "facet": (names.facets.get(label.facet) or wording.name(label.facet)) if label.facet else "",
        "score": label.score,
        "threshold": label.threshold,
        "belongs": label.belongs,
        "reasons": _chips(label, limit)
        if limit <= SHOWN_REASONS
        else [{"full": wording.reason_text(reason)} for reason in wording.strongest_reasons(label, limit)],
    }


def _chips(label: Label, limit: int) -> list[dict[str, Any]]:
    """Return the weightiest words. There is no room for what was only a condition, and weighs nothing."""
    by_word: dict[tuple[str, bool], list[Reason]] = {}
    for reason in wording.strongest_reasons(label, len(label.reasons)):
        if reason.weight:
            # What a model adds is in a unit of its own.
            by_word.setdefault((_word(reason).casefold(), reason.kind == "model"), []).append(reason)
    summed = [(sum(reason.weight for reason in same), same) for same in by_word.values()]
    summed.sort(key=lambda pair: -abs(pair[0]))
    return [
        {
            "short": f"{_word(same[0])} {weight:+.1f}",
            "full": "; ".join(wording.reason_text(reason) for reason in same),
            "against": weight < 0,
        }
        for weight, same in summed[:limit]
    ]


def _word(reason: Reason) -> str:
    return one_line(reason.found or reason.what, 40) or reason.kind
