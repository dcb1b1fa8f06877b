"""Verbs that show how well topics work, and what a change would do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli.common import (
    ConfigOption,
    JsonOption,
    SinceOption,
    open_store,
    parse_since,
    print_json,
    print_table,
)
from aggregator.cli.topics import TopicOption, known_topic

if TYPE_CHECKING:
    from classifiers.evaluation.backtest import Backtest
    from classifiers.model.metrics import Interval, Scores


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command()(evaluate)
    app.command()(suggest)
    app.command()(backtest)
    app.command("near-misses")(near_misses)


def evaluate(
    topic: Annotated[str | None, typer.Option("--topic", "-t", help="Only this topic.")] = None,
    config: ConfigOption = None,
    terms: Annotated[int, typer.Option(min=0, help="How many terms to list.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """How well topics work, by your judgements: precision, recall, calibration, and each term's part in it."""
    from aggregator.topics.evaluation import evaluate_topic

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
    from aggregator.topics.evaluation import suggest as find

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
    from aggregator.topics.evaluation import backtest_config

    current, store = open_store(against)
    done = backtest_config(current, load(new), store, since=parse_since(since))
    if as_json:
        print_json([one.as_dict() for one in done])
        return
    if not done:
        typer.echo("no topic differs between the two configurations")
    for one in done:
        _print_backtest(one, most)


def _print_backtest(one: Backtest, most: int) -> None:
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
    from aggregator.core.serialise import story_as_dict
    from aggregator.topics.evaluation import near_misses as find
    from aggregator.topics.explain import explain_evidence

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
