"""What adapting to a feed's cadence buys: polls a day and the delay of entries, replayed over real arrival times.

    AGGREGATOR_REFERENCE_DATA=../shared/data python benchmarks/bench_schedule.py [--gap-share 6] [--silence-share 10]

Replays the publication times of each outlet in `entries/stream-2025.jsonl.gz` through `schedule.plan`, as if
each outlet were one feed without any wishes of its own, and compares it with a fixed interval of the floor. Delay is from
publication to the poll that brings an entry. Outlets are also thinned to a tenth and a hundredth of their
entries, to stand for slower feeds. The two halves of the outlets (by name) are reported apart: choose
settings on one, check them on the other.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator.config import PollConfig
from aggregator.core.types import FeedState, Fetched, ParsedFeed
from aggregator.fetch import schedule

DAYS = 60


@dataclass(frozen=True)
class Replay:
    """One feed's figures."""

    polls: float
    """A day."""
    delays: tuple[float, ...]
    """Minutes."""


def arrivals(path: Path) -> dict[str, list[datetime]]:
    """Publication times by outlet, of the densest two months."""
    found: dict[str, list[datetime]] = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if row.get("published"):
                found[row["source"]].append(datetime.fromisoformat(row["published"]).astimezone(UTC))
    return {name: _densest(sorted(times)) for name, times in sorted(found.items())}


def _densest(times: list[datetime]) -> list[datetime]:
    """The longest run of times inside any window of DAYS."""
    best: tuple[int, int] = (0, 0)
    start = 0
    for end, moment in enumerate(times):
        while moment - times[start] > timedelta(days=DAYS):
            start += 1
        best = max(best, (end - start + 1, start))
    count, start = best
    return times[start : start + count]


def replay(times: Sequence[datetime], poll: PollConfig, fixed: timedelta | None, number: int) -> Replay:
    """Poll one feed from its first time to its last."""
    first, last = times[0], times[-1]
    feed = FeedState(number, "https://feed.example/", "https://feed.example/")
    now, at, polls = first, 0, 0
    delays: list[float] = []
    while now < last:
        news = []
        while at < len(times) and times[at] <= now:
            news.append(times[at])
            delays.append((now - times[at]).total_seconds() / 60)
            at += 1
        answer = Fetched(feed, now, feed.url, status=200, body=b"x")
        plan = schedule.plan(feed, answer, ParsedFeed() if news else None, news, now, poll, fixed)
        feed, now = replace(feed, memory=plan.memory), plan.next_due
        polls += 1
    days = max((last - first).total_seconds() / 86400, 1.0)
    return Replay(polls / days, tuple(delays[1:]))


def report(title: str, feeds: dict[str, Sequence[datetime]], poll: PollConfig) -> None:
    """Print one row a feed."""
    print(
        f"\n{title}\n{'feed':<24} {'entries/day':>11} | {'polls/day':>9} {'median':>7} {'p95 min':>8} | at the floor: {'polls':>6} {'median':>7} {'p95 min':>8}"
    )
    for number, (name, times) in enumerate(feeds.items()):
        if len(times) < 10:
            continue
        rows = [replay(times, poll, fixed, number) for fixed in (None, poll.floor)]
        span = max((times[-1] - times[0]).total_seconds() / 86400, 1.0)
        (ours, floor) = (
            (row.polls, statistics.median(row.delays), sorted(row.delays)[int(len(row.delays) * 0.95)])
            for row in rows
        )
        print(
            f"{name:<24} {len(times) / span:11.1f} | {ours[0]:9.1f} {ours[1]:7.0f} {ours[2]:8.0f} | "
            f"{'':>13} {floor[0]:6.1f} {floor[1]:7.0f} {floor[2]:8.0f}"
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--gap-share", type=float, default=schedule.SHARE_OF_GAP)
    parser.add_argument("--silence-share", type=float, default=schedule.SHARE_OF_SILENCE)
    options = parser.parse_args()
    schedule.SHARE_OF_GAP = options.gap_share
    schedule.SHARE_OF_SILENCE = options.silence_share
    data = Path(os.environ.get("AGGREGATOR_REFERENCE_DATA", "../shared/data"))
    outlets = arrivals(data / "entries" / "stream-2025.jsonl.gz")
    for half in (0, 1):
        feeds: dict[str, Sequence[datetime]] = {}
        for name in sorted(outlets)[half::2]:
            for share in (1, 10, 100):
                feeds[name if share == 1 else f"{name} 1/{share}"] = outlets[name][::share]
        report(f"half {half + 1}", feeds, PollConfig())


if __name__ == "__main__":
    main()
