"""Verbs that teach topics and show how well they work."""

from __future__ import annotations

import asyncio
import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aggregator.cli.common import (
    ConfigOption,
    DefaultGroup,
    load_config,
    set_up_logs,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class LabelGroup(DefaultGroup):
    """`aggregator label ID --topic T --yes` is `aggregator label set ID --topic T --yes`."""

    default = "set"


labels = typer.Typer(
    cls=LabelGroup, help="Your yes or no on entries and stories: it always wins, and models learn from it."
)

TopicOption = Annotated[str, typer.Option("--topic", "-t", help="The topic's slug.")]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.add_typer(labels, name="label")


def with_runtime(config: Path | None, work: Callable[[Any], Awaitable[Any]]) -> Any:
    """Open everything, do the work, close."""
    from aggregator.runtime import Runtime

    loaded = load_config(config)
    set_up_logs(loaded)

    async def main() -> Any:
        async with Runtime(loaded) as runtime:
            return await work(runtime)

    return asyncio.run(main())


def known_topic(config: Any, topic: str) -> None:
    """Raise typer.BadParameter when there is no such topic."""
    if topic not in config.topics:
        raise typer.BadParameter(
            f"there is no topic {topic!r}; config.toml has {', '.join(config.topics) or 'none'}"
        )


@labels.command("set")
def set_label(
    what: Annotated[
        str, typer.Argument(metavar="ID|URL", help="Id of an entry or story, or an entry's URL.")
    ],
    topic: TopicOption,
    yes: Annotated[bool, typer.Option("--yes/--no", help="Whether it belongs to the topic.")],
    facet: Annotated[str, typer.Option(help="The facet it belongs to.")] = "",
    config: ConfigOption = None,
) -> None:
    """Say that an entry or story belongs to a topic, or does not (the default verb)."""
    from aggregator import teaching

    async def work(runtime: Any) -> Any:
        known_topic(runtime.config, topic)
        facets = [one.slug for one in runtime.config.topics[topic].facets]
        if facet and facet not in facets:
            raise typer.BadParameter(
                f"topic {topic} has no facet {facet!r}; it has {', '.join(facets) or 'none'}"
            )
        return await teaching.label(runtime, what, topic, relevant=yes, facet=facet, by=getpass.getuser())

    for story in with_runtime(config, work):
        verdict = (
            "belongs"
            if any(one.topic == topic and one.belongs for one in story.labels)
            else "does not belong"
        )
        typer.echo(f"{story.id} {verdict} to {topic}: {story.title}")


@labels.command()
def undo(
    what: Annotated[
        str, typer.Argument(metavar="ID|URL", help="Id of an entry or story, or an entry's URL.")
    ],
    topic: TopicOption,
    config: ConfigOption = None,
) -> None:
    """Take the last yes or no on an entry or story back."""
    from aggregator import teaching

    async def work(runtime: Any) -> Any:
        known_topic(runtime.config, topic)
        return await teaching.unlabel(runtime, what, topic)

    if with_runtime(config, work):
        typer.echo("taken back")
    else:
        typer.echo("there was nothing to take back", err=True)
        raise typer.Exit(1)


@labels.command("import")
def import_labels(
    file: Annotated[Path, typer.Argument(help="JSON lines with id, topic, relevant, facet.")],
    config: ConfigOption = None,
) -> None:
    """Take judgements from a file. Safe to repeat."""
    from aggregator import teaching
    from aggregator.cli.transfer import report_bad
    from aggregator.transfer import read_rows

    bad: list[str] = []
    taken = with_runtime(config, lambda runtime: teaching.import_labels(runtime, read_rows(file), bad))
    typer.echo(f"{taken} judgements taken")
    report_bad(bad)


@labels.command("export")
def export_labels(
    config: ConfigOption = None, topic: Annotated[str | None, typer.Option(help="Only this topic.")] = None
) -> None:
    """Write judgements as JSON lines, as `label import` reads them."""
    from aggregator.cli.transfer import export_labels as export

    export(config, topic)
