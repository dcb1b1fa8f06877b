"""The article that the project began with comes out of three hundred others, in every format, with why."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import feedparser
import pytest
from lxml import etree

from aggregator.cli.demo.settings import SHIPPED

from .world import daemon, free_port, served

TOPIC = "korean-peninsula-security"


def feed_of(reference_data: Path) -> tuple[bytes, str]:
    """An RSS feed of 300 entries of the stream and the article among them; its title too."""
    title, lead, *rest = (reference_data / "seed-article.txt").read_text(encoding="utf-8").splitlines()
    with gzip.open(reference_data / "entries/stream-2025.jsonl.gz", "rt", encoding="utf-8") as stream:
        others = [json.loads(line) for _, line in zip(range(10_300), stream, strict=False)][10_000:]
    items = [(o["title"], o["summary"], o["url"]) for o in others]
    items.insert(
        150, (title, f"<p>{lead}</p>" + "".join(f"<p>{p}</p>" for p in rest), "https://news.example/kim")
    )
    root = etree.Element("rss", version="2.0")
    channel = etree.SubElement(root, "channel")
    etree.SubElement(channel, "title").text = "Everything"
    now = datetime.now(UTC)
    for number, (headline, text, url) in enumerate(items):
        item = etree.SubElement(channel, "item")
        etree.SubElement(item, "title").text = headline
        etree.SubElement(item, "description").text = text
        etree.SubElement(item, "link").text = url
        etree.SubElement(item, "pubDate").text = format_datetime(now - timedelta(minutes=number))
    return etree.tostring(root, encoding="utf-8", xml_declaration=True), title


@pytest.mark.reference
def test_it_comes_out_with_the_reasons(tmp_path: Path, reference_data: Path) -> None:
    body, title = feed_of(reference_data)
    port = free_port()
    shipped = SHIPPED.read_text(encoding="utf-8")
    topics = shipped[shipped.index("# --- Topics ---") :]
    with served({"feed.xml": body}) as site:
        config = tmp_path / "config.toml"
        config.write_text(
            f'[store]\npath = "a.db"\n[web]\nport = {port}\n[[outputs]]\nslug = "{TOPIC}"\ntopics = ["{TOPIC}"]\n'
            f'[[feeds]]\nurl = "{site.url}/feed.xml"\nallow_private = true\n{topics}',
            encoding="utf-8",
        )
        with daemon(config, port=port) as running:
            running.wait(
                lambda: bool(json.loads(running.get(f"/feeds/{TOPIC}.json")[2])["items"]), "stories", 60
            )
            items = json.loads(running.get(f"/feeds/{TOPIC}.json")[2])["items"]
            (item,) = [i for i in items if title[:40] in i["title"]]
            (label,) = [one for one in item["_aggregator"]["labels"] if one["topic"] == TOPIC]
            assert label["score"] > 0.9
            assert label["facet"] == "weapons-test"
            assert len(label["reasons"]) >= 3
            assert len(items) < 100, "most of the three hundred are about something else"
            for form in ("atom", "rss"):
                entries = feedparser.parse(running.get(f"/feeds/{TOPIC}.{form}")[2]).entries
                (found,) = [e for e in entries if title[:40] in e.title]
                text = found.content[0].value
                assert "Why it is here" in text
                assert "score" in text
