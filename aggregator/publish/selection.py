"""Which stories an output holds: one record for what config.toml and the URL's parameters ask, and its test.

A store may narrow as far as its indexes reach; `matches` is the whole truth and is applied to what it returns.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from aggregator.config.outputs import OutputConfig
from aggregator.core.types import Story, StoryEntry
from classifiers.types import Label

Order = Literal["changed", "published", "score", "first_seen"]
"""first_seen is the archives' own: the one moment of a story that never changes."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last story of a page; the next page begins after it."""

    at: datetime
    """Its moment by the selection's order: `changed`, `published`, `first_seen`."""
    story: str
    """Its id, which orders stories of the same moment (descending, like the moment)."""
    entry: str = ""
    """Where a page of entries ended inside the story: a hash of the entry it ended with. The next page begins with the
    story's other entries."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What to pick and how to order it. Empty tuples mean: all."""

    mode: Literal["in", "near", "alerts"] = "in"
    """in: stories that belong. near: just below the threshold. alerts: that belong and burst or changed state."""
    topics: tuple[str, ...] = ()
    facets: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    min_score: float = 0.0
    near_margin: float = 0.15
    since: datetime | None = None
    """Only stories changed at or after this."""
    span: tuple[datetime, datetime] | None = None
    """Only stories first seen in [from, until): a digest's period, an archive document."""
    unit: Literal["story", "entry"] = "story"
    order: Order = "changed"
    limit: int = 100
    within: Cursor | None = None
    """Unit "entry": the page begins inside this cursor's story, after its entry."""


def selection_of(output: OutputConfig, now: datetime) -> Selection:
    """Return what the configuration asks of an output at `now` (whole minutes, so that equal input stays equal)."""
    modes: dict[str, Literal["in", "near", "alerts"]] = {"near-misses": "near", "alerts": "alerts"}
    since = None
    if output.since is not None:
        since = now.astimezone(UTC).replace(second=0, microsecond=0) - output.since
    return Selection(
        mode=modes.get(output.kind, "in"),
        topics=output.topics,
        facets=output.facets,
        languages=output.languages,
        kinds=output.kinds,
        countries=output.countries,
        states=output.states,
        min_score=output.min_score,
        near_margin=output.near_margin,
        since=since,
        unit=output.unit,
        order=output.order,
        limit=output.limit,
    )


def label_of(story: Story, selection: Selection) -> Label | None:
    """Return the label by which a story is in the selection: of those that fit, the best score."""
    fitting = [label for label in story.labels if _label_fits(label, selection)]
    return max(fitting, key=lambda label: (label.score, label.topic), default=None)


def labels_shown(story: Story, selection: Selection) -> tuple[Label, ...]:
    """Return the labels an output may show: those of its own topics, the deciding one first."""
    best = label_of(story, selection)
    others = [
        label
        for label in story.labels
        if label is not best
        and (not selection.topics or label.topic in selection.topics)
        and (label.belongs or selection.mode == "near")
    ]
    return (*((best,) if best else ()), *others)


def matches(story: Story, selection: Selection) -> bool:
    """Whether a story belongs into the selection (its order and limit apart)."""
    if not story.announced and selection.span is None:
        return False
    if selection.since is not None and story.changed < selection.since:
        return False
    if selection.span is not None and not selection.span[0] <= story.first_seen < selection.span[1]:
        return False
    if selection.states and story.corroboration.state not in selection.states:
        return False
    if selection.mode == "alerts" and not (story.burst or len(story.corroboration.history) > 1):
        return False
    return label_of(story, selection) is not None and any(
        entry_fits(entry, selection) for entry in story.entries
    )


def entry_fits(member: StoryEntry, selection: Selection) -> bool:
    """Whether one entry satisfies what is asked of language, kind and country (all by the same entry)."""
    return (
        (not selection.languages or member.entry.language in selection.languages)
        and (not selection.kinds or member.kind in selection.kinds)
        and (not selection.countries or member.country in selection.countries)
    )


def pick(stories: Iterable[Story], selection: Selection) -> tuple[Story, ...]:
    """Return the matching stories in the selection's order, at most `limit`; each id once."""
    unique = {story.id: story for story in stories if matches(story, selection)}
    return tuple(in_order(tuple(unique.values()), selection)[: selection.limit])


def in_order(stories: Sequence[Story], selection: Selection) -> list[Story]:
    """Return stories in the selection's order, first what a reader should see first."""
    if selection.order == "score":

        def by_score(story: Story) -> tuple[float, datetime, str]:
            label = label_of(story, selection)
            return (label.score if label else 0.0, story.changed, story.id)

        return sorted(stories, key=by_score, reverse=True)
    return sorted(stories, key=lambda story: (moment_of(story, selection), story.id), reverse=True)


def moment_of(story: Story, selection: Selection) -> datetime:
    """Return the moment that orders a story (score apart)."""
    match selection.order:
        case "published":
            return story.published
        case "first_seen":
            return story.first_seen
        case _:
            return story.changed


def cursor_of(story: Story, selection: Selection) -> Cursor | None:
    """Return where the page after `story` begins; None where the order allows no paging (score)."""
    if selection.order == "score":
        return None
    return Cursor(moment_of(story, selection), story.id)


def for_archive(selection: Selection, span: tuple[datetime, datetime]) -> Selection:
    """Return the selection of the archive documents of a span: what was first seen in it, in that order."""
    return replace(selection, span=span, since=None, order="first_seen")


def _label_fits(label: Label, selection: Selection) -> bool:
    if selection.topics and label.topic not in selection.topics:
        return False
    if selection.facets and label.facet not in selection.facets:
        return False
    if label.score < selection.min_score:
        return False
    if selection.mode == "near":
        if any(reason.kind == "feedback" for reason in label.reasons):
            return False  # a person has decided: there is nothing left to look at
        return not label.belongs and label.threshold - selection.near_margin <= label.score < label.threshold
    return label.belongs
