"""StorySource -> OutputFeed: reads what one document needs and builds it. The only part that reads the store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from aggregator.config.outputs import OutputConfig
from aggregator.publish.build import Content, build
from aggregator.publish.gather import gather
from aggregator.publish.items.digest import digest_spans
from aggregator.publish.paging import page_of
from aggregator.publish.parameters import WITHDRAWN_QUERY, Request, plain_request, withdraws
from aggregator.publish.selection import Selection
from aggregator.publish.source import StorySource
from aggregator.publish.types import OutputFeed, Publication

TOMBSTONES_KEPT = timedelta(days=30)
MAX_TOMBSTONES = 200


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
            stories, paging, selection = page_of(source, output, request, now, paged=paged)
            return Content(stories, paging=paging), selection


def _day(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
