"""Starts the command line again and again without paying for its imports each time: one warm process that forks.

    python -m tests.exhaustive.launcher      reads a JSON list of arguments a line, answers with the child's pid

The verb `@forget DAYS` applies retention as if that many days had gone by (tests/exhaustive/forgetting.py).

A child leads a process group of its own, so that whoever asked can kill it with everything it started. It is an
ordinary run of `aggregator.cli.app.main`, with standard output and error appended to the file named first.
"""

from __future__ import annotations

import json
import os
import signal
import sys

PRELOAD = (
    "aggregator.cli.app",
    "aggregator.daemon.daemon",
    "aggregator.pipeline.runtime",
    "aggregator.store",
    "aggregator.topics.training",
    "aggregator.web.app",
    "classifiers.model.model_file",
    "classifiers.model.refit",
    "feedparser",
    "trafilatura",
)


def main() -> None:
    """Answer until standard input ends."""
    for name in PRELOAD:
        __import__(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are reaped by the system
    print("ready", flush=True)
    for line in sys.stdin:
        log, *arguments = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _child(log, arguments)
        print(pid, flush=True)


def _child(log: str, arguments: list[str]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(out, 1)
    os.dup2(out, 2)
    if arguments[0].startswith("@"):
        from tests.exhaustive.forgetting import main as run
    else:
        from aggregator.cli.app import main as run

    sys.argv = ["aggregator", *arguments]
    try:
        run()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(bool(end.code))
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 70
    os._exit(code)


if __name__ == "__main__":
    main()
