"""Make well-formed XML of whatever a server calls a feed, from its root element on.

Token by token, in time and memory linear in the size of the document: bare ampersands and angle brackets escaped,
attributes quoted, tags balanced, unknown namespace prefixes declared, forbidden characters dropped. A document whose
root element never ends was cut off on its way: it ends after the last element, or item, that is whole.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from xml.sax.saxutils import escape

from aggregator.entries.parse.balance import Balancer
from aggregator.entries.parse.entities import safe_text
from aggregator.entries.parse.limits import TooDeep

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_NAME = r"[A-Za-z_][\w.\-]*(?::[A-Za-z_][\w.\-]*)?"
_TOKEN = re.compile(rf"<!\[CDATA\[|<!--|<\?|<!|</\s*(?P<end>{_NAME})\s*>|<(?P<start>{_NAME})(?=[\s/>])")
_BRACKETS = re.compile(r"<+(?=<)")
_LAST_END = re.compile(rf"</({_NAME})\s*\Z")
_UNQUOTED = re.compile(r"[^<>\"']*")
_QUOTED = re.compile(r"\"[^\"<]*\"|'[^'<]*'")
_MOST_QUOTED = 1000
"""Values in one tag."""
_ENDS = {"<![CDATA[": "]]>", "<!--": "-->", "<?": "?>", "<!": ">"}


class Repaired(NamedTuple):
    """A document made well-formed."""

    text: str
    truncated: bool
    """It was cut off on its way; what was unfinished is left out."""


def strip_forbidden(text: str) -> str:
    """`text` without the characters that XML 1.0 cannot hold."""
    return _FORBIDDEN.sub("", text)


def repair(text: str) -> Repaired:
    """`text` (from its root element on, entities replaced) as well-formed XML.

    Raises TooDeep for a tag of more than a thousand values, and as `Balancer` does.
    """
    balancer = Balancer()
    absent: set[str] = set()  # marks that do not occur again: looked for once, or the time would be quadratic
    at = 0
    size = len(text)
    while at < size:
        opening = text.find("<", at)
        if opening < 0:
            opening = size
        if opening > at:
            balancer.text(safe_text(text[at:opening]).replace("]]>", "]]&gt;"))
        if opening == size:
            break
        found = _TOKEN.match(text, opening)
        if found is None:
            if last := _LAST_END.match(text, opening):
                balancer.end_of_root(last[1])
            run = _BRACKETS.match(text, opening)
            brackets = run.end() - opening if run else 1
            balancer.text("&lt;" * brackets)
            at = opening + brackets
        elif found["end"]:
            balancer.end(found["end"])
            at = found.end()
        elif found["start"]:
            at = _start(balancer, text, found)
        else:
            at = _section(balancer, text, found, absent)
    return Repaired(*balancer.finish())


def _start(balancer: Balancer, text: str, found: re.Match[str]) -> int:
    """Handle the start tag whose name is `found`; where the next token begins."""
    end = _end_of_tag(text, found.end())
    attributes = text[found.end() : end] if end >= 0 else "/ unfinished"
    if attributes.startswith("/") and attributes != "/":
        balancer.text("&lt;")
        return found.start() + 1
    balancer.start(found["start"], attributes, attributes.rstrip().endswith("/"))
    return end + 1


def _end_of_tag(text: str, at: int) -> int:
    """Where the ">" of the tag stands whose attributes begin at `at`; -1 when another tag begins before."""
    for _ in range(_MOST_QUOTED):
        unquoted = _UNQUOTED.match(text, at)
        at = unquoted.end() if unquoted else at
        if text.startswith(">", at):
            return at
        quoted = _QUOTED.match(text, at)
        if quoted is None:
            return -1
        at = quoted.end()
    raise TooDeep(f"an element with more than {_MOST_QUOTED} attributes")


def _section(balancer: Balancer, text: str, found: re.Match[str], absent: set[str]) -> int:
    """Handle the CDATA section, comment, instruction or declaration that begins with `found`; where the next begins."""
    opening, inside = found[0], found.end()
    mark = _ENDS[opening]
    end = -1 if mark in absent else text.find(mark, inside)
    if end < 0:
        # It swallows the rest of a document that was cut off in it; in any other, its end was forgotten.
        absent.add(mark)
        balancer.unfinished()
        return inside
    if opening == "<![CDATA[":
        balancer.text(escape(text[inside:end]))
    return end + len(mark)
