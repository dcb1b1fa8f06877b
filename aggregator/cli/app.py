"""All verbs in one place, in the order `--help` shows them."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from aggregator import __version__
from aggregator.cli import checks, deliveries, feeds, serve, stories, topics, transfer
from aggregator.errors import AggregatorError, ConfigError

app = typer.Typer(
    name="aggregator",
    help="Polls feeds, joins reports of one event into stories, keeps what belongs to your topics, and says why.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

serve.register(app)
checks.register(app)
feeds.register(app)
stories.register(app)
topics.register(app)
transfer.register(app)
deliveries.register(app)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"aggregator {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Entry point. Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 database, 4 not found."""
    try:
        app()
    except ConfigError as error:
        for mistake in error.mistakes:
            typer.echo(mistake, err=True)
        count = len(error.mistakes)
        typer.echo(f"error: {count} mistake{'s' if count != 1 else ''} in the configuration", err=True)
        sys.exit(error.exit_code)
    except AggregatorError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output (`head`, a pager) has seen enough. Python would complain once more at exit.
        sys.stderr.close()
        sys.exit(0)
