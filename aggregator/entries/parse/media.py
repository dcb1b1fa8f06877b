"""Files and pictures that belong to an item."""

from __future__ import annotations

import re
from typing import Any

from aggregator.core.types import Enclosure
from aggregator.entries.parse.values import parts, string, value

_MOST = 50
_PICTURE_NAME = re.compile(r"[^?#]*\.(?:jpe?g|png|webp|gif|avif)(?:[?#]|\Z)", re.IGNORECASE)
# WordPress.com puts the author's portrait before the pictures of each item.
_PORTRAIT = re.compile(r"(?:https?:)?//(?:[a-z0-9]+\.)?gravatar\.com/", re.IGNORECASE)
_ASSUMED_CONTENT = 400 * 300
_ASSUMED_THUMBNAIL = 120 * 90
"""Pixels where none are given."""


def enclosures_of(entry: dict[str, Any]) -> tuple[Enclosure, ...]:
    """Attached files, each URL once; of a file that FeedBurner counts, the original address."""
    found: dict[str, Enclosure] = {}
    original = string(entry, "feedburner_origenclosurelink")
    for link in parts(entry, "links"):
        if _is_enclosure(link) and link.get("href"):
            _add(found, original or str(link["href"]), str(link.get("type") or ""), link.get("length"))
            original = ""
    for media in parts(entry, "media_content"):
        kind = str(media.get("type") or media.get("medium") or "")
        if media.get("url") and not kind.startswith("image"):
            _add(found, str(media["url"]), kind, media.get("filesize"))
    return tuple(found.values())[:_MOST]


def picture_of(entry: dict[str, Any]) -> str:
    """URL of the item's picture: the largest of Media RSS, else an image element, else an attached picture; or ""."""
    best, most = "", 0
    for media in parts(entry, "media_thumbnail"):
        best, most = _larger(best, most, media, _ASSUMED_THUMBNAIL)
    for media in parts(entry, "media_content"):
        kind = str(media.get("type") or media.get("medium") or "")
        if kind.startswith("image") or (not kind and _PICTURE_NAME.match(str(media.get("url") or ""))):
            best, most = _larger(best, most, media, _ASSUMED_CONTENT)
    if best:
        return best
    image = value(entry, "image")
    if isinstance(image, dict):
        address = image.get("href") or image.get("url")
        if isinstance(address, str):
            return address
    for link in parts(entry, "links"):
        if _is_enclosure(link) and str(link.get("type") or "").startswith("image/"):
            return str(link.get("href") or "")
    return ""


def _larger(best: str, most: int, media: dict[str, Any], assumed: int) -> tuple[str, int]:
    """The better of two pictures, and its size in pixels; the first of equal ones."""
    url = str(media.get("url") or "")
    width, height = _pixels(media.get("width")), _pixels(media.get("height"))
    size = (width or height) * (height or width) or assumed
    return (url, size) if url and size > most and not _PORTRAIT.match(url) else (best, most)


def _pixels(given: Any) -> int:
    text = str(given or "").strip().removesuffix("px")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _is_enclosure(link: dict[str, Any]) -> bool:
    return str(link.get("rel", "")).lower() == "enclosure"


def _add(found: dict[str, Enclosure], url: str, kind: str, length: Any) -> None:
    text = str(length or "").strip()
    size = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
    found.setdefault(url, Enclosure(url, kind, size))
