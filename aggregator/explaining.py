"""A story's or entry's decisions in words, for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aggregator.types import Story
from classifiers.types import Label, Reason

_BASES = {
    "new": "began the story",
    "guid": "came before under the same guid",
    "url": "has the same URL",
    "text": "has the same text",
    "near": "has nearly the same text",
    "event": "reports the same event",
    "person": "was put here by a person",
}
"""Why an entry is in its story (types.Assignment.basis), in words."""


def explain_story(story: Story, *, entry_id: str = "", revisions: Sequence[Mapping[str, Any]] = ()) -> str:
    """Plain text: what the story is, who reports it, and each topic's decision with its reasons.

    With `entry_id`, the labels are that entry's own.
    """
    lines = [story.title, f"story {story.id}, first published {story.published:%Y-%m-%d %H:%M} UTC", ""]
    c = story.corroboration
    sources = "source" if len(c.origins) == 1 else "independent sources"
    lines.append(f"Reported by {len(c.origins)} {sources}: {', '.join(c.origins) or 'unknown'} ({c.state})")
    lines += [f"  it says: {words}" for words in c.attributions]
    lines += [f"  {at:%Y-%m-%d %H:%M} {state}" for at, state in c.history]
    lines += ["", f"Entries ({len(story.entries)}):"]
    for m in story.entries:
        mark = "*" if m.entry.id == entry_id else " "
        time = f"{m.entry.time:%Y-%m-%d %H:%M}" if m.entry.time else "no date"
        lines.append(f"{mark} {m.entry.id}  {time}  {m.feed_title or m.origin}: {m.entry.title}")
        lines.append(f"{'':20}{_BASES.get(m.basis, m.basis)}")
    labels = next((m.labels for m in story.entries if m.entry.id == entry_id), story.labels)
    lines += ["", "Topics:" if labels else "No topic found anything in it."]
    for label in labels:
        lines += explain_label(label)
    if revisions:
        lines += ["", "Earlier versions:"]
        lines += [f"  {revision['title']}" for revision in revisions]
    return "\n".join(lines)


def explain_label(label: Label) -> list[str]:
    """One topic's decision and its reasons, as lines."""
    verdict = "belongs" if label.belongs else "does not belong"
    facet = f", facet {label.facet}" if label.facet else ""
    model = f", model {label.model}" if label.model else ""
    lines = [
        f"  {label.topic}: {verdict}{facet} "
        f"(score {label.score:.2f}, threshold {label.threshold:.2f}, rules {label.rules}{model})"
    ]
    lines += [f"    {explain_reason(reason)}" for reason in label.reasons]
    return lines


def explain_reason(reason: Reason) -> str:
    """One piece of evidence: weight, kind, what, and where it was found."""
    return f"{reason.weight:+.2f}  {explain_evidence(reason)}"


def explain_evidence(reason: Reason) -> str:
    """One piece of evidence without its weight."""
    found = f' found as "{reason.found}"' if reason.found and reason.found != reason.what else ""
    where = f" in the {reason.where}" if reason.where else ""
    where += ", in passing" if reason.passing else ""
    what = f'"{reason.what}"' if " " in reason.what else reason.what
    return f"{reason.kind} {what}{found}{where}"
