"""Items of an output whose unit is the entry: one item for each entry of its stories."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from aggregator.core.types import Story, StoryEntry
from aggregator.publish import wording
from aggregator.publish.body import HtmlAndText, body, foreign, link, paragraph, strong
from aggregator.publish.items.record import entry_record
from aggregator.publish.items.story import (
    MAX_LEAD,
    MAX_TITLE,
    Context,
    action_row,
    attachment,
    categories,
    feedback_links,
    item_source,
    outlet,
)
from aggregator.publish.languages import language_name, language_tag
from aggregator.publish.selection import entry_fits, labels_shown
from aggregator.publish.text import one_line, safe_url, urn, when
from aggregator.publish.types import Item


def entry_items(stories: Sequence[Story], context: Context) -> tuple[Item, ...]:
    """Return the entries of the stories that fit the selection, newest first, at most its limit."""
    pairs = [
        (entry_time(story, member), member.entry.id, story, member)
        for story in stories
        for member in story.entries
        if not member.archived and entry_fits(member, context.selection)
    ]
    pairs.sort(key=lambda pair: pair[:2], reverse=True)
    return tuple(_item(story, member, context) for _, _, story, member in pairs[: context.selection.limit])


def entry_time(story: Story, member: StoryEntry) -> datetime:
    """Return the moment an entry is ordered by."""
    return member.entry.time or story.published


def _item(story: Story, member: StoryEntry, context: Context) -> Item:
    entry, names = member.entry, context.names
    labels = labels_shown(story, context.selection)
    page = f"{context.site.base_url}/story/{story.id}" if context.served else ""
    links = feedback_links(story, labels, context)
    lead = one_line(entry.summary, MAX_LEAD)
    published = entry_time(story, member)
    facts = (wording.kind(member.kind), member.country, language_name(entry.language))
    told = ", ".join(fact for fact in facts if fact)
    blocks: list[HtmlAndText] = []
    if lead:
        blocks.append(paragraph(foreign(lead, language_tag(entry.language))))
    blocks.append(
        paragraph(strong(outlet(member, names)), f" ({told})" if told else "", f", {when(published)}.")
    )
    if len(story.entries) > 1:
        blocks.append(
            paragraph(
                "Part of a story with ",
                wording.count(len(story.entries), "source"),
                ": ",
                link(one_line(story.title, MAX_TITLE), page),
                f". {wording.state(story.corroboration.state)}.",
            )
        )
    for label in labels:
        blocks.extend(wording.why(label, names))
    blocks.extend(action_row(links, page))
    return Item(
        id=urn("entry", entry.id),
        title=one_line(entry.title, MAX_TITLE) or "Untitled entry",
        url=safe_url(entry.url) or page or context.site.base_url + "/",
        body=body(blocks),
        summary=lead or wording.reported_by(story, names),
        published=published,
        updated=max(entry.updated or published, published),
        language=language_tag(entry.language),
        author=one_line(entry.author, 120) or outlet(member, names),
        categories=categories(story, labels, context),
        source=item_source(member),
        attachment=attachment(member),
        page=page,
        record=entry_record(story, member, labels, links, context.about) if context.records else {},
    )
