"""Who wrote an item."""

from __future__ import annotations

import re
from typing import Any

from aggregator.entries.parse.values import parts, string

# "address (name)" of RSS; "name <address>" and "name (address)", which people write.
_ADDRESS = r"(?:mailto:)?[^\s@()<>]+@[^\s@()<>]+"
_ADDRESSED = re.compile(
    rf"{_ADDRESS}\s*\(([^()@]+)\)\Z|([^@<>()]+?)\s*(?:<{_ADDRESS}>|\(\s*{_ADDRESS}\s*\))\Z", re.IGNORECASE
)
_MOST = 10


def authors_of(entry: dict[str, Any], inherited: str | None) -> str:
    """Names, else addresses, of the item's authors.

    Where an Atom entry names none, those of the feed it was copied from count (atom:source), then those of the feed
    it stands in, `inherited` (RFC 4287, section 4.2.1). None stands for formats that hand nobody down.
    """
    own = _named(entry)
    if own or inherited is None:
        return own
    source = entry.get("source")
    return (_named(source) if isinstance(source, dict) else "") or inherited


def authors_of_feed(feed: dict[str, Any]) -> str:
    """Names, else addresses, of the authors of a feed."""
    return _named(feed)


def _named(holder: dict[str, Any]) -> str:
    written = string(holder, "author")
    names: dict[str, None] = {}
    for author in parts(holder, "authors"):
        name = author.get("name") or author.get("email")
        if name:
            names.setdefault(str(name).strip())
    # Of several, feedparser writes the last so itself.
    found = _ADDRESSED.match(written[:500]) if len(names) < 2 else None
    if found:
        return (found[1] or found[2]).strip()
    return ", ".join(list(names)[:_MOST]) or written
