"""Stories -> OutputFeed. Pure: the same stories, settings and `now` make the same feed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from aggregator.publish.items.story import Context, FeedbackLinks, story_id, story_item
from aggregator.publish.items.withdrawal import withdrawal_items
from aggregator.publish.languages import language_tag
from aggregator.publish.selection import Selection, pick, selection_of
from aggregator.publish.source import Withdrawn
from aggregator.publish.text import clean, one_line, urn
from aggregator.publish.types import Item, Names, OutputFeed, Paging, Site, Tombstone

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""The `updated` of a feed that never had an item; a constant, so that its bytes stay the same."""


def no_feedback(story: str, topic: str) -> Mapping[str, str]:
    """Links of an installation that takes no feedback: none."""
    return {}


def build(
    output: OutputConfig,
    stories: Sequence[Story],
    *,
    now: datetime,
    site: Site,
    names: Names = Names(),  # noqa: B008 - frozen
    selection: Selection | None = None,
    narrowed: str = "",
    query: str = "",
    gone: Sequence[Withdrawn] = (),
    withdrawals: bool = False,
    withdrawn: str | None = None,
    alarms: Sequence[FeedAlarm] = (),
    paging: Paging = Paging(),  # noqa: B008 - frozen
    feedback: FeedbackLinks = no_feedback,
    base: str = "",
    served: bool = True,
    ttl: int = 15,
    records: bool = True,
) -> OutputFeed:
    """Return the document of an output.

    `stories`: may hold more than the output wants; they are picked and ordered here. `selection`: instead of
    the configuration's own. `gone`: what was withdrawn. `withdrawals`: the document is the list of that, and holds
    no stories. `withdrawn`: the query of that list, where the feed is to link to it. `narrowed`: the canonical query string that made it so, which makes it another
    feed with another id. `query`: that and the page, as in this document's own URL. `base`: URL of the feed
    without extension, where it is not `SITE/feeds/SLUG` (private outputs, files). `served`: whether our own
    server runs, so that links to pages and feedback lead somewhere. `ttl`: minutes. `records`: whether items get
    their structured record, which only JSON Feed writes.
    """
    selection = selection or selection_of(output, now)
    context = Context(output, selection, site, names, feedback, served, records)
    base = base or f"{site.base_url}/feeds/{quote(output.slug)}"
    items = withdrawal_items(gone, context) if withdrawals else _items(stories, alarms, context, now)
    held = {item.id for item in items}
    stones = tuple(
        Tombstone(item_id, one.at, one_line(one.why))
        for one in gone
        if (item_id := story_id(one.story)) not in held
    )
    moments = [item.updated for item in items] + [stone.at for stone in stones]
    title = feed_title(output, names) + (": withdrawn" if withdrawals else "")
    parts = (site.installation, output.slug, *((narrowed,) if narrowed else ()))
    return OutputFeed(
        id=urn("output", *parts),
        slug=output.slug,
        kind=output.kind,
        title=title,
        description=one_line(output.description) or _describe(output, title),
        base=base,
        query=query,
        home=output_page(output, site) if served else f"{site.base_url}/",
        updated=max(moments, default=LONG_AGO),
        language=language_tag(output.language),
        author=clean(site.title),
        items=items,
        tombstones=stones,
        withdrawn=withdrawn,
        paging=paging,
        hubs=hubs_of(output) if not query and base in told_bases(output, site) else (),
        ttl=ttl,
        about=context.about,
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


def _items(
    stories: Sequence[Story], alarms: Sequence[FeedAlarm], context: Context, now: datetime
) -> tuple[Item, ...]:
    match context.output.kind:
        case "health":
            return health_items(alarms, context)
        case "digest":
            return digest_items(stories, context, now)
        case "alerts":
            return alert_items(pick(stories, context.selection), context)
        case _:
            picked = pick(stories, context.selection)
            if context.selection.unit == "entry":
                return entry_items(picked, context)
            return tuple(story_item(story, context) for story in picked)
