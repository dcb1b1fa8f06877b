"""Hashes that say "the same text": equal keys join entries without any further look."""

from __future__ import annotations

import re
from hashlib import blake2b

from aggregator.core.types import Entry

_WORD = re.compile(r"\w+")
_TITLE_ONLY = 24
"""Letters a title must have to be a key when there is no summary; shorter ones repeat ("Weather")."""
_SHORTEST = 40
"""Letters that title and summary must have together."""


def hash64(*parts: str) -> int:
    """Signed 64-bit blake2b over `parts`, each kept apart from the next."""
    digest = blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def hex64(*parts: str) -> str:
    """16 hexadecimal digits of blake2b over `parts`."""
    return blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def text_keys(entry: Entry) -> tuple[int, ...]:
    """Keys of `entry`: its guid within its feed, its URL, and its text when there is enough of it.

    A front page, or a URL or guid that several items of one document share, identifies nothing and gives no key.
    """
    keys = []
    if entry.guid and not entry.guid_shared:
        keys.append(hash64("g", str(entry.feed_id), entry.guid))
    if entry.url and not entry.url_shared and _names_a_page(entry.url):
        keys.append(hash64("u", entry.url.split("://", 1)[-1].removeprefix("www.").rstrip("/")))
    text = text_key(entry.title, entry.summary)
    if text is not None:
        keys.append(text)
    return tuple(keys)


def text_key(title: str, summary: str) -> int | None:
    """Key of the words alone, without case, punctuation and spacing; None when there are too few."""
    head = "".join(_WORD.findall(title.lower()))
    body = "".join(_WORD.findall(summary.lower()))
    if body and len(head) + len(body) >= _SHORTEST:
        return hash64("t", head, body)
    if not body and len(head) >= _TITLE_ONLY:
        return hash64("t", head, "")
    return None


def _names_a_page(url: str) -> bool:
    _, _, rest = url.partition("://")
    _, _, path = rest.partition("/")
    return bool(path.strip("/"))
