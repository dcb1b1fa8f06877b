"""What all verbs share: options, finding the configuration, printing."""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from aggregator.core.errors import ConfigError

if TYPE_CHECKING:
    from aggregator.config import Config
    from aggregator.store import Store

SYSTEM_CONFIG = Path("/etc/aggregator/config.toml")

_VARIABLE = "AGGREGATOR_CONFIG"

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        envvar=_VARIABLE,
        help="The configuration. Default: ./config.toml, else /etc/aggregator/config.toml.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since", help='Only what is newer: a duration such as "30d", or a date such as 2026-01-31.'
    ),
]


class Group(TyperGroup):
    """A group whose `--help` shows the whole first sentence of each verb."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        rows = [
            (name, " ".join((command.help or "").partition(". ")[0].split()).rstrip("."))
            for name in self.list_commands(ctx)
            if (command := self.get_command(ctx, name)) is not None and not command.hidden
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


class DefaultGroup(Group):
    """A group whose verb may be left out: `aggregator feeds` is `aggregator feeds list`."""

    default = "list"

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (
            args[0] not in self.commands
            and args[0] not in ctx.help_option_names
            and self._is_for_default(args[0])
        ):
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        formatter.write_paragraph()
        formatter.write_text(f"Without a command, `{ctx.command_path} {self.default}` is meant.")

    def _is_for_default(self, word: str) -> bool:
        """Whether the default verb can take it; else it is a mistyped verb and reported as one."""
        takes = self.commands[self.default].params
        return word.startswith("-") or any(p.param_type_name == "argument" for p in takes)


def config_path(given: Path | None) -> Path:
    """The configuration to use. Raises ConfigError when there is none."""
    if given is not None:
        if str(given) == os.environ.get(_VARIABLE) and not given.exists():
            raise ConfigError([f"{given.absolute()}: there is no such file; {_VARIABLE} names it"])
        return given
    for path in (Path("config.toml"), SYSTEM_CONFIG):
        if path.is_file():
            return path
    raise ConfigError(
        [
            f"there is no config.toml here and no {SYSTEM_CONFIG}; name one with --config, or run in the project's folder"
        ]
    )


def load_config(given: Path | None) -> Config:
    """Read the configuration. Raises ConfigError with every mistake.

    Its warnings are for `check` and `run`: other verbs do not print them, so that absent secrets, which only the
    service has, are not named at each of them.
    """
    from aggregator.config.load import load

    return load(config_path(given))


def open_store(given: Path | None) -> tuple[Config, Store]:
    """Read the configuration and open its database, to look at what is stored (`store.opening.visit_store`)."""
    from aggregator.store.opening import visit_store

    config = load_config(given)
    set_up_logs(config)
    return config, visit_store(config)


def set_up_logs(config: Config, *, quiet: bool = True) -> None:
    """Logs go to standard error; verbs other than `run` only warn, since their results are printed."""
    from aggregator.daemon import logs

    settings = config.log
    if quiet and settings.level == "info":
        settings = settings.model_copy(update={"level": "warning"})
    logs.configure(settings, stream=sys.stderr)


def parse_since(text: str | None, now: datetime | None = None) -> datetime | None:
    """Read `--since`. Raises typer.BadParameter."""
    if text is None:
        return None
    from aggregator.config.values import parse_duration

    try:
        return (now or datetime.now(UTC)) - parse_duration(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(
            f'--since: {text!r} is neither a duration such as "30d" nor a date such as 2026-01-31'
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def print_json(value: Any) -> None:
    """One JSON value, readable."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_encode))


def print_lines(rows: Iterable[Mapping[str, Any]]) -> int:
    """JSON lines to standard output; how many."""
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007  (the count is the result)
        sys.stdout.write(json.dumps(row, ensure_ascii=False, default=_encode) + "\n")
    sys.stdout.flush()
    return count


def _encode(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return str(value)


def print_table(
    columns: Iterable[str], rows: Iterable[Iterable[Any]], *, title: str | None = None, none: str = ""
) -> None:
    """A table as wide as the terminal; where the output is none, every row is one line.

    A column whose name begins with ">" is set to the right, one that begins with "=" is never broken. `none` is
    said instead of a table without rows.
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    cells = [[escape(_printable(str(cell))) for cell in row] for row in rows]
    if none and not cells:
        typer.echo(none)
        return
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(
            column.lstrip(">="),
            justify="right" if column.startswith(">") else "left",
            no_wrap=column.startswith((">", "=")),
            overflow="fold",
        )
    for row in cells:
        table.add_row(*row)
    console = Console()
    if not console.is_terminal:
        asked = os.environ.get("COLUMNS", "")
        boundless = Console(width=100_000)
        console = Console(width=int(asked) if asked.isdigit() else boundless.measure(table).maximum)
    console.print(table)


def _printable(text: str) -> str:
    """Without control characters: titles come from strangers and may hold terminal escapes."""
    return "".join(" " if unicodedata.category(char) in {"Cc", "Zl", "Zp"} else char for char in text)


def echo(text: str, *, err: bool = False) -> None:
    """Print lines that hold strangers' words, without their control characters."""
    typer.echo("\n".join(_printable(line) for line in text.split("\n")), err=err)


def count(number: int, what: str, plural: str = "") -> str:
    """A number with its noun: "1 feed", "1,200 entries"."""
    return f"{number:,} {what if number == 1 else plural or what + 's'}"


@contextmanager
def progress(what: str, total: int | None, *, show: bool = True) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error, where that is a terminal; yields what moves it on by a number."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    done = MofNCompleteColumn() if total is not None else TextColumn("{task.completed}")
    with Progress(
        TextColumn(what),
        BarColumn(),
        done,
        TimeElapsedColumn(),
        console=console,
        disable=not (show and console.is_terminal),
        transient=True,
    ) as bar:
        task = bar.add_task(what, total=total)
        yield lambda number: bar.advance(task, number)
