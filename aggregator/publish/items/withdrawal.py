"""Items of the document that lists what an output held and holds no more, for people as well as for programs."""

from __future__ import annotations

from collections.abc import Sequence

from aggregator.publish.body import body, link, paragraph, strong
from aggregator.publish.items.story import MAX_TITLE, Context, story_id
from aggregator.publish.source import Withdrawn
from aggregator.publish.text import iso, one_line, urn, when
from aggregator.publish.types import Category, Item


def withdrawal_items(gone: Sequence[Withdrawn], context: Context) -> tuple[Item, ...]:
    """Return one item for each withdrawn story, latest first."""
    return tuple(_item(one, context) for one in gone)


def _item(gone: Withdrawn, context: Context) -> Item:
    page = f"{context.site.base_url}/story/{gone.story}" if context.served else ""
    why = one_line(gone.why) or "withdrawn"
    told = f"Withdrawn {when(gone.at)}: {why}."
    blocks = [paragraph(strong(f"Withdrawn {when(gone.at)}"), f": {why}.")]
    if page:
        blocks.append(paragraph(link("Everything about this story", page)))
    title = one_line(gone.title, MAX_TITLE) or "a story"
    return Item(
        # An item of its own: the story's id is what the tombstone is about.
        id=urn("withdrawal", context.output.slug, gone.story, iso(gone.at)),
        title=f"Withdrawn: {title}",
        url=page or context.site.base_url + "/",
        body=body(blocks),
        summary=told,
        published=gone.at,
        updated=gone.at,
        language=context.output.language,
        author=context.site.title,
        categories=(Category("withdrawn", "urn:x-aggregator:signal", "Withdrawn"),),
        page=page,
        record={
            "version": 1,
            "unit": "withdrawal",
            "story": gone.story,
            "id": story_id(gone.story),
            "at": iso(gone.at),
            "why": why,
            **({"about": context.about} if context.about else {}),
        },
    )
