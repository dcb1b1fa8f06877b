"""Which item an entry is: ids that stay the same from poll to poll, and one entry for one item."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime

from aggregator.core.hashes import hex64
from aggregator.core.types import Entry, FeedState

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def identify(feed_url: str, guid: str, url: str, title: str, moment: datetime | None, body: str) -> str:
    """16 hex digits that stay the same for an item as long as its feed names it the same way.

    The guid if there is one; else the link; else title and date; else title and text.
    """
    if guid:
        return hex64("guid", feed_url, guid)
    if url:
        return hex64("link", feed_url, url)
    return hex64("text", feed_url, title, moment.isoformat() if moment else body)


def distinct(entries: list[Entry], feed: FeedState) -> tuple[Entry, ...]:
    """Entries with their ids: repeats dropped, reused guids told apart, shared URLs marked.

    Where a feed is known to change its guids at each poll, its links identify its items.
    """
    unstable = feed.memory.unstable_guids
    urls_of_guid: dict[str, set[str]] = defaultdict(set)
    titles_of_url: dict[str, set[str]] = defaultdict(set)
    guids_of_url: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        urls_of_guid[entry.guid].add(entry.url)
        titles_of_url[entry.url].add(entry.title)
        guids_of_url[entry.url].add(entry.guid)
    found: dict[str, Entry] = {}
    for entry in entries:
        guid = "" if unstable and entry.url else entry.guid
        url = entry.url
        # Several titles on one link: with one guid it is an item that stands twice, before and after an edit.
        shared = bool(url) and len(titles_of_url[url]) > 1 and (not guid or len(guids_of_url[url]) > 1)
        if guid and len(urls_of_guid[guid]) > 1:
            # One guid on several links says nothing.
            guid = f"{guid}\x1f{url}"
        elif not guid and shared:
            url = f"{url}\x1f{entry.title}"
        key = identify(feed.url, guid, url, entry.title, settled(entry.published, entry.seen), entry.summary)
        kept = found.get(key)
        if kept is None or _moment(entry) > _moment(kept):
            found[key] = replace(entry, id=key, url_shared=shared)
    return tuple(found.values())


def settled(moment: datetime | None, now: datetime | None) -> datetime | None:
    """`moment`, unless it is only the poll's own time put in place of a date in the future."""
    return None if moment == now else moment


def _moment(entry: Entry) -> datetime:
    return entry.updated or entry.published or _NEVER
