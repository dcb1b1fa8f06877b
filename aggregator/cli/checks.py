"""The verb that says whether a configuration is right."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer

from aggregator.cli.common import ConfigOption, JsonOption, config_path, print_json, print_table


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
    from aggregator.config.load import mistakes, warnings

    path = config_path(config)
    found, doubts = mistakes(path), warnings(path)
    feeds: list[dict[str, Any]] = asyncio.run(_try_feeds(config)) if online and not found else []
    if as_json:
        print_json({"mistakes": found, "warnings": doubts, "feeds": feeds})
    else:
        for line in found:
            typer.echo(line, err=True)
        for line in doubts:
            typer.echo(f"warning: {line}", err=True)
        if feeds:
            print_table(
                ["feed", "status", ">entries", "format", "what"], [list(row.values()) for row in feeds]
            )
        if found:
            typer.echo(
                f"error: {len(found)} mistake{'s' if len(found) != 1 else ''} in the configuration", err=True
            )
        elif not doubts:
            typer.echo(f"{path}: all is well")
    if found:
        raise typer.Exit(2)
    if any(row["what"] for row in feeds):
        raise typer.Exit(1)


async def _try_feeds(given: Any) -> list[dict[str, Any]]:
    """Fetch and parse every enabled feed, storing nothing."""
    from aggregator.clock import SystemClock
    from aggregator.config.load import load
    from aggregator.config.secrets import Secrets
    from aggregator.fetch import HttpFetcher
    from aggregator.parse import parse
    from aggregator.types import FeedState, PollError

    loaded = load(config_path(given))
    states = [FeedState(id=n, url=f.url, location=f.url) for n, f in enumerate(loaded.feeds) if f.enabled]
    fetcher = HttpFetcher(loaded, clock=SystemClock(), secrets=Secrets().get)
    rows: list[dict[str, Any]] = []
    try:
        async for fetched in fetcher.fetch(states):
            parsed = fetched.error if fetched.error is not None else await asyncio.to_thread(parse, fetched)
            row: dict[str, Any] = {
                "feed": fetched.feed.url,
                "status": fetched.status,
                "entries": 0,
                "format": "",
                "what": "",
            }
            if isinstance(parsed, PollError):
                row["what"] = f"{parsed.message} {' '.join(parsed.suggestions)}".strip()
            else:
                row |= {"entries": len(parsed.entries), "format": parsed.format}
            rows.append(row)
    finally:
        await fetcher.close()
    return sorted(rows, key=lambda row: (row["what"] == "", row["feed"]))
