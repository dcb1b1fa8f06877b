"""Twenty honest feeds and one hostile feed of each kind, polled as often as in a day: the honest ones lose nothing.

The day is as many polls of every feed as a day at a quarter of an hour each has; AGGREGATOR_LOOKS sets another number.
"""

from __future__ import annotations

import json
import os
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.e2e.world import daemon, free_port, get
from tests.exhaustive.hostile_outlets import TRICKS
from tests.exhaustive.test_kills import ask, whole
from tests.exhaustive.world import World

LOOKS = int(os.environ.get("AGGREGATOR_LOOKS", "96"))
PACE = 4.0
"""Seconds from one look at a feed to the next."""
MOST_MEMORY = 600
"""Megabytes of the daemon and its workers together, shared pages counted once."""
CONFIG = """
[poll]
tick = "0.5s"
floor = "{pace}s"
ceiling = "{pace}s"
jitter = 0
per_host_gap = "0s"
[http]
timeout = "10s"
[store]
path = "{folder}/aggregator.db"
[web]
host = "127.0.0.1"
port = {port}
[[outputs]]
slug = "north"
topics = ["north"]
limit = 200
[[outputs]]
slug = "health"
kind = "health"
{feeds}
[topics.north]
title = "North"
threshold = 0.5
[topics.north.terms]
"North Korea" = 3
"North Korean" = 3
"Pyongyang" = 3
"""


def hostile_server(world: World) -> ThreadingHTTPServer:
    """Answers GET /TRICK.xml with the trick's next document."""
    looks: dict[str, int] = dict.fromkeys(TRICKS, 0)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.strip("/").removesuffix(".xml")
            looks[name] += 1
            body, headers = TRICKS[name](world, looks[name])
            self.send_response(200)
            for key, value in headers.items():
                self.send_header(key, value)
            self.send_header("Content-Type", "text/html" if name == "page" else "application/rss+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class Watch(threading.Thread):
    """Looks every second at the memory of a process and its children, and how soon /health answers."""

    def __init__(self, pid: int, url: str) -> None:
        super().__init__(daemon=True)
        self._process = psutil.Process(pid)
        self._url = url
        self.over = threading.Event()
        self.memory: list[float] = []
        self.slowest: list[float] = []

    def run(self) -> None:
        while not self.over.wait(1.0):
            with suppress(psutil.Error):
                family = [self._process, *self._process.children(recursive=True)]
                self.memory.append(sum(one.memory_full_info().pss for one in family) / 1e6)
            started = time.monotonic()
            with suppress(OSError):
                get(f"{self._url}/health")
            self.slowest.append(time.monotonic() - started)


@pytest.mark.exhaustive
@pytest.mark.timeout(3000)
def test_a_hostile_day(tmp_path: Path) -> None:
    world = World(20, seed=11)
    world.publish(30)
    honest, hostile = world.serve(), hostile_server(world)
    urls = [f"http://127.0.0.1:{honest.server_address[1]}/{name}.xml" for name in world.outlets]
    bad = [f"http://127.0.0.1:{hostile.server_address[1]}/{name}.xml" for name in TRICKS]
    tables = [
        f'[[feeds]]\nurl = "{url}"\ntitle = "{Path(url).stem}"\norigin = "{Path(url).stem}"\nkind = "{kind}"\n'
        f"country = 'KR'\nallow_private = true"
        for kind, group in (("newspaper", urls), ("blog", bad))
        for url in group
    ]
    port = free_port()
    config = tmp_path / "config.toml"
    config.write_text(CONFIG.format(folder=tmp_path, port=port, pace=PACE, feeds="\n".join(tables)), "utf-8")
    database = tmp_path / "aggregator.db"
    told: set[str] = set()
    with daemon(config, port=port) as running:
        watch = Watch(running.process.pid, running.url)
        watch.start()
        for _ in range(LOOKS):
            world.publish(1)
            time.sleep(PACE)
            with suppress(OSError):
                told |= titles(running.url)
        running.wait(lambda: guids(database) >= published(world), "every honest entry", timeout=120)
        time.sleep(2 * PACE)
        told |= titles(running.url)
        watch.over.set()
        watch.join(30)
        health = json.loads(get(f"{running.url}/health")[2])
        pages = get(f"{running.url}/feeds")[2].decode()
        log = running.text()
    whole(database)
    report(database, watch)
    assert "Traceback" not in log
    assert max(watch.memory) < MOST_MEMORY
    assert sorted(watch.slowest)[-1] < 1.0 or sorted(watch.slowest)[int(len(watch.slowest) * 0.99)] < 1.0
    on_time(database, urls)
    honest_health(database, urls)
    not_headed_by_a_lie(database, bad)
    not_melted(database, world)
    assert health["feeds"].get("degraded", 0) + health["feeds"].get("failing", 0) >= len(TRICKS) // 2
    assert "flood" in pages


def titles(url: str) -> set[str]:
    """Titles in the topic's output now, its first page."""
    return {item["title"] for item in json.loads(get(f"{url}/feeds/north.json")[2])["items"]}


def published(world: World) -> set[str]:
    return {guid for found in world.published.values() for guid in found}


def guids(database: Path) -> set[str]:
    rows = ask(
        database, "select e.guid from entries e join feeds f on f.id = e.feed_id where f.kind = 'newspaper'"
    )
    return {str(guid) for (guid,) in rows}


def on_time(database: Path, urls: list[str]) -> None:
    """Every honest feed was polled about as often as it should have been."""
    for url in urls:
        ((polls,),) = ask(
            database, "select count(*) from polls p join feeds f on f.id = p.feed_id where f.url = ?", url
        )
        assert int(str(polls)) >= LOOKS * 0.6, f"{url} was polled {polls} times in {LOOKS} looks"


def honest_health(database: Path, urls: list[str]) -> None:
    """No honest feed is blamed, nor one of its entries kept from announcement."""
    for url in urls:
        ((health, why),) = ask(database, "select health, health_why from feeds where url = ?", url)
        assert health == "ok", f"{url}: {health}, {why}"
    archived = ask(
        database,
        "select e.title from entries e join feeds f on f.id = e.feed_id where f.kind = 'newspaper' and e.archived",
    )
    assert archived == []


def not_headed_by_a_lie(database: Path, bad: list[str]) -> None:
    """A story with an honest report has an honest headline and link."""
    rows = ask(
        database,
        "select s.id, s.title, s.url from stories s where exists (select 1 from entries e join feeds f on f.id = e.feed_id "
        "where e.story = s.id and f.kind = 'newspaper') and not exists (select 1 from entries e join feeds f "
        "on f.id = e.feed_id where e.story = s.id and f.kind = 'newspaper' and e.title = s.title)",
    )
    assert rows == []


def not_melted(database: Path, world: World) -> None:
    """Honest reports of two events stand in one story no oftener than they would without the attackers."""
    together: dict[str, set[str]] = {}
    for story, guid in ask(
        database,
        "select e.story, e.guid from entries e join feeds f on f.id = e.feed_id where f.kind = 'newspaper'",
    ):
        together.setdefault(str(story), set()).add(str(guid).rpartition("-")[2])
    mixed = {story: events for story, events in together.items() if len(events) > 1}
    print(f"{len(together)} stories of honest feeds, {len(mixed)} of more than one event")
    merged = ask(
        database,
        "select count(*) from entries e join feeds f on f.id = e.feed_id where f.kind = 'blog' and e.story in "
        "(select e.story from entries e join feeds f on f.id = e.feed_id where f.kind = 'newspaper')",
    )
    print(f"{merged[0][0]} hostile entries stand in stories of honest ones")
    assert len(mixed) <= len(together) * 0.1


def report(database: Path, watch: Watch) -> None:
    """What came of it, to be read."""
    slow = sorted(watch.slowest)
    print(
        f"\nmemory {max(watch.memory):.0f} MB at most, {sorted(watch.memory)[len(watch.memory) // 2]:.0f} MB as a rule; "
        f"/health {slow[-1]:.2f} s at most, {slow[int(len(slow) * 0.95)]:.3f} s at p95"
    )
    for row in ask(
        database, "select title, health, health_why from feeds where kind = 'blog' order by title"
    ):
        print("  ", *row, sep=" | ")
    for row in ask(
        database,
        "select f.title, count(*), sum(length(e.content) + length(e.text)) / 1000000 from entries e join feeds f "
        "on f.id = e.feed_id where f.kind = 'blog' group by 1 order by 2 desc",
    ):
        print("   stored of", *row)
