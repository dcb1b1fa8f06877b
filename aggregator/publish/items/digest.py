"""A digest: one item a day or a week, its stories grouped by facet.

A digest closes at a fixed time of day (UTC) and holds what was first seen in the day or week before, then the
older stories whose corroboration changed in it. Its id depends on the output and the closing time alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from aggregator.config.outputs import OutputConfig
from aggregator.core.types import Story
from aggregator.publish import wording
from aggregator.publish.body import HtmlAndText, body, bullets, heading, joined, link, paragraph
from aggregator.publish.items.story import MAX_TITLE, Context, outlet, story_title
from aggregator.publish.languages import language_tag
from aggregator.publish.selection import Selection, label_of, matches
from aggregator.publish.text import day, iso, one_line, safe_url, urn, when
from aggregator.publish.types import Category, Item

MAX_STORIES = 200
"""Most stories in one digest; the best corroborated stay."""
MAX_DIGESTS = 14

Span_ = tuple[datetime, datetime]


def digest_spans(output: OutputConfig, now: datetime, digests: int | None = None) -> tuple[Span_, ...]:
    """Return the closed periods [from, until) of an output's digests, latest first."""
    hour, minute = (int(part) for part in output.digest_at.split(":"))
    length = timedelta(days=7 if output.digest_every == "week" else 1)
    close = now.astimezone(UTC).replace(hour=hour, minute=minute, second=0, microsecond=0)
    if output.digest_every == "week":
        close -= timedelta(days=close.weekday())
    if close > now:
        close -= length
    number = min(output.limit, MAX_DIGESTS) if digests is None else digests
    return tuple((close - length * (n + 1), close - length * n) for n in range(number))


def next_close(output: OutputConfig, now: datetime) -> datetime:
    """Return when the next digest closes."""
    (_, last), *_ = digest_spans(output, now, 1)
    return last + timedelta(days=7 if output.digest_every == "week" else 1)


def digest_items(stories: Sequence[Story], context: Context, now: datetime) -> tuple[Item, ...]:
    """Return one item for each closed period that has anything to tell, latest first."""
    fitting = [story for story in stories if matches(story, context.selection)]
    items = (_item(span, fitting, context) for span in digest_spans(context.output, now))
    return tuple(item for item in items if item is not None)


def _item(span: Span_, stories: Sequence[Story], context: Context) -> Item | None:
    start, end = span
    new = [story for story in stories if start <= story.first_seen < end]
    new.sort(key=lambda story: _weight(story, context.selection), reverse=True)
    new = new[:MAX_STORIES]
    moved = [
        story
        for story in stories
        if story.first_seen < start and any(start <= at < end for at, _ in story.corroboration.history[1:])
    ][:MAX_STORIES]
    if not new and not moved:
        return None
    groups: dict[str, list[Story]] = {}
    for story in new:
        label = label_of(story, context.selection)
        groups.setdefault(label.facet if label else "", []).append(story)
    names = context.names
    number = "1 new story" if len(new) == 1 else f"{len(new)} new stories"
    blocks = [paragraph(f"{number}, {when(start)} to {when(end)}.")]
    ordered = sorted(groups.items(), key=lambda pair: (not pair[0], -len(pair[1]), pair[0]))
    for facet, members in ordered:
        blocks.append(heading((names.facets.get(facet) or wording.name(facet)) if facet else "Other"))
        blocks.append(bullets([_row(story, context) for story in members]))
    if moved:
        blocks.append(heading("Developments in earlier stories"))
        blocks.append(bullets([_row(story, context) for story in moved]))
    return Item(
        id=urn("digest", context.site.installation, context.output.slug, iso(end)),
        title=_title(context.output, span),
        url=f"{context.site.base_url}/",
        body=body(blocks),
        summary=_summary(new or moved, ordered, moved, context),
        published=end,
        updated=end,
        language=context.output.language,
        author=context.site.title,
        categories=tuple(
            Category(facet, "urn:x-aggregator:facet", names.facets.get(facet) or wording.name(facet))
            for facet, _ in ordered
            if facet
        ),
        record={
            "version": 1,
            "unit": "digest",
            "from": iso(start),
            "until": iso(end),
            "groups": [
                {"facet": facet, "stories": [story.id for story in group]} for facet, group in ordered
            ],
            "developments": [story.id for story in moved],
            **({"about": context.about} if context.about else {}),
        },
    )


def _title(output: OutputConfig, span: Span_) -> str:
    # Made of the period alone: a headline in it would change with the story after the digest has closed.
    start, end = span
    if output.digest_every == "week":
        return f"Weekly digest, {day(start)} to {day(end)}"
    return f"Daily digest, {day(end)}"


def _weight(story: Story, selection: Selection) -> tuple[int, float, datetime, str]:
    label = label_of(story, selection)
    return len(story.corroboration.origins), label.score if label else 0.0, story.published, story.id


def _row(story: Story, context: Context) -> HtmlAndText:
    title = link(
        one_line(story_title(story, context), MAX_TITLE), safe_url(story.url), language_tag(story.language)
    )
    outlets = dict.fromkeys(outlet(member, context.names) for member in story.entries)
    named = ", ".join(list(outlets)[:4]) + (f" and {len(outlets) - 4} more" if len(outlets) > 4 else "")
    state = wording.state(story.corroboration.state).lower()
    runs: list[HtmlAndText | str] = [title, f" — {named}; {state}. " if named else f" — {state}. "]
    if context.served:
        runs.append(link("All about it", f"{context.site.base_url}/story/{story.id}"))
    return joined(runs)


def _summary(
    first: Sequence[Story],
    ordered: Sequence[tuple[str, Sequence[Story]]],
    moved: Sequence[Story],
    context: Context,
) -> str:
    parts = [
        f"{(context.names.facets.get(facet) or wording.name(facet)) if facet else 'Other'}: {len(members)}"
        for facet, members in ordered
    ]
    if moved:
        parts.append(f"Developments: {len(moved)}")
    return f"{one_line(first[0].title, 120) or 'Untitled story'}. {'; '.join(parts)}."
