"""What people subscribe to: stories become feed documents. Everything but `files` is pure."""

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
