"""Entries that were judged by reading, apart from the reference labels: what the shipped topic was not written from.

`benchmarks/judged/topic-SET-HALF.jsonl` holds keys and judgements only; the texts are joined from the reference
data. SET `2025` is drawn from the stream of August and September 2025 (without the labelled entries and their
copies) and from the entries of 26 to 30 October; SET `history` from headlines of 2025 and 2026 in the captured
feeds, its keys being the first sixteen hexadecimal digits of the SHA-256 of a link. HALF is `tune`, whose wrong
decisions were looked at while the topic was broadened, or `held`, whose were not; the key decides which. One person
judged all of them, by the guide of the reference labels, without seeing a decision.
"""

from __future__ import annotations

import gzip
import hashlib
import html
import io
import json
import re
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import feedparser

FOLDER = Path(__file__).resolve().parent / "judged"
SETS = ("2025", "history")
HALVES = ("tune", "held")

Row = Mapping[str, object]


def judgements(name: str, half: str) -> list[Row]:
    """Return the judgements of one half of a set: `k`, `y` (1: belongs), `hard`, `lang`."""
    path = FOLDER / f"topic-{name}-{half}.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def entries(data: Path, name: str) -> dict[str, Row]:
    """Return the entries a set is drawn from, by key, as rows of the reference data."""
    found = history(data) if name == "history" else stream(data)
    return {str(row["k"]): row for row in found}


def stream(data: Path) -> Iterator[Row]:
    """Yield the entries of the stream and of the days at the end of October."""
    with gzip.open(data / "entries" / "stream-2025.jsonl.gz", "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)
    with (data / "entries" / "cluster-dev.jsonl").open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def history(data: Path) -> Iterator[Row]:
    """Yield each item of the captured feeds as it was first seen."""
    seen: set[str] = set()
    for archive in sorted((data / "feeds" / "history").glob("*.tar.gz")):
        with tarfile.open(archive) as members:
            for member in members:
                file = members.extractfile(member)
                if file is None:
                    continue
                parsed = feedparser.parse(
                    io.BytesIO(file.read()), sanitize_html=False, resolve_relative_uris=False
                )
                for item in parsed.entries:
                    link = item.get("link", "").replace("archive.is/newest/", "")
                    if link in seen:
                        continue
                    seen.add(link)
                    yield {
                        "k": hashlib.sha256(link.encode()).hexdigest()[:16],
                        "source": archive.name.split("_")[0].split("-")[0],
                        "published": "2025-10-01T00:00:00+00:00",
                        "url": link,
                        "title": html.unescape(item.get("title", "")),
                        "summary": re.sub("<[^>]+>", "", html.unescape(item.get("summary", ""))),
                        "lang": "en",
                    }
