"""Small feed documents for tests, and short ways through parse and normalise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from html import escape

from aggregator.core.types import Entry, FeedMemory, FeedState, Fetched, ParsedFeed, PollError
from aggregator.entries.normalise import normalise
from aggregator.entries.parse import parse

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
URL = "https://news.example/feeds/all.xml"
FEED = FeedState(7, URL, URL, origin="example")


def feed_state(**changes: object) -> FeedState:
    """FEED with changes."""
    return replace(FEED, **changes)  # type: ignore[arg-type]  # field names are checked by the dataclass


def fetched(
    body: bytes | str, feed: FeedState = FEED, headers: Mapping[str, str] | None = None, url: str = URL
) -> Fetched:
    """An answer with `body`."""
    data = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    return Fetched(feed, NOW, url, 200, dict(headers or {}), data)


def read(
    body: bytes | str, feed: FeedState = FEED, headers: Mapping[str, str] | None = None, url: str = URL
) -> ParsedFeed:
    """`body` parsed; it must be a feed."""
    parsed = parse(fetched(body, feed, headers, url))
    assert isinstance(parsed, ParsedFeed), parsed
    return parsed


def refuse(body: bytes | str, headers: Mapping[str, str] | None = None) -> PollError:
    """What parse says to `body`; it must be no feed."""
    parsed = parse(fetched(body, headers=headers))
    assert isinstance(parsed, PollError), parsed
    return parsed


def entries(
    body: bytes | str, feed: FeedState = FEED, headers: Mapping[str, str] | None = None
) -> tuple[Entry, ...]:
    """The entries of `body`, parsed and normalised."""
    return normalise(read(body, feed, headers), feed, NOW)


def rss(*items: str, channel: str = "", declaration: str = "") -> str:
    """An RSS 2.0 document with these items' insides."""
    inside = "".join(f"<item>{item}</item>" for item in items)
    return (
        f'{declaration}<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"'
        ' xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'
        ' xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
        ' xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd">'
        f"<channel><title>News</title><link>https://news.example/</link>{channel}{inside}</channel></rss>"
    )


def atom(*inside: str, head: str = "") -> str:
    """An Atom 1.0 document with these entries' insides."""
    body = "".join(f"<entry>{entry}</entry>" for entry in inside)
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>News</title>{head}{body}</feed>'


def item(
    title: str = "A title", link: str = "https://news.example/1", guid: str = "", text: str = "", **more: str
) -> str:
    """The inside of an RSS item; values are escaped."""
    fields = {"title": title, "link": link, "guid": guid, "description": text, **more}
    return "".join(
        f"<{name}>{escape(value, quote=False)}</{name}>" for name, value in fields.items() if value
    )


def unstable(feed: FeedState = FEED) -> FeedState:
    """A feed known to change its guids."""
    return replace(feed, memory=FeedMemory(unstable_guids=True))
