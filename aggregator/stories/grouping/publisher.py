"""Whose feed it is: feeds of one site have one voice between them, however many there are."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

_SECOND_LEVEL = frozenset(("ac", "co", "com", "edu", "go", "gov", "ne", "net", "or", "org"))
"""Below a country's domain these are no site's own name: bbc.co.uk, yna.co.kr."""


@lru_cache(maxsize=16384)
def publisher_of(url: str) -> str:
    """The site a feed's URL is of: the last two labels of its host, three below such as "co.uk"; an address or a name
    without a dot as it is; of an import, which has no host, the whole URL."""
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return url
    labels = host.split(".")
    if not host or ":" in host or labels[-1].isdigit():
        return host or url
    own = 3 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL else 2
    return ".".join(labels[-own:])
