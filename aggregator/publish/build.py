"""Stories -> OutputFeed. Pure: the same stories, settings and `now` make the same feed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

from aggregator.config.outputs import OutputConfig
from aggregator.core.types import Story
from aggregator.publish import wording
from aggregator.publish.hubs import hubs_of, told_bases
from aggregator.publish.items.alerts import alert_items
from aggregator.publish.items.digest import digest_items
from aggregator.publish.items.entry import entry_items
from aggregator.publish.items.health import FeedAlarm, health_items
from aggregator.publish.items.story import Context, story_id, story_item
from aggregator.publish.items.withdrawal import withdrawal_items
from aggregator.publish.languages import language_tag
from aggregator.publish.parameters import Request, plain_request
from aggregator.publish.selection import pick
from aggregator.publish.source import Withdrawn
from aggregator.publish.text import clean, one_line, urn
from aggregator.publish.types import Item, Names, OutputFeed, Paging, Publication, Site, Tombstone

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""The `updated` of a feed that never had an item; a constant, so that its bytes stay the same."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a document is made of."""

    stories: Sequence[Story] = ()
    """May be more than the output wants: they are picked and ordered here."""
    alarms: Sequence[FeedAlarm] = ()
    gone: Sequence[Withdrawn] = ()
    """What was withdrawn."""
    withdrawn: str | None = None
    """The query of the list of that, where the feed is to link to it."""
    paging: Paging = field(default_factory=Paging)


def build(
    output: OutputConfig,
    content: Content,
    publication: Publication,
    *,
    now: datetime,
    names: Names,
    request: Request | None = None,
) -> OutputFeed:
    """Return the document of an output that a request asks for (None: the plain one).

    What narrows the output makes it another feed, with another id.
    """
    request = request or plain_request(output, now)
    site = publication.site
    context = Context(output, request.selection, names, publication)
    base = publication.base or f"{site.base_url}/feeds/{quote(output.slug)}"
    items = withdrawal_items(content.gone, context) if request.withdrawn else _items(content, context, now)
    tombstones = _tombstones(content.gone, items)
    moments = [item.updated for item in items] + [stone.at for stone in tombstones]
    title = feed_title(output, names) + (": withdrawn" if request.withdrawn else "")
    parts = (site.installation, output.slug, *((request.narrowed,) if request.narrowed else ()))
    return OutputFeed(
        id=urn("output", *parts),
        slug=output.slug,
        kind=output.kind,
        title=title,
        description=one_line(output.description) or _describe(output, title),
        base=base,
        query=request.query,
        home=output_page(output, site) if publication.served else f"{site.base_url}/",
        updated=max(moments, default=LONG_AGO),
        language=language_tag(output.language),
        author=clean(site.title),
        items=items,
        tombstones=tombstones,
        withdrawn=content.withdrawn,
        paging=content.paging,
        hubs=hubs_of(output) if not request.query and base in told_bases(output, site) else (),
        ttl=publication.ttl,
        about=context.about,
    )


def _tombstones(gone: Sequence[Withdrawn], items: Sequence[Item]) -> tuple[Tombstone, ...]:
    """What was withdrawn and is not in the document again."""
    held = {item.id for item in items}
    return tuple(
        Tombstone(item_id, one.at, one_line(one.why))
        for one in gone
        if (item_id := story_id(one.story)) not in held
    )


def output_page(output: OutputConfig, site: Site) -> str:
    """Return the URL of the page for people of an output; a private one has none of its own."""
    return f"{site.base_url}/" if output.private_env else f"{site.base_url}/output/{quote(output.slug)}"


def feed_title(output: OutputConfig, names: Names) -> str:
    """Return the output's title: its own, else made of its topics'."""
    if output.title:
        return one_line(output.title)
    topics = [one_line(names.topics.get(slug) or wording.name(slug)) for slug in output.topics]
    title = ", ".join(topics) if topics else wording.name(output.slug)
    extra = {"digest": "digest", "near-misses": "near misses", "health": "feed health", "alerts": "alerts"}
    return f"{title}: {extra[output.kind]}" if output.kind in extra and topics else title


def _describe(output: OutputConfig, title: str) -> str:
    what = {
        "stories": "Stories",
        "digest": "Digests of stories",
        "near-misses": "Stories that scored just below the threshold",
        "health": "Feeds that need attention",
        "alerts": "Bursts and changes of corroboration",
    }[output.kind]
    return f"{what}: {title}."


def _items(content: Content, context: Context, now: datetime) -> tuple[Item, ...]:
    match context.output.kind:
        case "health":
            return health_items(content.alarms, context)
        case "digest":
            return digest_items(content.stories, context, now)
        case "alerts":
            return alert_items(pick(content.stories, context.selection), context)
        case _:
            picked = pick(content.stories, context.selection)
            if context.selection.unit == "entry":
                return entry_items(picked, context)
            return tuple(story_item(story, context) for story in picked)
