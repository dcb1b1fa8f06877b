"""What reading documents costs: `python -m tests.entries.parse.measured SIZE NAME...` prints a line of JSON for each.

Each document is built and read in a process of its own, forked once all is imported: seconds of processor time, and
megabytes beyond what that process had with the document in its hands. A process that takes far more is ended by its
limits, and its line says so.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

from aggregator.core.types import ParsedFeed
from aggregator.entries.normalise import normalise
from aggregator.entries.parse import parse

from .documents import FEED, NOW, fetched, read, rss
from .pathological import CASES, HEADERS

MIB = 1024**2
MOST_MEMORY = 1500 * MIB
MOST_SECONDS = 60


def measure(name: str, size: int) -> dict[str, Any]:
    """Build the document of this name and read it."""
    document = CASES[name](size)
    body = document.encode("utf-8", "surrogatepass") if isinstance(document, str) else document
    del document
    answer = fetched(body, headers=HEADERS.get(name))
    before = _peak(reset=True)
    start = time.process_time()
    parsed = parse(answer)
    entries = normalise(parsed, FEED, NOW) if isinstance(parsed, ParsedFeed) else ()
    seconds = time.process_time() - start
    what = parsed.code if not isinstance(parsed, ParsedFeed) else f"{len(entries)} entries"
    written = sum(len(e.title) + len(e.summary) + len(e.content) + len(e.text) for e in entries)
    return {
        "name": name,
        "size": len(body),
        "seconds": round(seconds, 2),
        "megabytes": round((_peak() - before) / MIB),
        "what": what,
        "characters": written,
    }


def _peak(*, reset: bool = False) -> int:
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def _in_a_process(name: str, size: int) -> None:
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
        try:
            line = measure(name, size)
        except BaseException as error:  # MemoryError too: the parent goes on with the next
            line = {"name": name, "error": repr(error)[:300]}
        print(json.dumps(line), flush=True)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if status:
        print(json.dumps({"name": name, "error": f"ended with status {status}"}), flush=True)


def main() -> None:
    """Measure the documents named, or all."""
    size, names = int(sys.argv[1]), sys.argv[2:] or list(CASES)
    normalise(read(rss("<title>warm</title><description>&lt;p>warm and more words</description>")), FEED, NOW)
    for name in names:
        _in_a_process(name, size)


if __name__ == "__main__":
    main()
