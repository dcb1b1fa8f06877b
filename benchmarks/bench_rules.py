"""How fast the rules are: entries a second, by number of terms and length of text.

usage: python benchmarks/bench_rules.py [--terms 5000] [--entries 20000] [--words 400] [--config config.toml]

Prints, for one core: short entries a second with the terms of invented topics (Latin, Korean, phrases,
groups, proximity) and with the topics of the configuration; entries of `--words` words a second with both; and
for two worker processes the same long entries in batches. Texts are invented from a seed, a third Korean. One core is
measured in its CPU time, so that a busy machine does not matter; two processes by the clock on the wall.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
import tomllib
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from classifiers.rules.read_topics import read_topics
from classifiers.rules.rule_classifier import RuleClassifier
from classifiers.types import Document

ROOT = Path(__file__).resolve().parent.parent

_SYLLABLES = [chr(0xAC00 + 28 * n) for n in range(0, 380, 3)]
_PARTS = [
    "ba",
    "co",
    "du",
    "fer",
    "gan",
    "hol",
    "in",
    "kel",
    "lor",
    "mi",
    "nor",
    "op",
    "pra",
    "qui",
    "ran",
    "sel",
    "tor",
    "un",
    "vek",
    "wis",
    "yar",
    "zin",
]

DENSITY = 1 / 30
"""How many words of a text some term names: on real news and the shipped topics it is less."""

_worker: RuleClassifier | None = None


def words(chance: random.Random, count: int) -> list[str]:
    """Return `count` invented words, a third of them Korean."""
    found = []
    for number in range(count):
        if number % 3 == 2:
            found.append("".join(chance.choices(_SYLLABLES, k=chance.randint(3, 5))))
        else:
            found.append("".join(chance.choices(_PARTS, k=chance.randint(3, 5))))
    return found


def invented_topics(chance: random.Random, lexicon: Sequence[str], terms: int) -> dict[str, Any]:
    """Return ten topics with `terms` terms between them."""
    topics: dict[str, Any] = {}
    for place in range(10):
        table: dict[str, float] = {}
        own = lexicon[place::10]
        while len(table) < terms // 10:
            first, second = chance.choices(own, k=2)
            kind = len(table) % 10
            if kind == 0:
                table[f"{first} within 5 words of {second}"] = 1
            elif kind == 1:
                table[f"{first}*"] = 1
            else:
                table[f"{first} {second}" if kind < 6 else first] = 1
        groups = [{"weight": 1, "all": chance.choices(own, k=2)} for _ in range(5)]
        topics[f"topic-{place}"] = {"terms": table, "groups": groups}
    return topics


def documents(
    chance: random.Random, terms: Sequence[str], others: Sequence[str], count: int, length: int
) -> list[Document]:
    """Return documents with a title, a summary, and the rest of `length` words as text; one word in 30 is a term's."""
    found = []
    for number in range(count):
        text = [chance.choice(terms if chance.random() < DENSITY else others) for _ in range(length)]
        found.append(Document(str(number), " ".join(text[:10]), " ".join(text[10:40]), " ".join(text[40:])))
    return found


def rate(
    classify: Callable[[Sequence[Document]], object],
    entries: Sequence[Document],
    clock: Callable[[], float] = time.process_time,
) -> float:
    """Return entries a second of `clock`, best of three."""
    best = 0.0
    for _ in range(3):
        start = clock()
        classify(entries)
        best = max(best, len(entries) / (clock() - start))
    return best


def load(rules: RuleClassifier) -> None:
    """Keep the classifier in a worker process."""
    global _worker
    _worker = rules


def work(batch: Sequence[Document]) -> int:
    """Classify a batch in a worker; return the number of labels."""
    assert _worker is not None
    return sum(len(labels) for labels in _worker.classify(batch))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--terms", type=int, default=5000)
    parser.add_argument("--entries", type=int, default=20000)
    parser.add_argument("--words", type=int, default=400)
    parser.add_argument("--config", type=Path, default=ROOT / "config.toml")
    chosen = parser.parse_args()
    chance = random.Random(1)
    terms_lexicon = words(chance, chosen.terms)
    others = words(chance, 60_000)
    raw = tomllib.loads(chosen.config.read_text(encoding="utf-8"))
    start = time.perf_counter()
    many = RuleClassifier(read_topics(invented_topics(chance, terms_lexicon, chosen.terms), {})[0])
    print(f"{chosen.terms} terms compiled in {time.perf_counter() - start:.2f} s")
    own = RuleClassifier(read_topics(raw.get("topics", {}), raw.get("entities", {}))[0])
    short = documents(chance, terms_lexicon, others, chosen.entries, 40)
    long = documents(chance, terms_lexicon, others, max(200, chosen.entries // 10), chosen.words)
    labels = sum(len(found) for found in many.classify(short))
    print(f"labels an entry: {labels / len(short):.2f}")
    for name, rules in ((f"{chosen.terms} terms", many), ("own topics", own)):
        print(f"{name}: {rate(rules.classify, short):,.0f} entries of 40 words a second on one core")
        print(
            f"{name}: {rate(rules.classify, long):,.0f} entries of {chosen.words} words a second on one core"
        )
    batches = [long[place : place + 100] for place in range(0, len(long), 100)]
    with ProcessPoolExecutor(2, initializer=load, initargs=(many,)) as pool:
        list(pool.map(work, batches[:2]))
        speed = rate(lambda _: list(pool.map(work, batches)), long, time.perf_counter)
    print(f"{chosen.terms} terms: {speed:,.0f} entries of {chosen.words} words a second in two processes")
    print(f"memory at most: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
