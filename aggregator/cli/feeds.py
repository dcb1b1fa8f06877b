"""Verbs about the feeds we poll."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from aggregator.cli.common import (
    ConfigOption,
    DefaultGroup,
    JsonOption,
    ago,
    config_path,
    open_store,
    print_json,
    print_table,
)

group = typer.Typer(cls=DefaultGroup, help="The feeds: how they are doing, adding and removing them.")


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.add_typer(group, name="feeds")


@group.command("list")
def list_feeds(
    config: ConfigOption = None,
    troubled: Annotated[bool, typer.Option("--troubled", help="Only feeds that are not ok.")] = False,
    politeness: Annotated[
        bool, typer.Option("--politeness", help="What we asked of each host in the last seven days.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Every feed with its health, since when and why (the default verb)."""
    _, store = open_store(config)
    now = datetime.now(UTC)
    if politeness:
        from aggregator.ledger import by_host

        hosts = by_host(store, since=now - timedelta(days=7))
        if as_json:
            print_json([host.as_dict() for host in hosts])
        else:
            print_table(
                ["host", ">requests", ">304", ">KiB", ">429/503", ">errors", ">shortest gap"],
                [
                    (
                        h.host,
                        h.requests,
                        h.not_modified,
                        h.received // 1024,
                        h.refused,
                        h.errors,
                        "" if h.shortest_gap is None else f"{h.shortest_gap:.1f} s",
                    )
                    for h in hosts
                ],
            )
        return
    from aggregator.store import feeds as queries

    with store.read() as connection:
        states = queries.all_feeds(connection)
    if troubled:
        states = [f for f in states if f.health != "ok"]
    if as_json:
        print_json([_as_dict(feed) for feed in states])
        return
    print_table(
        ["feed", "origin", "health", "since", "last polled", "next", "why"],
        [
            (
                feed.title or feed.url,
                feed.origin,
                str(feed.health) if feed.active else "at rest",
                ago(feed.health_since, now) if feed.health_since else "",
                ago(feed.last_polled, now),
                ago(feed.next_due, now) if feed.next_due and feed.active else "",
                feed.health_why,
            )
            for feed in states
        ],
    )


def _as_dict(feed: Any) -> dict[str, Any]:
    return {
        "url": feed.url,
        "location": feed.location,
        "title": feed.title,
        "origin": feed.origin,
        "kind": feed.kind,
        "country": feed.country,
        "language": feed.language,
        "active": feed.active,
        "health": str(feed.health),
        "since": feed.health_since,
        "why": feed.health_why,
        "last_polled": feed.last_polled,
        "last_success": feed.last_success,
        "next_due": feed.next_due,
        "failures": feed.failures,
    }


@group.command()
def add(
    url: Annotated[str, typer.Argument(help="URL of a feed, or of a page that names its feeds.")],
    config: ConfigOption = None,
    title: Annotated[str, typer.Option(help="Name shown to people.")] = "",
    origin: Annotated[str, typer.Option(help="Slug of the outlet.")] = "",
    kind: Annotated[
        str, typer.Option(help="agency, newspaper, broadcaster, state-media, government, think-tank, ...")
    ] = "",
    country: Annotated[str, typer.Option(help="ISO 3166 code, such as KR.")] = "",
    language: Annotated[str, typer.Option(help="ISO 639 code, such as ko.")] = "",
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="The feed is inside your own network.")
    ] = False,
) -> None:
    """Find the feed at URL, try it, and write it into config.toml (comments are kept)."""
    import asyncio

    from aggregator.config import FeedConfig
    from aggregator.config.edit import add_feed
    from aggregator.config.load import load
    from aggregator.finding import find_feed

    path = config_path(config)
    loaded = load(path)
    found = asyncio.run(find_feed(url, loaded, allow_private=allow_private))
    feed = FeedConfig.model_validate(
        {
            "url": found.url,
            "title": title or found.title,
            "origin": origin,
            "kind": kind,
            "country": country,
            "language": language or found.language,
            "allow_private": allow_private,
        }
    )
    add_feed(path, feed)
    typer.echo(f"added {feed.url} ({feed.title or 'no title'}, {found.entries} entries) to {path}")
    for other in found.others:
        typer.echo(f"the page also names {other}", err=True)
    typer.echo("a running daemon takes it over with SIGHUP (systemctl reload aggregator)", err=True)


@group.command()
def remove(
    url: Annotated[str, typer.Argument(help="URL of the feed as in config.toml.")],
    config: ConfigOption = None,
) -> None:
    """Take a feed out of config.toml. Its entries stay."""
    from aggregator.config.edit import remove_feed

    path = config_path(config)
    remove_feed(path, url)
    typer.echo(f"removed {url} from {path}")
