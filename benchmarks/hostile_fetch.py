"""Play every hostile server of tests/fetch/hostile.py at once and print what came of each.

    python benchmarks/hostile_fetch.py [--alone] [--messages]

Below the table: how a good feed fared meanwhile, and how much memory grew. Both sides run in this process, so
both figures include the attackers' share. `--alone` polls the good feed without them first, for comparison.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.fetch import hostile, test_hostile
from tests.fetch.certificates import Authority
from tests.fetch.server import feed, fetcher, poll, site


async def alone(count: int = 100) -> list[float]:
    """Seconds of each poll of a good feed with nobody else about."""
    loop = asyncio.get_running_loop()
    found = []
    async with site() as server:
        server.answer("/good")
        async with fetcher(server.url("/good")) as made:
            for _ in range(count):
                began = loop.time()
                await poll(made, feed(server.url("/good")))
                found.append(loop.time() - began)
                await asyncio.sleep(0.01)
    return found


def summary(name: str, seconds: list[float]) -> str:
    """One line about many polls."""
    return (
        f"{name}: {len(seconds)} polls, median {statistics.median(seconds) * 1000:.1f} ms, "
        f"longest {max(seconds) * 1000:.0f} ms"
    )


def main() -> None:
    """Play and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--alone", action="store_true", help="poll the good feed alone first")
    parser.add_argument("--messages", action="store_true", help="print what the administrator would read")
    options = parser.parse_args()
    if options.alone:
        print(summary("good feed, alone", asyncio.run(alone())))
    with tempfile.TemporaryDirectory() as folder:
        played = asyncio.run(test_hostile.play(Authority(Path(folder))))
    wrong = 0
    for case in test_hostile.CASES:
        got = played.outcomes[case.name]
        code = got.error.code if got.error else hostile.OK
        wrong += code != case.outcome
        mark = "" if code == case.outcome else f"  EXPECTED {case.outcome}"
        print(f"{case.name:<52} {code:<20} {got.seconds:5.1f} s{mark}")
        if options.messages and got.error:
            print(f"    {got.error.message}")
    print(f"\n{len(test_hostile.CASES)} cases, {wrong} not as they must be")
    print(summary("good feed meanwhile", played.good))
    print(f"memory grew by at most {played.grown / 1024**2:.0f} MiB")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
