"""The demo's web server: every outlet's feed, front page and article pages, with conditional requests."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from hashlib import blake2b
from types import TracebackType
from typing import Any

from aiohttp import web

from aggregator.cli.demo import render
from aggregator.cli.demo.world import Item, Outlet, load_world, published


@dataclass(frozen=True, slots=True)
class _Document:
    status: int
    body: bytes
    type: str
    etag: str
    modified: datetime


class DemoSite:
    """Serves the invented world while its `async with` block runs.

    `now` (UTC) is the moment all dates are counted back from; `port` 0 takes a free one. Each `step()`
    publishes the next instalment. `hits` counts the answers by path and status.
    """

    def __init__(self, now: datetime, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.outlets = load_world()
        self.hits: Counter[tuple[str, int]] = Counter()
        self._times = [now.replace(microsecond=0)]
        self._host, self._port = host, port
        self._runner: web.AppRunner | None = None
        self._documents: dict[str, _Document] = {}

    @property
    def url(self) -> str:
        """The site's URL, without a final slash."""
        return f"http://{self._host}:{self._port}"

    @property
    def feeds(self) -> list[dict[str, Any]]:
        """One table a feed, as under `[[feeds]]` in config.toml."""
        return [
            {
                "url": self.url + outlet.path,
                "title": outlet.title,
                "origin": outlet.origin,
                "kind": outlet.kind,
                "country": outlet.country,
                "language": outlet.language,
                "allow_private": True,
            }
            for outlet in self.outlets
        ]

    @property
    def instalment(self) -> int:
        """The last instalment published; 0 is what stood there from the start."""
        return len(self._times) - 1

    @property
    def instalments(self) -> int:
        """The last instalment there is."""
        steps = {piece.step for outlet in self.outlets for piece in outlet.pieces}
        return max(steps | {outlet.recovers for outlet in self.outlets})

    def step(self, now: datetime | None = None) -> bool:
        """Publish the next instalment, dated back from `now` (None: a minute after the last one).

        The first brings new entries and an edited headline, lets one feed fail and turns one into a web
        page; the second brings the failing one back. Returns False, and does nothing, after the last.
        """
        if self.instalment >= self.instalments:
            return False
        self._times.append((now or self._times[-1] + timedelta(minutes=1)).replace(microsecond=0))
        self._publish()
        return True

    async def __aenter__(self) -> DemoSite:
        application = web.Application()
        application.router.add_get("/{path:.*}", self._answer)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self._publish()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def _publish(self) -> None:
        """Rebuild every document; one whose bytes stay the same keeps its Last-Modified."""
        self._put("/", 200, render.index(self.outlets).encode(), "text/html; charset=utf-8")
        for outlet in self.outlets:
            items = published(outlet, self._times)
            self._put_feed(outlet, items)
            page = "text/html; charset=utf-8"
            self._put(
                f"/{outlet.slug}/", 200, render.front(outlet, items, self._feed_path(outlet)).encode(), page
            )
            for item in items:
                self._put(item.path, 200, render.article(outlet, item).encode(), page)

    def _put_feed(self, outlet: Outlet, items: list[Item]) -> None:
        step = self.instalment
        feed = render.render(outlet, items, self.url)
        kind = render.TYPES[outlet.format]
        if outlet.html and step >= outlet.html:
            page = render.front(outlet, items, self._feed_path(outlet))
            self._put(outlet.path, 200, page.encode(), "text/html; charset=utf-8")
            self._put(self._feed_path(outlet), 200, feed, kind)
        elif outlet.fails and step >= outlet.fails and not (outlet.recovers and step >= outlet.recovers):
            self._put(outlet.path, 500, b"Internal Server Error\n", "text/plain; charset=utf-8")
        else:
            self._put(outlet.path, 200, feed, kind)

    def _feed_path(self, outlet: Outlet) -> str:
        """Where the feed is now: an outlet whose feed became a web page has moved it."""
        moved = outlet.html and self.instalment >= outlet.html
        return f"/{outlet.slug}/news.xml" if moved else outlet.path

    def _put(self, path: str, status: int, body: bytes, kind: str) -> None:
        etag = f'"{blake2b(body, digest_size=12).hexdigest()}"'
        old = self._documents.get(path)
        if old is None or (old.etag, old.status) != (etag, status):
            self._documents[path] = _Document(status, body, kind, etag, self._times[-1])

    async def _answer(self, request: web.Request) -> web.Response:
        """Answer one request as RFC 9110 section 13 asks: If-None-Match before If-Modified-Since."""
        document = self._documents.get(request.path)
        if document is None:
            self.hits[request.path, 404] += 1
            return web.Response(status=404, text="There is no such page in the demo.\n")
        headers = {
            "Content-Type": document.type,
            "ETag": document.etag,
            "Last-Modified": format_datetime(document.modified, usegmt=True),
        }
        status, body = document.status, document.body
        if status == 200 and _unchanged(request, document):
            status, body = 304, b""
        elif status != 200:
            headers = {"Content-Type": document.type}
        self.hits[request.path, status] += 1
        return web.Response(status=status, body=body, headers=headers)


def _unchanged(request: web.Request, document: _Document) -> bool:
    if tags := request.if_none_match:
        return any(tag.value in ("*", document.etag.strip('"')) for tag in tags)
    since = request.if_modified_since
    return since is not None and document.modified <= since
