"""How fast outputs are rendered and served.

    .venv/bin/python benchmarks/bench_publish.py            rendering, then serving (needs wrk for serving)
    .venv/bin/python benchmarks/bench_publish.py --help

Rendering (CPU time): an output of N invented stories of one to eight sources each is built and written in every format.
Cold is the first document of a fresh process, in which nothing is cached yet; warm are the ones after it, each with a
signer of its own, so that every link is signed anew. Medians of several rounds are printed. Serving: the real application under uvicorn on loopback, its process held to
one core, is asked by wrk for a document in memory: whole, compressed, and with its ETag (304). What is measured is
the machine as it is: run it on an idle one.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from aggregator.config import OutputConfig, WebConfig
from aggregator.core.types import Corroboration, Entry, FeedState, Story, StoryEntry
from aggregator.pipeline.worker import spare_collector
from aggregator.publish import FORMATS, Format, Names, Site
from aggregator.publish.build import Content, build
from aggregator.publish.formats.render import render
from aggregator.publish.types import Publication
from aggregator.web import create_app
from aggregator.web.cache import make_variants
from aggregator.web.signing import Signer
from aggregator.web.source import Verdict
from classifiers.types import Label, Reason

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
OUTPUT = OutputConfig(slug="bench", topics=("harbour-safety",), limit=1000)
SITE = Site("http://127.0.0.1", installation="bench")
PROCESSES = 5
WORDS = [
    "ferry",
    "barge",
    "pilot",
    "harbour",
    "tide",
    "signal",
    "crew",
    "radar",
    "quay",
    "storm",
    "buoy",
    "anchor",
    "dock",
    "inspector",
    "channel",
]


def invent(count: int) -> list[Story]:
    """Return stories of one to eight sources, always the same ones."""
    rng = random.Random(7)

    def sentence(words: int) -> str:
        return " ".join(rng.choices(WORDS, k=words)).capitalize()

    stories = []
    for number in range(count):
        at = NOW - timedelta(minutes=7 * number + 1)
        members = tuple(
            StoryEntry(
                Entry(
                    id=f"{number:06x}{n}",
                    feed_id=n,
                    guid=str(n),
                    url=f"https://outlet{n}.example.com/news/{number}",
                    title=sentence(9),
                    summary=sentence(30),
                    published=at + timedelta(minutes=n),
                    seen=at,
                    language=rng.choice(("en", "ko", "ja")),
                ),
                "event",
                feed_title=f"Outlet {n}",
                origin=f"outlet{n}",
                kind="newspaper",
                country="KR",
                feed_url=f"https://outlet{n}.example.com/rss",
            )
            for n in range(rng.randint(1, 8))
        )
        label = Label(
            "harbour-safety",
            0.9,
            0.5,
            True,
            "collision",
            tuple(Reason("term", word, 1.5, "title", word) for word in rng.sample(WORDS, 5)),
        )
        states = ((at, "single-source"), (at + timedelta(minutes=3), "reported-by-several"))
        corroboration = Corroboration(
            "reported-by-several", at, tuple(m.origin for m in members), history=states
        )
        stories.append(
            Story(
                id=f"story{number:06x}",
                title=sentence(10),
                lead=sentence(40),
                url=members[0].entry.url,
                language="en",
                first_seen=at,
                published=at,
                changed=at + timedelta(minutes=5),
                entries=members,
                labels=(label,),
                corroboration=corroboration,
            )
        )
    return stories


class BenchSource:
    """As much of a source as serving one output needs."""

    def __init__(self, stories: Sequence[Story]) -> None:
        self._stories = list(stories)

    def stories(self, output: OutputConfig, selection: Any, limit: int, before: Any) -> Sequence[Story]:
        return self._stories[:limit]

    def tombstones(self, output: OutputConfig, since: datetime, limit: int) -> Sequence[Any]:
        return ()

    def alarms(self, limit: int) -> Sequence[Any]:
        return ()

    def oldest(self) -> datetime | None:
        return NOW - timedelta(days=30)

    def names(self) -> Names:
        return Names()

    def outputs(self) -> Sequence[OutputConfig]:
        return (OUTPUT,)

    def generation(self) -> int:
        return 1

    def next_change(self) -> datetime | None:
        return None

    def story(self, id: str) -> Story | str | None:
        return None

    def search(self, words: str, limit: int) -> Sequence[Story]:
        return ()

    def feeds(self) -> Sequence[FeedState]:
        return ()

    def health(self) -> Mapping[str, Any]:
        return {"ok": True}

    def notices(self) -> Sequence[str]:
        return ()

    def record_feedback(self, verdict: Verdict) -> None:
        raise NotImplementedError

    def undo_feedback(self, verdict: Verdict) -> bool:
        raise NotImplementedError

    def secret(self) -> bytes:
        return b"x" * 32

    def installation(self) -> str:
        return "bench"


class SystemClock:
    """The time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class NoSecrets:
    """Knows none."""

    def get(self, name: str) -> str | None:
        return None


def measure(form: Format, stories: Sequence[Story]) -> tuple[float, float, float, list[str]]:
    """Return the seconds of CPU time for building, writing and compressing a document, and its sizes."""
    signer = Signer(b"x" * 32)
    begin = time.process_time()
    publication = Publication(
        SITE,
        feedback=lambda story, topic: signer.links(SITE.base_url, story, topic),
        records=form == "json",
    )
    feed = build(OUTPUT, Content(stories), publication, now=NOW, names=Names())
    built = time.process_time()
    body = render(feed, form)
    rendered = time.process_time()
    variants = make_variants(body)
    packed = time.process_time()
    sizes = [f"{v.encoding.decode() or 'plain'} {len(v.body) / 1000:.0f} kB" for v in variants]
    return built - begin, rendered - built, packed - rendered, sizes


def rounds(form: Format, items: int, count: int) -> list[tuple[float, float, float, list[str]]]:
    """Measure `count` documents one after the other, set up as the daemon is; the first is cold."""
    stories = invent(items)
    spare_collector()
    return [measure(form, stories) for _ in range(count)]


def bench_rendering(items: int, count: int) -> None:
    """Print how long documents take from stories to bytes, and to their compressed forms, cold and warm."""
    fresh = get_context("spawn")
    for form in FORMATS:
        cold, warm = [], []
        for _ in range(PROCESSES):
            with fresh.Pool(1) as pool:
                first, *others = pool.apply(rounds, (form, items, count))
            cold.append(first)
            warm.extend(others)
        for name, measured in (("cold", cold), ("warm", warm)):
            build_, write, pack = (statistics.median(m[n] for m in measured) * 1000 for n in range(3))
            print(
                f"{form:4} {name} {items} items: {build_ + write:5.1f} ms (build {build_:.1f}, write {write:.1f}); "
                f"compress {pack:.1f} ms ({', '.join(cold[0][3])})"
            )


def serve(port: int, items: int) -> None:
    """Run the application; the child process of `bench_serving`."""
    import uvicorn

    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    app = create_app(
        BenchSource(invent(items)), WebConfig(port=port), clock=SystemClock(), secrets=NoSecrets()
    )
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


def bench_serving(items: int, seconds: int) -> None:
    """Print requests a second for documents in memory."""
    if shutil.which("wrk") is None:
        print("serving: skipped, wrk is not installed (Debian package wrk)")
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    child = subprocess.Popen(
        [sys.executable, str(Path(__file__)), "--serve", str(port), "--items", str(items)]
    )
    try:
        url = f"http://127.0.0.1:{port}/feeds/bench.atom"
        etag = _first_answer(url)
        for name, header in (
            ("200, gzip or br", "Accept-Encoding: gzip, br"),
            ("200, plain", "X-Bench: 1"),
            ("304", f"If-None-Match: {etag}"),
        ):
            command = ["wrk", "-t1", "-c32", f"-d{seconds}s", "-H", header, url]
            told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            rate = re.search(r"Requests/sec:\s+([\d.]+)", told)
            bad = re.search(r"Non-2xx or 3xx responses: (\d+)", told)
            print(
                f"serving {items} items, {name:16} {float(rate[1]) if rate else 0:8.0f} requests/s, {bad[1] if bad else 0} bad"
            )
    finally:
        child.terminate()
        child.wait(10)


def _first_answer(url: str) -> str:
    for _ in range(100):
        try:
            with urllib.request.urlopen(url, timeout=10) as response:
                etag: str = response.headers["ETag"]
                return etag
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not start")


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=500, help="items rendered (default 500)")
    parser.add_argument("--served", type=int, default=30, help="items of the document served (default 30)")
    parser.add_argument(
        "--rounds", type=int, default=7, help="documents rendered by each of five processes (default 7)"
    )
    parser.add_argument("--seconds", type=int, default=4, help="seconds of each wrk run (default 4)")
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve, arguments.items)
        return
    bench_rendering(arguments.items, arguments.rounds)
    bench_serving(arguments.served, arguments.seconds)


if __name__ == "__main__":
    main()
