"""Which item an entry is: ids that stay the same from poll to poll, and one entry for one item."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from aggregator.keys import hex64
from aggregator.types import Entry, FeedState

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
    guids: dict[str, set[tuple[str, str]]] = {}
    links: dict[str, set[tuple[str, str]]] = {}
    for entry in entries:
        if entry.guid:
            guids.setdefault(entry.guid, set()).add((entry.url, entry.title))
        if entry.url:
            links.setdefault(entry.url, set()).add((entry.guid, entry.title))
    found: dict[str, Entry] = {}
    for entry in entries:
        guid = "" if unstable and entry.url else entry.guid
        url = entry.url
        if guid and len({pair[0] for pair in guids[guid]}) > 1:
            # One guid on several links says nothing; on one link with several titles it is an item that
            # stands twice, once before and once after an edit.
            guid = f"{guid}\x1f{entry.url}"
        shared = (
            bool(url)
            and len({pair[1] for pair in links[url]}) > 1
            and len({pair[0] for pair in links[url]}) > 1
        )
        if not guid and shared:
            url = f"{url}\x1f{entry.title}"
        elif not guid and url and len({pair[1] for pair in links[url]}) > 1:
            url, shared = f"{url}\x1f{entry.title}", True
        key = identify(feed.url, guid, url, entry.title, entry.published, entry.summary)
        kept = found.get(key)
        if kept is None or (entry.updated or entry.published or _NEVER) > (
            kept.updated or kept.published or _NEVER
        ):
            found[key] = replace(entry, id=key, url_shared=shared)
    return tuple(found.values())
