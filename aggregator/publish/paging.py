"""A request -> the stories of its document, and where the rest is: pages (RFC 5005 §3) and archives (§4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from aggregator.config.outputs import OutputConfig
from aggregator.core.types import Story
from aggregator.publish import archive
from aggregator.publish.gather import gather
from aggregator.publish.items.entry import entries_of, mark_of
from aggregator.publish.parameters import Request, write_cursor
from aggregator.publish.selection import Cursor, Selection, cursor_of, for_archive
from aggregator.publish.source import StorySource
from aggregator.publish.types import Paging


class Page(NamedTuple):
    """What one document is built of."""

    stories: tuple[Story, ...]
    paging: Paging
    selection: Selection
    """As `build` needs it: with the number of items, and where inside a story they begin."""


def page_of(
    source: StorySource, output: OutputConfig, request: Request, now: datetime, *, paged: bool
) -> Page:
    """Return the stories a request asks for. `paged`: whether other pages and archives can be had."""
    if request.archive:
        return _archive_part(source, output, request, now)
    selection = request.selection
    stories, more = gather(source, output, selection, request.before)
    last = cursor_of(stories[-1], selection) if stories and more else None
    if selection.unit == "entry":
        stories, last, selection = _cut(stories, last, replace(selection, within=request.before))
    if not paged:
        return Page(stories, Paging(), selection)
    paging = Paging(
        first=request.page() if last or request.before else None,
        next=None if last is None else request.page(before=write_cursor(last)),
    )
    if output.archive != "none" and request.before is None and not request.limited:
        key = _latest(source, output, selection, now)
        paging = replace(paging, prev_archive=None if key is None else request.page(archive=key))
    return Page(stories, paging, selection)


def _cut(
    stories: tuple[Story, ...], last: Cursor | None, selection: Selection
) -> tuple[tuple[Story, ...], Cursor | None, Selection]:
    """Return the stories whose entries fill the page, where the next one begins, and the selection of just these.

    The page may end inside a story, which the next one then begins with.
    """
    entries = entries_of(stories, selection)
    page, rest = entries[: selection.limit], entries[selection.limit :]
    if rest:
        story, member = page[-1]
        last = cursor_of(story, selection)
        if last is not None and rest[0][0].id == story.id:
            last = replace(last, entry=mark_of(member))
    held = {story.id for story, _ in page}
    return tuple(story for story in stories if story.id in held), last, selection


def _latest(source: StorySource, output: OutputConfig, selection: Selection, now: datetime) -> str | None:
    """Return the key of the archive that comes after the feed: by the newest story of all, whatever the feed shows."""
    oldest = source.oldest()
    if oldest is None:
        return None
    every = replace(for_archive(selection, (oldest, now + timedelta(days=1))), limit=1)
    found, _ = gather(source, output, every, None)
    return archive.latest(found[0].first_seen, output.archive, now, oldest) if found else None


def _archive_part(source: StorySource, output: OutputConfig, request: Request, now: datetime) -> Page:
    unit, selection, upper = output.archive, request.selection, request.before
    span = archive.span_of(request.archive, unit)
    outline = source.outline(output, selection)
    places = archive.cuts(outline, by_entries=selection.unit == "entry")
    lower = max(
        (cut for cut in places if upper is None or _place(cut) < _place(upper)), key=_place, default=None
    )
    within = [
        one
        for one in outline
        if (lower is None or (one.first_seen, one.story) >= _place(lower))
        and (upper is None or (one.first_seen, one.story) < _place(upper))
    ]
    # What fits the selection is among what the outline has, so that the part is whole with as many.
    found, _ = gather(source, output, replace(selection, limit=len(within)), upper)
    stories = tuple(s for s in found if lower is None or (s.first_seen, s.id) >= _place(lower))
    older = _part(request, request.archive, lower) if lower else _older(source, output, request, span)
    if upper is not None:
        above = min((cut for cut in places if _place(cut) > _place(upper)), key=_place, default=None)
        newer: str | None = _part(request, request.archive, above)
    else:
        newer = _newer(source, output, request, span, now)
    if older is None and newer is None:
        # An archive that is alone leads to an empty one before it: readers expect it in a chain.
        older = request.page(archive=archive.before(span, unit))
    paging = Paging(current=request.page(), prev_archive=older, next_archive=newer, archive=True)
    items = len(entries_of(stories, selection)) if selection.unit == "entry" else len(stories)
    return Page(stories, paging, replace(selection, limit=max(items, len(stories), 1)))


def _older(source: StorySource, output: OutputConfig, request: Request, span: archive.Span) -> str | None:
    key = archive.previous(span, output.archive, source.oldest())
    return None if key is None else _part(request, key, None)


def _newer(
    source: StorySource, output: OutputConfig, request: Request, span: archive.Span, now: datetime
) -> str | None:
    """Return the query of what comes after a span: the oldest part of the next one."""
    key = archive.following(span, output.archive, now)
    if key is None:
        return None
    selection = for_archive(request.selection, archive.span_of(key, output.archive))
    places = archive.cuts(source.outline(output, selection), by_entries=selection.unit == "entry")
    return _part(request, key, places[0] if places else None)


def _part(request: Request, key: str, upper: Cursor | None) -> str:
    return request.page(archive=key, **({"before": write_cursor(upper)} if upper else {}))


def _place(cursor: Cursor) -> tuple[datetime, str]:
    return cursor.at, cursor.story
