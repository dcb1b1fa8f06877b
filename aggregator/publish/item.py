"""What an item says of a story: its title, its body, its tags."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aggregator.config.outputs import OutputConfig
from aggregator.publish import words
from aggregator.publish.body import Block, Bullets, Heading, Span, paragraph, row
from aggregator.publish.languages import language_name, language_tag
from aggregator.publish.record import story_record
from aggregator.publish.select import Selection, labels_shown
from aggregator.publish.text import one_line, safe_url, urn, when
from aggregator.publish.types import Attachment, Category, Item, ItemSource, Link, Names, Site
from aggregator.types import Story, StoryEntry
from classifiers.types import Label

MAX_TITLE = 250
MAX_LEAD = 1200
MAX_SOURCES = 40
"""Sources spelt out in a body; the record and the story's page have them all."""

FeedbackLinks = Callable[[str, str], Mapping[str, str]]
"""(story id, topic) -> "relevant", "not_relevant" and "wrong_story", each an absolute URL; empty: no links."""


@dataclass(frozen=True, slots=True)
class Context:
    """What every item of one output needs to know."""

    output: OutputConfig
    selection: Selection
    site: Site
    names: Names
    feedback: FeedbackLinks
    served: bool = True
    """Whether the built-in server runs, so that links to story pages lead somewhere."""
    records: bool = True
    """Whether items get their structured record, which only JSON Feed writes."""

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
    blocks = story_blocks(story, labels, links, page, context)
    lead = one_line(story.lead, MAX_LEAD)
    return Item(
        id=story_id(story.id),
        title=story_title(story, context),
        url=safe_url(story.url) or page or context.site.base_url + "/",
        body=tuple(blocks),
        summary=lead or words.reported_by(story, context.names),
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


def story_blocks(
    story: Story, labels: tuple[Label, ...], links: Mapping[str, str], page: str, context: Context
) -> list[Block]:
    """Return the body of a story's item."""
    names = context.names
    blocks: list[Block] = []
    lead = one_line(story.lead, MAX_LEAD)
    if lead:
        blocks.append(paragraph(Span(lead, language=language_tag(story.language))))
    blocks.append(
        paragraph(
            Span(words.state(story.corroboration.state), strong=True),
            f". {words.reported_by(story, names)}",
            *([Span(" Unusually many reports in a short time.", strong=True)] if story.burst else []),
        )
    )
    if story.change not in ("", "new"):
        blocks.append(paragraph(f"Latest change, {when(story.changed)}: {one_line(story.change, 300)}."))
    members = story.entries[-MAX_SOURCES:]
    if members:
        blocks.append(Heading(words.count(len(story.entries), "source")))
        blocks.append(Bullets(tuple(source_row(member, names) for member in reversed(members))))
        if len(story.entries) > len(members):
            blocks.append(paragraph(f"And {len(story.entries) - len(members)} earlier ones."))
    history = story.corroboration.history
    if len(history) > 1 or story.corroboration.attributions:
        blocks.append(Heading("Corroboration"))
        rows = [row(f"{when(at)}: {words.state(state)}") for at, state in history]
        if story.corroboration.attributions:
            quoted = ", ".join(f"“{one_line(text, 120)}”" for text in story.corroboration.attributions)
            rows.append(row(f"Wording that counted: {quoted}"))
        blocks.append(Bullets(tuple(rows)))
    for label in labels:
        blocks.extend(words.why(label, names))
    languages = dict.fromkeys(m.entry.language for m in story.entries if m.entry.language)
    if len(languages) > 1:
        blocks.append(paragraph("Languages: ", ", ".join(language_name(code) for code in languages), "."))
    blocks.extend(action_row(links, page))
    return blocks


def action_row(links: Mapping[str, str], page: str) -> list[Block]:
    """Return the line of links by which a person answers, or nothing."""
    choices = (("relevant", "Relevant"), ("not_relevant", "Not relevant"), ("wrong_story", "Wrong story"))
    spans = [Span(text, links[key]) for key, text in choices if key in links]
    if page:
        spans.append(Span("Everything about this story", page))
    joined: list[Span] = []
    for span in spans:
        joined.extend([Span(" · "), span] if joined else [span])
    return [paragraph(*joined)] if joined else []


def source_row(member: StoryEntry, names: Names) -> tuple[Span, ...]:
    """Return one line of the list of sources: headline, outlet, kind, country, time."""
    entry = member.entry
    url, language = safe_url(entry.url), language_tag(entry.language)
    title = Span(one_line(entry.title, MAX_TITLE) or "Untitled", url, False, language)
    told = source_facts(member, names)
    tail = f" — {outlet(member, names)}" + (f" ({told})" if told else "")
    return row(title, tail + (f", {when(entry.time)}" if entry.time else ""))


def source_facts(member: StoryEntry, names: Names) -> str:
    """Return what is known of a source: kind, country, language, and whose text it is."""
    entry = member.entry
    facts = [words.kind(member.kind), member.country, language_name(entry.language)]
    if entry.origin and member.origin and entry.origin != member.origin:
        facts.append(f"text by {one_line(names.origins.get(entry.origin) or words.name(entry.origin), 80)}")
    return ", ".join(fact for fact in facts if fact)


def main_entry(story: Story) -> StoryEntry | None:
    """Return the entry the story's link leads to, else its first."""
    return next((m for m in story.entries if m.entry.url == story.url), None) or next(
        iter(story.entries), None
    )


def outlet(member: StoryEntry, names: Names) -> str:
    """Return the outlet's name for people."""
    named = names.origins.get(member.origin) or one_line(member.feed_title, 120)
    return named or words.name(member.origin or member.entry.origin) or "Unknown source"


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
        if url and words.is_media_type(enclosure.type):
            return Attachment(url, enclosure.type, max(enclosure.length or 0, 0))
    return None


def categories(story: Story, labels: tuple[Label, ...], context: Context) -> tuple[Category, ...]:
    """Return the tags: topics, facets, corroboration state, and `burst`."""
    names = context.names
    found: dict[tuple[str, str], Category] = {}

    def add(scheme: str, term: str, label: str) -> None:
        uri = f"urn:x-aggregator:{scheme}"
        found.setdefault((uri, term), Category(term, uri, label))

    for label in labels:
        add("topic", label.topic, names.topics.get(label.topic) or words.name(label.topic))
        if label.facet:
            add("facet", label.facet, names.facets.get(label.facet) or words.name(label.facet))
    add("state", story.corroboration.state, words.state(story.corroboration.state))
    if story.burst:
        add("signal", "burst", "Burst")
    return tuple(found.values())


def feedback_links(story: Story, labels: tuple[Label, ...], context: Context) -> Mapping[str, str]:
    """Return the signed links for the deciding topic, or none where feedback is off."""
    if not context.output.feedback or not context.served or not labels:
        return {}
    return context.feedback(story.id, labels[0].topic)
