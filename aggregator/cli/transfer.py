"""Verbs that bring things in and out: classify, import, export, opml."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli.common import (
    ConfigOption,
    Group,
    JsonOption,
    SinceOption,
    config_path,
    count,
    echo,
    load_config,
    open_store,
    parse_since,
    print_json,
    print_lines,
    progress,
    set_up_logs,
)

if TYPE_CHECKING:
    from aggregator.config import Config
    from aggregator.pipeline.stats import RunStats

opml = typer.Typer(cls=Group, help="Feed lists as OPML.", no_args_is_help=True)
export = typer.Typer(cls=Group, help="Write what is stored as JSON lines.", no_args_is_help=True)

_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command()(classify)
    app.command("import")(import_file)
    app.add_typer(export, name="export")
    app.add_typer(opml, name="opml")


def classify(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="JSON lines (.gz too) with id, title, summary, content, lang, source, url, published.",
        ),
    ],
    config: ConfigOption = None,
    topic: Annotated[
        str | None,
        typer.Option(help="Only this topic; its score, in, facet and reasons then stand in the line itself."),
    ] = None,
    rules_only: Annotated[bool, typer.Option("--rules-only", help="Leave trained models out.")] = False,
) -> None:
    """Label the entries of a file, storing nothing: JSON lines to standard output."""
    from aggregator.topics.classify_file import classify_file

    loaded = load_config(config)
    set_up_logs(loaded)
    if topic is not None and topic not in loaded.topics:
        raise typer.BadParameter(
            f"there is no topic {topic!r}; config.toml has {', '.join(loaded.topics) or 'none'}"
        )
    bad: list[str] = []
    print_lines(classify_file(file, loaded, topic=topic, rules_only=rules_only, bad=bad))
    report_bad(bad)


def import_file(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="JSON lines (.gz too): id, source, url, title, summary, content, published, lang.",
        ),
    ],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Store the entries of a file, by the way that polled ones take. Safe to repeat."""
    loaded = load_config(config)
    set_up_logs(loaded)
    started = time.perf_counter()
    stats = asyncio.run(run_import(loaded, file, show=not as_json))
    seconds = time.perf_counter() - started
    if as_json:
        print_json(
            {
                "new": stats.new,
                "revised": stats.revised,
                "stories": stats.stories,
                "bad_rows": stats.bad_rows,
                "seconds": seconds,
                "stages": dict(stats.seconds),
            }
        )
    else:
        typer.echo(
            f"{count(stats.new, 'new entry', 'new entries')}, {stats.revised:,} revised, "
            f"{count(stats.stories, 'story', 'stories')} touched, "
            f"{seconds:.1f} s ({stats.new / seconds:,.0f} new entries a second)"
        )
        stages = ", ".join(
            f"{name} {spent:.1f} s"
            for name, spent in sorted(stats.seconds.items(), key=lambda item: -item[1])
        )
        if stages:
            typer.echo(f"time by stage: {stages}")
    report_bad(stats.bad_rows)


async def run_import(config: Config, file: Path, *, show: bool = False) -> RunStats:
    """Import a file; the stats. Raises StoreLocked while a daemon runs, OSError when the file cannot be read."""
    from aggregator.pipeline.import_file import read_rows, source_resolver
    from aggregator.pipeline.runtime import Runtime
    from aggregator.store import DaemonLock
    from aggregator.store.opening import store_path

    rows = read_rows(file)
    lock = DaemonLock(store_path(config))
    lock.acquire()
    try:
        async with Runtime(config) as runtime:
            with progress("importing", None, show=show) as advance:
                return await runtime.importer.import_rows(
                    rows, source_resolver(runtime.store, config), progress=advance
                )
    finally:
        lock.release()


def report_bad(bad: list[str]) -> None:
    """Name the rows that were skipped; ends with exit code 1 when there are any."""
    for line in bad[:_SHOWN]:
        echo(f"skipped {line}", err=True)
    if len(bad) > _SHOWN:
        typer.echo(f"... and {count(len(bad) - _SHOWN, 'more row')} skipped", err=True)
    if bad:
        raise typer.Exit(1)


@export.command("entries")
def export_entries(config: ConfigOption = None, since: SinceOption = None) -> None:
    """Every entry with its story and its topics, newest first."""
    from aggregator.store.export import export_entries as rows

    print_lines(rows(open_store(config)[1], since=parse_since(since)))


@export.command("stories")
def export_stories(config: ConfigOption = None, since: SinceOption = None) -> None:
    """Every story with its entries, sources and topics, most recently changed first."""
    from aggregator.store.export import export_stories as rows

    print_lines(rows(open_store(config)[1], since=parse_since(since)))


@export.command("labels")
def export_labels(
    config: ConfigOption = None, topic: Annotated[str | None, typer.Option(help="Only this topic.")] = None
) -> None:
    """People's judgements, as `aggregator label import` reads them."""
    from aggregator.store.export import export_labels as rows

    print_lines(rows(open_store(config)[1], topic))


@opml.command("export")
def opml_export(config: ConfigOption = None) -> None:
    """The configured feeds as OPML, to standard output."""
    from aggregator.config.opml import write_opml

    sys.stdout.buffer.write(write_opml(load_config(config).feeds))


@opml.command("import")
def opml_import(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="An OPML file, as other readers export it.")
    ],
    config: ConfigOption = None,
) -> None:
    """Write an OPML file's feeds into config.toml. Feeds that are there already are left alone."""
    from aggregator.config.edit import add_feed
    from aggregator.config.opml import read_opml
    from aggregator.config.urls import feed_key

    path = config_path(config)
    known = {feed_key(feed.url) for feed in load_config(config).feeds}
    listed, doubts = read_opml(file.read_bytes())
    for doubt in doubts:
        echo(f"warning: {file}: {doubt}", err=True)
    if not listed:
        typer.echo(f"error: {file} lists no feed that can be polled", err=True)
        raise typer.Exit(1)
    new = [feed for feed in listed if feed_key(feed.url) not in known]
    for feed in new:
        add_feed(path, feed)
    were_there = f"; {len(listed) - len(new)} were there already" if len(new) < len(listed) else ""
    typer.echo(f"{count(len(new), 'feed')} added to {path}{were_there}")
    if new:
        typer.echo("a running daemon takes them over with SIGHUP (systemctl reload aggregator)", err=True)
