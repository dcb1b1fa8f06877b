"""How fast documents become entries, on one core.

    python benchmarks/bench_parse.py [--rounds 3]

Three figures: made feeds of 30 short items (parse, then normalise), made feeds of 10 full articles, and
imported rows. Everything is generated here; no reference data is needed.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime
from html import escape

from aggregator.core.hashes import text_keys
from aggregator.core.types import FeedState, Fetched, ParsedFeed
from aggregator.entries.normalise import from_row, normalise
from aggregator.entries.parse import parse

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
FEED = FeedState(1, "https://news.example/feed", "https://news.example/feed", language="en")


def _feed(items: int, article: bool, salt: int) -> bytes:
    body = "<p>The <b>ministry</b> said on Tuesday that <a href='/a'>talks</a> would go on.</p>" * 40
    parts = []
    for n in range(items):
        content = f"<content:encoded><![CDATA[{body}]]></content:encoded>" if article else ""
        parts.append(
            f"<item><title>Report {salt}-{n} on the talks</title><guid>{salt}-{n}</guid>"
            f"<link>https://news.example/{salt}/{n}?utm_source=rss</link><pubDate>Tue, 10 Mar 2026 0{n % 10}:00:00 +0900</pubDate>"
            f"<description>{escape('<p>Officials met for the third time this week.</p>')}</description>{content}</item>"
        )
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        f"<channel><title>N</title><link>https://news.example/</link>{''.join(parts)}</channel></rss>"
    ).encode()


def _rate(work: Callable[[], int], rounds: int) -> float:
    """Best of `rounds`, in pieces per second of processor time."""
    best = 0.0
    for _ in range(rounds):
        start = time.process_time()
        done = work()
        best = max(best, done / (time.process_time() - start))
    return best


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3, help="the best of so many is printed")
    rounds = parser.parse_args().rounds
    for name, items, article in (("short items", 30, False), ("full articles", 10, True)):
        bodies = [_feed(items, article, salt) for salt in range(60)]
        answers = [Fetched(FEED, NOW, FEED.url, 200, {"content-type": "text/xml"}, body) for body in bodies]
        parsed = [found for found in map(parse, answers) if isinstance(found, ParsedFeed)]
        reading = _rate(lambda: len([parse(answer) for answer in answers]) * items, rounds)  # noqa: B023  # called at once
        cleaning = _rate(lambda: sum(len(normalise(each, FEED, NOW)) for each in parsed), rounds)  # noqa: B023  # called at once
        print(f"{name}: parse {reading:,.0f}/s, normalise {cleaning:,.0f}/s")
    rows = [
        {"id": str(n), "url": f"https://news.example/{n}?id={n}", "title": f"Report {n} on the talks", "lang": "en",
         "summary": "Officials met for the third time this week.", "published": "2026-03-10T09:00:00+09:00"}
        for n in range(20_000)
    ]  # fmt: skip
    print(f"rows: {_rate(lambda: len([from_row(row, FEED, NOW) for row in rows]), rounds):,.0f}/s")
    entries = [from_row(row, FEED, NOW) for row in rows]
    print(f"keys: {_rate(lambda: len([text_keys(entry) for entry in entries]), rounds):,.0f}/s")


if __name__ == "__main__":
    main()
