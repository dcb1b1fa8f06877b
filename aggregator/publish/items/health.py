"""Items of a health output: one for each change of a feed's health."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aggregator.core.types import Alarm
from aggregator.publish.body import body, link, paragraph, strong
from aggregator.publish.items.story import Context
from aggregator.publish.text import iso, one_line, safe_url, spell, urn, when
from aggregator.publish.types import Category, Item

_KINDS = {
    "failing": "Failing",
    "quiet": "Silent for too long",
    "gap": "Entries were missed",
    "html": "A page stands where the feed was",
    "moved": "Moved",
    "gone": "Gone",
    "degraded": "Works with loss",
    "recovered": "Works again",
}


@dataclass(frozen=True, slots=True)
class FeedAlarm:
    """An alarm with what people know its feed by."""

    alarm: Alarm
    title: str
    url: str
    """Of the feed, as configured."""


def health_items(alarms: Sequence[FeedAlarm], context: Context) -> tuple[Item, ...]:
    """Return alarms as items, latest first, at most the selection's limit."""
    unique = {_id(alarm): alarm for alarm in alarms}
    latest = sorted(unique.items(), key=lambda pair: (pair[1].alarm.at, pair[0]), reverse=True)
    since = context.selection.since
    kept = [pair for pair in latest if since is None or pair[1].alarm.at >= since]
    return tuple(_item(urn_, alarm, context) for urn_, alarm in kept[: context.selection.limit])


def alarm_name(kind: str) -> str:
    """Return what an alarm's kind means, in words."""
    return _KINDS.get(kind) or spell(kind)


def _id(told: FeedAlarm) -> str:
    return urn("alarm", told.url, told.alarm.kind, told.alarm.at.isoformat())


def _item(item_id: str, told: FeedAlarm, context: Context) -> Item:
    alarm, url = told.alarm, safe_url(told.url)
    title = one_line(told.title, 150) or url or "A feed"
    what = alarm_name(alarm.kind)
    message = one_line(alarm.message, 1000)
    page = context.site.base_url + "/health" if context.served else ""
    blocks = [
        paragraph(strong(what), f", {when(alarm.at)}."),
        *([paragraph(message)] if message else []),
        paragraph("Feed: ", link(url or one_line(told.url, 500), url)),
    ]
    return Item(
        id=item_id,
        title=f"{title}: {what[:1].lower()}{what[1:]}",
        url=url or page or context.site.base_url + "/",
        body=body(blocks),
        summary=message or f"{what}.",
        published=alarm.at,
        updated=alarm.at,
        language="en",
        author=context.site.title,
        categories=(Category(alarm.kind, "urn:x-aggregator:health", what),),
        record={
            "version": 1,
            "unit": "alarm",
            "kind": alarm.kind,
            "at": iso(alarm.at),
            "feed": title,
            "feed_url": url,
            "message": message,
            **({"about": context.about} if context.about else {}),
        },
    )
