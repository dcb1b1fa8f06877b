"""The outlines of an OPML document, also of one that is no well-formed XML: other programs write such, and people edit it.

What an outline holds is read attribute by attribute, so that one bad line costs itself alone. Where as many
outlines are closed as opened, that nesting counts; else lines that are set in tell what is inside what, and, where
none are, a feed is taken to hold no other.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

_TAG = re.compile(
    r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|(?P<end></\s*outline\s*>)|(?P<start><outline(?=[\s/>]))",
    re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTE = re.compile(
    r"\s*+([A-Za-z_][\w:.-]*+)\s*+=\s*+(?:\"((?:(?!</?outline\b)[^\"])*+)\"|'((?:(?!</?outline\b)[^'])*+)'|([^\s\"'<>]++))",
    re.IGNORECASE,
)
_CLOSING = re.compile(r"\s*(/?)>")
_JUNK = re.compile(r"\s*(?:[^\s<>/]+|/)")
_REFERENCE = re.compile(r"&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos);")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_DECLARED = re.compile(rb"""<\?xml[^>]{0,100}encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_DEEPEST = 20
"""Folders in folders of which the names are kept."""


class Outline(NamedTuple):
    """One outline that names a feed."""

    line: int
    """From 1."""
    attributes: Mapping[str, str]
    """By their names in lower case."""
    folders: tuple[str, ...]
    """The names of the outlines around it, outermost first."""
    whole: bool
    """False where a part of it could not be read."""


@dataclass(frozen=True, slots=True)
class _Tag:
    line: int
    column: int
    """Where it begins; -1 where something stands before it on its line."""
    start: bool
    alone: bool = True
    """A start that is closed at once."""
    whole: bool = True
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def feed(self) -> bool:
        return "xmlurl" in self.attributes

    @property
    def name(self) -> str:
        return (self.attributes.get("text") or self.attributes.get("title") or "").strip()


def decoded(content: bytes) -> str:
    """The text of a document by its byte order mark, else its declaration, else as UTF-8."""
    for mark, encoding in ((codecs.BOM_UTF8, "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    declared = _DECLARED.match(content)
    try:
        return content.decode(declared[1].decode("ascii") if declared else "utf-8", "replace")
    except (LookupError, ValueError):
        return content.decode("utf-8", "replace")


def feed_outlines(text: str) -> Iterator[Outline]:
    """The outlines that name a feed, in their order, and those that may have named one and cannot be read."""
    tags = list(_tags(text))
    opened = sum(tag.start and not tag.alone for tag in tags)
    balanced = opened == sum(not tag.start for tag in tags)
    set_in = not balanced and len({tag.column for tag in tags if tag.start and tag.column >= 0}) > 1
    around: list[_Tag] = []
    for tag in tags:
        if not balanced:
            _close(around, tag, set_in)
        if not tag.start:
            del around[-1:]
            continue
        if tag.feed or (tag.alone and not tag.whole):
            yield Outline(
                tag.line, tag.attributes, tuple(one.name for one in around if not one.feed), tag.whole
            )
        if not tag.alone:
            around.append(tag)


def _close(around: list[_Tag], tag: _Tag, set_in: bool) -> None:
    """Take those from the outlines around that must have ended before `tag`, though nothing says so."""
    if set_in and tag.column >= 0:
        # An end stands below its own start; a start below that of another stands beside it.
        while around and (around[-1].column > tag.column or (tag.start and around[-1].column == tag.column)):
            around.pop()
        return
    own = not tag.start and tag.column < 0  # right behind the feed, on its line
    if around and around[-1].feed and not own:
        around.pop()


def _tags(text: str) -> Iterator[_Tag]:
    position, line = 0, 1
    counted = 0
    while found := _TAG.search(text, position):
        position = found.end()
        if found["end"] is None and found["start"] is None:
            continue
        line += text.count("\n", counted, found.start())
        begins = text.rfind("\n", counted, found.start()) + 1
        before = text[begins or counted : found.start()]
        column = -1 if before.strip() or (not begins and counted) else len(before.expandtabs(4))
        counted = found.start()
        if found["end"] is not None:
            yield _Tag(line, column, start=False)
            continue
        attributes, alone, whole, position = _attributes(text, found.end())
        yield _Tag(line, column, True, alone, whole, attributes)


def _attributes(text: str, position: int) -> tuple[dict[str, str], bool, bool, int]:
    """(attributes, closed at once, all could be read, where it ends) of a start that goes on at `position`."""
    found: dict[str, str] = {}
    whole = True
    while True:
        if attribute := _ATTRIBUTE.match(text, position):
            value = next(group for group in attribute.groups()[1:] if group is not None)
            found.setdefault(attribute[1].lower(), _REFERENCE.sub(_character, value))
            position = attribute.end()
        elif closing := _CLOSING.match(text, position):
            return found, bool(closing[1]), whole, closing.end()
        elif junk := _JUNK.match(text, position):
            whole, position = False, junk.end()
        else:
            return found, True, False, position  # the next tag begins, or the document ends


def _character(reference: re.Match[str]) -> str:
    name = reference[1]
    if not name.startswith("#"):
        return _NAMED[name]
    number = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
    return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"


def joined(folders: Sequence[str]) -> str:
    """Nested folders as one name."""
    return "/".join(name for name in folders if name)
