"""Which item an entry is: ids that stay the same from poll to poll, and one entry for one item.

    an item's guid, else link, else title and date (or text)      its plain id
    several items under one plain id                              told apart by what readers see

An item keeps its id while its feed names it the same way. Whether others share its guid or link changes from document to
document; `renamed` finds the item under the id it had then.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from aggregator.core.hashes import hex64
from aggregator.core.types import Entry, FeedState, KnownEntry
from aggregator.entries.diff import similarity

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_EDITED = 0.5
"""Share of words in common from which two items under one id are one item before and after an edit."""
_LEVELS = 3


def identify(feed_url: str, guid: str, url: str, title: str, moment: datetime | None, body: str) -> str:
    """16 hex digits that stay the same for an item as long as its feed names it the same way.

    The guid if there is one; else the link; else title and date; else title and text.
    """
    if guid:
        return hex64("guid", feed_url, guid)
    if url:
        return hex64("link", feed_url, url)
    return hex64("text", feed_url, title, moment.isoformat() if moment else body)


@dataclass(frozen=True, slots=True)
class Distinct:
    """The entries of one document, each with an id of its own."""

    entries: tuple[Entry, ...]
    apart: int = 0
    """How many of them have a guid or link that others have too, and are told apart by date, title and text."""


def distinct(entries: Sequence[Entry], feed: FeedState) -> Distinct:
    """Entries with their ids: repeats dropped, items under one guid or link told apart, shared URLs marked.

    Of an item that stands twice, before and after an edit, the newer is kept. Where a feed is known to change its guids
    at each poll, its links identify its items.
    """
    urls_of_guid: dict[str, set[str]] = defaultdict(set)
    titles_of_url: dict[str, set[str]] = defaultdict(set)
    guids_of_url: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        urls_of_guid[entry.guid].add(entry.url)
        titles_of_url[entry.url].add(entry.title)
        guids_of_url[entry.url].add(entry.guid)
    items: dict[str, list[tuple[int, Entry]]] = defaultdict(list)
    for place, entry in enumerate(entries):
        guid = _guid(entry, feed)
        # Several titles on one link: with one guid it is an item that stands twice, before and after an edit.
        shared = (
            bool(entry.url)
            and len(titles_of_url[entry.url]) > 1
            and (not guid or len(guids_of_url[entry.url]) > 1)
        )
        several_links = bool(guid) and len(urls_of_guid[guid]) > 1
        key = _plain_id(entry, feed, with_url=several_links, with_title=not guid and shared)
        items[key].append((place, replace(entry, id=key, url_shared=shared, guid_shared=several_links)))
    found: list[tuple[int, Entry]] = []
    apart = 0
    for key, group in items.items():
        versions = _versions(group) if len(group) > 1 else group
        if len(versions) > 1:
            apart += len(versions)
            versions = _told_apart(key, versions)
        found += versions
    return Distinct(tuple(entry for _, entry in sorted(found, key=lambda item: item[0])), apart)


def aliases(entry: Entry, feed: FeedState) -> tuple[str, ...]:
    """The ids that the item may have had in another document, where others did or did not share its guid or link."""
    plain = dict.fromkeys(
        _plain_id(entry, feed, with_url=with_url, with_title=with_title)
        for with_url, with_title in ((False, False), (True, False), (False, True))
    )
    found = dict.fromkeys(plain)
    for key in plain:
        found.update(dict.fromkeys(_apart_id(key, entry, level) for level in range(1, _LEVELS + 1)))
    return tuple(found)


def renamed(entries: Sequence[Entry], stored: Mapping[str, KnownEntry], feed: FeedState) -> tuple[Entry, ...]:
    """`entries` of one document, with the ids under which they are stored where that is another of their `aliases`.

    `stored` is what is stored under their ids, and under the aliases of those that are not or have other words there.
    The words decide: an alias must have the same, or at least the title, and nothing else in the document may have them.
    """
    taken = {entry.id for entry in entries if _unchanged(entry, stored)}
    titles = Counter(entry.title for entry in entries)
    words = Counter(entry.hash for entry in entries)
    found = []
    for entry in entries:
        if not _unchanged(entry, stored):
            before = next(
                _stored_as(entry, feed, stored, taken, words[entry.hash] == 1, titles[entry.title] == 1),
                entry.id,
            )
            taken.add(before)
            entry = replace(entry, id=before)
        found.append(entry)
    return tuple(found)


def unsettled(entries: Sequence[Entry], known: Mapping[str, KnownEntry]) -> list[Entry]:
    """Those of `entries` that may be stored under another id: they are not, or have other words, under their own."""
    return [entry for entry in entries if not _unchanged(entry, known)]


def _unchanged(entry: Entry, stored: Mapping[str, KnownEntry]) -> bool:
    held = stored.get(entry.id)
    return held is not None and held.hash == entry.hash


def settled(moment: datetime | None, now: datetime | None) -> datetime | None:
    """`moment`, unless it is only the poll's own time put in place of a date in the future."""
    return None if moment == now else moment


def _guid(entry: Entry, feed: FeedState) -> str:
    return "" if feed.memory.unstable_guids and entry.url else entry.guid


def _plain_id(entry: Entry, feed: FeedState, *, with_url: bool, with_title: bool) -> str:
    guid, url = _guid(entry, feed), entry.url
    if guid and with_url:
        guid = f"{guid}\x1f{url}"
    elif url and with_title:
        url = f"{url}\x1f{entry.title}"
    return identify(feed.url, guid, url, entry.title, settled(entry.published, entry.seen), entry.summary)


def _versions(group: Sequence[tuple[int, Entry]]) -> list[tuple[int, Entry]]:
    """The items under one plain id, each once: of equal words the newest, and of an item before and after an edit."""
    found: dict[tuple[str, str], tuple[int, Entry]] = {}
    for place, entry in group:
        words = entry.hash, "" if entry.guid else entry.fragment
        kept = found.get(words)
        if kept is None or _moment(entry) > _moment(kept[1]):
            found[words] = (place if kept is None else kept[0], entry)
    versions = list(found.values())
    if len(versions) == 2 and _one_item(versions[0][1], versions[1][1]):
        first = versions[0][0]
        return [(first, max((entry for _, entry in versions), key=_moment))]
    return versions


def _one_item(one: Entry, other: Entry) -> bool:
    """Whether two entries under one plain id are one item before and after an edit."""
    if not one.guid and one.fragment != other.fragment:
        return False
    dated = one.published is not None and other.published is not None and one.published != other.published
    # No editor changes all three; and without a guid, a link and title that come back each day are no item's name.
    reworded = (one.summary, one.text) != (other.summary, other.text)
    if dated and reworded and (one.title != other.title or not one.guid):
        return False
    return similarity(f"{one.title}\n{one.summary}", f"{other.title}\n{other.summary}") >= _EDITED


def _told_apart(key: str, versions: Sequence[tuple[int, Entry]]) -> list[tuple[int, Entry]]:
    """Each with an id of its own: by date, where that is enough. Guid and link say nothing of them."""
    found = []
    rest = list(versions)
    for level in range(1, _LEVELS + 1):
        ids = Counter(_apart_id(key, entry, level) for _, entry in rest)
        again = []
        for place, entry in rest:
            own = _apart_id(key, entry, level)
            if ids[own] > 1 and level < _LEVELS:
                again.append((place, entry))
            else:
                found.append(
                    (place, replace(entry, id=own, url_shared=bool(entry.url), guid_shared=bool(entry.guid)))
                )
        rest = again
    return found


def _apart_id(key: str, entry: Entry, level: int) -> str:
    """By the date and the fragment of the link; by the title too; by the text too."""
    moment = settled(entry.published, entry.seen)
    by = [moment.isoformat() if moment else "", "" if entry.guid else entry.fragment]
    by += [entry.title][: level - 1] + [entry.hash][: level - 2 if level > 2 else 0]
    return hex64("apart", key, *by)


def _stored_as(
    entry: Entry,
    feed: FeedState,
    stored: Mapping[str, KnownEntry],
    taken: Collection[str],
    only_words: bool,
    only_title: bool,
) -> Iterator[str]:
    candidates = [
        held for key in aliases(entry, feed) if (held := stored.get(key)) is not None and key not in taken
    ]
    if only_words:
        yield from (held.id for held in candidates if held.hash == entry.hash)
    if only_title and entry.id not in stored:
        yield from (held.id for held in candidates if held.title == entry.title)


def _moment(entry: Entry) -> datetime:
    return entry.updated or entry.published or _NEVER
