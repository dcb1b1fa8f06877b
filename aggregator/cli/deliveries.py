"""Verbs about pushes: what waits, what was given up, and trying that again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from aggregator.cli.common import (
    ConfigOption,
    DefaultGroup,
    JsonOption,
    count,
    open_store,
    print_json,
    print_table,
)
from aggregator.core.moments import ago

group = typer.Typer(cls=DefaultGroup, help="Pushes: what waits, what was given up, trying that again.")


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.add_typer(group, name="deliveries")


@group.command("list")
def list_deliveries(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Pushes by channel and state, and dead letters (the default verb)."""
    _, store = open_store(config)
    outbox = store.outbox
    counts, dead = outbox.counts(), outbox.dead_letters()
    if as_json:
        print_json(
            {
                "channels": [
                    {"output": output, "channel": channel, "state": state, "deliveries": number}
                    for (output, channel, state), number in counts.items()
                ],
                "dead_letters": [
                    {
                        "n": letter.n,
                        "output": letter.output,
                        "channel": letter.channel,
                        "story": letter.story,
                        "created": letter.created,
                        "attempts": letter.attempts,
                        "error": letter.error,
                        "body": letter.body,
                    }
                    for letter in dead
                ],
            }
        )
        return
    print_table(
        ["output", "channel", "state", ">deliveries"],
        [(*key, number) for key, number in counts.items()],
        none="nothing was ever pushed",
    )
    if dead:
        now = datetime.now(UTC)
        print_table(
            [">n", "output", "channel", "story", "made", ">attempts", "why"],
            [(d.n, d.output, d.channel, d.story, ago(d.created, now), d.attempts, d.error) for d in dead],
            title="Dead letters",
        )


@group.command()
def revive(
    numbers: Annotated[
        list[int] | None, typer.Argument(help="Numbers of dead letters; none: all of them.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Let dead letters wait to be sent again."""
    _, store = open_store(config)
    revived = store.outbox.revive(numbers or None, datetime.now(UTC))
    verb = "waits" if revived == 1 else "wait"
    typer.echo(f"{count(revived, 'dead letter')} {verb} to be sent again")
