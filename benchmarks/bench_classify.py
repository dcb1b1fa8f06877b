"""Measure the classify stage: rules and model together, in one process, and as the daemon runs it.

    python benchmarks/bench_classify.py [--topics N] [--entries N] [--workers N]

Texts are made up from a seeded vocabulary of Korean and English words, so that nothing has to be downloaded;
one in eight names something that the topic looks for. Prints entries per second for short entries (title and
150 characters) and for entries of 400 words, the time to train, and the memory of the process.

The last part is the whole stage: all topics of config.toml, one of them with its model, in the daemon's own worker
processes, entries of 400 words sent there and labels sent back, by the clock on the wall; then the same with the
fingerprints for grouping, which the daemon takes in the same call. It wants an idle machine: 2,000 entries a second on
two cores is what the labels are held against. The memory of each process is what is resident at most.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import resource
import tempfile
import time
import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psutil

from aggregator.config.load import load
from aggregator.core.types import Entry, FeedState
from aggregator.pipeline.worker import Worker, WorkerPlan
from aggregator.pipeline.worker_pool import WorkerPool
from classifiers.model.model_file import save
from classifiers.model.topic_model import TopicModel
from classifiers.model.train import train
from classifiers.rules.read_topics import read_topics
from classifiers.rules.rule_classifier import RuleClassifier
from classifiers.topic_classifier import TopicClassifier
from classifiers.types import Document, Judgement

ROOT = Path(__file__).resolve().parent.parent

ON_SUBJECT = (
    "North Korea", "Pyongyang", "missile", "Kim Jong Un", "북한", "김정은", "미사일", "평양", "sanctions", "한미연합훈련",
)  # fmt: skip
SYLLABLES = [chr(code) for code in range(0xAC00, 0xD7A4, 37)]
LETTERS = "abcdefghijklmnoprstuvw"


def words(chance: random.Random, count: int = 8000) -> list[str]:
    """Return a vocabulary, half Hangul, half Latin."""
    korean = ["".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))) for _ in range(count // 2)]
    english = ["".join(chance.choices(LETTERS, k=chance.randint(3, 9))) for _ in range(count // 2)]
    return korean + english


def documents(count: int, size: int, vocabulary: list[str], chance: random.Random) -> list[Document]:
    """Return `count` documents with `size` words of body, drawn as words in language are: few often, most rarely."""
    weights = [1 / (rank + 10) for rank in range(len(vocabulary))]
    made = []
    for number in range(count):
        half = vocabulary[: len(vocabulary) // 2] if number % 2 else vocabulary[len(vocabulary) // 2 :]
        drawn = chance.choices(half, weights[: len(half)], k=size + 9)
        if number % 8 == 0:
            for place in (2, 12, 15):
                drawn[place % len(drawn)] = chance.choice(ON_SUBJECT)
        body = " ".join(drawn[9:])
        made.append(
            Document(
                id=f"{size}-{number}",
                title=" ".join(drawn[:9]),
                summary=body[:150],
                text=body if size > 100 else "",
            )
        )
    return made


def rate(classifier: TopicClassifier, batch: list[Document], size: int) -> float:
    """Return documents classified per second of processor time, in batches of `size`."""
    began = time.process_time()
    for first in range(0, len(batch), size):
        classifier.classify(batch[first : first + size])
    return len(batch) / (time.process_time() - began)


def entry(document: Document) -> Entry:
    """Return a document as an entry of feed 1, as the daemon hands it to a worker."""
    return Entry(
        id=document.id,
        feed_id=1,
        guid=document.id,
        url=f"https://news.example/{document.id}",
        title=document.title,
        summary=document.summary,
        text=document.text,
        published=datetime(2026, 1, 1, tzinfo=UTC),
        language="en",
    )


async def whole_stage(model: TopicModel, batch: list[Document], count: int) -> None:
    """Print entries a second through `count` worker processes, and the memory of each process."""
    config = load(ROOT / "config.toml")
    feeds = {1: FeedState(id=1, url="https://news.example/feed", location="", title="News", origin="news")}
    entries = [entry(one) for one in batch]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "model.zip")
        save(model, file)
        plan = WorkerPlan(config.topics, {model.topic: file}, config.entities, config.origins)
        workers = WorkerPool(count, plan)
        try:
            await workers.map(
                Worker.analyse, entries[: 200 * count], feeds
            )  # start the processes and load the model
            for method, what in ((Worker.label, "labels"), (Worker.analyse, "labels and fingerprints")):
                began, burned = time.perf_counter(), processor(os.getpid())
                for first in range(0, len(entries), 200 * count):
                    found = await workers.map(method, entries[first : first + 200 * count], feeds)
                    assert len(found) == len(entries[first : first + 200 * count])
                seconds = time.perf_counter() - began
                print(
                    f"{what}, {len(config.topics)} topics, {count} worker processes: "
                    f"{len(entries) / seconds:,.0f} entries of 400 words/s by the clock "
                    f"({1000 * (processor(os.getpid()) - burned) / len(entries):.2f} ms of processor an entry, all processes)"
                )
            for child in psutil.Process().children(recursive=True):
                held = child.memory_info().rss / 2**20
                if held > 60:  # the tracker that multiprocessing starts beside the workers holds nothing
                    print(f"memory of worker process {child.pid}: {held:.0f} MiB")
        finally:
            workers.close()


def processor(parent: int) -> float:
    """Return the seconds of processor time that a process and its children have used."""
    family = [psutil.Process(parent), *psutil.Process(parent).children(recursive=True)]
    return sum(sum(one.cpu_times()[:2]) for one in family)


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--topics", type=int, default=1, help="copies of the topic, each with its model")
    parser.add_argument(
        "--entries", type=int, default=20000, help="stories of the background (default 20000)"
    )
    parser.add_argument("--workers", type=int, default=2, help="worker processes (default 2)")
    given = parser.parse_args()
    raw = tomllib.loads((ROOT / "config.toml").read_text(encoding="utf-8"))
    topics, _ = read_topics(raw["topics"], raw.get("entities", {}))
    slug = "korean-peninsula-security"
    chance = random.Random(1)
    vocabulary = words(chance)
    stream = documents(given.entries, 20, vocabulary, chance)
    rules = RuleClassifier({slug: topics[slug]})
    judgements = [Judgement(item.id, slug, number % 8 == 0) for number, item in enumerate(stream[:500])]
    began = time.process_time()
    model = train(slug, stream, judgements, stream, rules, now=datetime.now(UTC))
    print(f"training: {len(stream)} stories, 500 judgements: {time.process_time() - began:.1f} s of one core")
    if model is None:
        raise SystemExit("nothing was learned")
    several = {
        f"topic-{number}": replace(topics[slug], slug=f"topic-{number}") for number in range(given.topics)
    }
    models = {name: replace(model, topic=name) for name in several}
    classifier = TopicClassifier(several, models)
    alone = TopicClassifier(several)
    short, long = stream[:6000], documents(1500, 400, vocabulary, chance)
    rate(classifier, short[:500], 100)
    for name, batch in (("short", short), ("400 words", long)):
        for size in (20, 200):
            print(
                f"{name}, batches of {size}: {rate(classifier, batch, size):,.0f}/s with model, "
                f"{rate(alone, batch, size):,.0f}/s rules alone"
            )
    asyncio.run(whole_stage(model, documents(8000, 400, vocabulary, chance), given.workers))
    print(
        f"memory of this process, training included: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB at most"
    )


if __name__ == "__main__":
    main()
