"""A week of real entries, told again in minutes: feeds on loopback to which what happened next is added."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from lxml import etree

_KEPT = 400
"""Items that a feed holds; enough for a daemon that is away for a while."""


def a_week(stream: Path, until: datetime) -> list[dict[str, Any]]:
    """The rows of a `.jsonl.gz` of entries published in the seven days before `until`, oldest first."""
    since = until - timedelta(days=7)
    with gzip.open(stream, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [row for row in rows if since <= datetime.fromisoformat(row["published"]) < until]


class Replay:
    """One feed a source. `files` is what a server gives out; `step` moves on.

    An entry's date is the moment it appears, so that to the daemon it is news.
    """

    def __init__(self, rows: Sequence[dict[str, Any]], steps: int) -> None:
        self.files: dict[str, bytes] = {}
        self.outlets = ()
        """No outlets beyond the feeds: `config_text` then writes no origins."""
        self.url = ""
        """Where the files are served; to be set once that is known."""
        self.told = 0
        self._rows, self._size = rows, -(-len(rows) // steps)
        self._items: defaultdict[str, list[tuple[dict[str, Any], datetime]]] = defaultdict(list)
        for source in {row["source"] for row in rows}:
            self.files[f"{source}.xml"] = self._document(source)

    @property
    def feeds(self) -> list[dict[str, Any]]:
        """As `DemoSite.feeds`."""
        return [
            {
                "url": f"{self.url}/{name}",
                "title": name.removesuffix(".xml"),
                "origin": name.removesuffix(".xml"),
                "allow_private": True,
            }
            for name in sorted(self.files)
        ]

    def step(self) -> bool:
        """Add the next slice of the week to the feeds; False when there is none left."""
        now = datetime.now(UTC)
        slice_ = self._rows[self.told : self.told + self._size]
        for row in slice_:
            self._items[row["source"]].insert(0, (row, now))
        for source in {row["source"] for row in slice_}:
            self.files[f"{source}.xml"] = self._document(source)
        self.told += len(slice_)
        return bool(slice_)

    def _document(self, source: str) -> bytes:
        root = etree.Element("rss", version="2.0")
        channel = etree.SubElement(root, "channel")
        for name, text in (("title", source), ("link", "https://source.example/"), ("description", source)):
            etree.SubElement(channel, name).text = text
        for row, at in self._items[source][:_KEPT]:
            item = etree.SubElement(channel, "item")
            for name, text in (
                ("title", row["title"]),
                ("link", row["url"]),
                ("description", row["summary"]),
            ):
                etree.SubElement(item, name).text = _legal(text or "")
            etree.SubElement(item, "guid", isPermaLink="false").text = f"{source}:{row['k']}"
            etree.SubElement(item, "pubDate").text = format_datetime(at)
        return etree.tostring(root, xml_declaration=True, encoding="utf-8")


def _legal(text: str) -> str:
    """Without control characters, which XML forbids."""
    return "".join(char for char in text if char >= " " or char in "\t\n\r")
