"""Feeds that stand for the sources of imported files."""

from __future__ import annotations

from aggregator.config.secrets import mask

IMPORT_PREFIX = "import:"
"""Feeds whose URL starts so are the sources of imported files: they are never polled."""


def public_url(url: str) -> str:
    """A feed's URL as others may see it: empty for an import's source, and where it holds anything secret."""
    return "" if url.startswith(IMPORT_PREFIX) or mask(url) != url else url
