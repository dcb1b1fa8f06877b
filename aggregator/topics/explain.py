"""A story's or entry's decisions in words, for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from aggregator.core.types import EarlierVersion, Story
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


def explain_story(story: Story, *, entry_id: str = "", revisions: Sequence[EarlierVersion] = ()) -> str:
    """Plain text: what the story is, who reports it, and each topic's decision with its reasons.

    With `entry_id`, the labels are that entry's own, but a person's word decides there too.
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
    own = next((m.labels for m in story.entries if m.entry.id == entry_id), None)
    labels = story.labels if own is None else _under_a_persons_word(own, story.labels)
    lines += ["", "Topics:" if labels else "No topic found anything in it."]
    for label in labels:
        lines += explain_label(label)
    if revisions:
        lines += ["", "Earlier versions:"]
        lines += [f"  {revision.title}" for revision in revisions]
    return "\n".join(lines)


def _under_a_persons_word(own: Sequence[Label], story: Sequence[Label]) -> list[Label]:
    """An entry's own labels, decided as a person decided on its story."""
    words = {
        label.topic: (label, said)
        for label in story
        if (said := tuple(reason for reason in label.reasons if reason.kind == "feedback"))
    }
    labels = {label.topic: label for label in own}
    for topic, (decided, said) in words.items():
        label = labels.get(topic)
        labels[topic] = (
            decided
            if label is None
            else replace(label, belongs=decided.belongs, facet=decided.facet, reasons=(*said, *label.reasons))
        )
    return list(labels.values())


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
