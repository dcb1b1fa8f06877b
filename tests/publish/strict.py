"""A strict check of feed documents: RFC 4287, RSS 2.0 and JSON Feed 1.1, and what careful validators warn of.

The rules are those of the specifications, and of the errors and warnings that the W3C Feed Validation Service can tell
of such documents: names in capitals in the comments are its own. Each function returns what is wrong, in words; an empty list means that nothing is. Written from the
specifications, it shares no code with the writers.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator
from lxml import etree

A = "{http://www.w3.org/2005/Atom}"
XML = "{http://www.w3.org/XML/1998/namespace}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
TOMBSTONE = "{http://purl.org/atompub/tombstones/1.0}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
DC = "{http://purl.org/dc/elements/1.1/}"

URL = re.compile(r"https?://[0-9a-zA-Z._\-]+(:\d+)?(/[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,#]*)?")
URN = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
RFC822 = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT"
)
LANGUAGE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")
MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+\-]+")
SAFE = {"p": (), "h3": (), "ul": (), "li": (), "strong": (), "span": ("lang",), "a": ("href", "lang")}
RELATIONS = {
    "self",
    "alternate",
    "related",
    "enclosure",
    "hub",
    "first",
    "next",
    "current",
    "prev-archive",
    "next-archive",
}
# UnknownNamespace, ReservedPrefix, AvoidNamespacePrefix: URIs, and the prefixes they must have.
PREFIXES = {
    "atom": {None: A[1:-1], "fh": HISTORY[1:-1]},
    "rss": {"atom": A[1:-1], "content": CONTENT[1:-1], "dc": DC[1:-1], "fh": HISTORY[1:-1]},
}
WITHDRAWN = "urn:x-aggregator:withdrawn"
MAX_BYTES = 5_000_000  # ValidatorLimit
TWICE = re.compile("[\u00c2\u00c3][\u0080-\u00bf]")
# InvalidURLAttribute: more is asked of an enclosure than of a link.
ENCLOSURE = re.compile(r"https?://([A-Za-z0-9\-]+\.)+[A-Za-z0-9\-]+(:\d+)?/.*")
FROM = datetime(1990, 1, 1, tzinfo=UTC)  # ImplausibleDate
HTML_IN_TEXT = re.compile(r"</?[a-zA-Z][^>]*>|&(#\w+|amp|lt|gt|quot|apos|nbsp|copy);")
BAD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd\ufffe\uffff\u202a-\u202e\ud800-\udfff]")


def check(
    form: str, body: bytes, *, now: datetime | None = None, url: str = "", withdrawals: bool = False
) -> list[str]:
    """What is wrong with a document of that format.

    `now`: no date may be later. `url`: where it was got, which it must name as its own. `withdrawals`: it is one that
    lists what was withdrawn, which alone may use the namespace of RFC 6721.
    """
    wrong: list[str] = []
    if len(body) >= MAX_BYTES:
        wrong.append(f"{len(body)} bytes are too many")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        return [f"not UTF-8: {error}"]
    if found := BAD.search(text):
        wrong.append(
            f"bad character {found[0]!r} at {found.start()}: {text[found.start() - 30 : found.start()]!r}"
        )
    for line in text.split("\n"):
        wrong += [f"encoded twice: {run!r}" for run in re.split('[<>"]', line) if _encoded_twice(run)]
    if form == "json":
        document = json.loads(body)
        dates = [item[name] for item in document["items"] for name in ("date_published", "date_modified")]
        own = document["feed_url"]
    else:
        root = _root(body)
        known = dict(PREFIXES[form])
        if withdrawals and form == "atom":
            known["at"] = TOMBSTONE[1:-1]
        wrong += [f"xmlns:{p}={uri!r}" for p, uri in root.nsmap.items() if known.get(p) != uri]
        inner = {uri for element in root.iter() for uri in element.nsmap.values()} - set(root.nsmap.values())
        wrong += [f"a namespace is declared inside: {uri}" for uri in inner]
        dates = [at.text for at in root.iter(f"{A}updated", f"{A}published", "pubDate", "lastBuildDate")]
        own = next(
            link.get("href")
            for link in root.iter(f"{A}link")
            if link.get("rel") == "self" and link.getparent().tag in (f"{A}feed", "channel")
        )
    if url and own != url:
        wrong.append(f"it is at {url}, but says {own}")
    for date in dates:
        try:
            at = parsedate_to_datetime(date) if "," in date else datetime.fromisoformat(date)
            at = at.astimezone(UTC)
        except ValueError:
            continue  # told below
        if at < FROM or (now is not None and at >= now + timedelta(minutes=10)):
            wrong.append(f"date {date} cannot be")
    return wrong + {"atom": check_atom, "rss": check_rss, "json": check_json}[form](body)


def _encoded_twice(text: str) -> bool:
    """BadCharacters: whether a text is UTF-8 that was read as Latin-1."""
    if not TWICE.search(text):
        return False
    try:
        text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return False
    return True


def _root(body: bytes) -> Any:
    if not body.startswith(b'<?xml version="1.0" encoding="utf-8"?>'):
        raise AssertionError("no XML declaration with its encoding")
    return etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))


def _once(
    element: Any, wrong: list[str], where: str, required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> None:
    counts = Counter(child.tag for child in element)
    wrong += [f"{where}: {counts[tag]} of {tag}, expected 1" for tag in required if counts[tag] != 1]
    wrong += [f"{where}: {counts[tag]} of {tag}, at most 1" for tag in optional if counts[tag] > 1]


def _text(value: str | None, wrong: list[str], where: str) -> None:
    if not (value or "").strip():
        wrong.append(f"{where}: blank")
    elif found := HTML_IN_TEXT.search(value or ""):
        wrong.append(f"{where}: looks like HTML: {found[0]!r}")
    if value != (value or "").strip():
        wrong.append(f"{where}: white space around it")


def _url(value: str | None, wrong: list[str], where: str) -> None:
    if not URL.fullmatch(value or ""):
        wrong.append(f"{where}: not an absolute http(s) URI: {value!r}")


class _Html(HTMLParser):
    """Checks a body: known elements and attributes, closed in order, absolute links."""

    def __init__(self, where: str) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self.open: list[str] = []
        self.where = where
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in SAFE:
            self.wrong.append(f"{self.where}: element {tag}")
        self.open.append(tag)
        for name, value in attrs:
            if name not in SAFE.get(tag, ()):
                self.wrong.append(f"{self.where}: attribute {name} of {tag}")
            elif name == "href":
                _url(value, self.wrong, f"{self.where}: href")
            elif not LANGUAGE.fullmatch(value or ""):
                self.wrong.append(f"{self.where}: lang {value!r}")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"{self.where}: {tag} is closed out of order")

    def handle_data(self, data: str) -> None:
        self.words += data


def check_html(html: str, where: str) -> list[str]:
    """What is wrong with an item's body."""
    parser = _Html(where)
    parser.feed(html)
    parser.close()
    if parser.open:
        parser.wrong.append(f"{where}: never closed: {parser.open}")
    if not parser.words.strip():
        parser.wrong.append(f"{where}: no words")
    return parser.wrong


def check_atom(body: bytes) -> list[str]:
    """RFC 4287 §4, RFC 5005, RFC 6721."""
    wrong: list[str] = []
    root = _root(body)
    if root.tag != f"{A}feed":
        return [f"root is {root.tag}"]
    used = {etree.QName(element).namespace for element in root.iter()}
    wrong += [f"namespace {uri} is declared but not used" for uri in root.nsmap.values() if uri not in used]
    _once(
        root,
        wrong,
        "feed",
        (f"{A}id", f"{A}title", f"{A}updated", f"{A}author"),
        (f"{A}subtitle", f"{A}generator"),
    )
    if not LANGUAGE.fullmatch(root.get(f"{XML}lang") or ""):
        wrong.append("feed: no language")
    if not URN.fullmatch(root.findtext(f"{A}id") or ""):
        wrong.append("feed: id")
    for name in ("title", "subtitle", f"author/{A}name"):
        _text(root.findtext(f"{A}{name}"), wrong, f"feed {name}")
    relations = Counter(link.get("rel") for link in root.findall(f"{A}link"))
    if relations["self"] != 1 or relations["alternate"] != 1:
        wrong.append(f"feed: links {dict(relations)}")
    seen_entry = False
    for child in root:
        if child.tag == f"{A}entry":
            seen_entry = True
        elif seen_entry:
            wrong.append(f"{child.tag} after the first entry")
    for link in root.iter(f"{A}link"):
        _link(link, wrong)
    for moment in root.iter(f"{A}updated", f"{A}published"):
        if not RFC3339.fullmatch(moment.text or ""):
            wrong.append(f"date {moment.text!r}")
    entries = root.findall(f"{A}entry")
    ids = [entry.findtext(f"{A}id") for entry in entries]
    wrong += [f"id {id} more than once" for id, count in Counter(ids).items() if count > 1]
    moments = Counter(entry.findtext(f"{A}updated") for entry in entries)
    wrong += [f"updated {at} more than once" for at, count in moments.items() if count > 1]
    for entry in entries:
        wrong += _atom_entry(entry)
    newest = max((entry.findtext(f"{A}updated")[:19] for entry in entries), default="")
    if newest > (root.findtext(f"{A}updated") or "")[:19]:
        wrong.append("feed: updated is before an entry's")
    stones = root.findall(f"{TOMBSTONE}deleted-entry")
    for stone in stones:
        if not URN.fullmatch(stone.get("ref", "")) or not RFC3339.fullmatch(stone.get("when", "")):
            wrong.append(f"tombstone {stone.attrib}")
        if stone.get("ref") in ids:
            wrong.append("a tombstone of an entry that is there")
    return wrong + _paging(root, relations)


def _paging(head: Any, relations: Counter[str]) -> list[str]:
    """RFC 5005; MissingCurrentInArchive, ArchiveIncomplete, LinkPastEnd."""
    wrong = [f"link {rel}: {count} times" for rel, count in relations.items() if rel != "hub" and count > 1]
    if head.find(f"{HISTORY}archive") is not None:
        if not relations["current"]:
            wrong.append("an archive without its current feed")
        if not relations["prev-archive"] and not relations["next-archive"]:
            wrong.append("an archive that is in no chain")
        wrong += [f"{rel} in an archive" for rel in ("first", "next", WITHDRAWN) if relations[rel]]
    return wrong


def _link(link: Any, wrong: list[str]) -> None:
    rel = link.get("rel")
    if rel not in RELATIONS and rel != WITHDRAWN:  # UnregisteredAtomLinkRel; a URI is one of its own
        wrong.append(f"link: rel {rel!r}")
    _url(link.get("href"), wrong, f"link {rel}")
    own = {"self", WITHDRAWN}
    if rel in own and link.get("type") not in (None, "application/atom+xml", "application/rss+xml"):
        wrong.append(f"link {rel}: type {link.get('type')!r}")  # SelfNotAtom
    if rel == "enclosure" and not ENCLOSURE.fullmatch(link.get("href") or ""):
        wrong.append(f"link enclosure: {link.get('href')!r}")
    if link.get("type") is not None and not MEDIA_TYPE.fullmatch(link.get("type")):
        wrong.append(f"link: type {link.get('type')!r}")
    if link.get("hreflang") is not None and not LANGUAGE.fullmatch(link.get("hreflang")):
        wrong.append(f"link: hreflang {link.get('hreflang')!r}")
    if link.get("title") is not None:
        _text(link.get("title"), wrong, "link title")
    if link.text or len(link):
        wrong.append("link: not empty")


def _atom_entry(entry: Any) -> list[str]:
    wrong: list[str] = []
    id_ = entry.findtext(f"{A}id") or ""
    _once(
        entry,
        wrong,
        id_,
        (f"{A}id", f"{A}title", f"{A}updated", f"{A}published", f"{A}content"),
        (f"{A}summary", f"{A}source"),
    )
    if not URN.fullmatch(id_):
        wrong.append(f"entry id {id_!r}")
    _text(entry.findtext(f"{A}title"), wrong, f"{id_} title")
    if entry.find(f"{A}summary") is not None:
        _text(entry.findtext(f"{A}summary"), wrong, f"{id_} summary")
    for name in entry.findall(f"{A}author/{A}name"):
        _text(name.text, wrong, f"{id_} author")
    if sum(link.get("rel") == "alternate" for link in entry.findall(f"{A}link")) != 1:
        wrong.append(f"{id_}: not one alternate link")
    # FeedHistoryRelInEntry
    inside = {link.get("rel") for link in entry.findall(f"{A}link")} - {"alternate", "related", "enclosure"}
    wrong += [f"{id_}: link {rel}" for rel in inside]
    if (entry.findtext(f"{A}published") or "")[:19] > (entry.findtext(f"{A}updated") or "")[:19]:
        wrong.append(f"{id_}: published after updated")
    wrong += [
        f"{id_}: category {dict(category.attrib)}"
        for category in entry.findall(f"{A}category")
        if not all(map(category.get, ("term", "label"))) or not category.get("scheme", "").startswith("urn:")
    ]
    content = entry.find(f"{A}content")
    if content is None or content.get("type") != "html":
        wrong.append(f"{id_}: content is not html")
    else:
        wrong += check_html(content.text or "", id_)
    language = entry.get(f"{XML}lang")
    if language is not None and not LANGUAGE.fullmatch(language):
        wrong.append(f"{id_}: language {language!r}")
    source = entry.find(f"{A}source")
    if source is not None:
        _once(source, wrong, f"{id_} source", (f"{A}id", f"{A}title", f"{A}updated"))
        if not any(link.get("rel") == "self" for link in source.findall(f"{A}link")):
            wrong.append(f"{id_} source: no self link")
    return wrong


def check_rss(body: bytes) -> list[str]:
    """RSS 2.0.11 and the RSS profile."""
    wrong: list[str] = []
    root = _root(body)
    if root.tag != "rss" or root.get("version") != "2.0" or len(root) != 1:
        return ["not RSS 2.0 with one channel"]
    used = {etree.QName(element).namespace for element in root.iter()}
    wrong += [f"namespace {uri} is declared but not used" for uri in root.nsmap.values() if uri not in used]
    channel = root[0]
    _once(channel, wrong, "channel", ("title", "link", "description", "language", "lastBuildDate", "ttl"))
    _text(channel.findtext("title"), wrong, "channel title")
    _text(channel.findtext("description"), wrong, "channel description")
    _url(channel.findtext("link"), wrong, "channel link")
    if int(channel.findtext("ttl") or 0) <= 0:
        wrong.append("ttl")
    if sum(link.get("rel") == "self" for link in channel.findall(f"{A}link")) != 1:
        wrong.append("channel: not one self link")
    for link in root.iter(f"{A}link"):
        _link(link, wrong)
    wrong += _paging(channel, Counter(link.get("rel") for link in channel.findall(f"{A}link")))
    # UseOfExtensionAttr is not told of feeds that name this document.
    if channel.findtext("docs") != "http://www.rssboard.org/rss-specification":
        wrong.append("channel: docs")
    # DuplicateSemantics: what Dublin Core says of a channel RSS has elements for.
    wrong += [f"channel: {child.tag}" for child in channel if str(child.tag).startswith(DC)]
    items = channel.findall("item")
    guids = Counter(item.findtext("guid") for item in items)
    wrong += [f"guid {guid} more than once" for guid, count in guids.items() if count > 1]
    if items and any(child.tag != "item" for child in channel[channel.index(items[0]) :]):
        wrong.append("something after the first item")
    for item in items:
        wrong += _rss_item(item)
    dates = [channel.findtext("lastBuildDate"), *(item.findtext("pubDate") for item in items)]
    for date in dates:
        # The name of the day must be the date's own.
        if (
            not RFC822.fullmatch(date or "")
            or parsedate_to_datetime(date or "").strftime("%a") != (date or "")[:3]
        ):
            wrong.append(f"date {date!r}")
    return wrong


def _rss_item(item: Any) -> list[str]:
    wrong: list[str] = []
    guid = item.find("guid")
    where = guid.text if guid is not None else "item"
    required = ("title", "link", "guid", "pubDate", "description", f"{CONTENT}encoded", f"{A}updated")
    _once(item, wrong, where, required, ("source", "enclosure", "author", f"{DC}date", f"{DC}language"))
    if guid is None or guid.get("isPermaLink") != "false" or not URN.fullmatch(guid.text or ""):
        wrong.append(f"{where}: guid")
    _text(item.findtext("title"), wrong, f"{where} title")
    _url(item.findtext("link"), wrong, f"{where} link")
    for creator in item.findall(f"{DC}creator"):
        _text(creator.text, wrong, f"{where} creator")
    for category in item.findall("category"):
        _text(category.text, wrong, f"{where} category")
        if not (category.get("domain") or "").startswith("urn:"):
            wrong.append(f"{where}: category domain")
    # DuplicateItemSemantics
    doubles = ("author", f"{DC}date", f"{DC}subject", f"{DC}source", f"{A}id", f"{A}published", f"{A}title")
    doubled = [tag for tag in doubles if item.find(tag) is not None]
    wrong += [f"{where}: {tag} says what another element says" for tag in doubled]
    tags = [child.tag for child in item]
    if tags.index("description") > tags.index(f"{CONTENT}encoded"):
        wrong.append(f"{where}: content before description")
    description = f"<p>{item.findtext('description')}</p>"
    wrong += check_html(description, f"{where} description")
    wrong += check_html(item.findtext(f"{CONTENT}encoded") or "", where)
    source = item.find("source")
    if source is not None:
        _url(source.get("url"), wrong, f"{where} source")
        _text(source.text, wrong, f"{where} source")
    enclosure = item.find("enclosure")
    if enclosure is not None:
        if not ENCLOSURE.fullmatch(enclosure.get("url") or ""):
            wrong.append(f"{where} enclosure: {enclosure.get('url')!r}")
        if not enclosure.get("length", "").isdigit() or not MEDIA_TYPE.fullmatch(enclosure.get("type", "")):
            wrong.append(f"{where}: enclosure {dict(enclosure.attrib)}")
    if not RFC3339.fullmatch(item.findtext(f"{A}updated") or ""):
        wrong.append(f"{where}: updated")
    return wrong


def check_opml(body: bytes) -> list[str]:
    """OPML 2.0: every feed with its address and title, folders with nothing but a name (MissingOutlineType)."""
    wrong: list[str] = []
    root = _root(body)
    if (
        root.tag != "opml"
        or root.get("version") != "2.0"
        or [child.tag for child in root] != ["head", "body"]
    ):
        return ["not OPML 2.0"]
    _text(root.findtext("head/title"), wrong, "title")
    for outline in root.iter("outline"):
        if outline.get("type") is None:
            if set(outline.attrib) != {"text"} or not len(outline):
                wrong.append(f"folder {dict(outline.attrib)}")
            continue
        for name in ("xmlUrl", "htmlUrl"):
            _url(outline.get(name), wrong, name)
        for name in ("text", "title", *(("description",) if "description" in outline.attrib else ())):
            _text(outline.get(name), wrong, name)
    return wrong


_URL_SCHEMA = {"type": "string", "pattern": f"^{URL.pattern}$"}
_MOMENT = {"type": "string", "pattern": f"^{RFC3339.pattern}$"}
_AUTHORS = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "required": ["name"],
        "properties": {"name": {"type": "string", "minLength": 1}},
    },
}
JSON_FEED = {
    "type": "object",
    "required": ["version", "title", "items", "feed_url", "home_page_url", "_aggregator"],
    "properties": {
        "version": {"const": "https://jsonfeed.org/version/1.1"},
        "title": {"type": "string", "minLength": 1},
        "home_page_url": _URL_SCHEMA,
        "feed_url": _URL_SCHEMA,
        "next_url": _URL_SCHEMA,
        "description": {"type": "string"},
        "icon": _URL_SCHEMA,
        "language": {"type": "string", "pattern": "^[a-z]{2}"},
        "authors": _AUTHORS,
        "hubs": {
            "type": "array",
            "items": {"type": "object", "required": ["type", "url"], "properties": {"url": _URL_SCHEMA}},
        },
        "_aggregator": {"type": "object"},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": [
                    "id",
                    "url",
                    "title",
                    "content_html",
                    "content_text",
                    "date_published",
                    "date_modified",
                ],
                "properties": {
                    "id": {"type": "string", "pattern": f"^{URN.pattern}$"},
                    "url": _URL_SCHEMA,
                    "title": {"type": "string", "minLength": 1},
                    "content_html": {"type": "string", "minLength": 1},
                    "content_text": {"type": "string", "minLength": 1},
                    "summary": {"type": "string"},
                    "date_published": _MOMENT,
                    "date_modified": _MOMENT,
                    "language": {"type": "string", "pattern": "^[a-z]{2}"},
                    "authors": _AUTHORS,
                    "tags": {
                        "type": "array",
                        "uniqueItems": True,
                        "items": {"type": "string", "minLength": 1},
                    },
                    "attachments": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["url", "mime_type"],
                            "properties": {
                                "url": _URL_SCHEMA,
                                "mime_type": {"type": "string"},
                                "size_in_bytes": {"type": "integer", "minimum": 0},
                            },
                        },
                    },
                    "_aggregator": {"type": "object"},
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}


def check_json(body: bytes) -> list[str]:
    """JSON Feed 1.1, and the shipped schema of the extension."""
    document = json.loads(body, object_pairs_hook=_no_duplicates)
    wrong = [
        f"{list(e.absolute_path)}: {e.message[:200]}"
        for e in Draft202012Validator(JSON_FEED).iter_errors(document)
    ]
    ids = Counter(item.get("id") for item in document["items"])
    wrong += [f"id {id} more than once" for id, count in ids.items() if count > 1]
    extension = Draft202012Validator(item_schema())
    names = [("title", document["title"]), ("description", document.get("description", "x"))]
    names += [("author", author["name"]) for author in document.get("authors", ())]
    for item in document["items"]:
        names += [(f"{item['id']} {name}", item[name]) for name in ("title", "summary") if name in item]
        names += [(f"{item['id']} tag", tag) for tag in item.get("tags", ())]
        names += [(f"{item['id']} author", author["name"]) for author in item.get("authors", ())]
    for where, value in names:
        _text(value, wrong, where)
    for item in document["items"]:
        wrong += check_html(item["content_html"], item["id"])
        wrong += [
            f"{item['id']} _aggregator {list(e.absolute_path)}: {e.message[:200]}"
            for e in extension.iter_errors(item["_aggregator"])
        ]
        if found := re.search(rf"</?({'|'.join(SAFE)})(\s[^>]*)?>", item["content_text"]):
            wrong.append(f"{item['id']}: markup in content_text: {found[0]}")
    return wrong


def item_schema() -> Any:
    """The shipped schema."""
    schema = json.loads((files("aggregator.publish.formats") / "item.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return schema


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise AssertionError(f"a key twice: {[key for key, _ in pairs]}")
    return found
