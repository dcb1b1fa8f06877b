"""A first look at a document with expat: is it well-formed, what does it ask of its pollers, is it a bomb?

expat runs here without entities of its own (the document type was removed before), so it is fast, linear and
harmless. What comes out tells which bytes the real parser may see: a document with too many elements is cut
after the last whole item, and fields on which feedparser spends quadratic time are left out when they are
absurdly long.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.parsers import expat

from aggregator.core.errors import AggregatorError

MAX_ITEMS = 5000
"""Items read of one document; feeds list the newest first."""
MAX_ELEMENTS = 400_000
MAX_REFERENCES = 2_000_000
"""Escaped characters: each costs feedparser as much as an element."""
MAX_DEPTH = 250
MAX_NAMESPACES = 200
MAX_ATTRIBUTES = 60
"""Of one element: xml.sax looks each up among all."""
MAX_TERMS = 100
"""Categories or keywords of one item: feedparser looks each up among all."""
MAX_PEOPLE = 100
"""Authors and contributors of one item: feedparser goes through all of them at each."""
MAX_FIELD = 4000
"""Bytes of an author, date or the like; longer ones are left out."""
MAX_INHERITED = 4096
"""Characters of xml:base and xml:lang: feedparser makes and keeps a copy of them for each element below."""

_ITEMS = frozenset({"item", "entry"})
_SHORT = frozenset(
    [
        "author",
        "creator",
        "managingeditor",
        "webmaster",
        "name",
        "email",
        "owner",
        "contributor",
        "publisher",
        "pubdate",
        "published",
        "updated",
        "modified",
        "date",
        "issued",
        "created",
        "expirationdate",
        "lastbuilddate",
        "ttl",
        "guid",
        "id",
        "language",
        "keywords",
        "subject",
        "category",
    ]
)
_TERMS = frozenset({"category", "subject", "keywords", "tags"})
_PEOPLE = frozenset({"author", "creator", "contributor"})
_NAMES = _PEOPLE | {"publisher", "managingeditor", "webmaster", "owner", "name", "email"}
# feedparser looks for an address in people's names, in the square of the length of such a run.
_ENDLESS_WORD = re.compile(rb"[A-Za-z0-9_.+\-]{100}")
_INHERITED = frozenset({"base", "lang"})
_UNREAD_PREFIXES = frozenset({"georss", "gml", "geo", "psc", "cc", "creativecommons"})
_UNREAD = (
    "http://www.georss.org/georss",
    "http://www.opengis.net/gml",
    "http://www.w3.org/2003/01/geo/wgs84_pos#",
    "http://podlove.org/simple-chapters",
)
"""Modules of which nothing is kept, and on whose mistakes feedparser stumbles."""
_CHANNEL_HINTS = frozenset({"ttl", "updateperiod", "updatefrequency"})
_MEDIA = ("http://search.yahoo.com/mrss/", "http://search.yahoo.com/mrss")
_TEXTS = frozenset({"description", "summary", "encoded", "content", "fullitem"})

_WHOLE_TAG = re.compile(rb"""<[^<>"']*(?:"[^"]*"[^<>"']*|'[^']*'[^<>"']*)*>""")


class TooDeep(AggregatorError):
    """Elements are nested deeper than any feed needs."""


class Malformed(AggregatorError):
    """Not well-formed XML; the message says where."""


@dataclass(slots=True)
class Survey:
    """What the first look found. `cuts` are byte ranges to leave out, in order and apart."""

    root: str = ""
    items: int = 0
    cuts: list[tuple[int, int]] = field(default_factory=list)
    end: int | None = None
    """Where the document must be cut off; `closing` then completes it."""
    closing: str = ""
    hints: list[tuple[str, int, int]] = field(default_factory=list)
    """(element, first byte, last byte + 1) of what schedule hints are read from."""
    dropped: int = 0
    """Overlong fields among `cuts`."""


class _Done(Exception):
    """Raised inside expat's callbacks to stop it."""


class _Surveyor:
    def __init__(self, data: bytes) -> None:
        self.result = Survey()
        self._data = data
        self._stack: list[str] = []
        self._starts: list[int] = []
        self._elements = 0
        self._namespaces = 0
        self._item_depth = 0
        self._captions: list[tuple[int, int]] = []
        self._has_text = False
        self._terms = 0
        self._people = 0
        self._after_item = 0
        self._after_item_stack: list[str] = []
        self._parser = expat.ParserCreate("utf-8", namespace_separator=" ")
        self._parser.namespace_prefixes = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartNamespaceDeclHandler = self._namespace

    def run(self) -> Survey:
        try:
            self._parser.Parse(self._data, True)
        except _Done:
            pass
        except expat.ExpatError as error:
            raise Malformed(str(error)) from None
        finally:
            # Bound methods as handlers make a reference cycle with the parser.
            self._parser.StartElementHandler = None
            self._parser.EndElementHandler = None
            self._parser.StartNamespaceDeclHandler = None
        return self.result

    def _namespace(self, prefix: str | None, uri: str | None) -> None:
        self._namespaces += 1
        if self._namespaces > MAX_NAMESPACES and len(self._stack) < 3:
            raise TooDeep(f"more than {MAX_NAMESPACES} namespaces declared")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        uri = name.partition(" ")[0]
        local = _local(name)
        stack = self._stack
        if not stack:
            self.result.root = local
        self._elements += 1
        if len(stack) >= MAX_DEPTH:
            raise TooDeep(f"elements nested more than {MAX_DEPTH} deep")
        if len(attributes) > MAX_ATTRIBUTES:
            raise TooDeep(f"an element with more than {MAX_ATTRIBUTES} attributes")
        for key, value in attributes.items():
            if len(value) > MAX_INHERITED and _local(key) in _INHERITED:
                raise TooDeep(f"an xml:{_local(key)} of more than {MAX_INHERITED} characters")
        at = self._parser.CurrentByteIndex
        if local in _ITEMS and not self._item_depth:
            self.result.items += 1
            if self.result.items > MAX_ITEMS:
                self.result.items -= 1
                self._cut(at, stack)
            self._item_depth = len(stack) + 1
            self._captions = []
            self._has_text = False
            self._terms = self._people = 0
        elif self._elements > MAX_ELEMENTS and self._after_item:
            if self._item_depth:
                self.result.items -= 1
            self._cut(self._after_item, self._after_item_stack)
        elif self._elements > 2 * MAX_ELEMENTS:
            raise TooDeep(f"more than {MAX_ELEMENTS} elements")
        stack.append(local if local != "description" or uri not in _MEDIA else "media:description")
        self._starts.append(at)

    def _cut(self, at: int, stack: list[str]) -> None:
        self.result.end = at
        self.result.closing = "".join(
            f"</{name}>" for name in reversed(_open_names(self._data[:at], len(stack)))
        )
        raise _Done

    def _end(self, name: str) -> None:
        local = self._stack.pop()
        start = self._starts.pop()
        depth = len(self._stack) + 1
        at = self._parser.CurrentByteIndex
        if self._item_depth:
            if depth == self._item_depth:
                if self._has_text:
                    self.result.cuts += self._captions
                self._item_depth = 0
                self._after_item = self._past_end(at)
                self._after_item_stack = list(self._stack)
            elif local == "media:description" and at > start:
                self._captions.append((start, self._past_end(at)))
            elif local in _TEXTS and depth == self._item_depth + 1 and not name.startswith(_MEDIA):
                self._has_text = True
        elif local in _CHANNEL_HINTS or (
            local in ("hour", "day") and self._stack and self._stack[-1].startswith("skip")
        ):
            self.result.hints.append((local, self._past_tag(start), at))
        if name.startswith(_UNREAD) or name.rpartition(" ")[2].lower() in _UNREAD_PREFIXES:
            self._leave_out(start, self._past_end(at))
        elif local in _TERMS:
            self._terms += 1 + self._data.count(b",", start, at)
            if self._terms > MAX_TERMS:
                self._leave_out(start, self._past_end(at))
                return
        elif local in _NAMES:
            self._people += local in _PEOPLE
            if self._people > MAX_PEOPLE and local in _PEOPLE:
                self._leave_out(start, self._past_end(at))
                return
            if _ENDLESS_WORD.search(self._data, self._past_tag(start), at):
                self._leave_out(start, self._past_end(at))
                self.result.dropped += 1
                return
        if local in _SHORT and at - start > MAX_FIELD and local != "id":
            self._leave_out(start, self._past_end(at))
            self.result.dropped += 1

    def _leave_out(self, start: int, end: int) -> None:
        if end <= start:
            return
        cuts = self.result.cuts
        while cuts and cuts[-1][0] >= start:
            cuts.pop()
        cuts.append((start, end))

    def _past_tag(self, at: int) -> int:
        """The byte after the tag that begins at `at`."""
        found = _WHOLE_TAG.match(self._data, at)
        return found.end() if found else at

    def _past_end(self, at: int) -> int:
        """The byte after the element whose end expat reports at `at`: its end tag, or already past an empty one."""
        return self._data.find(b">", at) + 1 if self._data.startswith(b"</", at) else at


def _local(name: str) -> str:
    """The local part, in lower case, of a name as expat gives it: "uri local prefix", "uri local" or "local"."""
    uri, _, rest = name.partition(" ")
    return (rest.partition(" ")[0] if rest else uri).lower()


def survey(data: bytes) -> Survey:
    """Look at `data` (UTF-8 XML without a document type). Raises Malformed or TooDeep."""
    if data.count(b"&") > MAX_REFERENCES:
        raise TooDeep(f"more than {MAX_REFERENCES} escaped characters")
    return _Surveyor(data).run()


def _open_names(data: bytes, count: int) -> list[str]:
    """The qualified names of the `count` elements open at the end of `data`, outermost first."""
    names: list[str] = []
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = lambda name, attributes: names.append(name)
    parser.EndElementHandler = lambda name: names.pop()
    parser.Parse(data, False)
    return names[:count]


def apply(data: bytes, found: Survey) -> bytes:
    """`data` with the survey's cuts made."""
    if found.end is not None:
        data = data[: found.end] + found.closing.encode()
    if not found.cuts:
        return data
    parts = []
    done = 0
    for start, end in sorted(found.cuts):
        if start < done or end > len(data):
            continue
        parts.append(data[done:start])
        done = end
    parts.append(data[done:])
    return b"".join(parts)
