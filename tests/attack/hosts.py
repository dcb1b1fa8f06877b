"""Hosts on loopback, each with an address of its own, that serve feeds which a test changes as it goes."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from email.utils import format_datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ADDRESSES = tuple(f"127.0.0.{n}" for n in range(2, 32))
"""To be named in `allow_hosts` by tests that use this: each is a publisher of its own."""


class Host:
    """One host with one feed; what `items` holds is what it serves."""

    def __init__(self, address: str) -> None:
        self.items: list[str] = []
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = host.document().encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/rss+xml")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer((address, 0), Handler)
        self.url = f"http://{address}:{self._server.server_port}/feed"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def document(self) -> str:
        return f"<rss version='2.0'><channel><title>{self.url}</title><language>en</language>{''.join(self.items)}</channel></rss>"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def hosts(count: int) -> Iterator[list[Host]]:
    """So many hosts, at one of ADDRESSES each."""
    made = [Host(address) for address in ADDRESSES[:count]]
    try:
        yield made
    finally:
        for host in made:
            host.close()


def item(guid: str, title: str, summary: str, link: str, at: datetime, content: str = "") -> str:
    """One RSS item."""
    more = f"<content:encoded xmlns:content='http://purl.org/rss/1.0/modules/content/'>{escape(content)}</content:encoded>"
    return (
        f"<item><guid isPermaLink='false'>{escape(guid)}</guid><title>{escape(title)}</title>"
        f"<description>{escape(summary)}</description><link>{escape(link)}</link>"
        f"<pubDate>{format_datetime(at)}</pubDate>{more if content else ''}</item>"
    )


def configuration(feeds: Iterable[Host], more: str = "") -> str:
    """A config.toml that polls the hosts' feeds in this process."""
    listed = "".join(f'[[feeds]]\nurl = "{host.url}"\n' for host in feeds)
    return f"""
[poll]
workers = 0
per_host_gap = "0s"

[http]
allow_private = true

[store]
path = "a.db"
{more}
{listed}"""
