"""The process that started workers, or a training, is killed: they must not outlive it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

WORKERS = """
import asyncio, multiprocessing, time
from aggregator.pipeline.worker import Worker, WorkerPlan
from aggregator.pipeline.worker_pool import WorkerPool

async def main():
    workers = WorkerPool(2, WorkerPlan())
    await asyncio.gather(*(workers.call(Worker.classify, []) for _ in range(8)))
    print(*[child.pid for child in multiprocessing.active_children()], flush=True)
    await asyncio.sleep(60)

if __name__ == "__main__":
    asyncio.run(main())
"""

TRAINING = """
import asyncio, multiprocessing, sqlite3, sys
from datetime import UTC, datetime
from pathlib import Path
from aggregator.topics.training import train_apart
from aggregator.store import Store
from aggregator.pipeline.worker import WorkerPlan

async def main():
    path = Path(sys.argv[0]).with_name("a.db")
    Store.open(path).close()
    # Keeps the training waiting at its first look into the database.
    held = sqlite3.connect(path)
    held.execute("PRAGMA locking_mode=EXCLUSIVE")
    held.execute("BEGIN EXCLUSIVE")
    training = asyncio.create_task(train_apart(path, WorkerPlan(), "any", datetime.now(UTC)))
    while not multiprocessing.active_children():
        await asyncio.sleep(0.01)
    await asyncio.sleep(2)
    print(*[child.pid for child in multiprocessing.active_children()], flush=True)
    await training

if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "number"),
    [(WORKERS, signal.SIGKILL), (WORKERS, signal.SIGTERM), (TRAINING, signal.SIGKILL)],
    ids=["workers, killed", "workers, terminated", "training, killed"],
)
def test_children_end_with_their_parent(tmp_path: Path, text: str, number: int) -> None:
    program = tmp_path / "parent.py"
    program.write_text(text, encoding="utf-8")
    parent = subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE, text=True)
    try:
        assert parent.stdout is not None
        children = [int(pid) for pid in parent.stdout.readline().split()]
        assert children
        parent.send_signal(number)
        parent.wait(10)
        # A worker that lives on would hold this pipe open, and whoever reads it would wait for ever.
        parent.communicate(timeout=20)
    finally:
        parent.kill()
    end = time.monotonic() + 10
    while living := [pid for pid in children if _lives(pid)]:
        assert time.monotonic() < end, f"still there: {living}"
        time.sleep(0.1)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except (OSError, ValueError):
        return False
    return state != "Z"
