"""The second half of a repair: tags balanced, attributes quoted, prefixes declared, what is unfinished left out."""

from __future__ import annotations

import re
from collections import Counter

from aggregator.entries.parse.entities import safe_text
from aggregator.entries.parse.limits import ITEMS, MAX_ELEMENTS, MAX_NAMESPACES, TooDeep

_KNOWN_PREFIXES = {
    "atom": "http://www.w3.org/2005/Atom",
    "atom10": "http://www.w3.org/2005/Atom",
    "a10": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "itunes": "http://www.itunes.com/DTDs/PodCast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "wfw": "http://wellformedweb.org/CommentAPI/",
    "thr": "http://purl.org/syndication/thread/1.0",
    "xhtml": "http://www.w3.org/1999/xhtml",
}
_ATTRIBUTE = re.compile(
    r"""([A-Za-z_][\w.\-]*(?::[A-Za-z_][\w.\-]*)?)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+)))?"""
)
_VOID = frozenset({"br", "hr", "img", "input", "wbr", "meta", "col", "area", "base", "param", "embed"})
_ROOTS = ("rss", "feed", "rdf:rdf", "channel")
_MAX_OPEN = 300
_MAX_ATTRIBUTES = 400
"""Namespace declarations counted; what is beyond is dropped, and `limits` refuses such an element anyway."""


class Balancer:
    """Takes a document's tokens in order and writes well-formed XML. Time is linear in what it is given.

    `start` raises TooDeep where there are more elements or prefixes than `limits` would let through.
    """

    def __init__(self) -> None:
        self._out: list[str] = []
        self._open: list[str] = []
        self._count: Counter[str] = Counter()
        """How many of each name, in lower case, are open: the end tag of what is not open costs nothing."""
        self._prefixes: set[str] = set()
        self._declared: set[str] = set()
        self._elements = 0
        self._root = ""
        self._root_end = 0
        self._whole = False
        """The root element's end tag came."""
        self._item: tuple[int, int] | None = None
        """(pieces written, elements open) before the item that is open."""
        self._last_end = 0, 0
        self._hole: tuple[int, tuple[str, ...]] | None = None
        """(pieces written, elements open) that are whole before the first section that never ends."""

    def start(self, name: str, attributes: str, empty: bool) -> None:
        """A start tag, or an empty element's."""
        local = name.rpartition(":")[2].lower()
        self._elements += 1
        if self._elements > 2 * MAX_ELEMENTS or len(self._prefixes) > MAX_NAMESPACES:
            raise TooDeep(f"more than {MAX_ELEMENTS} elements or {MAX_NAMESPACES} prefixes")
        if not self._open and self._out:
            return  # a second root
        if local in ITEMS and not empty:
            self._close_for_item(local)
        written = self._attributes(attributes)
        if ":" in name:
            self._prefixes.add(name.partition(":")[0])
        if not self._open:
            self._out.append(f"<{name}{written}")
            self._root, self._root_end = name.lower(), len(self._out)
            self._out.append(">")
            self._push(name)
            return
        # Inside an item's field, elements of HTML that have no end.
        void = local in _VOID and ":" not in name and len(self._open) > 2
        if empty or void or len(self._open) >= _MAX_OPEN:
            self._out.append(f"<{name}{written}/>")
            return
        if local in ITEMS and self._item is None:
            self._item = len(self._out), len(self._open)
        self._out.append(f"<{name}{written}>")
        self._push(name)

    def end(self, name: str) -> None:
        """An end tag; one of nothing that is open is dropped."""
        wanted = name.lower()
        self._whole = self._whole or wanted == self._root
        if not self._count[wanted]:
            return
        if wanted == self._root and self._count[wanted] == 1 and len(self._open) > 1 and wanted not in _ROOTS:
            return
        while self._pop().lower() != wanted:
            pass
        self._last_end = len(self._out), len(self._open)

    def end_of_root(self, name: str) -> None:
        """An end tag without its last ">" is the last thing in the document: enough, if it is the root's."""
        if name.lower() == self._root:
            self.end(name)

    def text(self, text: str) -> None:
        """Character data, escaped."""
        if self._open and text:
            self._out.append(text)

    def unfinished(self) -> None:
        """A comment, CDATA section or the like begins that never ends."""
        if self._hole is None:
            written, depth = self._item or (len(self._out), len(self._open))
            self._hole = written, tuple(self._open[:depth])

    def finish(self) -> tuple[str, bool]:
        """The document, and whether it was cut off: then what is unfinished is left out."""
        if self._open and not self._whole:
            written, depth = self._item or self._last_end
            self._open = self._open[:depth] or self._open[:1]
            if self._hole is not None and self._hole[0] < written:
                written, self._open = self._hole[0], list(self._hole[1])
            del self._out[max(written, self._root_end + 1) :]
        truncated = not self._whole
        while self._open:
            self._out.append(f"</{self._open.pop()}>")
        missing = sorted(self._prefixes - self._declared - {"xml", "xmlns"})
        if missing and self._root_end:
            self._out[self._root_end - 1] += "".join(
                f' xmlns:{prefix}="{_KNOWN_PREFIXES.get(prefix.lower(), "urn:undeclared:" + prefix)}"'
                for prefix in missing
            )
        return "".join(self._out), truncated

    def _push(self, name: str) -> None:
        self._open.append(name)
        self._count[name.lower()] += 1

    def _pop(self) -> str:
        name = self._open.pop()
        self._count[name.lower()] -= 1
        self._out.append(f"</{name}>")
        if self._item is not None and len(self._open) <= self._item[1]:
            self._item = None
        return name

    def _close_for_item(self, local: str) -> None:
        """An item begins: whatever of the previous one is still open, ends."""
        if self._item is None:
            return
        for back in range(len(self._open) - 1, self._item[1] - 1, -1):
            if self._open[back].rpartition(":")[2].lower() == local:
                while len(self._open) > back:
                    self._pop()
                return

    def _attributes(self, text: str) -> str:
        if not text or text.isspace():
            return ""
        seen: set[str] = set()
        written = []
        for found in _ATTRIBUTE.finditer(text):
            name = found[1]
            if name in seen or name == "xmlns:xmlns" or name.startswith("xmlns:xml"):
                continue
            if len(seen) >= _MAX_ATTRIBUTES:
                break
            seen.add(name)
            value = next((group for group in found.groups()[1:] if group is not None), "")
            value = safe_text(value).replace("<", "&lt;").replace('"', "&quot;")
            prefix, colon, rest = name.partition(":")
            if prefix == "xmlns" and colon:
                # expat takes no white space in a namespace, and some feeds break the line there.
                value = "".join(value.split())
                if not value:
                    continue
                # Declared anywhere counts as declared at the root too: wrong scoping is a common slip.
                if len(self._open) == 0:
                    self._declared.add(rest)
            elif colon:
                self._prefixes.add(prefix)
            written.append(f' {name}="{value}"')
        return "".join(written)
