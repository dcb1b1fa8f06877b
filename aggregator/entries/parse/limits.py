"""What one document may ask of us: how much is read, what is left out, and what is refused as an attack.

Each limit is far above what any feed needs, and stands where the parsers behind take more than linear time or memory.
"""

from __future__ import annotations

from aggregator.core.errors import AggregatorError

MAX_ITEMS = 5000
"""Items read of one document; feeds list the newest first."""
MAX_ELEMENTS = 250_000
"""Of a document; the largest of 230 real feeds has 3,000."""
MAX_REPEATED = 100
"""Elements of one name in one item, or beside the items: feedparser copies or searches what came before at each."""
MAX_REFERENCES = 2_000_000
"""Escaped characters: each costs feedparser as much as an element."""
MAX_DEPTH = 250
MAX_NAMESPACES = 200
"""Different ones: many feeds declare the same again on every item."""
MAX_ATTRIBUTES = 60
"""Of one element: xml.sax looks each up among all."""
MAX_TERMS = 100
"""Categories or keywords of one item: feedparser looks each up among all."""
MAX_PEOPLE = 100
"""Authors and contributors of one item: feedparser goes through all of them at each."""
MAX_FIELD = 4000
"""Bytes of an author, date or the like; longer ones are left out."""
MAX_INHERITED = 4096
"""Characters of xml:base and xml:lang: feedparser makes and keeps a copy of them for each element below."""

MAX_HANDED_DOWN = 4 * MAX_ITEMS
"""Elements that have one of their own."""

CUT_OFF = "was cut off on its way: what came whole is read, and it is asked for again soon"
"""The problem of a truncated document, in words."""

ITEMS = frozenset({"item", "entry"})
SHORT = frozenset(
    {
        "author", "creator", "managingeditor", "webmaster", "name", "email", "owner", "contributor", "publisher",
        "pubdate", "published", "updated", "modified", "date", "issued", "created", "expirationdate", "lastbuilddate",
        "ttl", "guid", "id", "language", "keywords", "subject", "category",
    }
)  # fmt: skip
"""Elements that are left out when longer than MAX_FIELD; an id never is."""
TERMS = frozenset({"category", "subject", "keywords", "tags"})
PEOPLE = frozenset({"author", "creator", "contributor"})
NAMES = PEOPLE | {"publisher", "managingeditor", "webmaster", "owner", "name", "email"}
INHERITED = ("base", "lang")
UNREAD_PREFIXES = frozenset({"georss", "gml", "geo", "psc", "cc", "creativecommons"})
UNREAD = (
    "http://www.georss.org/georss",
    "http://www.opengis.net/gml",
    "http://www.w3.org/2003/01/geo/wgs84_pos#",
    "http://podlove.org/simple-chapters",
)
"""Modules of which nothing is kept, and on whose mistakes feedparser stumbles."""


class TooDeep(AggregatorError):
    """The document is built to exhaust us: nested, or otherwise beyond a limit that no feed comes near."""


class Malformed(AggregatorError):
    """Not well-formed XML; the message says where."""
