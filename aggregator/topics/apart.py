"""Long work in a process of its own, so that polling and serving do not notice, and Ctrl-C need not wait for it."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import ParamSpec, TypeVar

from aggregator.pipeline.worker_process import die_with_parent

P = ParamSpec("P")
T = TypeVar("T")

LONGEST = 3600.0
"""Seconds after which the work is given up."""


async def run_apart(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `work` returns, or raises. It is a function of a module, and all that goes in and out can be pickled.

    Cancelled, or after an hour (then TimeoutError is raised), its process is killed.
    """
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(
        1, mp_context=multiprocessing.get_context("spawn"), initializer=_be_modest
    ) as pool:
        running = loop.run_in_executor(pool, _call, work, args, kwargs)
        try:
            return await asyncio.wait_for(running, LONGEST)
        except (TimeoutError, asyncio.CancelledError):
            for process in list((pool._processes or {}).values()):
                process.kill()
            raise


def _call(work: Callable[..., T], args: tuple[object, ...], kwargs: dict[str, object]) -> T:
    return work(*args, **kwargs)


def _be_modest() -> None:
    # The parent decides when to stop: a Ctrl-C in the terminal reaches the whole process group.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(10)
    die_with_parent()
