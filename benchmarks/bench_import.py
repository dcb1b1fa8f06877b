"""How fast entries from a file are stored with everything on, where the time goes, and what memory it takes.

    .venv/bin/python benchmarks/bench_import.py [FILE.jsonl[.gz]] [--config config.toml]

Runs the real command on an empty database. The limits it is held against: 1,500 entries a second on two idle cores,
600 MB for all its processes together.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
STREAM = (
    Path(os.environ.get("AGGREGATOR_REFERENCE_DATA", ROOT / "../shared/data"))
    / "entries/stream-2025.jsonl.gz"
)
RATE, MEMORY = 1500, 600


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", nargs="?", type=Path, default=STREAM)
    parser.add_argument("--config", type=Path, default=ROOT / "config.toml")
    arguments = parser.parse_args()
    if not arguments.file.is_file():
        print(f"no {arguments.file}: name a file of entries")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "config.toml")
        text = arguments.config.read_text(encoding="utf-8")
        config.write_text(
            text.replace("\n[store]\n", f'\n[store]\npath = "{folder}/a.db"\n', 1), encoding="utf-8"
        )
        assert f"{folder}/a.db" in config.read_text(encoding="utf-8"), "the configuration has no [store]"
        process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "from aggregator.cli.app import main; main()",
                "import",
                str(arguments.file),
                "--json",
            ],
            env={**os.environ, "AGGREGATOR_CONFIG": str(config)},
            stdout=subprocess.PIPE,
            text=True,
        )
        peak, cpu = watch(process)
        assert process.stdout is not None
        result = json.loads(process.stdout.read())
        size = Path(folder, "a.db").stat().st_size / 1e6
    rate = result["new"] / result["seconds"]
    print(f"load average before the end: {os.getloadavg()[0]:.1f} (the figures want an idle machine)")
    print(f"{result['new']} entries in {result['seconds']:.1f} s: {rate:,.0f} a second (limit {RATE:,})")
    print(f"processor time of all processes: {cpu:.1f} s, {1000 * cpu / result['new']:.2f} ms an entry")
    print(f"most memory, all processes: {peak / 1e6:.0f} MB (limit {MEMORY}); database {size:.0f} MB")
    for stage, spent in sorted(result["stages"].items(), key=lambda pair: -pair[1]):
        print(f"  {stage:18s} {spent:6.1f} s")
    return 0


def watch(process: subprocess.Popen[str]) -> tuple[int, float]:
    """The most memory (bytes, resident, what is shared counted in each) and the processor seconds of a process and its children."""
    peak, cpu = 0, {}
    parent = psutil.Process(process.pid)
    while process.poll() is None:
        held = 0
        for one in (parent, *children(parent)):
            try:
                held += one.memory_info().rss
                times = one.cpu_times()
                cpu[one.pid] = times.user + times.system
            except psutil.Error:
                continue
        peak = max(peak, held)
        time.sleep(0.5)
    return peak, sum(cpu.values())


def children(parent: psutil.Process) -> list[psutil.Process]:
    try:
        return list(parent.children(recursive=True))
    except psutil.Error:
        return []


if __name__ == "__main__":
    sys.exit(main())
