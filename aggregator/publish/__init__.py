"""What people subscribe to: stories become feed documents. Pure, but for files and pushes at the edge.

In: Stories, alarms, the configured outputs.
Out: Documents as bytes; files; deliveries.
May import: stories, fetch, entries, config, core, classifiers.
"""

from aggregator.publish.build import build
from aggregator.publish.formats.render import render
from aggregator.publish.items.health import FeedAlarm
from aggregator.publish.types import FORMATS, MEDIA_TYPES, Format, Names, OutputFeed, Paging, Site, Tombstone

__all__ = [
    "FORMATS",
    "MEDIA_TYPES",
    "FeedAlarm",
    "Format",
    "Names",
    "OutputFeed",
    "Paging",
    "Site",
    "Tombstone",
    "build",
    "render",
]
