"""OutputFeed -> bytes, in a format."""

from __future__ import annotations

from aggregator.publish.formats.atom import render_atom
from aggregator.publish.formats.jsonfeed import render_json
from aggregator.publish.formats.rss import render_rss
from aggregator.publish.types import Format, OutputFeed

_RENDERERS = {"atom": render_atom, "rss": render_rss, "json": render_json}


def render(feed: OutputFeed, form: Format) -> bytes:
    """Return the feed's document; equal feeds make equal bytes."""
    return _RENDERERS[form](feed)
