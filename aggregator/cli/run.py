"""Verbs that do the main job: run, poll, publish, demo."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli.common import (
    ConfigOption,
    JsonOption,
    count,
    load_config,
    print_json,
    print_table,
    progress,
    set_up_logs,
)

if TYPE_CHECKING:
    from aggregator.config import Config
    from aggregator.core.types import FeedState, PollRecord
    from aggregator.pipeline.stats import RunStats

_DOUBTS = 10
"""Most doubts about the configuration that the log of a start has."""


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command()(run)
    app.command()(poll)
    app.command()(publish)
    app.command()(demo)


def run(
    config: ConfigOption = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Read config.toml again whenever the file changes.")
    ] = False,
) -> None:
    """Run the daemon: poll on schedule and serve the outputs, until stopped."""
    import structlog

    from aggregator.daemon.daemon import Daemon

    loaded = load_config(config)
    set_up_logs(loaded, quiet=False)
    log = structlog.get_logger("aggregator")
    for doubt in loaded.warnings[:_DOUBTS]:
        log.warning("in the configuration", doubt=doubt)
    if (more := len(loaded.warnings) - _DOUBTS) > 0:
        log.warning("`aggregator check` names further doubts about the configuration", doubts=more)

    async def main() -> None:
        await Daemon(loaded, reload_on_change=watch, on_ready=_announce).run()

    asyncio.run(main())


def _announce(url: str) -> None:
    # In a journal or a file it would only stand between the messages, one of which names the URL.
    if url and sys.stderr.isatty():
        typer.echo(f"Open {url}/ to see the outputs and subscribe. Ctrl-C stops.", err=True)


def poll(
    feeds: Annotated[
        list[str] | None, typer.Argument(help="URLs or origins of feeds; none: every feed.")
    ] = None,
    config: ConfigOption = None,
    due: Annotated[bool, typer.Option("--due", help="Only feeds whose time has come.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Poll once, now, then exit. Without --due, feeds are polled even before their time."""
    loaded = load_config(config)
    set_up_logs(loaded)
    stats, records = asyncio.run(poll_once(loaded, feeds or [], due=due, show=not as_json))
    if as_json:
        print_json(
            {
                "outcomes": dict(stats.outcomes),
                "new": stats.new,
                "revised": stats.revised,
                "stories": stats.stories,
                "feeds": [{"url": url, **_record(r)} for url, r in records],
            }
        )
    else:
        bad = [(url, r.outcome, r.error) for url, r in records if r.error]
        if bad:
            print_table(["feed", "outcome", "why"], bad)
        outcomes = ", ".join(f"{number} {name}" for name, number in stats.outcomes.most_common())
        feeds_polled = sum(stats.outcomes.values())
        typer.echo(f"{count(feeds_polled, 'feed')} polled{': ' if outcomes else ''}{outcomes}")
        typer.echo(
            f"{count(stats.new, 'new entry', 'new entries')}, {stats.revised} revised, "
            f"{count(stats.stories, 'story', 'stories')} touched"
        )
    if records and all(r.error for _, r in records):
        raise typer.Exit(1)


def _record(record: PollRecord) -> dict[str, object]:
    return {
        "outcome": str(record.outcome),
        "status": record.status,
        "entries": record.entries,
        "new": record.new,
        "error": record.error,
    }


async def poll_once(
    config: Config, wanted: list[str], *, due: bool = False, show: bool = True
) -> tuple[RunStats, list[tuple[str, PollRecord]]]:
    """Poll the feeds named (all, where none is) once; the stats and each feed's record. Raises StoreLocked, NotFound.

    Applies retention too, where it is time: with a timer in the daemon's place nobody else does.
    """
    from aggregator.pipeline import retention
    from aggregator.pipeline.runtime import Runtime
    from aggregator.store import DaemonLock
    from aggregator.store.opening import store_path

    lock = DaemonLock(store_path(config))
    lock.acquire()
    try:
        async with Runtime(config) as runtime:
            chosen = _choose(runtime, wanted, due=due)
            started = runtime.clock.now()
            with progress("polling", len(chosen), show=show) as advance:
                stats = await runtime.poller.poll(chosen, progress=advance)
            await retention.apply_if_due(runtime.writer, doubt=runtime.clock_doubt())
            urls = {feed.id: feed.url for feed in chosen}
            records = runtime.store.feeds.polls(since=started, limit=len(chosen) + 1000)
            return stats, [(urls[r.feed_id], r) for r in records if r.feed_id in urls]
    finally:
        lock.release()


def _choose(runtime: object, wanted: list[str], *, due: bool) -> list[FeedState]:
    from aggregator.core.errors import NotFound
    from aggregator.pipeline.runtime import Runtime

    assert isinstance(runtime, Runtime)
    if due:
        active = runtime.store.due(runtime.clock.now(), 1_000_000)
    else:
        active = [feed for feed in runtime.store.feeds.all() if feed.active]
    if not wanted:
        return active
    unknown = [name for name in wanted if not any(name in {f.url, f.origin, f.title} for f in active)]
    if unknown:
        raise NotFound(f"no active feed has the URL, origin or title {unknown[0]!r}; see `aggregator feeds`")
    return [f for f in active if {f.url, f.origin, f.title} & set(wanted)]


def publish(config: ConfigOption = None) -> None:
    """Write the files of the outputs that have `files` set, once, then exit."""
    from aggregator.daemon.publisher import publish_once

    loaded = load_config(config)
    set_up_logs(loaded)
    if not any(output.files for output in loaded.outputs):
        typer.echo("no output has `files` set in the configuration, so there is nothing to write", err=True)
        return
    failed: list[str] = []
    written = asyncio.run(
        publish_once(
            loaded,
            lambda output, error: failed.append(
                f"error: the files of {output.slug} cannot be written into {output.files}: {error.strerror}; "
                "let the user that runs this write there, or set `files` of that output to another folder"
            ),
        )
    )
    for path in written:
        typer.echo(str(path))
    for line in failed:
        typer.echo(line, err=True)
    rest = "" if failed else "; the others had not changed"
    typer.echo(f"{count(len(written), 'file')} written{rest}", err=True)
    if failed:
        raise typer.Exit(1)


def demo(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the daemon's pages. 0: any free one.")
    ] = 8080,
    site_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the invented news world. 0: any free one.")
    ] = 0,
    step: Annotated[float, typer.Option(min=0.1, help="Seconds until the world's next instalment.")] = 20.0,
    state: Annotated[
        Path | None, typer.Option(help="Folder for the demo's database. Default: a temporary one.")
    ] = None,
) -> None:
    """Try everything without a network: a small invented news world on loopback, and the real daemon on it."""
    from aggregator.cli.demo.play import play

    asyncio.run(
        play(
            port=port,
            site_port=site_port,
            step=step,
            state=state,
            say=lambda text: typer.echo(text, err=True),
        )
    )
