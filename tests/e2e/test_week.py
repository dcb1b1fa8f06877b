"""A subscriber through a week of real entries, with the daemon killed on the way: nothing missed, nothing twice."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.publish.items.story import story_id

from .replay import Replay, a_week
from .subscriber import Subscriber
from .world import daemon, free_port, served, write_config

TOPIC = "korean-peninsula-security"
STEPS = 40
KILLS = 5
PACE = 2.0
"""Seconds from one step of the week to the next."""


def belonging(database: Path) -> set[str]:
    """Item ids of the stories that belong to the topic, as the store has them."""
    with sqlite3.connect(database) as connection:
        rows = connection.execute(
            "select s.id from stories s join story_labels l on l.story = s.id "
            "where l.topic = ? and l.belongs and s.announced",
            (TOPIC,),
        )
        return {story_id(story) for (story,) in rows}


@pytest.mark.slow
@pytest.mark.reference
@pytest.mark.timeout(600)
def test_a_week_with_five_kills(tmp_path: Path, reference_data: Path) -> None:
    until = datetime(2025, 9, 30, tzinfo=UTC)
    rows = a_week(reference_data / "entries" / "stream-2025.jsonl.gz", until)
    week = Replay(rows, STEPS)
    chance = random.Random(7)
    port = free_port()
    reader = Subscriber(f"http://127.0.0.1:{port}/feeds/{TOPIC}.atom")
    fatal = set(chance.sample(range(3, STEPS - 2), KILLS))
    stored = tmp_path / "aggregator.db"

    def all_stored() -> bool:
        with sqlite3.connect(stored) as connection:
            (found,) = connection.execute("select count(*) from entries").fetchone()
        return bool(found == len(rows))

    def caught_up() -> bool:
        return reader.poll().status == 304 and not reader.missed(belonging(stored))

    with served(week.files) as folder:
        week.url = folder.url
        config = write_config(tmp_path, week, port=port, replace=[('ceiling = "30s"', 'ceiling = "5s"')])
        left = iter(range(STEPS))
        kills = 0
        while True:
            with daemon(config, port=port) as running:
                killed = False
                for step in left:
                    assert week.step()
                    until_next = time.monotonic() + PACE
                    if step in fatal:
                        time.sleep(chance.random() * PACE)
                        os.killpg(running.process.pid, signal.SIGKILL)
                        running.process.wait(10)
                        reader.poll()
                        kills, killed = kills + 1, True
                        break
                    while time.monotonic() < until_next:
                        reader.poll()
                        time.sleep(0.4)
                if killed:
                    continue
                running.wait(all_stored, f"{len(rows)} entries in the store", 120)
                running.wait(caught_up, "the last story at the reader", 60)
                break
    expected = belonging(stored)
    assert kills == KILLS
    assert week.told == len(rows) > 2000
    assert len(expected) > 30
    assert reader.missed(expected) == set()
    assert reader.faults == []
    assert reader.twice() == {}
    assert reader.updates, "stories change in place"
    print(
        f"{len(rows)} entries, {len(expected)} stories, {reader.updates.total()} updates, {dict(reader.statuses)}"
    )
