"""One item of a document as feedparser has it, as a RawEntry."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from html import escape
from time import struct_time
from typing import Any
from urllib.parse import urljoin

from feedparser.datetimes import _parse_date

from aggregator.core.types import RawEntry
from aggregator.entries import dates
from aggregator.entries.parse.media import enclosures_of, picture_of
from aggregator.entries.parse.people import authors_of
from aggregator.entries.parse.values import detail, parts, string, value

_MAX_LIST = 50


def raw_entry(entry: dict[str, Any], base: str, zone: tzinfo, authors: str | None) -> RawEntry:
    """`entry` as a record. `base` is what its links are relative to, `zone` holds for dates that name none, and
    `authors` are the feed's where its format hands them down, else None."""
    title = detail(entry, "title")
    summary, summary_base = _summary(entry)
    content, content_base = _content(entry, summary)
    source = value(entry, "source")
    source = source if isinstance(source, dict) else {}
    return RawEntry(
        guid=string(entry, "id"),
        link=_first_link(entry),
        title=string(entry, "title"),
        title_type=str(title.get("type", "text/html")),
        summary=summary,
        content=content,
        author=authors_of(entry, authors),
        categories=_categories(entry),
        published=_date(entry, "published", zone) or _date(entry, "created", zone),
        updated=_date(entry, "updated", zone),
        language=_language(entry),
        base=join(base, content_base or summary_base or str(title.get("base") or "")),
        enclosures=enclosures_of(entry),
        image=picture_of(entry),
        source_title=string(source, "title"),
        source_url=string(source, "href") or string(source, "link"),
        original_link=string(entry, "feedburner_origlink") or string(entry, "pheedo_origlink"),
        guid_is_permalink=bool(value(entry, "guidislink")),
    )


def join(base: str, target: str) -> str:
    """`target` as seen from `base`; "" for what cannot be joined, `base` for nothing."""
    try:
        return urljoin(base, target)
    except ValueError:
        return base


def _markup(details: dict[str, Any], text: str) -> tuple[str, str]:
    """`text` as HTML, and its base URL. Plain text is escaped, so that all is HTML from here on."""
    if str(details.get("type", "")) == "text/plain" and ("<" in text or "&" in text):
        text = escape(text, quote=False)
    return text, str(details.get("base") or "")


def _summary(entry: dict[str, Any]) -> tuple[str, str]:
    """The summary as HTML, and its base. Where feedparser filled it from the content, the content's type holds.

    A podcast's subtitle stands in where there is neither.
    """
    text = string(entry, "summary")
    if not text and not value(entry, "content"):
        return _markup(detail(entry, "subtitle"), string(entry, "subtitle"))
    details = detail(entry, "summary")
    if not details:
        details = next((part for part in parts(entry, "content") if part.get("value") == text), {})
    return _markup(details, text)


def _content(entry: dict[str, Any], summary: str) -> tuple[str, str]:
    """The longest of the item's content elements as HTML, unless it only repeats the summary."""
    best: tuple[str, str] = ("", "")
    for part in parts(entry, "content"):
        kind = str(part.get("type", ""))
        if not (kind.startswith("text/") or kind.endswith(("html", "xml")) or not kind):
            continue
        text, base = _markup(part, str(part.get("value") or ""))
        if len(text) > len(best[0]):
            best = text, base
    return best if best[0] != summary else ("", best[1])


def _language(entry: dict[str, Any]) -> str:
    """dc:language of the item, else xml:lang of its longest text."""
    for holder in (*parts(entry, "content"), detail(entry, "summary"), detail(entry, "title")):
        if holder.get("language"):
            return string(entry, "language") or str(holder["language"])
    return string(entry, "language")


def _first_link(entry: dict[str, Any]) -> str:
    """The item's page: an alternate link, preferably HTML; else what feedparser takes for it; else a related one.

    feedparser alone would take an enclosure's text for the link.
    """
    links = [link for link in parts(entry, "links") if link.get("href")]
    alternates = [link for link in links if str(link.get("rel", "")).lower() == "alternate"]
    pages = [link for link in alternates if "html" in str(link.get("type", "text/html"))]
    own = string(entry, "link")
    others = [link for link in links if str(link.get("rel", "")).lower() in ("related", "via", "")]
    if any(link["href"] == own for link in pages):
        return own
    for link in (*pages, *alternates):
        return str(link["href"])
    if own and not any(link["href"] == own for link in links):
        return own
    return next((str(link["href"]) for link in others), "")


def _categories(entry: dict[str, Any]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for tag in parts(entry, "tags"):
        name = str(tag.get("label") or tag.get("term") or "").strip()
        if name:
            found.setdefault(name)
    return tuple(found)[:_MAX_LIST]


def _date(entry: dict[str, Any], key: str, zone: tzinfo) -> datetime | None:
    return dates.read(string(entry, key), zone, _by_feedparser(zone))


def _by_feedparser(zone: tzinfo) -> Callable[[str], datetime | None]:
    """feedparser's own date patterns (Greek, Hungarian, Perforce, …); they hold UTC where no zone is named."""

    def read(text: str) -> datetime | None:
        moment = _parse_date(text)
        if not isinstance(moment, struct_time) or not 1970 <= moment.tm_year <= 9999:
            return None
        try:
            return datetime(*moment[:5], min(moment.tm_sec, 59), tzinfo=UTC)
        except ValueError:
            return None

    return read
