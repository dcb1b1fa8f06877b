"""The table of readers in docs/outputs.md: which follow which output, in which format.

    apt-get install newsboat sfeed rss2email
    python3 -m venv /tmp/r && /tmp/r/bin/pip install reader sgmllib3k
    npm install --prefix /tmp/n rss-parser feedsmith
    .venv/bin/python benchmarks/measure_readers.py --python /tmp/r/bin/python --node-modules /tmp/n/node_modules

Programs that are not there are left out, and so are the packages for which no place is named. Each reader subscribes to every kind of output in every format it knows and
refreshes in three cycles, between which stories come, change and go (tests/readers/scenario.py). It must parse every
document, keep every id, and show what is new and what changed: a cell tells items / new / changed, or what failed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.readers.drivers import drivers
from tests.readers.follow import Follower, follow_all
from tests.readers.scenario import OUTPUTS, serving


def main() -> int:
    """Follow, and print the table; 1 when any reader failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", default="", help="a Python that has the package reader")
    parser.add_argument("--node-modules", default="", help="a folder with rss-parser and feedsmith")
    arguments = parser.parse_args()
    failed = False
    print("| reader | format | " + " | ".join(output.slug for output in OUTPUTS) + " |")
    print("| --- | --- |" + " --- |" * len(OUTPUTS))
    for driver in drivers(arguments.python, arguments.node_modules):
        if why := driver.missing():
            print(f"| {driver.name} | {why} |" + " |" * len(OUTPUTS))
            continue
        with serving() as desk, tempfile.TemporaryDirectory() as home:
            followers = [
                Follower(driver, output.slug, form, Path(home, f"{output.slug}-{form}"))
                for output in OUTPUTS
                for form in driver.formats
            ]
            follow_all(desk, followers)
        for form in driver.formats:
            cells = []
            for follower in followers:
                if follower.form != form:
                    continue
                result = follower.result
                failed = failed or bool(result.wrong)
                cells.append(
                    f"FAILED: {result.wrong[0].splitlines()[0][:80]}"
                    if result.wrong
                    else f"{result.items} / {result.new} / {result.changed}"
                )
            print(f"| {driver.name} | {form} | " + " | ".join(cells) + " |")
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
