"""All verbs in one place, in the order `--help` shows them."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any, NoReturn

import typer

from aggregator import __version__
from aggregator.cli import (
    check,
    deliveries,
    evaluation,
    feeds,
    run,
    stories,
    topic_library,
    topics,
    transfer,
    tryout,
)
from aggregator.cli.common import Group
from aggregator.core.errors import AggregatorError, ConfigError


class _Root(Group):
    """All verbs. A reader of our output that has seen enough (`head`, a pager) is no failure."""

    def invoke(self, ctx: Any) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            # What is left is dropped here: Python would try once more at its end, and complain.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        return result


app = typer.Typer(
    name="aggregator",
    cls=_Root,
    help="Polls feeds, joins reports of one event into stories, keeps what belongs to your topics, and says why.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["--help", "-h"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

run.register(app)
check.register(app)
feeds.register(app)
stories.register(app)
topic_library.register(app)
topics.register(app)
evaluation.register(app)
tryout.register(app)
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
        *others, last = error.mistakes
        if not others:
            _fail(last, error.exit_code)
        for mistake in error.mistakes:
            typer.echo(mistake, err=True)
        _fail(f"{len(error.mistakes)} mistakes in the configuration", error.exit_code)
    except AggregatorError as error:
        _fail(str(error), error.exit_code)
    except OSError as error:
        if error.filename is None and error.strerror is None:
            raise
        where = f"{error.filename}: " if error.filename is not None else ""
        _fail(f"{where}{error.strerror}", 1)


def _fail(message: str, code: int) -> NoReturn:
    typer.echo(f"error: {message}", err=True)
    sys.exit(code)
