"""Verbs about the feeds we poll."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aggregator.cli.common import (
    ConfigOption,
    DefaultGroup,
    JsonOption,
    config_path,
    count,
    echo,
    load_config,
    open_store,
    print_json,
    print_table,
    set_up_logs,
)
from aggregator.core.moments import ago

if TYPE_CHECKING:
    from aggregator.config import FeedConfig
    from aggregator.core.types import FeedState

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
    now = datetime.now(UTC)
    if politeness:
        _print_politeness(config, now, as_json=as_json)
        return
    states = _states(config)
    if troubled:
        states = [f for f in states if f.active and f.health != "ok"]
    if as_json:
        print_json([_as_dict(feed) for feed in states])
        return
    print_table(
        ["feed", "origin", "=health", "=since", "=last polled", "=next", "why"],
        [
            (
                feed.title or feed.url,
                feed.origin,
                _health(feed),
                ago(feed.health_since, now) if feed.health_since else "",
                ago(feed.last_polled, now),
                _next(feed, now),
                feed.health_why,
            )
            for feed in states
        ],
        none="every feed is ok"
        if troubled
        else "no feeds are configured; `aggregator feeds add URL` adds one",
    )


def _states(config: Path | None) -> list[FeedState]:
    """The feeds as stored; those that the database does not know yet, as configured, at the end."""
    from aggregator.core.errors import StoreError
    from aggregator.core.types import FeedState
    from aggregator.store.opening import store_path

    loaded = load_config(config)
    stored: list[FeedState] = []
    if store_path(loaded).is_file():
        _, store = open_store(config)
        stored = store.feeds.all()
    elif store_path(loaded).exists():
        raise StoreError(f"{store_path(loaded)} is not a file; set [store] path to one")
    known = {feed.url for feed in stored}
    return stored + [
        FeedState(
            id=0,
            url=feed.url,
            location=feed.url,
            title=feed.title,
            origin=feed.origin,
            kind=feed.kind,
            country=feed.country,
            language=feed.language,
            active=feed.enabled,
        )
        for feed in loaded.feeds
        if feed.url not in known
    ]


def _health(feed: FeedState) -> str:
    if not feed.active:
        return "at rest"
    return str(feed.health) if feed.last_polled else "not polled yet"


def _next(feed: FeedState, now: datetime) -> str:
    if not feed.active:
        return ""
    return "now" if feed.next_due is None or feed.next_due <= now else ago(feed.next_due, now)


def _print_politeness(config: Path | None, now: datetime, *, as_json: bool) -> None:
    from aggregator.store.host_report import by_host

    _, store = open_store(config)
    hosts = by_host(store.feeds, since=now - timedelta(days=7))
    if as_json:
        print_json([host.as_dict() for host in hosts])
        return
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
        none="nothing was polled in the last seven days",
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
    from aggregator.config.urls import url_mistake
    from aggregator.pipeline.find_feed import find_feed

    path = config_path(config)
    loaded = load_config(config)
    if "://" not in url:
        url = f"https://{url}"
    if wrong := url_mistake(url):
        raise typer.BadParameter(f"the URL {wrong}")
    said = {"origin": origin, "kind": kind, "country": country, "language": language}
    _settings(FeedConfig, {"url": url, **said})
    found = asyncio.run(find_feed(url, loaded, allow_private=allow_private))
    said["language"] = language or (found.language if re.fullmatch("[a-z]{2,3}", found.language) else "")
    named = title or _short(found.title)
    feed = _settings(FeedConfig, {"url": found.url, "title": named, **said, "allow_private": allow_private})
    add_feed(path, feed, others=loaded.feeds)
    entries = count(found.entries, "entry", "entries")
    echo(f"added {feed.url} ({feed.title or 'no title'}, {entries}) to {path}")
    for other in found.others:
        typer.echo(f"the page also names {other}", err=True)
    typer.echo("a running daemon takes it over with SIGHUP (systemctl reload aggregator)", err=True)


def _short(title: str) -> str:
    """A feed's own title in one line of bearable length, whatever the feed calls itself."""
    from aggregator.config.polling import LONGEST_NAME

    line = " ".join("".join(sign if sign.isprintable() else " " for sign in title).split())
    return line if len(line) <= LONGEST_NAME else f"{line[: LONGEST_NAME - 1]}…"


def _settings(record: type[FeedConfig], values: dict[str, Any]) -> FeedConfig:
    """A feed's settings. Raises typer.BadParameter, naming the option at fault."""
    from pydantic import ValidationError

    from aggregator.config.messages import explain

    try:
        return record.model_validate(values)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        name = detail["loc"][0]
        where = "" if name == "url" else f"--{name}: "
        raise typer.BadParameter(where + explain(detail, ("feeds", 0, *detail["loc"]))) from error


@group.command()
def release(
    feed: Annotated[str, typer.Argument(help="URL or title of the feed.")],
    config: ConfigOption = None,
) -> None:
    """Announce what a feed brought beyond its ration: entries that were stored and not announced."""
    import asyncio

    from aggregator.pipeline.release import Released, release
    from aggregator.pipeline.runtime import Runtime
    from aggregator.topics.labels import in_writer

    loaded = load_config(config)
    set_up_logs(loaded)

    async def main() -> Released:
        async with Runtime(loaded, visiting=True) as runtime:
            done: Released = await in_writer(runtime, lambda writer: release(writer, feed))
            return done

    done = asyncio.run(main())
    name = done.feed.title or done.feed.url
    if done.entries:
        told, stories = count(done.entries, "entry", "entries"), count(done.stories, "story", "stories")
        echo(f"{told} of {name} let through, in {stories}")
    else:
        echo(f"nothing of {name} is held back")


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
