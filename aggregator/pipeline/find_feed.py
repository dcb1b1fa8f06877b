"""Finding the feed behind a URL that a person gave: the URL itself, or what its page names."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from aggregator.config import Config, FeedConfig
from aggregator.config.secrets import Secrets
from aggregator.core.clock import SystemClock
from aggregator.core.errors import NotFound
from aggregator.core.types import FeedState, Fetched, ParsedFeed, PollError
from aggregator.entries.parse import parse
from aggregator.entries.parse.discover import candidates
from aggregator.fetch.http import HttpFetcher
from aggregator.fetch.http.urls import BadUrl, Origin, origin, request_url, without_userinfo

_MOST_TRIED = 6


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """A feed that answered and could be read."""

    url: str
    title: str
    language: str
    entries: int
    others: tuple[str, ...] = ()
    """Further feeds that the same page names."""


async def find_feed(url: str, config: Config, *, allow_private: bool = False) -> FoundFeed:
    """Fetch `url`; where it is a page, try the feeds it names, links to or may have in the usual places.

    `allow_private` is leave for the scheme, host and port of `url`, not for whatever its page names. Raises NotFound,
    saying what was tried.
    """
    tried: list[str] = []
    queue: list[str] = [url]
    others: tuple[str, ...] = ()
    while queue and len(tried) < _MOST_TRIED:
        candidate = queue.pop(0)
        tried.append(candidate)
        private = allow_private and _origin(candidate) == _origin(url)
        fetched = await _fetch(candidate, config, allow_private=private)
        result = fetched.error if fetched.error is not None else await asyncio.to_thread(parse, fetched)
        if isinstance(result, ParsedFeed):
            return FoundFeed(
                url=candidate,
                title=result.title,
                language=result.language[:2].lower(),
                entries=len(result.entries),
                others=tuple(o for o in others if o != candidate),
            )
        if candidate == url:
            if fetched.body is None or result.code != "html":
                raise NotFound(_of(url, result))
            others = result.suggestions
            kind = fetched.headers.get("content-type", "")
            queue = [found for found, _, _ in candidates(fetched.body, fetched.url, kind)]
    raise NotFound(f"no feed was found at {url}; tried {', '.join(tried)}")


def _origin(url: str) -> Origin | None:
    try:
        return origin(request_url(without_userinfo(url)[0]))
    except (BadUrl, ValueError):
        return None


def _of(url: str, error: PollError) -> str:
    """What went wrong, with the URL once and with the remedy that this command has."""
    # No setting yet, since the feed is not in the configuration yet: here it is an option.
    message = error.message.replace("set allow_private for this feed", "add --allow-private")
    return message if url in message else f"{url}: {message}"


async def _fetch(url: str, config: Config, *, allow_private: bool) -> Fetched:
    trial = FeedConfig(url=url, allow_private=allow_private)
    fetcher = HttpFetcher(
        config.model_copy(update={"feeds": (trial,)}), clock=SystemClock(), secrets=Secrets().get
    )
    try:
        async for fetched in fetcher.fetch([FeedState(id=0, url=url, location=url)]):
            return fetched
    finally:
        await fetcher.close()
    raise NotFound(f"{url}: nothing answered")
