"""The text of an entry's own page: fetched once, as politely as a feed, and only where robots.txt lets us.

    entry URL -> robots.txt of each host on the way -> Page

Whatever fails gives a reason in words and no page: the caller goes on with the feed's summary.
`entries.fulltext` finds the text in it.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from protego import Protego

from aggregator.config import Config
from aggregator.core.ports import Clock
from aggregator.core.types import FeedState, Page, PollError
from aggregator.fetch.http import Call, HttpFetcher, Reply
from aggregator.fetch.http.headers import PAGE_TYPES, user_agent
from aggregator.fetch.http.urls import BadUrl, Origin, origin, request_url, without_userinfo

_PAGE_SIZE = 3 * 1024**2
_ROBOTS_SIZE = 512 * 1024
"""RFC 9309, section 2.5, wants at least 500 KiB read."""
_ROBOTS_KEPT = timedelta(hours=24)
_ROBOTS_RETRIED = timedelta(hours=1)
_LONGEST_DELAY = 60.0
_MOST_ORIGINS = 5000
_HTML = ("text/html", "application/xhtml+xml", "")


@dataclass(slots=True)
class _Robots:
    rules: Protego | None
    """None: the file could not be had, so nothing is fetched (RFC 9309, section 2.3.1.4)."""
    until: datetime


class FullText:
    """Fetches pages. Shares the fetcher's connections, address guard, size caps and politeness; keeps robots.txt for a day."""

    def __init__(self, fetcher: HttpFetcher, config: Config, *, clock: Clock) -> None:
        self._fetcher = fetcher
        self._config = config
        self._clock = clock
        self._name = _product(user_agent(config.http))
        # By whether private addresses may be reached, too: what one feed may not see must not hinder another.
        self._robots: dict[tuple[Origin, bool], _Robots] = {}
        self._locks: dict[tuple[Origin, bool], asyncio.Lock] = {}
        self._next: dict[Origin, float] = {}

    async def fetch(self, url: str, feed: FeedState) -> Page:
        """Fetch the page at an entry's `url`. Never raises; `feed` is the feed that linked to it.

        Credentials of the feed are not sent. A private address is allowed only where the feed may be at one, and
        only for the feed's own scheme, host and port, at each redirect anew: what a feed links to is not its
        administrator's choice, and another port of its host is another service.
        """
        try:
            url = without_userinfo(url)[0]
            request_url(url)
            private = self._private_origin(feed)
        except (BadUrl, ValueError):
            return Page(url, why="the entry's link cannot be fetched")

        async def allowed(hop: str) -> PollError | None:
            return await self._allowed(hop, private)

        reply = await self._fetcher.run(
            Call(
                url,
                self._fetcher.common_headers(PAGE_TYPES),
                allow_private=self._config.http.allow_private,
                private_for=private,
                size=_PAGE_SIZE,
                allowed=allowed,
            )
        )
        kind = reply.headers.get("content-type", "")
        if reply.error is not None:
            return Page(reply.url, why=reply.error.message)
        if kind.partition(";")[0].strip().lower() not in _HTML:
            return Page(reply.url, why=f"the page is not HTML but {kind.partition(';')[0].strip()[:80]}")
        return Page(reply.url, reply.body, kind)

    def _private_origin(self, feed: FeedState) -> Origin | None:
        """The origin whose pages may be at a private address; None: no page may, unless all may. Raises BadUrl."""
        settings = self._config.feed_by_url.get(feed.url)
        if settings is None or not settings.allow_private:
            return None
        return origin(request_url(without_userinfo(feed.url)[0]))

    async def _allowed(self, url: str, private_for: Origin | None) -> PollError | None:
        """Ask robots.txt, and wait out the pause it wants between pages."""
        try:
            site = origin(request_url(url))
        except BadUrl:
            return None  # the exchange itself says what is wrong with it
        private = self._config.http.allow_private or site == private_for
        key = (site, private)
        async with self._locks.setdefault(key, asyncio.Lock()):
            known = self._robots.get(key)
            if known is None or known.until <= self._clock.now():
                self._forget()
                known = self._robots[key] = await self._ask(site, private)
        if known.rules is None:
            return PollError(
                "robots", f"robots.txt of {site[1]} cannot be read, so its pages are left alone", True
            )
        if not known.rules.can_fetch(url, self._name):
            return PollError("robots", f"robots.txt of {site[1]} asks programs not to fetch this page", True)
        delay = min(float(known.rules.crawl_delay(self._name) or 0.0), _LONGEST_DELAY)
        if delay > 0:
            loop = asyncio.get_running_loop()
            due = max(self._next.get(site, 0.0), loop.time())
            self._next[site] = due + delay
            await asyncio.sleep(due - loop.time())
        return None

    async def _ask(self, site: Origin, private: bool) -> _Robots:
        scheme, host, port = site
        name = f"[{host}]" if ":" in host else host
        headers = self._fetcher.common_headers("text/plain, */*;q=0.5")
        reply = await self._fetcher.run(
            Call(
                f"{scheme}://{name}:{port}/robots.txt",
                headers,
                allow_private=self._config.http.allow_private,
                private_for=site if private else None,
                size=_ROBOTS_SIZE,
            )
        )
        now = self._clock.now()
        rules = _rules(reply)
        return _Robots(rules, now + (_ROBOTS_KEPT if rules is not None else _ROBOTS_RETRIED))

    def _forget(self) -> None:
        """Keep memory bounded: drop what has run out, or all, when there are very many."""
        if len(self._robots) < _MOST_ORIGINS:
            return
        now = self._clock.now()
        self._robots = {key: known for key, known in self._robots.items() if known.until > now}
        if len(self._robots) >= _MOST_ORIGINS:
            self._robots.clear()
        self._next.clear()
        self._locks = {key: lock for key, lock in self._locks.items() if lock.locked()}


def _rules(reply: Reply) -> Protego | None:
    """RFC 9309, section 2.3.1: no file, no rules; no answer, or a server in trouble, no fetching."""
    if reply.body is not None:
        return Protego.parse(reply.body.decode("utf-8", "replace"))
    code = reply.error.code if reply.error else ""
    if code == "empty" or (400 <= reply.status < 500 and reply.status != 429) or reply.status in (204, 304):
        return Protego.parse("")
    return None


def _product(agent: str) -> str:
    """The name that robots.txt knows us by: the product token of our User-Agent (RFC 9309, section 2.2.1)."""
    found = re.match(r"[A-Za-z_-]+", agent)
    return found[0] if found else "aggregator"
