"""OutputFeed -> JSON Feed 1.1 (jsonfeed.org/version/1.1); extensions in `_aggregator`, see item.schema.json."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter

from aggregator.publish.text import iso, plain
from aggregator.publish.types import Item, OutputFeed

_ENCODER = TypeAdapter(Any)
"""Writes what `json` would write, in a fifth of the time."""


def render_json(feed: OutputFeed) -> bytes:
    """Return the feed as a UTF-8 JSON Feed document."""
    document: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": plain(feed.title),
        "home_page_url": feed.home,
        "feed_url": feed.url("json"),
        "description": plain(feed.description),
        "language": feed.language,
        "authors": [{"name": plain(feed.author)}],
    }
    if feed.icon:
        document["icon"] = feed.icon
    if feed.hubs:
        document["hubs"] = [{"type": "WebSub", "url": hub} for hub in feed.hubs]
    if feed.paging.next is not None:
        document["next_url"] = feed.url("json", feed.paging.next)
    extension: dict[str, Any] = {
        "version": 1,
        "id": feed.id,
        "output": feed.slug,
        "kind": feed.kind,
        "updated": iso(feed.updated),
    }
    if feed.about:
        extension["about"] = feed.about
    for name in ("current", "prev_archive", "next_archive"):
        query = getattr(feed.paging, name)
        if query is not None:
            extension[name] = feed.url("json", query)
    if feed.withdrawn is not None:
        extension["withdrawn"] = feed.url("json", feed.withdrawn)
    if feed.tombstones:
        extension["deleted"] = [{"id": s.id, "at": iso(s.at), "why": s.why} for s in feed.tombstones]
    document["_aggregator"] = extension
    document["items"] = [_item(item, feed) for item in feed.items]
    return _dump(document) + b"\n"


def _dump(document: dict[str, Any]) -> bytes:
    try:
        return _ENCODER.dump_json(document)
    except ValueError:
        # Half of a surrogate pair, which no UTF-8 may hold.
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _item(item: Item, feed: OutputFeed) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": item.id,
        "url": item.url,
        "title": plain(item.title),
        "content_html": item.html,
        "content_text": item.text,
        # Plain text by the specification, but some readers put it into their page as HTML.
        "summary": plain(item.summary),
        "date_published": iso(item.published),
        "date_modified": iso(item.updated),
    }
    if item.language:
        found["language"] = item.language
    if item.author:
        found["authors"] = [{"name": plain(item.author)}]
    if item.categories:
        found["tags"] = list(dict.fromkeys(plain(category.label) for category in item.categories))
    if item.attachment:
        attachment: dict[str, Any] = {"url": item.attachment.url, "mime_type": item.attachment.type}
        if item.attachment.length:
            attachment["size_in_bytes"] = item.attachment.length
        found["attachments"] = [attachment]
    if item.record:
        found["_aggregator"] = item.record
    return found
