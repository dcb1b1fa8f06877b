"""Verbs that teach topics and show how well they work."""

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
    SinceOption,
    ago,
    count,
    echo,
    load_config,
    open_store,
    parse_since,
    print_json,
    print_table,
    set_up_logs,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aggregator.types import Story
    from classifiers.measures import Interval, Scores


class LabelGroup(DefaultGroup):
    """`aggregator label ID --topic T --yes` is `aggregator label set ID --topic T --yes`."""

    default = "set"


labels = typer.Typer(
    cls=LabelGroup, help="Your yes or no on entries and stories: it always wins, and models learn from it."
)

models = typer.Typer(cls=DefaultGroup, help="Trained models: listing them, and going back to an earlier one.")

_BY_DAEMON = "the running daemon classifies stored entries anew, in the background"

TopicOption = Annotated[str, typer.Option("--topic", "-t", help="The topic's slug.")]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.add_typer(labels, name="label")
    app.command()(train)
    app.add_typer(models, name="models")
    app.command()(evaluate)
    app.command()(suggest)
    app.command()(backtest)
    app.command("near-misses")(near_misses)


def with_runtime(config: Path | None, work: Callable[[Any], Awaitable[Any]]) -> Any:
    """Open everything, do the work, close."""
    from aggregator.runtime import Runtime

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


@labels.command("set")
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
    from aggregator import teaching

    if yes is None:
        raise typer.BadParameter("say whether it belongs, with --yes or --no")

    async def work(runtime: Any) -> Any:
        known_topic(runtime.config, topic)
        facets = [one.slug for one in runtime.config.topics[topic].facets]
        if facet and facet not in facets:
            raise typer.BadParameter(
                f"topic {topic} has no facet {facet!r}; it has {', '.join(facets) or 'none'}"
            )
        return await teaching.label(runtime, what, topic, relevant=yes, facet=facet, by=getpass.getuser())

    for story in with_runtime(config, work):
        label = next((one for one in story.labels if one.topic == topic), None)
        echo(f"{story.id} {_verdict(label is not None and label.belongs)} to {topic}: {story.title}")


def _verdict(belongs: bool) -> str:
    return "belongs" if belongs else "does not belong"


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


@labels.command("import")
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
    from aggregator import teaching
    from aggregator.cli.transfer import report_bad
    from aggregator.transfer import read_rows

    bad: list[str] = []
    taken = with_runtime(config, lambda runtime: teaching.import_labels(runtime, read_rows(file), bad))
    typer.echo(f"{count(taken, 'judgement')} taken")
    report_bad(bad)


@labels.command("export")
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
    from aggregator.retraining import train_apart
    from aggregator.runtime import kit_plan, store_path
    from aggregator.teaching import take_over

    async def work(runtime: Any) -> Any:
        for topic in topics or []:
            known_topic(runtime.config, topic)
        done = []
        for topic in topics or list(runtime.config.topics):
            plan = kit_plan(runtime.config, runtime.store)
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
    from aggregator.store import feedback as queries

    _, store = open_store(config)
    with store.read() as connection:
        known = queries.models(connection)
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
    from aggregator.retraining import roll_back
    from aggregator.teaching import take_over

    async def work(runtime: Any) -> Any:
        known_topic(runtime.config, topic)
        chosen = await runtime.pipeline.in_writer(roll_back, runtime.store, topic, version)
        return chosen, await take_over(runtime)

    chosen, here = with_runtime(config, work)
    typer.echo(f"{topic}: {'model ' + chosen.version if chosen else 'rules alone'} from now on")
    if not here:
        typer.echo(_BY_DAEMON, err=True)


def evaluate(
    topic: Annotated[str | None, typer.Option("--topic", "-t", help="Only this topic.")] = None,
    config: ConfigOption = None,
    terms: Annotated[int, typer.Option(min=0, help="How many terms to list.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """How well topics work, by your judgements: precision, recall, calibration, and each term's part in it."""
    from aggregator.proving import evaluate_topic

    loaded, store = open_store(config)
    if topic is not None:
        known_topic(loaded, topic)
    done = [evaluate_topic(loaded, store, one) for one in ([topic] if topic else list(loaded.topics))]
    if as_json:
        print_json([one.as_dict() for one in done])
        return
    for one in done:
        typer.echo(f"{one.topic}: {one.judgements} judgements. {one.method}")
        rows = [_scores("rules alone", one.rules)]
        if one.model is not None:
            rows.append(_scores("rules and model", one.model))
        print_table(["", "precision", "recall", "F1", "average precision", ">calibration error"], rows)
        if one.facet_accuracy is not None:
            typer.echo(f"facets as people chose them: {one.facet_accuracy:.0%}")
        if one.terms and terms:
            print_table(
                ["term", ">weight", ">hits", ">precision", ">lost without it", ">of them relevant"],
                [
                    (
                        report.what,
                        f"{report.weight:g}",
                        report.hits.relevant + report.hits.irrelevant + report.hits.unjudged,
                        "" if report.precision is None else f"{report.precision:.2f}",
                        report.lost.relevant + report.lost.irrelevant + report.lost.unjudged,
                        report.lost.relevant,
                    )
                    for report in one.terms[:terms]
                ],
            )
        if one.excluded:
            print_table(
                ["excluded by", ">blocked", ">of them relevant"],
                [
                    (
                        report.what,
                        report.blocked.relevant + report.blocked.irrelevant + report.blocked.unjudged,
                        report.blocked.relevant,
                    )
                    for report in one.excluded
                ],
            )
        for warning in one.warnings:
            typer.echo(f"warning: {warning}", err=True)
        typer.echo("")


def _scores(name: str, scores: Scores) -> tuple[str, ...]:
    return (
        name,
        _interval(scores.precision),
        _interval(scores.recall),
        _interval(scores.f1),
        _interval(scores.average_precision),
        f"{scores.calibration_error:.3f}",
    )


def _interval(interval: Interval) -> str:
    return f"{interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"


def suggest(
    topic: TopicOption,
    config: ConfigOption = None,
    most: Annotated[int, typer.Option(min=1, help="At most this many of each kind.")] = 10,
    as_json: JsonOption = False,
) -> None:
    """Stories worth a yes or no from you, and terms to add or drop with their expected effect."""
    from aggregator.proving import suggest as find

    loaded, store = open_store(config)
    known_topic(loaded, topic)
    found = find(loaded, store, topic, most=most)
    if as_json:
        print_json(found.as_dict())
        return
    print_table(
        ["entry", ">score", "title", "why"],
        [(one.id, f"{one.score:.2f}", one.title, one.why) for one in found.stories],
        title="Worth asking",
        none="no story is worth asking about",
    )
    for title, ideas in (("Terms to add", found.add), ("Terms to drop", found.drop)):
        none = f"no {title[0].lower()}{title[1:]}"
        print_table(
            ["term", ">would enter", ">of them relevant", ">would leave", ">of them relevant", "why"],
            [
                (
                    idea.what,
                    idea.gained.relevant + idea.gained.irrelevant + idea.gained.unjudged,
                    idea.gained.relevant,
                    idea.lost.relevant + idea.lost.irrelevant + idea.lost.unjudged,
                    idea.lost.relevant,
                    idea.why,
                )
                for idea in ideas
            ],
            title=title,
            none=none,
        )


def backtest(
    new: Annotated[Path, typer.Option("--config", "-c", help="The changed configuration, to be tried.")],
    against: Annotated[
        Path | None,
        typer.Option(
            "--against",
            envvar="AGGREGATOR_CONFIG",
            help="The configuration in use, whose database is read. Default: ./config.toml, else /etc/aggregator/config.toml.",
        ),
    ] = None,
    since: SinceOption = None,
    most: Annotated[int, typer.Option(min=0, help="How many stories to list of each kind.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Try a changed configuration on stored entries: what would enter and leave, and why. Nothing is changed."""
    from aggregator.config.load import load
    from aggregator.proving import backtest_config

    current, store = open_store(against)
    done = backtest_config(current, load(new), store, since=parse_since(since))
    if as_json:
        print_json([one.as_dict() for one in done])
        return
    if not done:
        typer.echo("no topic differs between the two configurations")
    for one in done:
        typer.echo(
            f"{one.topic}: {one.belonged} of {one.documents} entries belong now, {one.belongs} would; "
            f"{len(one.entered)} enter, {len(one.left)} leave"
        )
        if one.before.count:
            print_table(
                [
                    f"on {one.before.count} judged",
                    "precision",
                    "recall",
                    "F1",
                    "average precision",
                    ">calibration error",
                ],
                [_scores("now", one.before), _scores("then", one.after)],
            )
        for title, changes in (("Would enter", one.entered), ("Would leave", one.left)):
            if changes and most:
                print_table(
                    ["entry", ">now", ">then", "judged", "title", "because of"],
                    [
                        (
                            change.id,
                            f"{change.before:.2f}",
                            f"{change.after:.2f}",
                            {True: "yes", False: "no", None: ""}[change.judged],
                            change.title,
                            ", ".join(reason.what for reason in change.terms[:3]),
                        )
                        for change in changes[:most]
                    ],
                    title=title,
                )
        if one.responsible:
            print_table(
                ["setting or term", ">helped in", ">helped out"], one.responsible[:most], title="Responsible"
            )


def near_misses(
    config: ConfigOption = None,
    topic: Annotated[str | None, typer.Option("--topic", "-t", help="Only this topic.")] = None,
    margin: Annotated[float, typer.Option(min=0, max=1, help="How far below the threshold.")] = 0.2,
    since: SinceOption = None,
    limit: Annotated[int, typer.Option(min=1, help="At most this many.")] = 30,
    as_json: JsonOption = False,
) -> None:
    """Stories that fell just short of a topic, with what kept them out."""
    from aggregator.explaining import explain_evidence
    from aggregator.proving import near_misses as find
    from aggregator.transfer import story_as_dict

    loaded, store = open_store(config)
    if topic is not None:
        known_topic(loaded, topic)
    found = find(store, [topic] if topic else [], margin=margin, since=parse_since(since), limit=limit)
    if as_json:
        print_json([story_as_dict(miss.story) | miss.as_dict() for miss in found])
        return
    print_table(
        ["story", "topic", ">score", ">threshold", "title", "why"],
        [
            (
                miss.story.id,
                miss.topic,
                f"{miss.score:.2f}",
                f"{miss.threshold:.2f}",
                miss.story.title,
                explain_evidence(miss.why),
            )
            for miss in found
        ],
        none=f"no story fell short by {margin:g} or less; --margin looks further down",
    )
