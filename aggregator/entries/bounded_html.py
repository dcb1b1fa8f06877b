"""HTML that cannot make a parser work, or write, more than in proportion to its length.

A parser opens formatting elements that were left open (`<b>`) anew in each block that follows, attributes and all: one
entry of 20 KB became 7 MB, and one of 400 KB took twelve seconds. Time also grows with the square of the depth and of
the number of attributes in one tag. What markup does to a parser cannot be told from its tags alone, since comments,
quotes and tables hide end tags. So markup stays as it is only where all of it is plain and strictly nested, and is
rebuilt otherwise: every element closed where it ends, depth and attributes bounded. Both in linear time.
"""

from __future__ import annotations

import re

from aggregator.entries.html_elements import (
    CLOSES_ITSELF,
    CONTAINERS,
    DROPPED,
    ENDS_PARAGRAPH,
    FORMATTING,
    KEPT,
    SCOPES,
    VOID,
)

DEEPEST = 100
"""Elements open at once; the tags of those within are dropped, not their text."""
_MOST_FORMATTING = 12
_MOST_ATTRIBUTES = 30
_SPARE = 10_000
"""Characters that repeated formatting may add to any markup, beyond its own length."""

_LONG_TAG = re.compile(r"<[a-zA-Z][^>]{4000}")
_PLAIN = re.compile(
    r"<(/?)([a-zA-Z][^\s/<>\"'=]*)"
    r"((?:\s+[^\s<>\"'=/]+(?:\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>=`]+))?){0,30})\s*/?>|<!--[^<>]*-->"
)
_UNNESTED = VOID | {"p", "li", "dt", "dd"}
"""Their end tags may be missing even in markup that counts as strictly nested."""


def bounded(html: str) -> str:
    """`html`, or the same content rebuilt where a parser might take much time or memory over it."""
    if "<" not in html:
        return html
    return html if _LONG_TAG.search(html) is None and _strictly_nested(html) else _Rebuilt(html).markup()


def _strictly_nested(html: str) -> bool:
    """Whether each tag is plain, each end tag is that of the innermost element, and formatting repeats little."""
    tags = _PLAIN.findall(html)
    if len(tags) != html.count("<"):
        return False
    most = 2 * len(html) + _SPARE
    stack: list[str] = []
    weights: list[int] = []
    weight = repeated = 0
    for closing, written, attributes in tags:
        if not written:
            continue
        name = written.lower()
        if name not in FORMATTING:
            repeated += weight
            if name in _UNNESTED:
                continue
        if not closing:
            stack.append(name)
            weights.append(weight)
            if name in FORMATTING:
                weight += len(name) + len(attributes) + 5
            if len(stack) > DEEPEST:
                return False
        elif stack and stack[-1] == name:
            stack.pop()
            weight = weights.pop()
        else:
            return False
    return repeated <= most


# --- rebuilding ---

_NEXT = re.compile(r"<(?:(!--)|(/?)([a-zA-Z][^\s/<>]*)|[!?/])")
_COMMENT_END = re.compile(r"--!?>")
_ATTRIBUTE = re.compile(
    r"""[\s/]*(?:([^\s/>=][^\s/>=]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"'][^\s>]*)))?|(["'=]))"""
)
_TAG_END = re.compile(r"[\s/]*>")


class _Rebuilt:
    def __init__(self, html: str) -> None:
        self._html = html
        self._out: list[str] = []
        self._open: list[str] = []
        self._places: dict[str, list[int]] = {}
        """Where in `_open` each name stands, innermost last."""
        self._scopes: list[int] = [-1]
        """Where in `_open` the elements stand whose content ends nothing outside."""
        self._formatting = 0

    def markup(self) -> str:
        at, size = 0, len(self._html)
        while at < size:
            found = _NEXT.search(self._html, at)
            if found is None:
                self._text(at, size)
                break
            self._text(at, found.start())
            if found[1]:
                end = _COMMENT_END.search(self._html, found.end() - 2)
                at = end.end() if end else size
            elif found[3]:
                at = self._tag(found[3].lower(), bool(found[2]), found.end())
            else:
                end_at = self._html.find(">", found.end() - 1)
                at = end_at + 1 if end_at >= 0 else size
        self._pop_to(0)
        return "".join(self._out)

    def _text(self, start: int, end: int) -> None:
        if end > start:
            self._out.append(self._html[start:end].replace("<", "&lt;"))

    def _tag(self, name: str, closing: bool, at: int) -> int:
        """Handle the tag whose name ends at `at`; where the text after it begins."""
        attributes, at = self._attributes(at)
        if closing:
            self._end(name)
        elif name in DROPPED:
            return self._past(name, at)
        elif name in KEPT:
            self._start(name, attributes)
        return at

    def _attributes(self, at: int) -> tuple[str, int]:
        """The first attributes of a tag, quoted, and where the tag ends."""
        found: dict[str, str] = {}
        size = len(self._html)
        while (end := _TAG_END.match(self._html, at)) is None:
            one = _ATTRIBUTE.match(self._html, at)
            if one is None or one.end() == at:
                return "", size
            at = one.end()
            if one[1] and len(found) < _MOST_ATTRIBUTES and one[1].isascii():
                value = one[2] or one[3] or one[4] or ""
                found.setdefault(one[1].lower(), value)
        written = []
        for name, value in found.items():
            if name.isalpha():
                value = value.replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
                written.append(f' {name}="{value}"')
        return "".join(written), end.end()

    def _past(self, name: str, at: int) -> int:
        """Where the content of a dropped element, which begins at `at`, ends."""
        end = re.compile(rf"</{name}(?=[\s/>])[^>]*>", re.IGNORECASE).search(self._html, at)
        return end.end() if end else len(self._html)

    def _start(self, name: str, attributes: str) -> None:
        if name in ENDS_PARAGRAPH:
            self._close(frozenset({"p"}), ())
        if name in CLOSES_ITSELF:
            self._close(CLOSES_ITSELF[name], CONTAINERS.get(name, ()))
        if name in VOID:
            self._out.append(f"<{name}{attributes}>")
            return
        if len(self._open) >= DEEPEST or (name in FORMATTING and self._formatting >= _MOST_FORMATTING):
            return
        self._places.setdefault(name, []).append(len(self._open))
        if name in SCOPES:
            self._scopes.append(len(self._open))
        self._formatting += name in FORMATTING
        self._open.append(name)
        self._out.append(f"<{name}{attributes}>")

    def _end(self, name: str) -> None:
        places = self._places.get(name)
        if not places:
            return
        scope = self._scopes[-1]
        if places[-1] >= scope or name in ("table", "tr", "tbody", "thead", "tfoot", "td", "th", "caption"):
            self._pop_to(places[-1])

    def _close(self, names: frozenset[str], containers: frozenset[str] | tuple[str, ...]) -> None:
        """End the innermost of these elements, with all that is in it, unless one that contains it is in between."""
        barrier = self._scopes[-1]
        if names & SCOPES:  # a cell ends the cell before it, and is the scope itself
            barrier = (self._places.get("table") or [-1])[-1]
        for container in containers:
            barrier = max(barrier, (self._places.get(container) or [-1])[-1])
        place = max((self._places.get(name) or [-1])[-1] for name in names)
        if place > barrier:
            self._pop_to(place)

    def _pop_to(self, depth: int) -> None:
        while len(self._open) > depth:
            name = self._open.pop()
            self._places[name].pop()
            if self._scopes[-1] == len(self._open):
                self._scopes.pop()
            self._formatting -= name in FORMATTING
            self._out.append(f"</{name}>")
