"""The verb that says whether a configuration is right."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from aggregator.cli.common import (
    ConfigOption,
    JsonOption,
    config_path,
    count,
    echo,
    print_json,
    print_table,
    progress,
)

if TYPE_CHECKING:
    from aggregator.config import Config

_SHOWN = 5
"""Feeds named of those nobody has described."""


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(check)


def check(
    config: ConfigOption = None,
    online: Annotated[
        bool, typer.Option("--online", help="Also fetch each feed once; nothing is stored.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check config.toml: every mistake with its line, and terms that can never match."""
    from aggregator.config.load import read
    from aggregator.config.secrets import Secrets
    from aggregator.daemon.web_app import mistakes_of

    path = config_path(config)
    loaded, found, doubts = read(path)
    if loaded is not None:
        doubts = [*doubts, *(f"{path}: {lack}" for lack in _lacks(loaded))]
    if loaded is not None and loaded.web.enabled:
        found = mistakes_of(loaded, Secrets())
    feeds: list[dict[str, Any]] = []
    if online and loaded is not None and not found:
        feeds = asyncio.run(_try_feeds(loaded, show=not as_json))
    strangers = _undescribed(loaded) if loaded is not None else []
    if as_json:
        print_json({"mistakes": found, "warnings": doubts, "feeds": feeds, "undescribed": strangers})
    else:
        for line in found:
            typer.echo(line, err=True)
        for line in doubts:
            typer.echo(f"warning: {line}", err=True)
        if feeds:
            print_table(
                ["feed", "status", ">entries", "format", "trouble"], [list(row.values()) for row in feeds]
            )
        if strangers:
            echo(
                f"{count(len(strangers), 'feed')} of unknown outlets, whose word confirms no story until you give "
                f"each its kind: {', '.join(strangers[:_SHOWN])}{', …' if len(strangers) > _SHOWN else ''}"
            )
        if found:
            typer.echo(f"error: {count(len(found), 'mistake')} in the configuration", err=True)
        elif loaded is not None:
            held = ", ".join(
                count(len(part), name)
                for part, name in (
                    (loaded.feeds, "feed"),
                    (loaded.topics, "topic"),
                    (loaded.outputs, "output"),
                )
            )
            verdict = [count(len(doubts), "warning")] if doubts else []
            if troubled := sum(bool(row["trouble"]) for row in feeds):
                verdict.append(f"{count(troubled, 'feed')} in trouble")
            typer.echo(f"{path}: {held}; {', '.join(verdict) or 'all is well'}")
    if found:
        raise typer.Exit(2)
    if any(row["trouble"] for row in feeds):
        raise typer.Exit(1)


def _lacks(loaded: Config) -> list[str]:
    """What a configuration must have before it is of use, and has not."""
    if not (loaded.feeds or loaded.topics or loaded.outputs):
        return ["holds no feed, no topic and no output; start from the sample configuration"]
    lacks = []
    if not loaded.feeds:
        lacks.append("there is no feed, so nothing is polled; `aggregator feeds add URL` adds one")
    if not loaded.outputs:
        lacks.append(
            "there is no output, so nothing is published; write [[outputs]] with a `slug` and its `topics`"
        )
    return lacks


def _undescribed(loaded: Config) -> list[str]:
    """URLs of the feeds of which neither the configuration nor the shipped table says what they are."""
    from aggregator.config.secrets import mask
    from aggregator.stories.summary.outlets import Origins

    origins = Origins(loaded.origins)
    return [
        mask(feed.url)
        for feed in loaded.feeds
        if feed.enabled
        and not feed.kind
        and origins.known(feed.origin or urlsplit(feed.url).hostname or "") is None
    ]


async def _try_feeds(loaded: Config, *, show: bool) -> list[dict[str, Any]]:
    """Fetch and parse every enabled feed, storing nothing; those in trouble first."""
    from aggregator.config.secrets import Secrets
    from aggregator.core.clock import SystemClock
    from aggregator.core.types import FeedState, PollError
    from aggregator.entries.parse import parse
    from aggregator.fetch.http import HttpFetcher

    states = [FeedState(id=n, url=f.url, location=f.url) for n, f in enumerate(loaded.feeds) if f.enabled]
    fetcher = HttpFetcher(loaded, clock=SystemClock(), secrets=Secrets().get)
    rows: list[dict[str, Any]] = []
    try:
        with progress("trying the feeds", len(states), show=show) as advance:
            async for fetched in fetcher.fetch(states):
                parsed = (
                    fetched.error if fetched.error is not None else await asyncio.to_thread(parse, fetched)
                )
                row: dict[str, Any] = {
                    "feed": fetched.feed.url,
                    "status": fetched.status,
                    "entries": 0,
                    "format": "",
                    "trouble": "",
                }
                if isinstance(parsed, PollError):
                    row["trouble"] = parsed.message
                else:
                    row |= {"entries": len(parsed.entries), "format": parsed.format}
                rows.append(row)
                advance(1)
    finally:
        await fetcher.close()
    return sorted(rows, key=lambda row: (row["trouble"] == "", row["feed"]))
