"""kill -9 at the worst moments: after a message was sent, before it is marked; nothing is lost."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from aggregator.publish.push.types import Delivery
from aggregator.store.outbox import SqlOutbox

from .servers import serving

CHILD = """
import asyncio, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from aggregator.config.outputs import OutputConfig
from aggregator.config.secrets import Secrets
from aggregator.publish.push.dispatcher import Dispatcher
from aggregator.publish.push.channels import open_channels
from aggregator.store import Store

async def main(path, url, minutes):
    outbox = Store.open(Path(path)).outbox
    push = [
        {"kind": "webhook", "name": name, "url": f"{url}/{name}", "allow_private": True, "max_per_hour": 1000}
        for name in ("one", "two")
    ]
    output = OutputConfig.model_validate({"slug": "korea", "push": push})
    async with open_channels([output], Secrets({}), agent="test") as channels:
        dispatcher = Dispatcher(channels)
        now = datetime(2026, 11, 23, 4, 30, tzinfo=UTC) + timedelta(minutes=int(minutes))
        for minute in range(10):
            await dispatcher.drain(outbox, now + timedelta(minutes=minute))

asyncio.run(main(*sys.argv[1:]))
"""
KILLS = 3
EACH = 12


def test_a_daemon_killed_between_sending_and_marking_loses_nothing(
    tmp_path: Path, outbox: SqlOutbox, delivery: Callable[..., Delivery]
) -> None:
    expected = {name: [f"{name}{n}" for n in range(EACH)] for name in ("one", "two")}
    for name, keys in expected.items():
        assert outbox.queue([delivery(key, channel=f"webhook:{name}") for key in keys]) == EACH

    arrived: Counter[str] = Counter()
    child: asyncio.subprocess.Process | None = None

    def receiver(fatal: frozenset[int]) -> Callable[[web.Request], object]:
        received = 0

        async def receive(request: web.Request) -> web.Response:
            nonlocal received
            document = json.loads(await request.read())
            assert document["id"] == request.headers["Idempotency-Key"]
            arrived.update(story["key"] for story in document["stories"])
            received += 1
            if received in fatal:
                assert child is not None
                os.kill(child.pid, signal.SIGKILL)
                await asyncio.sleep(0.05)
            return web.Response()

        return receive

    async def run() -> list[int]:
        nonlocal child
        codes = []
        one, two = receiver(frozenset({2, 7})), receiver(frozenset({4}))
        async with serving(one=one, two=two) as url:
            while len(codes) <= KILLS + 1 and (not codes or codes[-1] != 0):
                arguments = (str(tmp_path / "test.db"), url, str(20 * len(codes)))
                child = await asyncio.create_subprocess_exec(sys.executable, "-c", CHILD, *arguments)
                codes.append(await child.wait())
        return codes

    codes = asyncio.run(run())
    assert codes == [-signal.SIGKILL] * (len(codes) - 1) + [0]
    assert len(codes) > 2
    assert set(arrived) == {key for keys in expected.values() for key in keys}
    # Each kill can repeat at most what was under way: one message a channel.
    assert arrived.total() - len(arrived) <= 2 * (len(codes) - 1)
    assert {state: n for (_, _, state), n in outbox.counts().items()} == {"sent": EACH}
    assert outbox.dead_letters() == []
