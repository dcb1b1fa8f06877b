"""StorySource -> OutputFeed: reads what one document needs and builds it. The only part that reads the store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from aggregator.config.outputs import OutputConfig
from aggregator.core.types import Story
from aggregator.publish import archive
from aggregator.publish.build import Content, build
from aggregator.publish.items.digest import digest_spans
from aggregator.publish.parameters import WITHDRAWN_QUERY, Request, plain_request, withdraws, write_cursor
from aggregator.publish.selection import Cursor, Selection, cursor_of, entry_fits, matches
from aggregator.publish.source import StorySource
from aggregator.publish.types import OutputFeed, Paging, Publication

TOMBSTONES_KEPT = timedelta(days=30)
MAX_TOMBSTONES = 200
MAX_ROUNDS = 20
"""Reads of the store for one document; with conditions that hardly anything fulfils, a page ends early."""
MAX_SCORED = 5000
"""Stories looked through, best score first, for conditions that the store does not know."""


def produce(
    source: StorySource,
    output: OutputConfig,
    publication: Publication,
    request: Request | None = None,
    *,
    now: datetime,
) -> OutputFeed:
    """Return the document a request asks for (None: the plain output)."""
    request = request or plain_request(output, now)
    content, selection = _content(source, output, request, publication.paged, now)
    if withdraws(output, selection) and not request.archive:
        content = replace(
            content, gone=source.tombstones(output, _day(now) - TOMBSTONES_KEPT, MAX_TOMBSTONES)
        )
        if publication.paged and output.withdrawals == "linked" and not request.withdrawn:
            content = replace(content, withdrawn=WITHDRAWN_QUERY)
    request = replace(request, selection=selection)
    return build(output, content, publication, now=now, names=source.names(), request=request)


def _content(
    source: StorySource, output: OutputConfig, request: Request, paged: bool, now: datetime
) -> tuple[Content, Selection]:
    """What the document holds, withdrawals apart, and the selection it turned out to be."""
    selection = request.selection
    match output.kind:
        case "health":
            return Content(alarms=tuple(source.alarms(selection.limit))), selection
        case "digest":
            # A story that developed in a span has changed since that span began.
            since = digest_spans(output, now)[-1][0]
            wide = replace(selection, since=since, order="changed", limit=5000)
            stories, _ = gather(source, output, wide, None)
            return Content(stories), selection
        case "alerts":
            stories, _ = gather(source, output, selection, None)
            return Content(stories), selection
        case _ if request.withdrawn:
            return Content(), selection
        case _:
            stories, paging, selection = _page(source, output, request, now, paged)
            return Content(stories, paging=paging), selection


def gather(
    source: StorySource, output: OutputConfig, selection: Selection, before: Cursor | None
) -> tuple[tuple[Story, ...], bool]:
    """Return the first `selection.limit` matching stories after `before`, and whether there are more."""
    found: dict[str, Story] = {}
    want = selection.limit + 1
    ask = max(want, 50)
    for _ in range(MAX_ROUNDS):
        batch = source.stories(output, selection, ask, before)
        found.update((story.id, story) for story in batch if matches(story, selection))
        if len(found) >= want or len(batch) < ask:
            break
        after = cursor_of(batch[-1], selection)
        if after is not None:
            before, ask = after, max(want - len(found), 50)
        elif ask < MAX_SCORED:
            # By score there are no pages to go on from: ask for more from the top.
            ask = min(ask * 4, MAX_SCORED)
        else:
            break
    stories = tuple(found.values())
    return stories[: selection.limit], len(stories) > selection.limit


def _page(
    source: StorySource, output: OutputConfig, request: Request, now: datetime, paged: bool
) -> tuple[tuple[Story, ...], Paging, Selection]:
    selection = request.selection
    stories, more = gather(source, output, selection, request.before)
    entries = 0
    if selection.unit == "entry":
        stories, cut, entries = _whole_stories(stories, selection)
        more = more or cut
    if not paged:
        limit = entries if selection.unit == "entry" else selection.limit
        return stories, Paging(), replace(selection, limit=max(limit, 1))
    oldest = source.oldest() if output.archive != "none" else None
    if request.archive:
        span = archive.span_of(request.archive, output.archive)
        before = archive.previous(span, output.archive, oldest)
        after = archive.following(span, output.archive, now)
        if before is None and after is None:
            # An archive that is alone leads to an empty one before it: readers expect it in a chain.
            before = archive.before(span, output.archive)
        paging = Paging(
            current=request.page(),
            prev_archive=None if before is None else request.page(archive=before),
            next_archive=None if after is None else request.page(archive=after),
            archive=True,
        )
        return stories, paging, selection
    last = cursor_of(stories[-1], selection) if stories and more else None
    paging = Paging(
        first=request.page() if last or request.before else None,
        next=None if last is None else request.page(before=write_cursor(last)),
    )
    if output.archive != "none" and request.before is None and not request.limited and stories:
        newest = max(story.first_seen for story in stories)
        before = archive.latest(newest, output.archive, now, oldest)
        paging = replace(paging, prev_archive=None if before is None else request.page(archive=before))
    if selection.unit == "entry":
        # Whole stories, so that no entry falls between two pages.
        return stories, paging, replace(selection, limit=max(entries, 1))
    return stories, paging, selection


def _whole_stories(stories: tuple[Story, ...], selection: Selection) -> tuple[tuple[Story, ...], bool, int]:
    """Return as many stories as have `limit` entries together, whether any was cut, and their entries."""
    entries = 0
    for number, story in enumerate(stories, 1):
        entries += _entries(story, selection)
        if entries >= selection.limit:
            return stories[:number], number < len(stories), entries
    return stories, False, entries


def _entries(story: Story, selection: Selection) -> int:
    return sum(not member.archived and entry_fits(member, selection) for member in story.entries)


def _day(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
