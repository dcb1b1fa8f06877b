"""A feed's items as clean entries.

    ParsedFeed -> for each RawEntry: URL, dates, title, texts, language -> identity -> Entry

`from_row` is the door for imported rows; both get the same cleaning.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from aggregator.core import text as plain
from aggregator.core import urls
from aggregator.core.types import Enclosure, Entry, FeedState, ParsedFeed, RawEntry
from aggregator.entries import dates, language, sanitise
from aggregator.entries.bounded_html import text_only
from aggregator.entries.content import language_of, revision_hash, texts_of
from aggregator.entries.identity import distinct
from aggregator.entries.import_row import from_row
from aggregator.entries.titles import one_line_title

__all__ = ["clean", "from_row", "normalise"]

MAX_GUID = 2000
MAX_TAGS = 300_000
"""In the texts of one document: 9.5 MB of ordinary articles have fewer."""
MAX_FRAGMENT = 200


def normalise(parsed: ParsedFeed, feed: FeedState, now: datetime) -> tuple[Entry, ...]:
    """The entries of a document, in its order, each once. `now` (UTC) is when it was fetched. Never raises.

    An item without any title, text and link is left out. `published` falls back to the item's update time.
    """
    return clean(parsed, feed, now)[0]


def clean(parsed: ParsedFeed, feed: FeedState, now: datetime) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """As `normalise`, and what is wrong with the items, in words: the document's own problems first."""
    base = urls.canonical(parsed.link, feed.location) or urls.canonical(feed.location) or feed.location
    document_language = language.code(parsed.language)
    items, problems = _bounded(parsed)
    entries = [_entry(raw, feed, base, document_language, now) for raw in items]
    found = distinct([entry for entry in entries if entry is not None], feed)
    if found.apart:
        told = f"gives one id or link to {found.apart} items, which are told apart by date, title and text"
        problems = (*problems, told)
    return found.entries, problems


def _bounded(parsed: ParsedFeed) -> tuple[tuple[RawEntry, ...], tuple[str, ...]]:
    """The items of a document, without the markup of their texts where that is more than any document needs."""
    tags = sum(raw.summary.count("<") + raw.content.count("<") for raw in parsed.entries)
    if tags <= MAX_TAGS:
        return parsed.entries, parsed.problems
    items = tuple(
        replace(raw, summary=text_only(raw.summary), content=text_only(raw.content)) for raw in parsed.entries
    )
    return items, (
        *parsed.problems,
        f"has more than {MAX_TAGS} tags in its texts, of which only the words are kept",
    )


def _entry(raw: RawEntry, feed: FeedState, base: str, spoken: str, now: datetime) -> Entry | None:
    base = urls.canonical(raw.base, base) or base
    url = _url(raw, base)
    texts = texts_of(raw, base)
    guid = plain.one_line(raw.guid)[:MAX_GUID]
    if not (texts.title or url):
        return None
    if not texts.title:
        texts = replace(texts, title=urls.host_of(url).removeprefix("www."))
    published, updated = dates.usable(raw.published, now), dates.usable(raw.updated, now)
    image = urls.canonical(raw.image, base) or sanitise.first_image(texts.content)
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
        language=language_of(texts, language.code(raw.language), feed.language, spoken),
        enclosures=_enclosures(raw.enclosures, base),
        image=image,
        origin=feed.origin,
        credit=plain.shorten(source, 200) if source and source.lower() != feed.title.lower() else "",
        hash=revision_hash(texts.title, texts.summary, texts.text),
        fragment=(raw.original_link or raw.link).partition("#")[2].strip()[:MAX_FRAGMENT],
    )


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
