"""How fast grouping is, and whether it slows as the store grows.

Takes the reference stream through `group` and `Window.commit` (processor time, one core), alone and after a given number
of synthetic entries: words drawn by Zipf's law, spread evenly over some days, so that the window is as full as asked for.

    python benchmarks/bench_group.py --data ../shared/data --synthetic 200000 --days 60
"""

from __future__ import annotations

import argparse
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from story_streams import Replay, candidates, stream

from aggregator.stories.fingerprint import Fingerprinter
from aggregator.types import Candidate, Entry


def synthetic(count: int, days: float, before: datetime) -> list[Candidate]:
    """Entries that look like headlines and leads, in order of time, ending at `before`."""
    dice = random.Random(1)
    vocabulary = [
        f"{a}{b}{c}"
        for a in "bdfgklmnprst"
        for b in ("ab", "el", "in", "or", "um")
        for c in map(str, range(400))
    ]
    weights = [1 / (rank + 1) for rank in range(len(vocabulary))]
    drawn = dice.choices(vocabulary, weights, k=count * 24)
    start = before - timedelta(days=days)
    entries = []
    for number in range(count):
        words = drawn[24 * number : 24 * number + 24]
        entries.append(
            Entry(
                f"x{number}", 1, f"x{number}", "", " ".join(words[:8]), " ".join(words[8:]),
                published=start + timedelta(days=days * number / count), language="en",
            )
        )  # fmt: skip
    return [Candidate(*pair) for pair in zip(entries, Fingerprinter().fingerprint(entries), strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the reference data")
    parser.add_argument("--synthetic", type=int, default=0, help="synthetic entries before the stream")
    parser.add_argument(
        "--days", type=float, default=60.0, help="days that the synthetic entries are spread over"
    )
    parser.add_argument("--batch", type=int, default=100, help="entries a batch")
    parser.add_argument("--limit", type=int, default=0, help="take only that many entries of the stream")
    args = parser.parse_args()
    rows = stream(args.data)
    real = candidates(rows[: args.limit or None])
    replay = Replay()
    if args.synthetic:
        first = next(c.entry.time for c in real[len(real) // 100 :] if c.entry.time is not None)
        replay.feed(synthetic(args.synthetic, args.days, first.astimezone(UTC)), args.batch)
        print(
            f"synthetic: {args.synthetic / replay.seconds:,.0f} entries/s, {len(replay.window)} in the window"
        )
        replay.seconds = 0.0
    for part in range(4):
        quarter = real[len(real) * part // 4 : len(real) * (part + 1) // 4]
        before = replay.seconds
        replay.feed(quarter, args.batch)
        spent = replay.seconds - before
        print(
            f"quarter {part + 1}: {len(quarter) / spent:,.0f} entries/s, {len(replay.window)} in the window"
        )
    print(f"stream: {len(real) / replay.seconds:,.0f} entries/s over {len(real)} entries")


if __name__ == "__main__":
    main()
