"""RSS, RDF, Atom and CDF documents, through feedparser.

feedparser gets bytes that this package has already made UTF-8, well-formed, free of document types and
bounded in size, always through `io.BytesIO`: given as such, bytes can name a file or URL that it would open.
Its sanitising and link resolution stay off; `aggregator.normalise` does both, faster.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from html import escape
from time import struct_time
from typing import Any
from urllib.parse import urljoin

import feedparser
from feedparser.datetimes import _parse_date

from aggregator.core.types import Enclosure, Fetched, ParsedFeed, RawEntry
from aggregator.entries import dates
from aggregator.entries.parse import hints, repair, survey
from aggregator.entries.titles import one_line_title

ROOTS = frozenset({"rss", "feed", "rdf", "channel", "item", "entry"})
"""Root elements, in lower case without prefix, of what is read as a feed."""

_ROOT_NAME = re.compile(r"<(?:[A-Za-z][\w.\-]*:)?([A-Za-z][\w.\-]*)")
_LINK_HEADER = re.compile(r"""<([^<>]*)>\s*;[^,<]*?\brel\s*=\s*["']?([\w\s\-]+)["']?""", re.IGNORECASE)
_ADDRESSED = re.compile(r"[^\s@()<>]+@[^\s@()<>]+\s*\(([^()]+)\)\Z|([^@<>()]+?)\s*<[^\s@<>]+@[^\s@<>]+>\Z")
_MAX_LIST = 50


def root_of(text: str) -> str:
    """Name of the element that `text` begins with, in lower case without prefix."""
    found = _ROOT_NAME.match(text)
    return found[1].lower() if found else ""


def parse(
    body: str, entities: dict[str, str], fetched: Fetched, zone: tzinfo, problems: list[str]
) -> ParsedFeed:
    """Read the XML feed in `body`, from its root element on; `entities` were declared for it.

    Dates without a zone are in `zone`; what is wrong with the document is added to `problems`.

    Raises survey.TooDeep for documents built to exhaust us and survey.Malformed when no repair helps.
    """
    body = repair.declare(body, entities)
    data = body.encode("utf-8", "replace")
    try:
        found = survey.survey(data)
    except survey.Malformed as error:
        problems.append(f"is not well-formed XML ({error})")
        data = repair.repair(repair.strip_forbidden(body)).encode("utf-8", "replace")
        found = survey.survey(data)
    if found.end is not None:
        problems.append(f"is very long: only the first {found.items} items are read")
    if found.dropped:
        problems.append(f"has {found.dropped} overlong fields, which are left out")
    asked = hints.read((name, _inner(data[start:end])) for name, start, end in found.hints)
    # No Content-Location: feedparser would resolve guids against it, and they would all change with a redirect.
    headers = {"content-type": "application/xml; charset=utf-8"}
    language = fetched.headers.get("content-language", "")
    if language:
        headers["content-language"] = language[:40]
    try:
        result = feedparser.parse(
            io.BytesIO(b"<?xml version='1.0' encoding='utf-8'?>\n" + survey.apply(data, found)),
            response_headers=headers,
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:
        # Its handlers of rare elements trust what they are given; each fails in its own way.
        raise survey.Malformed(f"{type(error).__name__} in feedparser: {error}") from error
    return _feed(result, fetched, zone, asked, problems)


def _inner(data: bytes) -> str:
    return data.decode("utf-8", "replace").replace("<![CDATA[", "").replace("]]>", "").strip()


def _feed(
    result: Mapping[str, Any], fetched: Fetched, zone: tzinfo, asked: Any, problems: Iterable[str]
) -> ParsedFeed:
    feed = result["feed"]
    links = [link for link in _get(feed, "links") or () if isinstance(link, dict)]
    link = _string(feed, "link")
    relations: dict[str, str] = {}
    for each in links:
        if each.get("href"):
            relations.setdefault(str(each.get("rel", "")).lower(), str(each["href"]))
    for target, rels in _LINK_HEADER.findall(fetched.headers.get("link", "")[:4000]):
        for rel in rels.lower().split():
            relations.setdefault(rel, target)
    title_type = str(_detail(feed, "title").get("type", ""))
    version = str(result["version"] or "")
    link = _join(fetched.url, link or relations.get("alternate", ""))
    # Atom names its base (RFC 4287, xml:base, else the document's own address); in RSS, links without a host
    # are meant as seen from the site.
    base = link if link and not version.startswith("atom") else fetched.url
    return ParsedFeed(
        title=one_line_title(_string(feed, "title"), title_type),
        link=link,
        language=_string(feed, "language"),
        format=version,
        entries=tuple(_entry(entry, base, zone) for entry in result["entries"]),
        hints=asked,
        hub=relations.get("hub", ""),
        self_url=relations.get("self", ""),
        problems=tuple(problems),
    )


def _entry(entry: dict[str, Any], base: str, zone: tzinfo) -> RawEntry:
    title = _detail(entry, "title")
    summary, summary_base = _summary(entry)
    content, content_base = _content(entry, summary)
    link = _first_link(entry)
    source = _get(entry, "source")
    source = source if isinstance(source, dict) else {}
    return RawEntry(
        guid=_string(entry, "id"),
        link=link,
        title=_string(entry, "title"),
        title_type=str(title.get("type", "text/html")),
        summary=summary,
        content=content,
        author=_author(entry),
        categories=_categories(entry),
        published=_date(entry, "published", zone) or _date(entry, "created", zone),
        updated=_date(entry, "updated", zone),
        language=_language(entry),
        base=_join(base, content_base or summary_base or str(title.get("base") or "")),
        enclosures=_enclosures(entry),
        image=_image(entry),
        source_title=_string(source, "title"),
        source_url=_string(source, "href") or _string(source, "link"),
        original_link=_string(entry, "feedburner_origlink") or _string(entry, "pheedo_origlink"),
        guid_is_permalink=bool(_get(entry, "guidislink")),
    )


def _get(values: dict[str, Any], key: str) -> Any:
    """A plain look-up: feedparser's own maps one key to another and warns about it."""
    return dict.get(values, key)


def _string(values: dict[str, Any], key: str) -> str:
    value = _get(values, key)
    return value.strip() if isinstance(value, str) else ""


def _detail(values: dict[str, Any], key: str) -> dict[str, Any]:
    value = _get(values, f"{key}_detail")
    return value if isinstance(value, dict) else {}


def _markup(detail: dict[str, Any], value: str) -> tuple[str, str]:
    """`value` as HTML, and its base URL. Plain text is escaped, so that all is HTML from here on."""
    if str(detail.get("type", "")) == "text/plain" and ("<" in value or "&" in value):
        value = escape(value, quote=False)
    return value, str(detail.get("base") or "")


def _summary(entry: dict[str, Any]) -> tuple[str, str]:
    """The summary as HTML, and its base. Where feedparser filled it from the content, the content's type holds."""
    value = _string(entry, "summary")
    detail = _detail(entry, "summary")
    if not detail:
        parts = (part for part in _get(entry, "content") or () if isinstance(part, dict))
        detail = next((part for part in parts if part.get("value") == value), {})
    return _markup(detail, value)


def _content(entry: dict[str, Any], summary: str) -> tuple[str, str]:
    """The longest of the item's content elements as HTML, unless it only repeats the summary."""
    best: tuple[str, str] = ("", "")
    for part in _get(entry, "content") or ():
        kind = str(part.get("type", ""))
        if not (kind.startswith("text/") or kind.endswith(("html", "xml")) or not kind):
            continue
        value, base = _markup(part, str(part.get("value") or ""))
        if len(value) > len(best[0]):
            best = value, base
    return best if best[0] != summary else ("", best[1])


def _language(entry: dict[str, Any]) -> str:
    """dc:language of the item, else xml:lang of its longest text."""
    parts = [part for part in _get(entry, "content") or () if isinstance(part, dict)]
    for holder in (*parts, _detail(entry, "summary"), _detail(entry, "title")):
        if holder.get("language"):
            return _string(entry, "language") or str(holder["language"])
    return _string(entry, "language")


def _join(base: str, target: str) -> str:
    """`target` as seen from `base`; "" for what cannot be joined, `base` for nothing."""
    try:
        return urljoin(base, target)
    except ValueError:
        return base


def _first_link(entry: dict[str, Any]) -> str:
    """The item's page: an alternate link, preferably HTML; else what feedparser takes for it; else a related one.

    feedparser alone would take an enclosure's text for the link.
    """
    links = [link for link in _get(entry, "links") or () if isinstance(link, dict) and link.get("href")]
    alternates = [link for link in links if str(link.get("rel", "")).lower() == "alternate"]
    pages = [link for link in alternates if "html" in str(link.get("type", "text/html"))]
    own = _string(entry, "link")
    others = [link for link in links if str(link.get("rel", "")).lower() in ("related", "via", "")]
    if any(link["href"] == own for link in pages):
        return own
    for link in (*pages, *alternates):
        return str(link["href"])
    if own and not any(link["href"] == own for link in links):
        return own
    return next((str(link["href"]) for link in others), "")


def _author(entry: dict[str, Any]) -> str:
    """Names, else addresses, of the item's authors. RSS has "address (name)" and people write "name <address>"."""
    found = _ADDRESSED.match(_string(entry, "author")[:500])
    if found:
        return (found[1] or found[2]).strip()
    names = []
    for author in _get(entry, "authors") or ():
        if isinstance(author, dict):
            name = author.get("name") or author.get("email")
            if name and name not in names:
                names.append(str(name).strip())
    return ", ".join(names[:10]) or _string(entry, "author")


def _categories(entry: dict[str, Any]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for tag in _get(entry, "tags") or ():
        if isinstance(tag, dict):
            name = str(tag.get("label") or tag.get("term") or "").strip()
            if name:
                found.setdefault(name)
    return tuple(found)[:_MAX_LIST]


def _date(entry: dict[str, Any], key: str, zone: tzinfo) -> datetime | None:
    return dates.read(_string(entry, key), zone, _by_feedparser(zone))


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


def _enclosures(entry: dict[str, Any]) -> tuple[Enclosure, ...]:
    found: dict[str, Enclosure] = {}
    for link in _get(entry, "links") or ():
        if isinstance(link, dict) and str(link.get("rel", "")).lower() == "enclosure" and link.get("href"):
            _add(found, str(link["href"]), str(link.get("type") or ""), link.get("length"))
    for media in _get(entry, "media_content") or ():
        if isinstance(media, dict) and media.get("url"):
            kind = str(media.get("type") or media.get("medium") or "")
            if not kind.startswith("image"):
                _add(found, str(media["url"]), kind, media.get("filesize"))
    return tuple(found.values())[:_MAX_LIST]


def _add(found: dict[str, Enclosure], url: str, kind: str, length: Any) -> None:
    text = str(length or "").strip()
    size = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
    found.setdefault(url, Enclosure(url, kind, size))


def _image(entry: dict[str, Any]) -> str:
    for media in _get(entry, "media_thumbnail") or ():
        if isinstance(media, dict) and media.get("url"):
            return str(media["url"])
    for media in _get(entry, "media_content") or ():
        if isinstance(media, dict) and media.get("url"):
            kind = str(media.get("type") or media.get("medium") or "")
            path = str(media["url"]).split("?")[0].lower()
            if kind.startswith("image") or (
                not kind and path.endswith((".jpg", ".jpeg", ".png", ".webp", ".gif"))
            ):
                return str(media["url"])
    image = _get(entry, "image")
    if isinstance(image, dict):
        found = image.get("href") or image.get("url")
        if isinstance(found, str):
            return found
    for link in _get(entry, "links") or ():
        if (
            isinstance(link, dict)
            and str(link.get("rel", "")).lower() == "enclosure"
            and str(link.get("type") or "").startswith("image/")
        ):
            return str(link.get("href") or "")
    return ""
