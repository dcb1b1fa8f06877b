"""Make well-formed XML of whatever a server calls a feed.

Two steps, each linear in the size of the document. `prologue` takes away what stands before the root element:
stray output, comments, and the document type, whose harmless entities are remembered. `repair` rewrites the
rest token by token: bare ampersands and angle brackets escaped, attributes quoted, tags balanced, unknown
namespace prefixes declared, forbidden characters dropped. Nothing is looked up outside the document, and no
entity is expanded more than once, so entity bombs and external entities come to nothing.
"""

from __future__ import annotations

import re
from html.entities import html5
from xml.sax.saxutils import escape

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_SKIPPED = re.compile(r"\s+|<!--|<\?|<!DOCTYPE", re.IGNORECASE)
_ROOT = re.compile(r"<(?:[A-Za-z][\w.\-]*:)?[A-Za-z][\w.\-]*")
_FEED_ROOT = re.compile(r"<(?:[A-Za-z][\w\-]*:)?(?:rss|feed|RDF|channel)[\s>]", re.IGNORECASE)
_EMBEDDED = re.compile(
    r"<(?:rss\s[^<>]*version\s*=|feed\s[^<>]*xmlns\s*=|rdf:RDF\s[^<>]*xmlns)", re.IGNORECASE
)
_ENTITY = re.compile(r"""<!ENTITY\s+([\w.\-]{1,64})\s+(?:"([^"<%]{0,200})"|'([^'<%]{0,200})')\s*>""")
_REFERENCE = re.compile(r"&([A-Za-z][\w.\-]{0,63});")
_JUNK = 100_000
"""Characters of stray output before the root element that are skipped at most."""

_PREDEFINED = frozenset({"amp", "lt", "gt", "quot", "apos"})
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
_TOKEN = re.compile(
    r"<!\[CDATA\[|<!--|<\?|<!|"
    r"</\s*(?P<end>[A-Za-z_][\w.\-]*(?::[A-Za-z_][\w.\-]*)?)\s*>|"
    r"<(?P<start>[A-Za-z_][\w.\-]*(?::[A-Za-z_][\w.\-]*)?)"
    r"(?P<attributes>(?:\s[^<>\"']*(?:\"[^\"<]*\"[^<>\"']*|'[^'<]*'[^<>\"']*)*)?)(?P<empty>/?)>"
)
_ATTRIBUTE = re.compile(
    r"""([A-Za-z_][\w.\-]*(?::[A-Za-z_][\w.\-]*)?)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+)))?"""
)
_AMPERSAND = re.compile(r"&(?!(?:[A-Za-z][A-Za-z0-9]{1,31}|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});)")
_NUMBER = re.compile(r"&#(?:[xX]([0-9a-fA-F]{1,6})|([0-9]{1,7}));")
_VOID = frozenset({"br", "hr", "img", "input", "wbr", "meta", "col", "area", "base", "param", "embed"})
_ITEMS = frozenset({"item", "entry"})
_MAX_OPEN = 300


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
    end = text.find("]", bracket)
    # "]" may stand inside an entity's value; the subset ends at the first "]" that ">" follows.
    while end >= 0 and not text[end + 1 : end + 50].lstrip().startswith(">"):
        end = text.find("]", end + 1)
    if end < 0:
        root = _FEED_ROOT.search(text, bracket)
        return root.start() if root else len(text)
    for found in _ENTITY.finditer(text, bracket, min(end, bracket + 20_000)):
        value = found[2] if found[2] is not None else found[3]
        # A value that refers to other entities is the stuff of bombs; a number reference is a character.
        if "&" not in _NUMBER.sub("", value):
            entities.setdefault(found[1], _NUMBER.sub(_character, value))
    return text.find(">", end) + 1


def _character(found: re.Match[str]) -> str:
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
    """`text` with references to `entities` and to HTML's named entities replaced by their characters."""
    if "&" not in text:
        return text

    def replace(found: re.Match[str]) -> str:
        name = found[1]
        if name in _PREDEFINED:
            return found[0]
        value = entities.get(name)
        if value is None:
            value = html5.get(name + ";")
        return escape(value) if value is not None else found[0]

    parts = re.split(r"(<!\[CDATA\[.*?\]\]>)", text, flags=re.DOTALL) if "<![CDATA[" in text else [text]
    return "".join(part if part.startswith("<![CDATA[") else _REFERENCE.sub(replace, part) for part in parts)


def strip_forbidden(text: str) -> str:
    """`text` without the characters that XML 1.0 cannot hold."""
    return _FORBIDDEN.sub("", text)


class _Writer:
    """Balances tags while copying."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.open: list[str] = []
        self.prefixes: set[str] = set()
        self.root_end = 0
        self.declared: set[str] = set()
        self.absent: set[str] = set()
        """Closing marks that do not occur again: looked for once, or the time would be quadratic."""

    def start(self, name: str, attributes: str, empty: bool) -> None:
        local = name.rpartition(":")[2].lower()
        if not self.open and self.out:
            return  # a second root
        if local in _ITEMS and not empty:
            self._close_for_item(local)
        written = self._attributes(attributes)
        if ":" in name:
            self.prefixes.add(name.partition(":")[0])
        if not self.open:
            self.out.append(f"<{name}{written}")
            self.root_end = len(self.out)
            self.out.append(">")
            self.open.append(name)
            return
        if (
            empty
            or len(self.open) >= _MAX_OPEN
            or (local in _VOID and ":" not in name and self._inside_item_field())
        ):
            self.out.append(f"<{name}{written}/>")
            return
        self.out.append(f"<{name}{written}>")
        self.open.append(name)

    def end(self, name: str) -> None:
        wanted = name.lower()
        for back in range(len(self.open) - 1, max(-1, len(self.open) - 60), -1):
            if self.open[back].lower() == wanted:
                if back == 0 and len(self.open) > 1 and wanted not in ("rss", "feed", "rdf:rdf", "channel"):
                    return
                while len(self.open) > back:
                    self.out.append(f"</{self.open.pop()}>")
                return

    def text(self, text: str) -> None:
        if self.open and text:
            self.out.append(text)

    def finish(self) -> str:
        while self.open:
            self.out.append(f"</{self.open.pop()}>")
        missing = sorted(self.prefixes - self.declared - {"xml", "xmlns"})
        if missing and self.root_end:
            self.out[self.root_end - 1] += "".join(
                f' xmlns:{prefix}="{_KNOWN_PREFIXES.get(prefix.lower(), "urn:undeclared:" + prefix)}"'
                for prefix in missing
            )
        return "".join(self.out)

    def _inside_item_field(self) -> bool:
        return len(self.open) > 2

    def _close_for_item(self, local: str) -> None:
        """An item begins: whatever of the previous one is still open, ends."""
        for back in range(len(self.open) - 1, max(0, len(self.open) - 60), -1):
            if self.open[back].rpartition(":")[2].lower() == local:
                while len(self.open) > back:
                    self.out.append(f"</{self.open.pop()}>")
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
            seen.add(name)
            value = next((group for group in found.groups()[1:] if group is not None), "")
            value = _safe_text(value).replace("<", "&lt;").replace('"', "&quot;")
            prefix, colon, rest = name.partition(":")
            if prefix == "xmlns" and colon:
                # expat takes no white space in a namespace, and some feeds break the line there.
                value = "".join(value.split())
                if not value:
                    continue
                # Declared anywhere counts as declared at the root too: wrong scoping is a common slip.
                if len(self.open) == 0:
                    self.declared.add(rest)
            elif colon:
                self.prefixes.add(prefix)
            written.append(f' {name}="{value}"')
        return "".join(written)


def _safe_text(text: str) -> str:
    """`text` with every ampersand part of a reference XML can resolve."""
    if "&" not in text:
        return text
    text = _AMPERSAND.sub("&amp;", text)
    text = _NUMBER.sub(lambda found: escape(_character(found)), text)
    return _REFERENCE.sub(lambda found: found[0] if found[1] in _PREDEFINED else f"&amp;{found[1]};", text)


def repair(text: str) -> str:
    """`text` (from its root element on, entities replaced) as well-formed XML. Linear time, never raises."""
    writer = _Writer()
    at = 0
    size = len(text)
    while at < size:
        opening = text.find("<", at)
        if opening < 0:
            opening = size
        if opening > at:
            writer.text(_safe_text(text[at:opening]).replace("]]>", "]]&gt;"))
        if opening == size:
            break
        found = _TOKEN.match(text, opening)
        if found is None:
            writer.text("&lt;")
            at = opening + 1
            continue
        at = _token(writer, text, opening, found)
    return writer.finish()


def _token(writer: _Writer, text: str, at: int, found: re.Match[str]) -> int:
    """Handle the token `found` at `at`; where the next one begins."""
    opening = found[0]
    if opening == "<![CDATA[":
        end = text.find("]]>", at)
        inside = text[at + 9 : end if end >= 0 else len(text)]
        writer.text(escape(inside))
        return end + 3 if end >= 0 else len(text)
    if opening in ("<!--", "<?", "<!"):
        mark = {"<!--": "-->", "<?": "?>", "<!": ">"}[opening]
        end = -1 if mark in writer.absent else text.find(mark, at + len(opening))
        if end >= 0:
            return end + len(mark)
        writer.absent.add(mark)
        return at + len(opening)
    if found["end"]:
        writer.end(found["end"])
    else:
        attributes = found["attributes"] or ""
        empty = bool(found["empty"]) or attributes.rstrip().endswith("/")
        writer.start(found["start"], attributes, empty)
    return found.end()
