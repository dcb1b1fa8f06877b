"""What stands before the root element, and the names of characters.

`prologue` takes away stray output, comments and the document type, whose harmless entities are remembered; `declare`
puts the characters for them and for HTML's. Nothing is looked up outside the document, and no entity is expanded more
than once, so entity bombs and external entities come to nothing.
"""

from __future__ import annotations

import re
from html.entities import html5
from xml.sax.saxutils import escape

from aggregator.entries.parse.limits import TooDeep

_SKIPPED = re.compile(r"\s+|<!--|<\?|<!DOCTYPE", re.IGNORECASE)
_ROOT = re.compile(r"<(?:[A-Za-z][\w.\-]*:)?[A-Za-z][\w.\-]*")
_FEED_ROOT = re.compile(r"<(?:[A-Za-z][\w\-]*:)?(?:rss|feed|RDF|channel)[\s>]", re.IGNORECASE)
_EMBEDDED = re.compile(
    r"<(?:rss\s[^<>]*version\s*=|feed\s[^<>]*xmlns\s*=|rdf:RDF\s[^<>]*xmlns)", re.IGNORECASE
)
_ENTITY = re.compile(r"""<!ENTITY\s+([\w.\-]{1,64})\s+(?:"([^"<%]{0,200})"|'([^'<%]{0,200})')\s*>""")
_SUBSET_END = re.compile(r"\]\s{0,50}>")
_MOST_GROWN = 1_000_000
_JUNK = 100_000
"""Characters of stray output before the root element that are skipped at most."""

_NUMBER = re.compile(r"&#(?:[xX]([0-9a-fA-F]{1,6})|([0-9]{1,7}));")
_REFERENCE = re.compile(r"&([A-Za-z][\w.\-]{0,63});")
_AMPERSAND = re.compile(r"&(?!(?:[A-Za-z][A-Za-z0-9]{1,31}|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});)")
_PREDEFINED = frozenset({"amp", "lt", "gt", "quot", "apos"})


def prologue(text: str) -> tuple[str, dict[str, str], bool]:
    """What is left of `text` from the root element on, entities declared for it, and whether junk was skipped.

    Returns an empty text when there is no element at all.
    """
    at = 0
    entities: dict[str, str] = {}
    while True:
        found = _SKIPPED.match(text, at)
        if found is None:
            break
        opening = found[0]
        if opening == "<!--":
            end = text.find("-->", at + 4)
            at = end + 3 if end >= 0 else len(text)
        elif opening == "<?":
            end = text.find("?>", at)
            at = end + 2 if end >= 0 else len(text)
        elif opening[0] == "<":
            at = _doctype(text, at, entities)
        else:
            at = found.end()
    if _ROOT.match(text, at):
        return text[at:], entities, False
    feed = _FEED_ROOT.search(text, at, at + _JUNK) or _ROOT.search(text, at, at + _JUNK)
    return (text[feed.start() :], entities, True) if feed else ("", entities, True)


def embedded(text: str) -> str:
    """The feed that stands inside an HTML page (a misconfigured server wraps it), from its root on, or ""."""
    found = _EMBEDDED.search(text, 0, _JUNK)
    return text[found.start() :] if found else ""


def _doctype(text: str, at: int, entities: dict[str, str]) -> int:
    """Skip the document type at `at`, adding its plain entities to `entities`; where it ends."""
    close = text.find(">", at)
    bracket = text.find("[", at, close if close >= 0 else len(text))
    if bracket < 0:
        return close + 1 if close >= 0 else len(text)
    # "]" may stand inside an entity's value; the subset ends at the first "]" that ">" follows.
    close_of_subset = _SUBSET_END.search(text, bracket)
    if close_of_subset is None:
        root = _FEED_ROOT.search(text, bracket)
        return root.start() if root else len(text)
    end = close_of_subset.start()
    for found in _ENTITY.finditer(text, bracket, min(end, bracket + 20_000)):
        value = found[2] if found[2] is not None else found[3]
        # A value that refers to other entities is the stuff of bombs; a number reference is a character.
        if "&" not in _NUMBER.sub("", value):
            entities.setdefault(found[1], _NUMBER.sub(_character, value))
    return close_of_subset.end()


def _character(found: re.Match[str]) -> str:
    """The character that a match of _NUMBER names; "" for one that XML cannot hold."""
    point = int(found[1], 16) if found[1] else int(found[2])
    if (
        point > 0x10FFFF
        or 0xD800 <= point <= 0xDFFF
        or (point < 32 and point not in (9, 10, 13))
        or point in (0xFFFE, 0xFFFF)
    ):
        return ""
    return chr(point)


def declare(text: str, entities: dict[str, str]) -> str:
    """`text` with references to `entities` and to HTML's named entities replaced by their characters.

    Raises TooDeep where the document's own entities would make it grow by more than a million characters.
    """
    if "&" not in text:
        return text
    grown = 0

    def replace(found: re.Match[str]) -> str:
        name = found[1]
        if name in _PREDEFINED:
            return found[0]
        value = entities.get(name)
        if value is None:
            value = html5.get(name + ";")
        else:
            nonlocal grown
            grown += len(value)
            if grown > _MOST_GROWN:
                raise TooDeep(f"entities of its own that stand for more than {_MOST_GROWN} characters")
        return escape(value) if value is not None else found[0]

    parts: list[str] = []
    at = 0
    while (section := text.find("<![CDATA[", at)) >= 0 and (end := text.find("]]>", section)) >= 0:
        parts += (_REFERENCE.sub(replace, text[at:section]), text[section:end])
        at = end
    parts.append(_REFERENCE.sub(replace, text[at:]))
    return "".join(parts)


def safe_text(text: str) -> str:
    """`text` with every ampersand part of a reference XML can resolve."""
    if "&" not in text:
        return text
    text = _AMPERSAND.sub("&amp;", text)
    text = _NUMBER.sub(lambda found: escape(_character(found)), text)
    return _REFERENCE.sub(lambda found: found[0] if found[1] in _PREDEFINED else f"&amp;{found[1]};", text)
