"""Importing and forgetting as they would be done days from now.

@import DAYS FILE     store the rows of a file
@forget DAYS          apply retention, in slices so small that a kill can come between any two
"""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path

from aggregator.config.load import load
from aggregator.pipeline import retention
from aggregator.pipeline.import_file import read_rows, source_resolver
from aggregator.pipeline.runtime import Runtime
from tests.clocks import ShiftedClock


async def _run(verb: str, days: float, *files: str) -> None:
    config = load(Path(os.environ["AGGREGATOR_CONFIG"]))
    async with Runtime(config, clock=ShiftedClock(timedelta(days=days))) as runtime:
        if verb == "@import":
            resolve = source_resolver(runtime.store, runtime.config)
            await runtime.importer.import_rows(read_rows(Path(files[0])), resolve)
        else:
            retention.SLICE = 10
            await retention.apply_if_due(runtime.writer)


def main() -> None:
    """Do what the arguments say."""
    verb, days, *files = sys.argv[1:]
    asyncio.run(_run(verb, float(days), *files))
