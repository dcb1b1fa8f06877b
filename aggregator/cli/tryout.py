"""The verb for whoever is writing a topic: `try`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli.common import (
    ConfigOption,
    JsonOption,
    SinceOption,
    config_path,
    count,
    echo,
    open_store,
    parse_since,
    print_json,
    print_table,
)
from aggregator.core.errors import ConfigError

if TYPE_CHECKING:
    from classifiers.evaluation.tryout_records import Tryout
    from classifiers.rules.topic import Topic
    from classifiers.types import Document


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("try")(try_topic)


def try_topic(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="The file the topic is being written in.")
    ],
    topic: Annotated[
        str | None,
        typer.Option("--topic", "-t", help="The topic's slug; not needed where FILE has one topic only."),
    ] = None,
    config: ConfigOption = None,
    entries: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="Try it on this file of entries, not on the database's."
        ),
    ] = None,
    since: SinceOption = None,
    against: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="An earlier version of FILE: show what entered and what left."
        ),
    ] = None,
    most: Annotated[int, typer.Option(min=0, help="How many stories to show of what it takes.")] = 30,
    only_titles: Annotated[
        bool, typer.Option("--titles", help="Of what it takes show all titles, and no more.")
    ] = False,
    missed: Annotated[
        int, typer.Option(min=0, help="How many to show of what it just misses, and of what is held back.")
    ] = 10,
    as_json: JsonOption = False,
) -> None:
    """Show what a topic that is being written takes, the doubtful first, and what each term does."""
    from aggregator.cli.transfer import report_bad
    from aggregator.config.load import load
    from aggregator.topics import tryout_report
    from classifiers.evaluation import tryout

    if entries is not None and since is not None:
        raise typer.BadParameter("--since is about the database's entries; leave it or --entries out")
    names = _names_from(config, needed=entries is None)
    written = _choose(load(file, names_from=names).topics, topic, file)
    earlier = (
        _choose(load(against, names_from=names).topics, written.slug, against)
        if against is not None
        else None
    )
    bad: list[str] = []
    documents = _documents(config, entries, since, bad)
    done = tryout.try_topic(written, documents)
    before = tryout.try_topic(earlier, documents) if earlier is not None else None
    if as_json:
        print_json(
            done.as_dict() | (tryout_report.changes_as_dict(before, done) if before is not None else {})
        )
    else:
        _print(done, before, most=most, missed=missed, only_titles=only_titles)
    report_bad(bad)


def _names_from(config: Path | None, *, needed: bool) -> Path | None:
    """The configuration whose names FILE may use as well. Without stored entries to read, none is needed."""
    try:
        return config_path(config)
    except ConfigError:
        if needed or config is not None:
            raise
        return None


def _documents(
    config: Path | None, entries: Path | None, since: str | None, bad: list[str]
) -> Sequence[Document]:
    from aggregator.topics.classify_file import read_documents
    from aggregator.topics.evaluation import stored_documents

    if entries is not None:
        return [document for _, document in read_documents(entries, bad)]
    return stored_documents(open_store(config)[1], since=parse_since(since))


def _print(done: Tryout, before: Tryout | None, *, most: int, missed: int, only_titles: bool) -> None:
    from aggregator.topics import tryout_report

    share = len(done.taken) / max(1, done.stories)
    typer.echo(
        f"{done.topic} takes {count(len(done.taken), 'title')} ({share:.1%}) of {count(done.stories, 'entry', 'entries')}"
    )
    print_table(
        ["term", ">found in", ">taken", ">decided", "found as"],
        tryout_report.term_rows(done.terms),
        title="Terms",
    )
    if nothing := tryout_report.unfound(done.terms):
        echo(f"found nowhere: {', '.join(nothing)}")
    typer.echo("")
    if before is not None:
        for line in tryout_report.changes(before, done):
            echo(line)
    stories = (
        tryout_report.titles(done) if only_titles else tryout_report.spell_out(done, most=most, missed=missed)
    )
    for line in stories:
        echo(line)
    for line in tryout_report.unfound_names(done):
        echo(line)


def _choose(topics: Mapping[str, Topic], asked: str | None, file: Path) -> Topic:
    if asked is None and len(topics) == 1:
        return next(iter(topics.values()))
    if asked is None or asked not in topics:
        what = "say which with --topic" if asked is None else f"there is no topic {asked!r}"
        raise typer.BadParameter(f"{what}; {file} has {', '.join(topics) or 'none'}")
    return topics[asked]
