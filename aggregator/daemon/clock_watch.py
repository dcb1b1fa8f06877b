"""Notices that the system's clock was set back: due times, ours and the scheduler's, then lie too far ahead.

It happens to a machine whose hardware clock runs ahead (kept in local time, say) until the network corrects it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from aggregator.core.ports import Clock

TOLERANCE = timedelta(seconds=30)
"""Corrections up to this are waited out."""


async def watch(clock: Clock, react: Callable[[timedelta], None], *, every: float = 5.0) -> None:
    """Call `react` with the span whenever `clock` went back against the monotonic clock. Ends by being cancelled.

    `every`: seconds between two looks.
    """
    loop = asyncio.get_running_loop()
    shown, turned = clock.now(), loop.time()
    while True:
        await asyncio.sleep(every)
        last_shown, shown = shown, clock.now()
        last_turned, turned = turned, loop.time()
        back = timedelta(seconds=turned - last_turned) - (shown - last_shown)
        if back > TOLERANCE:
            react(back)
