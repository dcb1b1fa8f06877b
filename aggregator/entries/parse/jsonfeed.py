"""JSON Feed 1.0 and 1.1 (jsonfeed.org)."""

from __future__ import annotations

from datetime import tzinfo
from html import escape
from typing import Any

from aggregator.core.types import Enclosure, ParsedFeed, RawEntry
from aggregator.entries import dates
from aggregator.entries.parse import partial_json
from aggregator.entries.parse.limits import CUT_OFF, MAX_ITEMS
from aggregator.entries.parse.partial_json import NotJsonFeed
from aggregator.entries.titles import one_line_title

_MAX_LIST = 50


def parse(text: str, url: str, zone: tzinfo) -> ParsedFeed:
    """Read the JSON Feed in `text`, fetched from `url`. Raises NotJsonFeed, with the reason.

    Of one that was cut off on its way, the items that are whole are read.
    """
    document, truncated = partial_json.read(text)
    if truncated and not isinstance(document.get("items"), list):
        raise NotJsonFeed("was cut off before its items")
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        raise NotJsonFeed("is JSON without a list of items")
    version = _text(document.get("version"))
    if not version and not any(key in document for key in ("home_page_url", "feed_url")):
        raise NotJsonFeed("is JSON of another kind: it has no version of JSON Feed")
    problems = [CUT_OFF] if truncated else []
    items = [item for item in document["items"] if isinstance(item, dict)]
    if len(items) < len(document["items"]):
        problems.append("has items that are no objects")
    if len(items) > MAX_ITEMS:
        problems.append(f"is very long: only the first {MAX_ITEMS} items are read")
        items = items[:MAX_ITEMS]
    base = _text(document.get("home_page_url")) or url
    authors = _authors(document)
    hub = next(
        (
            _text(hub.get("url"))
            for hub in _list(document.get("hubs"))
            if isinstance(hub, dict) and hub.get("url")
        ),
        "",
    )
    return ParsedFeed(
        title=one_line_title(_text(document.get("title"))),
        link=_text(document.get("home_page_url")),
        language=_text(document.get("language")),
        format="json10" if version.rstrip("/").endswith(("/1", "1.0")) else "json11",
        entries=tuple(_entry(item, base, authors, zone) for item in items),
        hub=hub,
        self_url=_text(document.get("feed_url")),
        problems=tuple(problems),
        truncated=truncated,
    )


def _entry(item: dict[str, Any], base: str, authors: str, zone: tzinfo) -> RawEntry:
    url, external = _text(item.get("url")), _text(item.get("external_url"))
    content = _text(item.get("content_html"))
    if not content:
        content = as_html(_text(item.get("content_text")))
    return RawEntry(
        guid=_text(item.get("id")),
        link=url or external,
        title=_text(item.get("title")),
        title_type="text/plain",
        summary=as_html(_text(item.get("summary"))),
        content=content,
        author=_authors(item) or authors,
        categories=tuple(dict.fromkeys(filter(None, map(_text, _list(item.get("tags"))))))[:_MAX_LIST],
        published=dates.read(_text(item.get("date_published")), zone),
        updated=dates.read(_text(item.get("date_modified")), zone),
        language=_text(item.get("language")),
        base=url or base,
        enclosures=_attachments(item),
        image=_text(item.get("image")) or _text(item.get("banner_image")),
    )


def as_html(text: str) -> str:
    """Plain text as HTML that shows the same lines."""
    if not text:
        return ""
    escaped = escape(text, quote=False)
    if "\n" not in escaped:
        return escaped
    blocks = [block.strip() for block in escaped.replace("\r\n", "\n").split("\n\n")]
    return "".join(f"<p>{block.replace(chr(10), '<br>')}</p>" for block in blocks if block)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)[:400]
    return ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _authors(holder: dict[str, Any]) -> str:
    """Names of version 1.1's `authors`, else of 1.0's `author`."""
    names = [
        _text(author.get("name")) or _text(author.get("url"))
        for author in (*_list(holder.get("authors")), holder.get("author"))
        if isinstance(author, dict)
    ]
    return ", ".join(dict.fromkeys(filter(None, names[:10])))


def _attachments(item: dict[str, Any]) -> tuple[Enclosure, ...]:
    found = []
    for attachment in _list(item.get("attachments"))[:_MAX_LIST]:
        if isinstance(attachment, dict) and _text(attachment.get("url")):
            size = attachment.get("size_in_bytes")
            found.append(
                Enclosure(
                    _text(attachment.get("url")),
                    _text(attachment.get("mime_type")),
                    int(size) if isinstance(size, int | float) and 0 <= size < 1e15 else None,
                )
            )
    return tuple(found)
