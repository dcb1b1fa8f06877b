"""Streams of entries for the story benchmarks: the reference data as candidates, and grouping without a store."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import time
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

from aggregator.config.stories import StoriesConfig
from aggregator.core.types import Candidate, Entry, Grouping
from aggregator.stories.features.fingerprint import Fingerprinter
from aggregator.stories.grouping.group import group
from aggregator.stories.grouping.window import Window

Row = Mapping[str, Any]
JUDGED = Path(__file__).parent / "judged"
"""Our own judgements of what is one event: keys of reference entries and cluster names, nothing else."""


def stream(data: Path) -> list[dict[str, Any]]:
    """The reference stream, in order of time."""
    with gzip.open(data / "entries/stream-2025.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def judged_sets(data: Path) -> Iterator[tuple[str, list[dict[str, Any]], list[dict[str, Any]]]]:
    """(name, entries, labels) of every labelled set: the reference one, ours on the stream, and WikiNews."""
    rows = [json.loads(line) for line in (data / "entries/cluster-dev.jsonl").read_text("utf-8").splitlines()]
    labels = [
        json.loads(line) for line in (data / "labels/cluster-dev.jsonl").read_text("utf-8").splitlines()
    ]
    yield "cluster-dev", rows, labels
    by_key = {row["k"]: row for row in stream(data)}
    for path in sorted(JUDGED.glob("[!t]*.jsonl")):  # topic-*.jsonl are of another measurement
        labels = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        yield path.stem, [by_key[label["k"]] for label in labels], labels
    yield "wikinews", *_wikinews(data)


def _wikinews(data: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    rows: dict[str, dict[str, Any]] = {}
    labels = []
    for name in ("handpicked", "wikinews", "wikinews_medium"):
        events = json.loads((data / f"entries/{name}.json").read_text("utf-8"))
        for number, event in enumerate(events):
            for article in event["articles"]:
                key = hashlib.blake2b((name + article["ext_url"]).encode(), digest_size=6).hexdigest()
                if key in rows:
                    continue
                at = article["created_at"]["$date"].replace(" ", "T")
                at = at if re.search(r"[+-]\d\d:?\d\d$", at) else at + "+00:00"
                rows[key] = {
                    "k": key, "source": article["ext_url"].split("/")[2], "published": at, "lang": "en",
                    "url": article["ext_url"], "title": article["title"], "summary": "", "text": article["text"],
                }  # fmt: skip
                labels.append({"k": key, "c": f"{name}-{number}", "dup": None, "lang": "en"})
    return list(rows.values()), labels


def candidates(rows: Sequence[Row]) -> list[Candidate]:
    """Entries with fingerprints, in order of time."""
    feeds = {source: n for n, source in enumerate(sorted({row["source"] for row in rows}), 1)}
    entries = [
        Entry(
            row["k"], feeds[row["source"]], row["k"], row["url"], row["title"], row["summary"],
            text=row.get("text", ""), published=datetime.fromisoformat(row["published"]).astimezone(UTC),
            language=row["lang"], origin=row["source"],
        )
        for row in rows
    ]  # fmt: skip
    entries.sort(key=lambda entry: (entry.time, entry.id))
    return [Candidate(*pair) for pair in zip(entries, Fingerprinter().fingerprint(entries), strict=True)]


@dataclass
class Replay:
    """Grouping as the pipeline runs it, with dictionaries for a store."""

    settings: StoriesConfig = field(default_factory=StoriesConfig)
    seconds: float = 0.0
    """Processor time of group and commit so far."""

    def __post_init__(self) -> None:
        self.window = Window(self.settings)
        self.found: dict[str, str] = {}
        self.basis: dict[str, str] = {}
        self.redirects: dict[str, str] = {}
        self._keys: dict[int, str] = {}

    def feed(self, entries: Sequence[Candidate], batch: int = 100) -> Replay:
        """Group in batches."""
        for start in range(0, len(entries), batch):
            part = entries[start : start + batch]
            seen = {
                k: self.resolve(self._keys[k]) for c in part for k in c.fingerprint.keys if k in self._keys
            }
            began = time.process_time()
            grouping = group(part, seen, self.window, {}, self.settings)
            self.window.commit(grouping, part)
            self.seconds += time.process_time() - began
            self._store(grouping, part)
        return self

    def _store(self, grouping: Grouping, part: Sequence[Candidate]) -> None:
        self.redirects.update(grouping.merges)
        for assignment in grouping.assignments:
            self.found[assignment.entry] = assignment.story
            self.basis[assignment.entry] = assignment.basis
        for candidate in part:
            for key in candidate.fingerprint.keys:
                self._keys.setdefault(key, self.found[candidate.entry.id])

    def resolve(self, story: str) -> str:
        """The id after merges."""
        while story in self.redirects:
            story = self.redirects[story]
        return story

    def stories(self) -> dict[str, str]:
        """Entry to story."""
        return {entry: self.resolve(story) for entry, story in self.found.items()}


def clusters(assigned: Mapping[str, Hashable]) -> dict[Hashable, set[str]]:
    """Cluster to its entries."""
    found: dict[Hashable, set[str]] = defaultdict(set)
    for entry, cluster in assigned.items():
        found[cluster].add(entry)
    return found


def f1(precision: float, recall: float) -> float:
    """Harmonic mean."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def b_cubed(gold: Mapping[str, Hashable], found: Mapping[str, Hashable]) -> tuple[float, float]:
    """Precision and recall (Bagga and Baldwin 1998)."""
    in_gold, in_found = clusters(gold), clusters(found)
    shared = {k: len(in_gold[gold[k]] & in_found[found[k]]) for k in gold}
    return (
        sum(shared[k] / len(in_found[found[k]]) for k in gold) / len(gold),
        sum(shared[k] / len(in_gold[gold[k]]) for k in gold) / len(gold),
    )


def pairs(assigned: Mapping[str, Hashable], lang: Mapping[str, str] | None = None) -> set[tuple[str, str]]:
    """Pairs of one cluster; with `lang`, those of two languages."""
    return {
        pair
        for members in clusters(assigned).values()
        for pair in combinations(sorted(members), 2)
        if lang is None or lang[pair[0]] != lang[pair[1]]
    }


def pair_f1(gold: set[tuple[str, str]], found: set[tuple[str, str]]) -> float:
    """F1 over pairs."""
    both = len(gold & found)
    return f1(both / len(found) if found else 0.0, both / len(gold) if gold else 0.0)
