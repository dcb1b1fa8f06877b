"""Rows of an import as entries, cleaned exactly like those of a feed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aggregator.core import text as plain
from aggregator.core import urls
from aggregator.core.errors import BadRow
from aggregator.core.types import Entry, FeedState, RawEntry
from aggregator.entries import dates, language
from aggregator.entries.content import language_of, revision_hash, texts_of
from aggregator.entries.identity import identify, settled
from aggregator.entries.titles import one_line_title

_ID = re.compile(r"[\x21-\x7e]{1,128}\Z")


def from_row(row: Mapping[str, Any], feed: FeedState, now: datetime) -> Entry:
    """An entry from an imported row, cleaned like one from a feed.

    Keys: id, source, url, title, summary, content (HTML), published (ISO 8601 or any date a feed may have),
    lang, and author, guid; `feed` stands for the row's source. The id is kept as given. Raises BadRow, which
    names the field and says what to do.
    """
    key = _row_text(row, "id")
    if key and not _ID.match(key):
        raise BadRow("id: must be 1 to 128 printable ASCII characters without spaces; shorten or encode it")
    address = _row_text(row, "url")
    url = urls.canonical(address) if address else ""
    if address and not url:
        raise BadRow(f"url: not an http(s) address: {address[:80]!r}; correct it or leave it out")
    texts = texts_of(
        RawEntry(
            title=_row_text(row, "title"),
            title_type="text/html",
            summary=_row_text(row, "summary"),
            content=_row_text(row, "content"),
        ),
        url,
    )
    if not (texts.title or texts.summary):
        raise BadRow("title: empty, and there is no summary or content either; give at least one of them")
    published = _row_date(row, feed, now)
    given = _row_text(row, "lang")
    spoken = language.code(given)
    if given and not spoken:
        raise BadRow(
            f"lang: not an ISO 639 language code: {given[:40]!r}; use one such as ko or en, or leave it out"
        )
    guid = plain.one_line(_row_text(row, "guid"))[:2000]
    return Entry(
        id=key or identify(feed.url, guid, url, texts.title, settled(published, now), texts.summary),
        feed_id=feed.id,
        guid=guid,
        url=url,
        title=texts.title,
        summary=texts.summary,
        content=texts.content,
        text=texts.text,
        author=plain.shorten(one_line_title(_row_text(row, "author"), "text/html"), 300),
        published=published,
        seen=now,
        language=spoken or language_of(texts, "", feed.language, ""),
        origin=feed.origin,
        hash=revision_hash(texts.title, texts.summary, texts.text),
    )


def _row_text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise BadRow(f"{name}: must be text, got {type(value).__name__}; put it in quotes")


def _row_date(row: Mapping[str, Any], feed: FeedState, now: datetime) -> datetime | None:
    value = row.get("published")
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        when: datetime | None = value if value.tzinfo else value.replace(tzinfo=UTC)
    else:
        zone = dates.zone_of(feed.country, feed.language)
        when = dates.read(_row_text(row, "published"), zone)
    if when is None:
        raise BadRow(
            f"published: not a date: {str(value)[:80]!r}; use ISO 8601, such as 2025-10-26T09:00:00+09:00"
        )
    return dates.usable(when.astimezone(UTC), now)
