"""How fast grouping is, and whether it slows as the store grows.

Takes the reference stream through `group` and `Window.commit` (processor time, one core, the garbage collector set as
in the daemon), alone and after a number of invented entries:

    python benchmarks/bench_group.py --data ../shared/data --synthetic 200000 --days 60

The invented entries (synthetic_news.py) are made like news: words by Zipf's law with a tail of new names, people, places
and acts of the term table that come back, events with several reports in three languages, re-issues. 200,000 of them
and the stream take about two minutes.
"""

from __future__ import annotations

import argparse
from datetime import UTC
from itertools import islice
from pathlib import Path

from story_streams import Replay, candidates, stream
from synthetic_news import news

from aggregator.core.types import Candidate
from aggregator.pipeline.worker import spare_collector
from aggregator.stories.features.fingerprint import Fingerprinter


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the reference data")
    parser.add_argument("--synthetic", type=int, default=0, help="invented entries before the stream")
    parser.add_argument(
        "--days", type=float, default=60.0, help="days that the invented entries are spread over"
    )
    parser.add_argument("--batch", type=int, default=100, help="entries a batch")
    parser.add_argument("--limit", type=int, default=0, help="take only that many entries of the stream")
    args = parser.parse_args()
    spare_collector()
    rows = stream(args.data)
    real = candidates(rows[: args.limit or None])
    replay = Replay()
    if args.synthetic:
        first = next(c.entry.time for c in real[len(real) // 100 :] if c.entry.time is not None)
        fingerprinter = Fingerprinter()
        invented = news(args.synthetic, args.days, first.astimezone(UTC))
        for part in range(10):
            entries = list(islice(invented, args.synthetic * (part + 1) // 10 - args.synthetic * part // 10))
            made = [
                Candidate(*pair) for pair in zip(entries, fingerprinter.fingerprint(entries), strict=True)
            ]
            rate = _rate(replay, made, args.batch)
            print(f"invented, tenth {part + 1}: {rate:,.0f} entries/s, {len(replay.window)} in the window")
        print(f"invented: {args.synthetic / replay.seconds:,.0f} entries/s")
        replay.seconds = 0.0
    for part in range(4):
        quarter = real[len(real) * part // 4 : len(real) * (part + 1) // 4]
        rate = _rate(replay, quarter, args.batch)
        print(f"stream, quarter {part + 1}: {rate:,.0f} entries/s, {len(replay.window)} in the window")
    print(f"stream: {len(real) / replay.seconds:,.0f} entries/s over {len(real)} entries")


def _rate(replay: Replay, part: list[Candidate], batch: int) -> float:
    before = replay.seconds
    replay.feed(part, batch)
    return len(part) / (replay.seconds - before)


if __name__ == "__main__":
    main()
