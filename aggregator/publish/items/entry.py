"""Items of an output whose unit is the entry: one item for each entry of its stories."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from aggregator.core.hashes import hex64
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
    tally,
)
from aggregator.publish.languages import language_name, language_tag
from aggregator.publish.selection import Selection, entry_fits, labels_shown
from aggregator.publish.text import one_line, safe_url, urn, when
from aggregator.publish.types import Item


def entry_items(stories: Sequence[Story], context: Context) -> tuple[Item, ...]:
    """Return the entries of a page of stories that fit the selection, newest first, at most its limit."""
    pairs = entries_of(stories, context.selection)[: context.selection.limit]
    pairs.sort(key=lambda pair: (entry_time(*pair), pair[1].entry.id), reverse=True)
    return tuple(_item(story, member, context) for story, member in pairs)


def entries_of(stories: Iterable[Story], selection: Selection) -> list[tuple[Story, StoryEntry]]:
    """Return what a page of entries is cut from: the fitting entries of stories in their order, each story's newest
    first, from where the page begins."""
    found: list[tuple[Story, StoryEntry]] = []
    for story in stories:
        # As with stories: what is old news stands in no feed's head, and in the archives.
        fitting = [
            one
            for one in story.entries
            if (selection.span is not None or not one.archived) and entry_fits(one, selection)
        ]
        fitting.sort(key=lambda one: (entry_time(story, one), one.entry.id), reverse=True)
        within = selection.within
        if within is not None and within.story == story.id:
            marks = [mark_of(one) for one in fitting]
            # An entry that was taken out since: rather all of the story again than any of it never.
            fitting = fitting[marks.index(within.entry) + 1 :] if within.entry in marks else fitting
        found += ((story, one) for one in fitting)
    return found


def mark_of(member: StoryEntry) -> str:
    """Return what names an entry in a cursor; ids of imported entries may be any text."""
    return hex64("page", member.entry.id)


def entry_time(story: Story, member: StoryEntry) -> datetime:
    """Return the moment an entry is ordered by."""
    return member.entry.time or story.published


def _item(story: Story, member: StoryEntry, context: Context) -> Item:
    entry, names = member.entry, context.names
    labels = labels_shown(story, context.selection)
    page = f"{context.site.base_url}/story/{story.id}" if context.served else ""
    links = feedback_links(story, labels, context)
    lead = wording.excerpt(entry.summary, MAX_LEAD)
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
                f"Part of a story with {tally(story, names)}: ",
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
