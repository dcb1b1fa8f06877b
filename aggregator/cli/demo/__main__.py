"""`python -m aggregator.cli.demo`: the sample feeds alone, without the daemon."""

from __future__ import annotations

import argparse
import asyncio
from datetime import UTC, datetime

from aggregator.cli.demo.site import DemoSite


async def serve(port: int, every: float) -> None:
    """Serve until interrupted, publishing an instalment every `every` seconds (0: never)."""
    async with DemoSite(datetime.now(UTC), port=port) as site:
        print(f"Sample feeds at {site.url}/ (Ctrl-C stops)")
        for feed in site.feeds:
            print(f"  {feed['url']}  {feed['title']}")
        while True:
            await asyncio.sleep(every or 3600)
            if every and site.step(datetime.now(UTC)):
                print(f"Published instalment {site.instalment} of {site.instalments}")


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="python -m aggregator.cli.demo", description=__doc__)
    parser.add_argument("--port", type=int, default=8799, help="port on loopback; 0: any free one")
    parser.add_argument("--every", type=float, default=60, help="seconds between instalments; 0: none")
    arguments = parser.parse_args()
    try:
        asyncio.run(serve(arguments.port, arguments.every))
    except KeyboardInterrupt:
        print("Stopped.")


if __name__ == "__main__":
    main()
