"""A feed's items as clean entries.

    ParsedFeed -> for each RawEntry: identity, URL, dates, title, text, language -> Entry

Also the door through which imported rows come in (`from_row`), so that both get the same cleaning.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

from aggregator import dates, html, language, urls
from aggregator import text as plain
from aggregator.errors import BadRow
from aggregator.keys import hex64
from aggregator.types import Enclosure, Entry, FeedState, ParsedFeed, RawEntry

MAX_TITLE = 500
MAX_SUMMARY = 4000
MAX_CONTENT = 400_000
"""Characters of HTML looked at for one entry; what goes beyond is cut before cleaning."""
MAX_GUID = 2000
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Dates before the web are placeholders (1970-01-01, 0001-01-01): the entry has no date."""
SLACK = timedelta(minutes=10)
"""Clocks differ: this far in the future is simply now."""

_INLINE = re.compile(
    r"</?(?:a|abbr|b|big|br|cite|code|del|div|em|font|h[1-6]|i|img|ins|li|mark|p|q|s|small|span|strong|strike|sub|sup"
    r"|tt|u|ul|wbr)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_BREAKING = re.compile(r"<(?:/?(?:p|div|li|ul|h[1-6])|br)\b", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,24});")
_ID = re.compile(r"[\x21-\x7e]{1,128}\Z")
_LEAD = re.compile(r".{20,}?[.!?。！？](?=\s|$)|.{20,}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Texts:
    title: str
    summary: str
    content: str
    text: str


def normalise(parsed: ParsedFeed, feed: FeedState, now: datetime) -> tuple[Entry, ...]:
    """The entries of a document, in its order, each once. `now` (UTC) is when it was fetched. Never raises.

    An item without any title, text and link is left out. `published` falls back to the item's update time.
    """
    base = urls.canonical(parsed.link, feed.location) or urls.canonical(feed.location) or feed.location
    document_language = language.code(parsed.language)
    entries = [_entry(raw, feed, base, document_language, now) for raw in parsed.entries]
    return _distinct([entry for entry in entries if entry is not None], feed)


def _entry(raw: RawEntry, feed: FeedState, base: str, spoken: str, now: datetime) -> Entry | None:
    base = urls.canonical(raw.base, base) or base
    url = _url(raw, base)
    texts = _texts(raw, base)
    guid = plain.one_line(raw.guid)[:MAX_GUID]
    if not (texts.title or url):
        return None
    if not texts.title:
        texts = replace(texts, title=urls.host_of(url))
    published, updated = _moment(raw.published, now), _moment(raw.updated, now)
    image = urls.canonical(raw.image, base) or html.first_image(texts.content)
    source = one_line_title(raw.source_title, "text/html")
    return Entry(
        id="",
        feed_id=feed.id,
        guid=guid,
        url=url,
        title=texts.title,
        summary=texts.summary,
        content=texts.content,
        text=texts.text,
        author=plain.shorten(one_line_title(raw.author, "text/html"), 300),
        categories=_categories(raw.categories),
        published=published or updated,
        updated=updated,
        seen=now,
        language=_language(texts, language.code(raw.language), feed.language, spoken),
        enclosures=_enclosures(raw.enclosures, base),
        image=image,
        origin=feed.origin,
        credit=plain.shorten(source, 200) if source and source.lower() != feed.title.lower() else "",
        hash=revision_hash(texts.title, texts.summary, texts.text),
    )


# --- identity ----------------------------------------------------------------------------------


def identify(feed_url: str, guid: str, url: str, title: str, moment: datetime | None, body: str) -> str:
    """16 hex digits that stay the same for an item as long as its feed names it the same way.

    The guid if there is one; else the link; else title and date; else title and text.
    """
    if guid:
        return hex64("guid", feed_url, guid)
    if url:
        return hex64("link", feed_url, url)
    return hex64("text", feed_url, title, moment.isoformat() if moment else body)


def _distinct(entries: list[Entry], feed: FeedState) -> tuple[Entry, ...]:
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
        if kept is None or (entry.updated or entry.published or EARLIEST) > (
            kept.updated or kept.published or EARLIEST
        ):
            found[key] = replace(entry, id=key, url_shared=shared)
    return tuple(found.values())


def revision_hash(title: str, summary: str, text: str) -> str:
    """Of what readers see: markup, image addresses and spacing do not make a revision."""
    return hex64(title, summary, text)


# --- fields ------------------------------------------------------------------------------------


def _url(raw: RawEntry, base: str) -> str:
    """The item's page: the original link before the redirector's, a guid that is a URL as the last resort."""
    for candidate in (raw.original_link, raw.link):
        found = urls.canonical(candidate, base) if candidate else ""
        if found:
            return found
    if raw.guid[:8].lower().startswith(("http://", "https://")):
        return urls.canonical(raw.guid)
    for enclosure in raw.enclosures:
        found = urls.canonical(enclosure.url, base)
        if found:
            return found
    return ""


def _moment(when: datetime | None, now: datetime) -> datetime | None:
    if when is None or when < EARLIEST:
        return None
    return when if when <= now else now


def one_line_title(title: str, kind: str = "text/plain") -> str:
    """A title as one line of plain text.

    HTML titles lose their tags and entities. In plain ones only inline HTML tags go (`<b>`, `<br>`), so that
    "x < y" and "List<T>" stay. Entities that are still there are double-escaped and decoded once more.
    """
    if "<" not in title and "&" not in title:
        return plain.one_line(title)
    title = title[: 20 * MAX_TITLE]
    if kind == "text/plain" or not _INLINE.search(title):
        title = _untag(title)
        if _ENTITY.search(title):
            title = unescape(title)
            title = _untag(title)
    else:
        title = html.to_text(title)
    if _ENTITY.search(title):
        title = _untag(unescape(title))
    return plain.one_line(title)


def _untag(title: str) -> str:
    if "<" not in title:
        return title
    return _INLINE.sub("", _BREAKING.sub(lambda found: " " + found[0], title))


def _texts(raw: RawEntry, base: str) -> _Texts:
    title = plain.shorten(one_line_title(raw.title, raw.title_type), MAX_TITLE)
    summary_html, content_html = raw.summary[:MAX_CONTENT], raw.content[:MAX_CONTENT]
    summary = _flat(summary_html)
    content = text = ""
    if content_html:
        content = html.sanitise(content_html, base)
        text = html.to_text(content)
        if not summary or summary == title:
            summary = plain.shorten(plain.one_line(text), MAX_SUMMARY)
    elif summary_html and _rich(summary_html):
        content = html.sanitise(summary_html, base)
    if text and plain.one_line(text) == summary:
        text = ""
    if len(summary) > MAX_SUMMARY:
        text = text or html.to_text(content or summary_html)
        summary = plain.shorten(summary, MAX_SUMMARY)
    if not title:
        title = headline(summary or text)
    return _Texts(title, summary, content, text)


def _flat(markup: str) -> str:
    """Summary HTML as one line of plain text; double-escaped markup is decoded once more."""
    if "<" not in markup and "&" not in markup:
        return plain.one_line(markup)
    text = html.to_text(html.sanitise(markup)) if "<" in markup else unescape(markup)
    if "<" in text or "&" in text:
        if _INLINE.search(text) and "</" in text:
            text = html.to_text(html.sanitise(text))
        elif _ENTITY.search(text):
            text = unescape(text)
    return plain.one_line(text)


def _rich(markup: str) -> bool:
    """Whether summary HTML has something that its plain text loses: links, images, several blocks."""
    return (
        re.search(r"<(?:a|img|p|ul|ol|table|blockquote|audio|video|h[1-6])\b", markup, re.IGNORECASE)
        is not None
    )


def headline(text: str) -> str:
    """A title made from `text`: its first sentence, shortened."""
    line = plain.one_line(text[: 4 * MAX_TITLE])
    found = _LEAD.match(line)
    return plain.shorten(found[0] if found else line, 100)


def _categories(names: tuple[str, ...]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for name in names[:50]:
        line = plain.shorten(one_line_title(name, "text/html"), 100)
        if line:
            found.setdefault(line)
    return tuple(found)


def _enclosures(raw: tuple[Enclosure, ...], base: str) -> tuple[Enclosure, ...]:
    found: dict[str, Enclosure] = {}
    for enclosure in raw:
        url = urls.canonical(enclosure.url, base)
        if url:
            found.setdefault(
                url, Enclosure(url, plain.one_line(enclosure.type)[:100].lower(), enclosure.length)
            )
    return tuple(found.values())


def _language(texts: _Texts, item: str, configured: str, document: str) -> str:
    """What the item says, else the configuration, else the document unless the letters belie it, else a guess."""
    if item and item != document:
        return item
    if configured:
        return configured
    words = f"{texts.title} {texts.summary}"
    if document:
        proved = language.by_script(words)
        if proved and proved != document and not {proved, document} <= {"ja", "zh"}:
            return proved
        if proved or document not in ("ko", "ja", "zh"):
            return document
    return language.detect(words)


# --- import ------------------------------------------------------------------------------------


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
    texts = _texts(
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
    guid = plain.one_line(_row_text(row, "guid"))[:MAX_GUID]
    return Entry(
        id=key or identify(feed.url, guid, url, texts.title, published, texts.summary),
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
        language=spoken or _language(texts, "", feed.language, ""),
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
    return _moment(when.astimezone(UTC), now)
