"""Measure how well a topic of config.toml works with judgements, on labelled entries.

    python benchmarks/measure_topics.py                         # everything, with the reference data folder
    python benchmarks/measure_topics.py halves temporal         # only these parts

Parts: `rules` (no training), `judged` (no training, on entries judged apart from the labels, by half),
`halves` (one half of the labelled entries as feedback, the stream as background,
scored on the other half, both ways), `temporal` (feedback from before a day, scored on what came after),
`curve` (0 to 400 judgements, several seeds), `facets`, and `plain` (the curve again, with ten obvious words in
place of the shipped topic: what learning adds to rules that nobody tuned). Decisions are scored with the folder's own scorer.

What keeps the figures honest: labelled entries that are copies of one another (cosine of n-gram counts over
0.7) stay in one half; the background is cleared of every test entry and its copies, so not even a weak label
of them is learned; the calibration and everything else that is chosen is chosen inside the training half.
The rules of config.toml were written with all of the labelled entries in sight, so `rules` is in-sample.
"""

from __future__ import annotations

import argparse
import gzip
import html
import json
import os
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import judged_topics
import numpy as np

from classifiers.model.background import Background, learn_background
from classifiers.model.dataset import Judged, folds, judged, rule_samples, without_copies
from classifiers.model.samples import samples_text
from classifiers.model.topic_model import TopicModel
from classifiers.model.train import train_on
from classifiers.rules.read_topics import read_topics
from classifiers.rules.rule_classifier import RuleClassifier
from classifiers.topic_classifier import TopicClassifier
from classifiers.types import Document, Judgement

ROOT = Path(__file__).resolve().parent.parent

NOW = datetime(2025, 10, 1, tzinfo=UTC)
SIZES = (0, 25, 50, 100, 200, 400)


class Bench:
    """The data and the topic under measurement."""

    def __init__(self, data: Path, config: Path, topic: str) -> None:
        self.scorer = data.parent / "tools" / "score_topics"
        raw = tomllib.loads(config.read_text(encoding="utf-8"))
        topics, mistakes = read_topics(raw["topics"], raw.get("entities", {}))
        if any(not mistake.warning for mistake in mistakes):
            raise SystemExit(f"{config} has mistakes; run `aggregator check`")
        self.topics = {topic: topics[topic]}
        self.topic = topic
        self.rules = RuleClassifier(self.topics)
        self.labels = {row["k"]: row for row in lines(data / "labels" / "topic-dev.jsonl")}
        documents = [document(row) for row in lines(data / "entries" / "topic-dev.jsonl")]
        self.documents = [item for item in documents if item.id in self.labels]
        self.stream = [document(row) for row in lines(data / "entries" / "stream-2025.jsonl.gz")]
        self.verdicts = [
            Judgement(key, topic, bool(row["y"]), row["facet"] or "") for key, row in self.labels.items()
        ]
        self.known = judged(topic, self.documents, self.verdicts, self.rules)

    def plain(self) -> None:
        """Replace the topic by a handful of obvious words, as someone would write it in a minute."""
        words = (
            "North Korea",
            "North Korean*",
            "Pyongyang",
            "Kim Jong Un",
            "북한",
            "김정은",
            "평양",
            "남북",
            "주한미군",
            "한미연합훈련",
        )
        table = {"title": "Plain", "points": 2, "terms": dict.fromkeys(words, 2), "fields": {"title": 1}}
        topics, _ = read_topics({self.topic: table}, {})
        self.topics = topics
        self.rules = RuleClassifier(topics)
        self.known = judged(self.topic, self.documents, self.verdicts, self.rules)

    def background(self, test: Sequence[int]) -> Background:
        """Learn the stream without the test entries and their copies."""
        asked = self.known.take(np.array(test, dtype=np.int64))
        kept = without_copies(self.stream, samples_text(asked.samples))
        ids = {sample.document.id for sample in asked.samples}
        kept = [item for item in kept if item.id not in ids]
        return learn_background(rule_samples(self.topic, kept, self.rules))

    def train(self, places: Iterable[int], stream: Background) -> TopicModel | None:
        """Train on the judgements at these places."""
        return train_on(self.topic, self.known.take(sorted(int(place) for place in places)), stream, now=NOW)

    def predict(self, model: TopicModel | None, test: Sequence[int]) -> dict[str, tuple[float, bool, str]]:
        """Return score, decision and facet by key, as the daemon would make them."""
        classifier = TopicClassifier(self.topics, {self.topic: model} if model else {})
        documents = [self.known.samples[place].document for place in test]
        found = {}
        for item, labels in zip(documents, classifier.classify(documents), strict=True):
            for label in labels:
                found[item.id] = (label.score, label.belongs, label.facet)
        return found

    def score(
        self, predictions: Mapping[str, tuple[float, bool, str]], test: Sequence[int], by: str = ""
    ) -> str:
        """Run the scorer and return what it prints."""
        keys = [self.known.samples[place].document.id for place in test]
        with tempfile.TemporaryDirectory() as folder:
            truth, said = Path(folder, "labels.jsonl"), Path(folder, "predictions.jsonl")
            truth.write_text("".join(json.dumps(self.labels[key]) + "\n" for key in keys))
            rows = [
                {"k": key, "score": score, "in": belongs} for key, (score, belongs, _) in predictions.items()
            ]
            said.write_text("".join(json.dumps(row) + "\n" for row in rows))
            command = [sys.executable, str(self.scorer), str(truth), str(said), *(["--by", by] if by else [])]
            return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def figures(
        self, predictions: Mapping[str, tuple[float, bool, str]], test: Sequence[int]
    ) -> tuple[float, float]:
        """Return F1 and average precision as the scorer prints them for all entries."""
        last = self.score(predictions, test).strip().splitlines()[-1]
        values = dict(part.split("=") for part in last.replace("= ", "=").split() if "=" in part)
        return float(values["F1"]), float(values["AP"])

    def facet_share(self, predictions: Mapping[str, tuple[float, bool, str]], test: Sequence[int]) -> float:
        """Return the share of right facets among test entries that have one; a missing label is wrong."""
        asked = [place for place in test if self.known.facets[place]]
        right = sum(
            predictions.get(self.known.samples[place].document.id, (0, False, ""))[2]
            == self.known.facets[place]
            for place in asked
        )
        return right / len(asked)


def lines(path: Path) -> list[dict[str, object]]:
    """Read JSON lines, gzipped or not."""
    with (
        gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")
    ) as file:
        return [json.loads(line) for line in file if line.strip()]


def document(row: Mapping[str, object]) -> Document:
    """Return an entry of the reference data as a document."""
    return Document(
        id=str(row["k"]),
        title=html.unescape(str(row["title"])),
        summary=html.unescape(str(row.get("summary") or "")),
        url=str(row["url"]),
        source=str(row["source"]),
        language=str(row["lang"]),
        published=datetime.fromisoformat(str(row["published"])),
    )


def everything(known: Judged) -> list[int]:
    return list(range(len(known)))


def measure_rules(bench: Bench) -> None:
    """The shipped configuration without training (in-sample, see the module's docstring)."""
    every = everything(bench.known)
    predictions = bench.predict(None, every)
    print(bench.score(predictions, every, by="lang"))
    print(f"facets by rules alone: {bench.facet_share(predictions, every):.3f}\n")


def measure_judged(bench: Bench, data: Path) -> None:
    """The shipped configuration without training on entries that its rules were not written from."""
    for name in judged_topics.SETS:
        rows = judged_topics.entries(data, name)
        for half in judged_topics.HALVES:
            bench.labels = {str(row["k"]): dict(row) for row in judged_topics.judgements(name, half)}
            documents = [document(rows[key]) for key in bench.labels]
            verdicts = [Judgement(key, bench.topic, bool(row["y"])) for key, row in bench.labels.items()]
            bench.known = judged(bench.topic, documents, verdicts, bench.rules)
            every = everything(bench.known)
            print(f"-- {name}, {half}")
            print(bench.score(bench.predict(None, every), every).strip())


def measure_halves(bench: Bench, seeds: int) -> None:
    """Half as feedback, scored on the other half, both ways, over several random halvings."""
    rows = []
    for seed in range(seeds):
        merged: dict[str, tuple[float, bool, str]] = {}
        for learn, test in folds(bench.known.groups, bench.known.relevant, 2, seed):
            predictions = bench.predict(bench.train(learn, bench.background(test)), test)
            rows.append((*bench.figures(predictions, test), bench.facet_share(predictions, test)))
            rules = bench.predict(None, test)
            print(
                f"seed {seed}: F1={rows[-1][0]:.3f} AP={rows[-1][1]:.3f} facets={rows[-1][2]:.3f}"
                f"   rules alone F1={bench.figures(rules, test)[0]:.3f} AP={bench.figures(rules, test)[1]:.3f}",
                flush=True,
            )
            merged.update(predictions)
        if seed == 0:
            print(bench.score(merged, everything(bench.known), by="lang"))
    means, spread = np.mean(rows, axis=0), np.std(rows, axis=0)
    print(
        f"halves, mean of {len(rows)}: F1={means[0]:.3f} (sd {spread[0]:.3f}) AP={means[1]:.3f} "
        f"(sd {spread[1]:.3f}) facets={means[2]:.3f} (sd {spread[2]:.3f})\n"
    )


def measure_temporal(bench: Bench) -> None:
    """Feedback from before a day, scored on what came after it."""
    times = bench.known.times
    for day in ("2025-08-25", "2025-09-08"):
        edge = datetime.fromisoformat(day + "T00:00:00+00:00")
        test = [place for place, moment in enumerate(times) if moment >= edge]
        later = set(bench.known.groups[test].tolist())
        learn = [
            place
            for place, moment in enumerate(times)
            if moment < edge and bench.known.groups[place] not in later
        ]
        asked = bench.known.take(test)
        stream = [item for item in bench.stream if item.published and item.published < edge]
        background = learn_background(
            rule_samples(bench.topic, without_copies(stream, samples_text(asked.samples)), bench.rules)
        )
        predictions = bench.predict(bench.train(learn, background), test)
        print(
            f"before {day} ({len(learn)} judgements, stream of before too), scored on {len(test)} from then on:"
        )
        print(bench.score(predictions, test).rstrip())
        rules = bench.figures(bench.predict(None, test), test)
        print(
            f"rules alone F1={rules[0]:.3f} AP={rules[1]:.3f}; facets {bench.facet_share(predictions, test):.3f}\n"
        )


def measure_facets(bench: Bench) -> None:
    """Facets by five-fold cross-validation: four fifths as feedback."""
    right = []
    for learn, test in folds(bench.known.groups, bench.known.relevant, 5, 0):
        predictions = bench.predict(bench.train(learn, bench.background(test)), test)
        right.append(bench.facet_share(predictions, test))
    print(f"facets, five-fold: {np.mean(right):.3f}\n")


def measure_curve(bench: Bench, seeds: int, picture: Path | None) -> None:
    """From no judgement to all of a half, several random halvings and draws."""
    table: dict[int, list[tuple[float, float]]] = {size: [] for size in SIZES}
    rules: list[tuple[float, float]] = []
    for seed in range(seeds):
        for learn, test in folds(bench.known.groups, bench.known.relevant, 2, seed):
            stream = bench.background(test)
            rules.append(bench.figures(bench.predict(None, test), test))
            drawn = np.random.default_rng(seed).permutation(learn)
            for size in SIZES:
                predictions = bench.predict(bench.train(drawn[:size], stream), test)
                table[size].append(bench.figures(predictions, test))
    print("judgements  F1            AP")
    for size, rows in table.items():
        (f1, ap), (f1_sd, ap_sd) = np.mean(rows, axis=0), np.std(rows, axis=0)
        print(f"{size:10d}  {f1:.3f} ±{f1_sd:.3f}  {ap:.3f} ±{ap_sd:.3f}")
    print(f"rules alone {np.mean(rules, axis=0)[0]:.3f}         {np.mean(rules, axis=0)[1]:.3f}\n")
    if picture:
        picture.write_text(draw(table, np.mean(rules, axis=0)), encoding="utf-8")
        print(f"written: {picture}")


def draw(table: Mapping[int, Sequence[tuple[float, float]]], rules: np.ndarray) -> str:
    """Return the learning curve as an SVG."""
    left, top, width, height, low, high = 60, 30, 520, 260, 0.88, 1.0

    def x(size: int) -> float:
        return left + width * (size / max(table)) ** 0.5

    def y(value: float) -> float:
        return top + height * (high - value) / (high - low)

    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 700 350" font-family="sans-serif" font-size="12">',
        '<rect width="700" height="350" fill="#fff"/>',
        f'<text x="{left}" y="18" font-size="14">What judgements add to the rules (means; bands: one standard deviation)</text>',
    ]
    for step in np.arange(low, high + 0.001, 0.02):
        parts.append(f'<path d="M{left} {y(step):.1f}h{width}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 8}" y="{y(step) + 4:.1f}" text-anchor="end">{step:.2f}</text>')
    parts += [
        f'<text x="{x(size):.1f}" y="{top + height + 18}" text-anchor="middle">{size}</text>'
        for size in table
    ]
    parts.append(
        f'<text x="{left + width / 2}" y="{top + height + 38}" text-anchor="middle">judgements</text>'
    )
    for number, (name, colour) in enumerate((("F1", "#b3541e"), ("average precision", "#1e5fb3"))):
        mean = {size: float(np.mean([row[number] for row in rows])) for size, rows in table.items()}
        spread = {size: float(np.std([row[number] for row in rows])) for size, rows in table.items()}
        upper = [f"{x(size):.1f},{y(min(high, mean[size] + spread[size])):.1f}" for size in table]
        lower = [f"{x(size):.1f},{y(mean[size] - spread[size]):.1f}" for size in reversed(list(table))]
        points = " ".join(f"{x(size):.1f},{y(mean[size]):.1f}" for size in table)
        parts.append(f'<polygon points="{" ".join(upper + lower)}" fill="{colour}" opacity="0.15"/>')
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(
            f'<path d="M{left} {y(float(rules[number])):.1f}h{width}" stroke="{colour}" stroke-dasharray="4 4"/>'
        )
        parts.append(
            f'<text x="{left + width + 8}" y="{y(mean[max(table)]) + 4:.1f}" fill="{colour}">{name}</text>'
        )
    parts.append(f'<text x="{left + 8}" y="{top + height - 8}">dashed: the rules alone</text></svg>')
    return "\n".join(parts) + "\n"


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "parts", nargs="*", help="rules, judged, halves, temporal, curve, facets, plain; default: all"
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(os.environ.get("AGGREGATOR_REFERENCE_DATA", ROOT.parent / "shared" / "data")),
        help="the reference data folder (default: AGGREGATOR_REFERENCE_DATA, else ../shared/data)",
    )
    parser.add_argument("--config", type=Path, default=ROOT / "config.toml")
    parser.add_argument("--topic", default="korean-peninsula-security")
    parser.add_argument("--seeds", type=int, default=3, help="random halvings (default 3)")
    parser.add_argument("--picture", type=Path, help="write the learning curve there, as SVG")
    given = parser.parse_args()
    if not (given.data / "labels" / "topic-dev.jsonl").exists():
        raise SystemExit(f"no labelled entries under {given.data}; set AGGREGATOR_REFERENCE_DATA")
    chosen = given.parts or ["rules", "judged", "halves", "temporal", "facets", "curve", "plain"]
    bench = Bench(given.data, given.config, given.topic)
    for part in chosen:
        began = time.monotonic()
        print(f"== {part}")
        if part == "rules":
            measure_rules(bench)
        elif part == "judged":
            measure_judged(Bench(given.data, given.config, given.topic), given.data)
        elif part == "halves":
            measure_halves(bench, given.seeds)
        elif part == "temporal":
            measure_temporal(bench)
        elif part == "facets":
            measure_facets(bench)
        elif part == "curve":
            measure_curve(bench, given.seeds, given.picture)
        elif part == "plain":
            bench.plain()
            measure_rules(bench)
            measure_curve(bench, given.seeds, None)
        else:
            raise SystemExit(f"unknown part {part!r}")
        print(f"({time.monotonic() - began:.0f} s)\n", flush=True)


if __name__ == "__main__":
    main()
