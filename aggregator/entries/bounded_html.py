"""HTML that cannot make a parser work, or write, more than in proportion to its length.

A parser opens formatting elements that were left open (`<b>`) anew in each block that follows, attributes and all: one
entry of 20 KB became 7 MB, and one of 400 KB took twelve seconds. Time also grows with the square of the depth and of
the number of attributes in one tag. What markup does to a parser cannot be told from its tags alone, since comments,
quotes and tables hide end tags. So markup stays as it is only where all of it is plain and strictly nested, and is
rebuilt otherwise: every element closed where it ends, depth and attributes bounded. Both in linear time. What is hardly
more than tags is reduced to its text.
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
    TABLE_PARTS,
    VOID,
)

DEEPEST = 100
"""Elements open at once; the tags of those within are dropped, not their text."""
_MOST_FORMATTING = 12
_MOST_ATTRIBUTES = 30
_SPARE = 10_000
"""Characters that repeated formatting may add to any markup, beyond its own length."""

_FEW_TAGS = 200
_DENSEST = 12
"""Characters to a tag below which markup that is not strictly nested is reduced to its text; in 230 real feeds the
densest that has to be rebuilt has 14."""

_ANY_TAG = re.compile(r"<[/!?a-zA-Z][^<>]*>")
_LONG_TAG = re.compile(r"<[a-zA-Z][^>]{4000}")
_PLAIN = re.compile(
    r"<(/?)([a-zA-Z][^\s/<>\"'=]*)"
    r"((?:\s+[^\s<>\"'=/]+(?:\s*=\s*(?:\"[^\"<]*\"|'[^'<]*'|[^\s\"'<>=`]+))?){0,30})\s*/?>|<!--[^<>]*-->"
)
_UNNESTED = VOID | {"p", "li", "dt", "dd"}
"""Their end tags may be missing even in markup that counts as strictly nested."""


def bounded(html: str) -> str:
    """`html`, or the same content rebuilt where a parser might take much time or memory over it."""
    if "<" not in html or (_LONG_TAG.search(html) is None and _strictly_nested(html)):
        return html
    if html.count("<") > max(_FEW_TAGS, len(html) / _DENSEST):
        return text_only(html)
    return _Rebuilt(html).markup()


def text_only(html: str) -> str:
    """`html` without anything that looks like a tag, as HTML."""
    return _ANY_TAG.sub(" ", html).replace("<", "&lt;")


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


def few_attributes(html: str, most: int = 200) -> str:
    """`html`, each tag with no more than `most` attributes where it is long: parsers look each up among all."""
    kept: list[str] = []
    done = 0
    while (long := _LONG_TAG.search(html, done)) is not None:
        name = _NEXT.match(html, long.start())
        at = name.end() if name else long.start() + 2
        attributes = 0
        while (end := _TAG_END.match(html, at)) is None and attributes < most:
            one = _ATTRIBUTE.match(html, at)
            if one is None or one.end() == at:
                break
            at = one.end()
            attributes += 1
        kept.append(html[done:at])
        done = at if end is not None or attributes < most else _end_of_tag(html, at)
    return "".join((*kept, html[done:])) if kept else html


def _end_of_tag(html: str, at: int) -> int:
    """Where the tag ends among whose attributes `at` is."""
    while (end := _TAG_END.match(html, at)) is None:
        one = _ATTRIBUTE.match(html, at)
        if one is None or one.end() == at:
            return len(html)
        at = one.end()
    return end.start()


# --- rebuilding ---

_NEXT = re.compile(r"<(?:(!--)|(/?)([a-zA-Z][^\s/<>]*)(>?)|[!?/])")
_PARAGRAPH = frozenset({"p"})
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
                at = self._tag(found[3].lower(), bool(found[2]), bool(found[4]), found.end())
            else:
                end_at = self._html.find(">", found.end() - 1)
                at = end_at + 1 if end_at >= 0 else size
        self._pop_to(0)
        return "".join(self._out)

    def _text(self, start: int, end: int) -> None:
        if end > start:
            self._out.append(self._html[start:end].replace("<", "&lt;"))

    def _tag(self, name: str, closing: bool, bare: bool, at: int) -> int:
        """Handle the tag whose name, or which itself if `bare`, ends at `at`; where the text after it begins."""
        attributes, end = ("", at) if bare else self._attributes(at)
        if end < 0:
            return len(self._html)  # cut off inside a tag
        if closing:
            self._end(name)
        elif name in DROPPED:
            return self._past(name, end)
        elif name in KEPT:
            self._start(name, attributes)
        return end

    def _attributes(self, at: int) -> tuple[str, int]:
        """The first attributes of a tag, quoted, and where the tag ends; -1 where it does not."""
        found: dict[str, str] = {}
        while (end := _TAG_END.match(self._html, at)) is None:
            one = _ATTRIBUTE.match(self._html, at)
            if one is None or one.end() == at:
                return "", -1
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
            self._close(name if name not in TABLE_PARTS else "", _PARAGRAPH)
        if name in CLOSES_ITSELF:
            self._close(name, CLOSES_ITSELF[name])
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
        place = self._place(name)
        if place >= 0 and (name in TABLE_PARTS or place >= self._scopes[-1]):
            self._pop_to(place)

    def _close(self, name: str, ended: frozenset[str]) -> None:
        """End the innermost of the elements that the start tag `name` ends, unless one that contains it is between."""
        containers = ("table",) if name in TABLE_PARTS else CONTAINERS.get(name, ())
        barrier = max(map(self._place, containers), default=-1)
        if name not in TABLE_PARTS:
            barrier = max(barrier, self._scopes[-1])
        place = max(map(self._place, ended))
        if place > barrier:
            self._pop_to(place)

    def _place(self, name: str) -> int:
        """Where in `_open` the innermost element of this name stands, or -1."""
        places = self._places.get(name)
        return places[-1] if places else -1

    def _pop_to(self, depth: int) -> None:
        while len(self._open) > depth:
            name = self._open.pop()
            self._places[name].pop()
            if self._scopes[-1] == len(self._open):
                self._scopes.pop()
            self._formatting -= name in FORMATTING
            self._out.append(f"</{name}>")
