"""A thousand kills: whatever the program was doing when SIGKILL came, nothing is lost, nothing is there twice.

Polling, serving, pushing, importing, judging, merging, splitting and training are started, and killed at a random
moment with everything they started. What must hold is checked between kills and, after a last calm run, in full.
AGGREGATOR_KILLS sets another number.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter, defaultdict
from contextlib import closing, suppress
from pathlib import Path

import pytest

from aggregator.publish.items.story import story_id
from tests.e2e.subscriber import Subscriber
from tests.e2e.world import free_port
from tests.exhaustive.world import World

FORGETTING = 100
"""Of the kills, those of retention."""
KILLS = int(os.environ.get("AGGREGATOR_KILLS", "1000"))
TOPIC = "north"
ROOT = Path(__file__).resolve().parents[2]
CONFIG = """
[poll]
tick = "0.3s"
floor = "1s"
ceiling = "2s"
jitter = 0
per_host_gap = "0s"
workers = 0
[store]
path = "{folder}/aggregator.db"
[web]
host = "127.0.0.1"
port = {port}
[[outputs]]
slug = "north"
topics = ["north"]
limit = 200
[[outputs.push]]
kind = "webhook"
name = "sink"
url = "{world}/push"
when = "new"
max_per_hour = 1000
allow_private = true
{feeds}
[topics.north]
title = "North"
threshold = 0.5
[topics.north.terms]
"North Korea" = 3
"North Korean" = 3
"Pyongyang" = 3
"Seoul" = 3
"UN panel" = 3
"defector" = 3
"""
RUN_WINDOW = 7.0
"""Within how many times the span of a start a daemon is killed: from its first moment to some pushes later."""
WEIGHTS = {"run": 8, "import": 3, "merge": 2, "split": 2, "label": 1, "train": 1}


class Killer:
    """The warm launcher, and how long each kind of run takes when nobody kills it."""

    def __init__(self, log: Path, config: Path, chance: random.Random) -> None:
        env = {**os.environ, "AGGREGATOR_CONFIG": str(config)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.exhaustive.launcher"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=env,
        )
        self._log = str(log)
        self._chance = chance
        self.start_takes = 1.0
        self._usual: defaultdict[str, float] = defaultdict(lambda: 2 * self.start_takes)
        self.kills: Counter[str] = Counter()
        self.finished: Counter[str] = Counter()
        self._answer()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def start(self, *arguments: str) -> int:
        """Start a run; returns its process group."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([self._log, *arguments]) + "\n")
        self._process.stdin.flush()
        return int(self._answer())

    def run_and_kill(self, kind: str, *arguments: str, most: float = 20.0, meanwhile: object = None) -> bool:
        """Start a run and kill it at a random moment; whether it was still running then."""
        started = time.monotonic()
        pid = self.start(*arguments)
        window = (
            min(5.0, RUN_WINDOW * self.start_takes) if kind == "run" else min(most, self._usual[kind] * 1.1)
        )
        until = started + self._chance.random() * window
        while time.monotonic() < until and alive(pid):
            if callable(meanwhile):
                meanwhile()
            time.sleep(0.01)
        if not alive(pid):
            self.finished[kind] += 1
            self._usual[kind] = 0.7 * self._usual[kind] + 0.3 * (time.monotonic() - started)
            return False
        if kind != "run":  # a little longer the next time, until some come to their end
            self._usual[kind] = min(most, self._usual[kind] * 1.1)
        kill(pid)
        self.kills[kind] += 1
        return True

    def run(self, *arguments: str, timeout: float = 120.0) -> None:
        """Run to the end."""
        pid = self.start(*arguments)
        end = time.monotonic() + timeout
        while alive(pid):
            assert time.monotonic() < end, f"{arguments} did not end within {timeout} s"
            time.sleep(0.02)

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def kill(pid: int) -> None:
    """The whole group, at once; wait until it is gone."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    end = time.monotonic() + 10
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.002)


def ask(database: Path, query: str, *values: object) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database, timeout=30)) as connection:
        return connection.execute(query, values).fetchall()


def whole(database: Path) -> None:
    """What must hold at any moment, however the last writer ended."""
    assert ask(database, "pragma integrity_check") == [("ok",)]
    assert ask(database, "pragma foreign_key_check") == []
    assert ask(database, "select id from entries group by id having count(*) > 1") == []
    homeless = "select id from entries where story not in (select id from stories)"
    assert ask(database, homeless) == [], "an entry without its story"
    empty = "select id from stories where id not in (select story from entries)"
    assert ask(database, empty) == [], "a story without entries"
    for a, b, together in ask(database, "select a, b, together from story_constraints"):
        homes = ask(database, "select distinct story from entries where id in (?, ?)", a, b)
        assert len(homes) == (1 if together else 2), f"half a correction: {a} and {b}, together={together}"


def feeds(world: World, url: str) -> str:
    return "\n".join(
        f'[[feeds]]\nurl = "{url}/{name}.xml"\ntitle = "{name}"\norigin = "{name}"\nkind = "newspaper"\n'
        f'country = "KR"\nallow_private = true'
        for name in world.outlets
    )


def rows_file(path: Path, number: int, world: World, count: int = 40) -> list[str]:
    """A file to import; the ids of its rows."""
    ids = [f"import-{number}-{row}" for row in range(count)]
    with path.open("w", encoding="utf-8") as file:
        for id_ in ids:
            title = world.headline()
            file.write(json.dumps({"id": id_, "title": title, "source": "archive", "summary": title}) + "\n")
    return ids


@pytest.mark.exhaustive
@pytest.mark.timeout(5400)
def test_a_thousand_kills(tmp_path: Path) -> None:
    chance = random.Random(20261128)
    world = World(8, seed=5)
    world.publish(20)
    server = world.serve()
    port, database = free_port(), tmp_path / "aggregator.db"
    url = f"http://127.0.0.1:{server.server_address[1]}"
    config = tmp_path / "config.toml"
    config.write_text(CONFIG.format(folder=tmp_path, port=port, world=url, feeds=feeds(world, url)), "utf-8")
    reader = Subscriber(f"http://127.0.0.1:{port}/feeds/north.atom")
    killer = Killer(tmp_path / "log", config, chance)
    imported: set[str] = set()
    unfinished: list[Path] = []
    corrected: set[str] = set()
    # Entries that a correction named: each at most once, so that none contradicts another.
    touched: set[object] = set()

    def fresh(entries: list[tuple[object, ...]]) -> list[object]:
        found = [entry for (entry,) in entries if entry not in touched]
        touched.update(found)
        return found

    def arguments(kind: str, number: int) -> list[str] | None:
        if kind == "run":
            world.publish(chance.randint(0, 3))
            return ["run"]
        if kind == "import":
            if not unfinished or chance.random() < 0.5:
                path = tmp_path / f"rows-{number}.jsonl"
                imported.update(rows_file(path, number, world))
                unfinished.append(path)
            return ["import", str(unfinished[-1])]
        if kind == "train":
            return ["train", TOPIC]
        stories = ask(
            database,
            "select story from entries group by story having count(*) >= ? order by random() limit 6",
            2 if kind == "split" else 1,
        )
        if kind == "label":
            return (
                ["label", "set", str(stories[0][0]), "--topic", TOPIC, chance.choice(["--yes", "--no"])]
                if stories
                else None
            )
        homes = []
        for (story,) in stories:
            members = ask(database, "select id from entries where story = ? order by id", story)
            if not {entry for (entry,) in members} & touched:
                homes.append((str(story), [str(entry) for (entry,) in members]))
        if kind == "merge" and len(homes) >= 2:
            fresh([(entry,) for _, members in homes[:2] for entry in members])
            corrected.update(story_id(story) for story, _ in homes[:2])
            return ["stories", "merge", homes[0][0], homes[1][0]]
        if kind == "split" and homes:
            fresh([(entry,) for entry in homes[0][1]])
            corrected.add(story_id(homes[0][0]))
            return ["stories", "split", homes[0][0], homes[0][1][0]]
        return None

    try:
        started = time.monotonic()
        killer.run("check")
        killer.start_takes = time.monotonic() - started
        number = 0
        last = 0.0

        def look() -> None:
            nonlocal last
            if time.monotonic() - last > 0.25:
                last = time.monotonic()
                reader.poll()

        while killer.kills.total() < KILLS - FORGETTING:
            number += 1
            assert number < KILLS * 4, (
                f"too few were still running when they were to be killed: {killer.finished}"
            )
            kinds = list(WEIGHTS) if database.exists() else ["run"]
            kind = chance.choices(kinds, [WEIGHTS[k] for k in kinds])[0]
            what = arguments(kind, number)
            if what is None:
                continue
            ended = not killer.run_and_kill(kind, *what, meanwhile=look if kind == "run" else None)
            if ended and kind == "import":
                unfinished.pop()
            if number % 20 == 0 and database.exists():
                whole(database)
        for path in unfinished:
            killer.run("import", str(path))
        calm(killer, world, database, reader)
    finally:
        killer.close()
        server.shutdown()
    whole(database)
    stored = Counter(str(guid) for (guid,) in ask(database, "select guid from entries"))
    expected = {guid for guids in world.published.values() for guid in guids}
    assert expected - set(stored) == set(), "lost"
    assert {guid: n for guid, n in stored.items() if n > 1 and guid} == {}, "twice"
    ids = {str(id_) for (id_,) in ask(database, "select id from entries")}
    assert imported - ids == set(), "imported and lost"
    assert reader.missed(belonging(database)) == set()
    assert [
        f for f in reader.faults if not (moved_back(f) or ("published" in f and f[:45] in corrected))
    ] == []
    new_keys: defaultdict[str, set[str]] = defaultdict(set)
    for key, bodies in world.events_told().items():
        new_keys[json.loads(bodies[0])["story"]].add(key)
    assert {story: keys for story, keys in new_keys.items() if len(keys) > 1} == {}, "one story, two keys"
    untold = {story for story in announced(database) if story not in new_keys}
    assert untold == set(), "stories that the sink never heard of"
    print(
        f"\n{dict(killer.kills)} killed, {dict(killer.finished)} ended before; {len(expected)} polled and "
        f"{len(imported)} imported entries, {len(new_keys)} stories pushed in {len(world.pushes)} messages"
    )


def moved_back(fault: str) -> bool:
    """Whether a story only turned out to have been public earlier: a feed was polled late that had it before."""
    words = fault.split()
    return words[1:3] == ["published", "moved"] and " ".join(words[7:]) < " ".join(words[4:6])


def announced(database: Path) -> set[str]:
    """Stories of the topic that polls brought and the sink should have heard of."""
    rows = ask(
        database,
        "select distinct s.id from stories s join story_labels l on l.story = s.id join entries e on e.story = s.id "
        "where l.topic = ? and l.belongs and s.announced and e.id not like 'import-%'",
        TOPIC,
    )
    return {str(story) for (story,) in rows}


def belonging(database: Path) -> set[str]:
    """Item ids of the stories that belong to the topic."""
    rows = ask(
        database,
        "select s.id from stories s join story_labels l on l.story = s.id "
        "where l.topic = ? and l.belongs and s.announced",
        TOPIC,
    )
    return {story_id(str(story)) for (story,) in rows}


def calm(killer: Killer, world: World, database: Path, reader: Subscriber) -> None:
    """One last run that nobody kills, until all that was published is stored, read and pushed."""
    pid = killer.start("run")
    end = time.monotonic() + 180
    expected = {guid for guids in world.published.values() for guid in guids}
    try:
        while time.monotonic() < end:
            stored = {str(guid) for (guid,) in ask(database, "select guid from entries")}
            quiet = reader.poll().status == 304
            waiting = ask(database, "select count(*) from deliveries where state = 'waiting'")[0][0]
            if expected <= stored and quiet and not reader.missed(belonging(database)) and not waiting:
                break
            time.sleep(0.5)
    finally:
        os.killpg(pid, signal.SIGTERM)
        gone = time.monotonic() + 20
        while alive(pid) and time.monotonic() < gone:
            time.sleep(0.05)
        assert not alive(pid), "the daemon did not stop on SIGTERM"


@pytest.mark.exhaustive
@pytest.mark.timeout(1800)
def test_a_hundred_kills_of_retention(tmp_path: Path) -> None:
    """What is old goes, with nothing half gone; what is young stays."""
    world = World(1, seed=9)
    database, config = tmp_path / "aggregator.db", tmp_path / "config.toml"
    config.write_text(
        f'[poll]\nworkers = 0\n[store]\npath = "{database}"\nretention = "100d"\n', encoding="utf-8"
    )
    killer = Killer(tmp_path / "log", config, random.Random(3))
    files = [tmp_path / f"{name}.jsonl" for name in ("old", "young")]
    rows_file(files[0], 0, world, 600)
    young = {*rows_file(files[1], 1, world, 600)}
    try:
        killer.run("@import", "0", str(files[0]))
        killer.run("@import", "90", str(files[1]))
        # Each round more days have gone by: a slice of the old is due after 100, the note of each day is older.
        days = 101.0
        while killer.kills.total() < min(FORGETTING, KILLS):
            assert days < 130
            ended = not killer.run_and_kill("forget", "@forget", str(days))
            whole(database)
            assert young <= {str(id_) for (id_,) in ask(database, "select id from entries")}
            if ended:  # all is gone: bring it again, as new, for the next rounds
                days += 1.1
                again = tmp_path / f"again-{killer.finished['forget']}.jsonl"
                rows_file(again, 1000 + killer.finished["forget"], world, 600)
                killer.run("@import", "0", str(again))
        killer.run("@forget", str(days + 1.1))
        assert {str(id_) for (id_,) in ask(database, "select id from entries")} == young
    finally:
        killer.close()
    whole(database)
    print(f"\n{dict(killer.kills)} killed, {dict(killer.finished)} ended before")
