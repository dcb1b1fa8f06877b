"""Three cycles of a small installation, served by the real application on loopback.

What a reader should see is told by the JSON documents of each cycle; a reader is only ever given Atom, RSS or JSON
over HTTP.
"""

from __future__ import annotations

import json
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import uvicorn

from aggregator.config import OutputConfig, WebConfig
from aggregator.core.types import Alarm, Corroboration
from aggregator.publish import FeedAlarm
from aggregator.publish.source import Withdrawn
from aggregator.web import create_app
from tests.publish.memory_source import MemorySource
from tests.publish.samples import NOW, developed, label, nasty, story

OUTPUTS = (
    OutputConfig(slug="stories", topics=("harbour-safety",)),
    OutputConfig(slug="entries", topics=("harbour-safety",), unit="entry"),
    OutputConfig(slug="near-misses", kind="near-misses"),
    OutputConfig(slug="alerts", kind="alerts"),
    OutputConfig(slug="digest", kind="digest"),
    OutputConfig(slug="health", kind="health"),
)
CYCLES = 3


@dataclass(frozen=True)
class Truth:
    """What an output holds in one cycle."""

    titles: dict[str, str]
    """Item id to title."""


class Desk:
    """The installation, which lives on when `step` is called."""

    def __init__(self) -> None:
        self.time = NOW
        self.cycle = 0
        self.source = MemorySource((story(1), story(2), story(3), developed(), nasty()), OUTPUTS)
        self.source.put(story(5, id="near-1", labels=(label(0.45),)))
        self._alarm(1, "failing")
        self.base_url = ""

    def now(self) -> datetime:
        return self.time

    def step(self) -> None:
        """Live through half a day or so: something new, something changed, something withdrawn."""
        self.cycle += 1
        self.time += timedelta(hours=26)
        at, n = self.time - timedelta(minutes=9), self.cycle
        fresh = story(50 + n, first_seen=at, published=at, changed=at, title=f"Fresh news {n} 🚢 & more")
        fresh = replace(
            fresh, entries=tuple(replace(m, entry=replace(m.entry, published=at)) for m in fresh.entries)
        )
        self.source.put(
            fresh,
            replace(story(2), title=f"A better headline {n}", changed=at, change="a new headline"),
            story(60 + n, id=f"near-{n + 1}", labels=(label(0.44),), first_seen=at, published=at, changed=at),
        )
        states = ((NOW, "single-source"), (at, "confirmed" if n == 1 else "reported-by-several"))
        self.source.put(
            story(
                70 + n, changed=at, corroboration=Corroboration(states[-1][1], at, ("a", "b"), history=states)
            )
        )
        if n == 2:
            del self.source.held["s3"]
            self.source.withdrawn.insert(0, Withdrawn("s3", at, "not relevant"))
        self._alarm(n + 1, "recovered")

    def _alarm(self, number: int, kind: str) -> None:
        alarm = Alarm(number, self.time - timedelta(minutes=5), kind, f"message {number}")
        self.source.told.insert(0, FeedAlarm(alarm, f"Feed {number}", f"https://f{number}.example.com/rss"))
        self.source.number += 1

    def url(self, slug: str, form: str) -> str:
        return f"{self.base_url}/feeds/{slug}.{form}"

    def truth(self, slug: str) -> Truth:
        """What the output holds now."""
        with urllib.request.urlopen(self.url(slug, "json"), timeout=20) as response:
            document = json.load(response)
        return Truth({item["id"]: item["title"] for item in document["items"]})

    def get(self, slug: str, form: str) -> bytes:
        """The document as a program without a cache gets it."""
        with urllib.request.urlopen(self.url(slug, form), timeout=20) as response:
            body: bytes = response.read()
        return body


class _NoSecrets:
    def get(self, name: str) -> str | None:
        return None


@contextmanager
def serving() -> Iterator[Desk]:
    """A desk whose application answers on a free port of loopback."""
    desk = Desk()
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    desk.base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    web = WebConfig(base_url=desk.base_url, rate_limit=0)
    app = create_app(desk.source, web, clock=desk, secrets=_NoSecrets())
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    for _ in range(200):
        if server.started:
            break
        time.sleep(0.05)
    try:
        yield desk
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()
