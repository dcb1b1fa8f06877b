"""An invented news world that never stops: outlets on loopback whose feeds grow at every look, and a sink for pushes."""

from __future__ import annotations

import json
import random
import threading
from collections import defaultdict
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import blake2b
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from xml.sax.saxutils import escape

KEPT = 300
"""Items that a feed lists, enough for a daemon that is away for a while."""
_WHO = ("North Korea", "Pyongyang", "North Korean army", "A baker", "The orchestra")
_WORDS = [
    "harbour",
    "missile",
    "bread",
    "lantern",
    "treaty",
    "rover",
    "violin",
    "drill",
    "border",
    "kettle",
    "radar",
    "tunnel",
    "bishop",
    "copper",
    "glacier",
    "parade",
    "submarine",
    "orchard",
    "ferry",
    "sanction",
    "meadow",
    "satellite",
    "bridge",
    "carpet",
    "engine",
    "falcon",
    "garden",
    "hammer",
    "island",
    "jacket",
    "kernel",
    "ladder",
    "mirror",
    "needle",
    "oyster",
    "pepper",
    "quarry",
    "ribbon",
    "saddle",
    "thunder",
    "umbrella",
    "valley",
    "window",
    "yogurt",
    "zipper",
    "anchor",
    "basket",
    "candle",
    "dragon",
    "eclipse",
    "feather",
    "granite",
    "hollow",
    "insect",
    "jungle",
    "kitten",
    "lemon",
    "marble",
    "nickel",
    "olive",
    "pillow",
    "rocket",
    "silver",
    "timber",
    "uranium",
    "velvet",
    "walnut",
    "artillery",
    "cathedral",
    "diamond",
    "elevator",
    "festival",
    "hospital",
    "laboratory",
]
_ENDINGS = ("", ", officials say", ", the ministry says", " - report")


class World:
    """`outlets` feeds by name; `publish` lets the next events happen. Deterministic but for the dates of items."""

    def __init__(self, outlets: int, seed: int) -> None:
        self._chance = random.Random(seed)
        self.outlets = [f"outlet{number}" for number in range(outlets)]
        self.listed: defaultdict[str, list[tuple[str, str, str, str]]] = defaultdict(list)
        """By outlet, newest first: link, guid, title, and the item as its feed has it."""
        self.published: defaultdict[str, set[str]] = defaultdict(set)
        """Guids ever published, by outlet."""
        self.pushes: list[tuple[str, bytes]] = []
        """(Idempotency-Key, body) of each push, in order of arrival."""
        self._lock = threading.Lock()
        self._events = 0

    def publish(self, events: int) -> None:
        """Let some events happen, each reported by one to four outlets in words of their own."""
        with self._lock:
            for _ in range(events):
                self._event()

    def _event(self) -> None:
        subject = self.headline()
        who = self._chance.sample(self.outlets, self._chance.randint(1, min(4, len(self.outlets))))
        for outlet in who:
            guid = f"{outlet}-{self._events}"
            title = subject + self._chance.choice(_ENDINGS)
            now = datetime.now(UTC)
            self.published[outlet].add(guid)
            link = f"https://{outlet}.example/{self._events}"
            item = (
                f"<item><title>{escape(title)}</title><link>{link}</link>"
                f'<guid isPermaLink="false">{guid}</guid><pubDate>{format_datetime(now)}</pubDate>'
                f"<description>{escape(subject)}. Event {self._events} was told by {outlet}.</description></item>"
            )
            self.listed[outlet].insert(0, (link, guid, title, item))
            del self.listed[outlet][KEPT:]

    def headline(self) -> str:
        """What happened next, unlike anything before it."""
        self._events += 1
        return f"{self._chance.choice(_WHO)} {' '.join(self._chance.sample(_WORDS, 8))}"

    def rows(self, outlet: str) -> list[tuple[str, str, str]]:
        """Link, guid and title of what an outlet lists now, newest first."""
        with self._lock:
            return [(link, guid, title) for link, guid, title, _ in self.listed[outlet]]

    def document(self, outlet: str) -> bytes:
        """The feed of an outlet as it is now."""
        with self._lock:
            items = "".join(item for *_, item in self.listed[outlet])
        return (
            f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>{outlet}</title>'
            f"<link>https://{outlet}.example/</link><description>{outlet}</description>{items}</channel></rss>"
        ).encode()

    def serve(self) -> ThreadingHTTPServer:
        """Answer GET /OUTLET.xml conditionally, and take POST /push. Call `shutdown` at the end."""
        world = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = world.document(self.path.strip("/").removesuffix(".xml"))
                etag = f'"{blake2b(body, digest_size=8).hexdigest()}"'
                unchanged = self.headers.get("If-None-Match") == etag
                self.send_response(304 if unchanged else 200)
                self.send_header("ETag", etag)
                self.send_header("Content-Type", "application/rss+xml")
                self.send_header("Content-Length", "0" if unchanged else str(len(body)))
                self.end_headers()
                if not unchanged:
                    self.wfile.write(body)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                world.pushes.append((self.headers["Idempotency-Key"], body))
                self.send_response(204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except OSError:
                    self.close_connection = True  # the other side was killed

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def events_told(self) -> dict[str, list[bytes]]:
        """Bodies of the events that were pushed, by the event's key; a key told twice has two."""
        told: defaultdict[str, list[bytes]] = defaultdict(list)
        for _, body in list(self.pushes):
            for story in json.loads(body)["stories"]:
                told[story["key"]].append(json.dumps(story, sort_keys=True).encode())
        return dict(told)
