"""Byte ranges of a document: where tags end, which elements are open, and the document without what was cut."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.parsers import expat

_WHOLE_TAG = re.compile(rb"""<[^<>"']*(?:"[^"]*"[^<>"']*|'[^']*'[^<>"']*)*>""")
"""Only for tags of well-formed documents, of which each has few attributes: on others it would take much memory."""


def past_tag(data: bytes, at: int) -> int:
    """The byte after the tag that begins at `at`."""
    found = _WHOLE_TAG.match(data, at)
    return found.end() if found else at


def past_end(data: bytes, at: int) -> int:
    """The byte after the element whose end expat reports at `at`: its end tag, or already past an empty one."""
    return data.find(b">", at) + 1 if data.startswith(b"</", at) else at


def closed(data: bytes, at: int, depth: int) -> bytes:
    """`data` up to the byte `at`, where `depth` elements are open, and their end tags. It is well-formed up to there."""
    names: list[str] = []
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = lambda name, attributes: names.append(name)
    parser.EndElementHandler = lambda name: names.pop()
    parser.Parse(data[:at], False)
    return data[:at] + "".join(f"</{name}>" for name in reversed(names[:depth])).encode()


def without(data: bytes, cuts: Iterable[tuple[int, int]]) -> bytes:
    """`data` without the byte ranges `cuts` (first byte, last byte + 1); those that overlap another are skipped."""
    parts = []
    done = 0
    for start, end in sorted(cuts):
        if start < done or end > len(data):
            continue
        parts.append(data[done:start])
        done = end
    return b"".join((*parts, data[done:])) if parts else data
