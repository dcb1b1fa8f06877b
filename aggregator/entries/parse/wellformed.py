"""A first look at a document with expat: is it well-formed and whole, what does it ask of its pollers, is it a bomb?

expat runs here without entities of its own (the document type was removed before), so it is fast, linear and
harmless. What comes out tells which bytes the real parser may see: a document with too many elements, or one that was
cut off on its way, ends after its last whole item, and fields on which feedparser spends quadratic time are left out
when they are absurdly long.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from xml.parsers import expat

from aggregator.entries.parse import cuts
from aggregator.entries.parse.limits import (
    INHERITED,
    ITEMS,
    MAX_ATTRIBUTES,
    MAX_DEPTH,
    MAX_ELEMENTS,
    MAX_FIELD,
    MAX_HANDED_DOWN,
    MAX_INHERITED,
    MAX_ITEMS,
    MAX_NAMESPACES,
    MAX_PEOPLE,
    MAX_REFERENCES,
    MAX_REPEATED,
    MAX_TERMS,
    NAMES,
    PEOPLE,
    SHORT,
    TERMS,
    UNREAD,
    UNREAD_PREFIXES,
    Malformed,
    TooDeep,
)

_CHANNEL_HINTS = frozenset({"ttl", "updateperiod", "updatefrequency"})
_MEDIA = ("http://search.yahoo.com/mrss/", "http://search.yahoo.com/mrss")
_TEXTS = frozenset({"description", "summary", "encoded", "content", "fullitem"})
# feedparser looks for an address in people's names, in the square of the length of such a run.
_ENDLESS_WORD = re.compile(rb"[A-Za-z0-9_.+\-]{100}")
_MARKUP = re.compile(rb"<[^<>]*>")
_INHERITED_NAMES = (*INHERITED, *(f"{name} xml" for name in INHERITED))
_MOST_HINTS = 100
_TAIL = 300
"""Bytes at a document's end among which its root element's end tag is looked for."""
_CUT_OFF = frozenset(
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)
"""What expat finds wrong where the document ends too early and was right until then."""


@dataclass(slots=True)
class Checked:
    """What the first look found."""

    items: int = 0
    cuts: list[tuple[int, int]] = field(default_factory=list)
    """Byte ranges to leave out."""
    end: tuple[int, int] | None = None
    """(byte, elements open there) where reading must end; None: at the end of the document."""
    truncated: bool = False
    """The document was cut off on its way; `end` is where what is whole ends."""
    hints: list[tuple[str, int, int]] = field(default_factory=list)
    """(element, first byte, last byte + 1) of what schedule hints are read from."""
    dropped: int = 0
    """Overlong fields among `cuts`."""

    def apply(self, data: bytes) -> bytes:
        """`data`, which was checked, as the real parser may see it."""
        if self.end is None:
            return cuts.without(data, self.cuts)
        return cuts.without(cuts.closed(data, *self.end), (cut for cut in self.cuts if cut[1] <= self.end[0]))


def check(data: bytes) -> Checked:
    """Look at `data` (UTF-8 XML without a document type). Raises Malformed or TooDeep."""
    if data.count(b"&") > MAX_REFERENCES:
        raise TooDeep(f"more than {MAX_REFERENCES} escaped characters")
    return _Checker(data).run()


class _Done(Exception):
    """Raised inside expat's callbacks to stop it."""


class _Checker:
    def __init__(self, data: bytes) -> None:
        self.result = Checked()
        self._data = data
        self._stack: list[str] = []
        self._starts: list[int] = []
        self._elements = 0
        self._handed_down = 0
        self._namespaces: set[tuple[str | None, str | None]] = set()
        self._item_depth = 0
        self._captions: list[tuple[int, int]] = []
        self._has_text = False
        self._terms = 0
        self._people = 0
        self._repeated: Counter[str] = Counter()
        self._beside: Counter[str] = Counter()
        self._after_item: tuple[int, int] | None = None
        self._last_end: tuple[int, int] | None = None
        self._parser = expat.ParserCreate("utf-8", namespace_separator=" ")
        self._parser.namespace_prefixes = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartNamespaceDeclHandler = self._namespace

    def run(self) -> Checked:
        try:
            self._parser.Parse(self._data, True)
        except _Done:
            pass
        except expat.ExpatError as error:
            if error.code not in _CUT_OFF or not self._stack or _ends_with_root(self._data):
                raise Malformed(str(error)) from None
            self._cut_off()
        finally:
            # Bound methods as handlers make a reference cycle with the parser.
            self._parser.StartElementHandler = None
            self._parser.EndElementHandler = None
            self._parser.StartNamespaceDeclHandler = None
        return self.result

    def _cut_off(self) -> None:
        """The document ends too early: leave out the item that is unfinished, else whatever else is."""
        if self._item_depth:
            self.result.items -= 1
            self.result.end = self._starts[self._item_depth - 1], self._item_depth - 1
        elif self._last_end is not None:
            self.result.end = cuts.past_end(self._data, self._last_end[0]), self._last_end[1]
        else:
            raise Malformed("it ends before anything in it does")
        self.result.truncated = True

    def _namespace(self, prefix: str | None, uri: str | None) -> None:
        self._namespaces.add((prefix, uri))
        if len(self._namespaces) > MAX_NAMESPACES:
            raise TooDeep(f"more than {MAX_NAMESPACES} different namespaces declared")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        uri = name.partition(" ")[0]
        local = _local(name)
        stack = self._stack
        self._elements += 1
        if len(stack) >= MAX_DEPTH:
            raise TooDeep(f"elements nested more than {MAX_DEPTH} deep")
        if len(attributes) > MAX_ATTRIBUTES:
            raise TooDeep(f"an element with more than {MAX_ATTRIBUTES} attributes")
        for key, value in attributes.items():
            if key[-8:].lower().endswith(_INHERITED_NAMES):
                self._inherit(_local(key), value)
        at = self._parser.CurrentByteIndex
        if local in ITEMS and not self._item_depth:
            self.result.items += 1
            if self.result.items > MAX_ITEMS:
                self.result.items -= 1
                self._stop((at, len(stack)))
            self._item_depth = len(stack) + 1
            self._captions = []
            self._has_text = False
            self._terms = self._people = 0
            self._repeated.clear()
        elif self._elements > MAX_ELEMENTS and self._after_item:
            if self._item_depth:
                self.result.items -= 1
            self._stop(self._after_item)
        elif self._elements > 2 * MAX_ELEMENTS:
            raise TooDeep(f"more than {MAX_ELEMENTS} elements")
        stack.append(local if local != "description" or uri not in _MEDIA else "media:description")
        self._starts.append(at)

    def _inherit(self, name: str, value: str) -> None:
        """Bound what is handed down to all elements below."""
        if name not in INHERITED:
            return  # only ends alike
        self._handed_down += 1
        if len(value) > MAX_INHERITED:
            raise TooDeep(f"an xml:{name} of more than {MAX_INHERITED} characters")
        if self._handed_down > MAX_HANDED_DOWN:
            raise TooDeep(f"more than {MAX_HANDED_DOWN} elements with an xml:base or xml:lang")

    def _stop(self, end: tuple[int, int]) -> None:
        self.result.end = end
        raise _Done

    def _end(self, name: str) -> None:
        local = self._stack.pop()
        start = self._starts.pop()
        depth = len(self._stack) + 1
        at = self._parser.CurrentByteIndex
        self._last_end = at, depth - 1
        if self._item_depth:
            if depth == self._item_depth:
                if self._has_text:
                    self.result.cuts += self._captions
                self._item_depth = 0
                self._after_item = cuts.past_end(self._data, at), depth - 1
            elif local == "media:description" and at > start:
                self._captions.append((start, cuts.past_end(self._data, at)))
            elif local in _TEXTS and depth == self._item_depth + 1 and not name.startswith(_MEDIA):
                self._has_text = True
        elif len(self.result.hints) < _MOST_HINTS and self._is_hint(local):
            self.result.hints.append((local, cuts.past_tag(self._data, start), at))
        if self._unwanted(name, local, start, at):
            self._leave_out(start, cuts.past_end(self._data, at))

    def _is_hint(self, local: str) -> bool:
        above = self._stack[-1] if self._stack else ""
        return local in _CHANNEL_HINTS or (local in ("hour", "day") and above.startswith("skip"))

    def _unwanted(self, name: str, local: str, start: int, at: int) -> bool:
        """Whether the element must be left out: of a module nobody reads, one too many of its kind, or overlong."""
        if name.startswith(UNREAD) or name.rpartition(" ")[2].lower() in UNREAD_PREFIXES:
            return True
        if self._once_too_often(name, local):
            return True
        if local in TERMS:
            self._terms += 1 + self._data.count(b",", start, at)
            if self._terms > MAX_TERMS:
                return True
        elif local in NAMES:
            self._people += local in PEOPLE
            if self._people > MAX_PEOPLE and local in PEOPLE:
                return True
            if self._endless_word(start, at):
                self.result.dropped += 1
                return True
        if local in SHORT and at - start > MAX_FIELD and local != "id":
            self.result.dropped += 1
            return True
        return False

    def _once_too_often(self, name: str, local: str) -> bool:
        """Whether an element that ended had too many of its name before it: in its item, or beside all items."""
        depth = len(self._stack) + 1
        if local in ITEMS or (not self._item_depth and depth > 3):
            return False
        if self._item_depth and depth != self._item_depth + 1 and not name.startswith(_MEDIA):
            return False
        counted = self._repeated if self._item_depth else self._beside
        counted[name] += 1
        return counted[name] > MAX_REPEATED

    def _endless_word(self, start: int, at: int) -> bool:
        """Whether the text of a person has a run of letters on which feedparser would spend too much time."""
        if at - start < 100:
            return False
        inside = self._data[cuts.past_tag(self._data, start) : at]
        # Addresses of pictures and the like inside tags are no part of the text.
        return _ENDLESS_WORD.search(_MARKUP.sub(b"", inside) if b"<" in inside else inside) is not None

    def _leave_out(self, start: int, end: int) -> None:
        if end <= start:
            return
        found = self.result.cuts
        while found and found[-1][0] >= start:
            found.pop()
        if found and found[-1][1] == start:
            start = found.pop()[0]
        found.append((start, end))


def _ends_with_root(data: bytes) -> bool:
    """Whether the root element's end tag stands at the end, though a section before it that never ends hides it."""
    root = re.match(rb"\s*<([^\s/>]+)", data)
    return root is not None and data.rfind(b"</" + root[1], max(0, len(data) - _TAIL)) >= 0


def _local(name: str) -> str:
    """The local part, in lower case, of a name as expat gives it: "uri local prefix", "uri local" or "local"."""
    uri, _, rest = name.partition(" ")
    return (rest.partition(" ")[0] if rest else uri).lower()
