"""Verbs that teach topics: judgements, training, models."""

from __future__ import annotations

import asyncio
import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aggregator.cli.common import (
    ConfigOption,
    DefaultGroup,
    JsonOption,
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
    from collections.abc import Awaitable, Callable

    from aggregator.core.types import Story


class LabelGroup(DefaultGroup):
    """`aggregator label ID --topic T --yes` is `aggregator label set ID --topic T --yes`."""

    default = "set"


label_app = typer.Typer(
    cls=LabelGroup, help="Your yes or no on entries and stories: it always wins, and models learn from it."
)

models = typer.Typer(cls=DefaultGroup, help="Trained models: listing them, and going back to an earlier one.")

_BY_DAEMON = "the running daemon classifies stored entries anew, in the background"

TopicOption = Annotated[str, typer.Option("--topic", "-t", help="The topic's slug.")]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.add_typer(label_app, name="label")
    app.command()(train)
    app.add_typer(models, name="models")


def with_runtime(config: Path | None, work: Callable[[Any], Awaitable[Any]]) -> Any:
    """Open everything, do the work, close."""
    from aggregator.pipeline.runtime import Runtime

    loaded = load_config(config)
    set_up_logs(loaded)

    async def main() -> Any:
        async with Runtime(loaded, visiting=True) as runtime:
            return await work(runtime)

    return asyncio.run(main())


def known_topic(config: Any, topic: str) -> None:
    """Raise typer.BadParameter when there is no such topic."""
    if topic not in config.topics:
        raise typer.BadParameter(
            f"there is no topic {topic!r}; config.toml has {', '.join(config.topics) or 'none'}"
        )


@label_app.command("set")
def set_label(
    what: Annotated[
        str, typer.Argument(metavar="ID|URL", help="Id of an entry or story, or an entry's URL.")
    ],
    topic: TopicOption,
    yes: Annotated[
        bool | None, typer.Option("--yes/--no", help="Whether it belongs to the topic.", show_default=False)
    ] = None,
    facet: Annotated[str, typer.Option(help="The facet it belongs to.")] = "",
    config: ConfigOption = None,
) -> None:
    """Say that an entry or story belongs to a topic, or does not (the default verb)."""
    from aggregator.topics import labels

    if yes is None:
        raise typer.BadParameter("say whether it belongs, with --yes or --no")

    async def work(runtime: Any) -> Any:
        known_topic(runtime.config, topic)
        facets = [one.slug for one in runtime.config.topics[topic].facets]
        if facet and facet not in facets:
            raise typer.BadParameter(
                f"topic {topic} has no facet {facet!r}; it has {', '.join(facets) or 'none'}"
            )
        return await labels.label(runtime, what, topic, relevant=yes, facet=facet, by=getpass.getuser())

    for story in with_runtime(config, work):
        label = next((one for one in story.labels if one.topic == topic), None)
        echo(f"{story.id} {_verdict(label is not None and label.belongs)} to {topic}: {story.title}")


def _verdict(belongs: bool) -> str:
    return "belongs" if belongs else "does not belong"


@label_app.command()
def undo(
    what: Annotated[
        str, typer.Argument(metavar="ID|URL", help="Id of an entry or story, or an entry's URL.")
    ],
    topic: TopicOption,
    config: ConfigOption = None,
) -> None:
    """Take the last yes or no on an entry or story back."""
    from aggregator.topics import labels

    async def work(runtime: Any) -> Any:
        known_topic(runtime.config, topic)
        return await labels.unlabel(runtime, what, topic)

    done = with_runtime(config, work)
    if done is None:
        typer.echo("there was nothing to take back", err=True)
        raise typer.Exit(1)
    said, stories = done
    echo(
        f"taken back: {said.entry or said.story} {_verdict(said.relevant)} to {topic} "
        f"({f'{said.by}, ' if said.by else ''}{said.at:%Y-%m-%d %H:%M} UTC)"
    )
    for story in stories:
        echo(f"now: {story.id} {_holds(story, topic)}: {story.title}")


def _holds(story: Story, topic: str) -> str:
    """Whether a story belongs to a topic, and by what."""
    label = next((one for one in story.labels if one.topic == topic), None)
    if label is None:
        return f"does not belong to {topic}, of which nothing speaks in it"
    if any(reason.kind == "feedback" for reason in label.reasons):
        by = "as a person said before"
    else:
        by = f"by its score {label.score:.2f} (threshold {label.threshold:.2f})"
    return f"{_verdict(label.belongs)} to {topic}, {by}"


@label_app.command("import")
def import_labels(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="JSON lines with id, topic, relevant, facet; or, of two entries, together, a, b.",
        ),
    ],
    config: ConfigOption = None,
) -> None:
    """Take judgements and corrections of stories from a file. Safe to repeat."""
    from aggregator.cli.transfer import report_bad
    from aggregator.pipeline.import_file import read_rows
    from aggregator.topics import labels

    bad: list[str] = []
    taken = with_runtime(config, lambda runtime: labels.import_labels(runtime, read_rows(file), bad))
    typer.echo(f"{count(taken, 'judgement')} taken")
    report_bad(bad)


@label_app.command("export")
def export_labels(
    config: ConfigOption = None, topic: Annotated[str | None, typer.Option(help="Only this topic.")] = None
) -> None:
    """Write judgements and corrections of stories as JSON lines, as `label import` reads them."""
    from aggregator.cli.transfer import export_labels as export

    export(config, topic)


def train(
    topics: Annotated[list[str] | None, typer.Argument(help="Slugs of topics; none: every topic.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Learn from your judgements and the stored stream. A model that is worse than the one in use is not used."""
    from aggregator.pipeline.runtime import worker_plan
    from aggregator.store.opening import store_path
    from aggregator.topics.labels import take_over
    from aggregator.topics.training import train_apart

    async def work(runtime: Any) -> Any:
        for topic in topics or []:
            known_topic(runtime.config, topic)
        done = []
        for topic in topics or list(runtime.config.topics):
            plan = worker_plan(runtime.config, runtime.store)
            database = store_path(runtime.config, runtime.env)
            # In a process of its own, so that Ctrl-C need not wait for the end of a fit.
            done.append(await train_apart(database, plan, topic, runtime.clock.now()))
        here = not any(one.used for one in done) or await take_over(runtime)
        return done, here

    done, here = with_runtime(config, work)
    if not here:
        typer.echo(_BY_DAEMON, err=True)
    if as_json:
        print_json([one.as_dict() for one in done])
        return
    print_table(
        ["topic", "model", "used", ">judgements", ">F1", ">F1 of rules", "why"],
        [
            (
                one.topic,
                one.version or "none",
                "yes" if one.used else "no",
                one.judgements,
                _share(one.metrics, "f1"),
                _share(one.metrics, "rules_f1"),
                one.why,
            )
            for one in done
        ],
    )


def _share(metrics: dict[str, Any] | None, name: str) -> str:
    value = (metrics or {}).get(name)
    # Nought stands for "not measured": there were too few judgements.
    return f"{value:.3f}" if value else ""


@models.command("list")
def list_models(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Every trained model, newest first (the default verb)."""
    _, store = open_store(config)
    known = store.models.all()
    if as_json:
        print_json(
            [
                {
                    "topic": m.topic,
                    "version": m.version,
                    "at": m.at,
                    "in_use": m.active,
                    "corpus": m.corpus,
                    "metrics": m.metrics,
                }
                for m in known
            ]
        )
        return
    now = datetime.now(UTC)
    print_table(
        ["topic", "version", "trained", "in use", ">judgements", ">F1", ">F1 of rules"],
        [
            (
                m.topic,
                m.version,
                ago(m.at, now),
                "yes" if m.active else "",
                m.metrics.get("judgements", ""),
                _share(dict(m.metrics), "f1"),
                _share(dict(m.metrics), "rules_f1"),
            )
            for m in known
        ],
        none="no model was trained yet; `aggregator train` learns from your judgements",
    )


@models.command("use")
def use_model(
    topic: Annotated[str, typer.Argument(help="The topic's slug.")],
    version: Annotated[
        str | None,
        typer.Argument(
            help="A version of `aggregator models`; none given: the one before the one in use; `none`: rules alone."
        ),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Go back to an earlier model, or to rules alone. Stored entries are classified anew."""
    from aggregator.topics.labels import take_over
    from aggregator.topics.training import roll_back

    async def work(runtime: Any) -> Any:
        known_topic(runtime.config, topic)
        chosen = await runtime.writer.run(roll_back, runtime.store, topic, version)
        return chosen, await take_over(runtime)

    chosen, here = with_runtime(config, work)
    typer.echo(f"{topic}: {'model ' + chosen.version if chosen else 'rules alone'} from now on")
    if not here:
        typer.echo(_BY_DAEMON, err=True)
