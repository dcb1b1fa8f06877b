"""What an item says of a story: its title, its body, its tags."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from aggregator.config.outputs import OutputConfig
from aggregator.core.types import Story, StoryEntry
from aggregator.publish import wording
from aggregator.publish.body import (
    HtmlAndText,
    body,
    bullets,
    foreign,
    heading,
    joined,
    link,
    paragraph,
    plain_words,
    strong,
)
from aggregator.publish.items.record import story_record
from aggregator.publish.languages import language_name, language_tag
from aggregator.publish.selection import Selection, labels_shown
from aggregator.publish.text import one_line, safe_url, urn, when
from aggregator.publish.types import Attachment, Category, Item, ItemSource, Link, Names, Publication, Site
from classifiers.types import Label

_WHOLE_HOST = re.compile(r"https?://([A-Za-z0-9\-]+\.)+[A-Za-z0-9\-]+(:\d+)?/")
MAX_TITLE = 250
MAX_LEAD = 1200
MAX_SOURCES = 40
"""Sources spelt out in a body; the record and the story's page have them all."""


@dataclass(frozen=True, slots=True)
class Context:
    """What every item of one output needs to know."""

    output: OutputConfig
    selection: Selection
    names: Names
    publication: Publication

    @property
    def site(self) -> Site:
        return self.publication.site

    @property
    def served(self) -> bool:
        return self.publication.served

    @property
    def records(self) -> bool:
        return self.publication.records

    @property
    def about(self) -> str:
        return f"{self.site.base_url}/schema/item.json" if self.served else ""


def story_id(story: str) -> str:
    """Return the id an item of this story has in every output, for ever."""
    return urn("story", story)


def story_item(story: Story, context: Context) -> Item:
    """Return a story as one item."""
    labels = labels_shown(story, context.selection)
    main = main_entry(story)
    page = f"{context.site.base_url}/story/{story.id}" if context.served else ""
    links = feedback_links(story, labels, context)
    lead = wording.excerpt(story.lead, MAX_LEAD)
    return Item(
        id=story_id(story.id),
        title=story_title(story, context),
        url=safe_url(story.url) or page or context.site.base_url + "/",
        body=story_body(story, lead, labels, links, page, context),
        summary=lead or wording.reported_by(story, context.names),
        published=min(story.published, story.changed),
        updated=story.changed,
        language=language_tag(story.language),
        author=outlet(main, context.names) if main else context.site.title,
        categories=categories(story, labels, context),
        related=related(story),
        source=item_source(main),
        attachment=attachment(main),
        page=page,
        record=story_record(story, labels, links, context.about) if context.records else {},
    )


def story_title(story: Story, context: Context) -> str:
    """Return the headline, with a prefix in brackets where the configuration asks for one."""
    prefixes: Mapping[str, str] = {str(key): text for key, text in context.output.title_prefixes.items()}
    keys = (*(("burst",) if story.burst else ()), story.corroboration.state)
    found = "".join(f"[{one_line(prefixes[key])}] " for key in keys if prefixes.get(key))
    return found + (one_line(story.title, MAX_TITLE) or "Untitled story")


def story_body(
    story: Story, lead: str, labels: tuple[Label, ...], links: Mapping[str, str], page: str, context: Context
) -> HtmlAndText:
    """Return the body of a story's item."""
    names = context.names
    blocks: list[HtmlAndText] = []
    if lead:
        blocks.append(paragraph(foreign(lead, language_tag(story.language))))
    blocks.append(
        paragraph(
            strong(wording.state(story.corroboration.state)),
            f". {wording.reported_by(story, names)}",
            *([strong(" Unusually many reports in a short time.")] if story.burst else []),
        )
    )
    if story.change not in ("", "new"):
        blocks.append(paragraph(f"Latest change, {when(story.changed)}: {one_line(story.change, 300)}."))
    members = story.entries[-MAX_SOURCES:]
    if members:
        blocks.append(heading(tally(story, names)))
        blocks.append(bullets([source_row(member, names) for member in reversed(members)]))
        if len(story.entries) > len(members):
            blocks.append(paragraph(f"And {len(story.entries) - len(members)} earlier ones."))
    blocks.extend(paragraph(words) for words in wording.more_alike(story))
    history = story.corroboration.history
    if len(history) > 1 or story.corroboration.attributions:
        blocks.append(heading("Corroboration"))
        rows = [plain_words(f"{when(at)}: {wording.state(state)}") for at, state in history]
        if story.corroboration.attributions:
            quoted = ", ".join(f"“{one_line(text, 120)}”" for text in story.corroboration.attributions)
            rows.append(plain_words(f"Wording that counted: {quoted}"))
        blocks.append(bullets(rows))
    for label in labels:
        blocks.extend(wording.why(label, names))
    languages = tuple(dict.fromkeys([m.entry.language for m in story.entries if m.entry.language]))
    if len(languages) > 1:
        blocks.append(_languages(languages))
    blocks.extend(action_row(links, page))
    return body(blocks)


def action_row(links: Mapping[str, str], page: str) -> list[HtmlAndText]:
    """Return the line of links by which a person answers, or nothing."""
    choices = (("relevant", "Relevant"), ("not_relevant", "Not relevant"), ("wrong_story", "Wrong story"))
    runs = [link(text, links[key]) for key, text in choices if key in links]
    if page:
        runs.append(link("Everything about this story", page))
    return [paragraph(joined(runs, " · "))] if runs else []


def source_row(member: StoryEntry, names: Names) -> HtmlAndText:
    """Return one line of the list of sources: headline, outlet, kind, country, time."""
    entry = member.entry
    title = link(
        one_line(entry.title, MAX_TITLE) or "Untitled", safe_url(entry.url), language_tag(entry.language)
    )
    told = source_facts(member, names)
    time = f", {when(entry.time)}" if entry.time else ""
    tail = plain_words(f" — {outlet(member, names)}{f' ({told})' if told else ''}{time}")
    return HtmlAndText(title.html + tail.html, title.text + tail.text)


def tally(story: Story, names: Names) -> str:
    """Return how many report a story: "6 reports from 5 outlets, 3 independent origins"."""
    reports = len(story.entries) + sum(number for _, number in story.alike)
    outlets = len({outlet(member, names) for member in story.entries})
    origins = len(set(story.corroboration.origins))
    told = wording.count(reports, "report")
    if reports > 1:
        told += f" from {wording.count(outlets, 'outlet')}"
        if 0 < origins < outlets:
            told += f", {wording.count(origins, 'independent origin')}"
    return told


def source_facts(member: StoryEntry, names: Names) -> str:
    """Return what is known of a source: kind, country, language, and whose text it is."""
    writer = member.entry.origin
    if not member.origin or writer == member.origin:
        writer = ""
    named = names.origins.get(writer) or "" if writer else ""
    return _facts(member.kind, member.country, member.entry.language, writer, named)


def outlet(member: StoryEntry, names: Names) -> str:
    """Return the outlet's name for people."""
    named = names.origins.get(member.origin) or ""
    return _outlet(named, member.feed_title, member.origin or member.entry.origin)


# The same few outlets, languages and tags stand in the items of all stories.
@lru_cache(maxsize=8192)
def _facts(kind: str, country: str, language: str, writer: str, named: str) -> str:
    facts = [wording.kind(kind), country, language_name(language)]
    if writer:
        facts.append(f"text by {one_line(named or wording.name(writer), 80)}")
    return ", ".join(fact for fact in facts if fact)


@lru_cache(maxsize=1024)
def _languages(codes: tuple[str, ...]) -> HtmlAndText:
    return paragraph(f"Languages: {', '.join([language_name(code) for code in codes])}.")


@lru_cache(maxsize=8192)
def _outlet(named: str, feed_title: str, origin: str) -> str:
    return named or one_line(feed_title, 120) or wording.name(origin) or "Unknown source"


def main_entry(story: Story) -> StoryEntry | None:
    """Return the entry the story's link leads to, else its first."""
    return next((m for m in story.entries if m.entry.url == story.url), None) or next(
        iter(story.entries), None
    )


def related(story: Story) -> tuple[Link, ...]:
    """Return the pages of all sources, each URL once."""
    found: dict[str, Link] = {}
    for member in story.entries:
        url = safe_url(member.entry.url)
        if url and url not in found:
            found[url] = Link(
                url, one_line(member.entry.title, MAX_TITLE), language_tag(member.entry.language)
            )
    return tuple(found.values())


def item_source(member: StoryEntry | None) -> ItemSource | None:
    """Return the feed a member came from, where it is known."""
    if member is None or not (url := safe_url(member.feed_url)):
        return None
    time = member.entry.updated or member.entry.time
    return ItemSource(one_line(member.feed_title, 200) or url, url, time) if time else None


def attachment(member: StoryEntry | None) -> Attachment | None:
    """Return the main entry's first attached file, if it has one with a usable address and type."""
    for enclosure in member.entry.enclosures if member else ():
        url = safe_url(enclosure.url)
        # RSS has no enclosure on a host without a dot, or with an underscore.
        if _WHOLE_HOST.match(url) and wording.is_media_type(enclosure.type):
            return Attachment(url, enclosure.type, max(enclosure.length or 0, 0))
    return None


def categories(story: Story, labels: tuple[Label, ...], context: Context) -> tuple[Category, ...]:
    """Return the tags: topics, facets, corroboration state, and `burst`."""
    names = context.names
    tags: list[Category] = []
    for label in labels:
        tags.append(_tag("topic", label.topic, names.topics.get(label.topic) or wording.name(label.topic)))
        if label.facet:
            tags.append(
                _tag("facet", label.facet, names.facets.get(label.facet) or wording.name(label.facet))
            )
    tags.append(_tag("state", story.corroboration.state, wording.state(story.corroboration.state)))
    if story.burst:
        tags.append(_tag("signal", "burst", "Burst"))
    return tuple(dict.fromkeys(tags))


@lru_cache(maxsize=1024)
def _tag(scheme: str, term: str, label: str) -> Category:
    return Category(term, f"urn:x-aggregator:{scheme}", label)


def feedback_links(story: Story, labels: tuple[Label, ...], context: Context) -> Mapping[str, str]:
    """Return the signed links for the deciding topic, or none where feedback is off."""
    if not context.output.feedback or not context.served or not labels:
        return {}
    return context.publication.feedback(story.id, labels[0].topic)
