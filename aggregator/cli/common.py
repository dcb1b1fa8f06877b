"""What all verbs share: options, finding the configuration, printing."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from aggregator.errors import ConfigError

if TYPE_CHECKING:
    from aggregator.config import Config
    from aggregator.store import Store

SYSTEM_CONFIG = Path("/etc/aggregator/config.toml")

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        envvar="AGGREGATOR_CONFIG",
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


class DefaultGroup(TyperGroup):
    """A group whose verb may be left out: `aggregator feeds` is `aggregator feeds list`."""

    default = "list"

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in {"--help", "-h"}):
            args = [self.default, *args]
        return super().parse_args(ctx, args)


def config_path(given: Path | None) -> Path:
    """The configuration to use. Raises ConfigError when there is none."""
    if given is not None:
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
    """Read the configuration. Raises ConfigError with every mistake."""
    from aggregator.config.load import load

    config = load(config_path(given))
    for warning in config.warnings:
        typer.echo(f"warning: {warning}", err=True)
    return config


def open_store(given: Path | None) -> tuple[Config, Store]:
    """Read the configuration and open its database."""
    from aggregator import runtime

    config = load_config(given)
    set_up_logs(config)
    return config, runtime.open_store(config)


def set_up_logs(config: Config, *, quiet: bool = True) -> None:
    """Logs go to standard error; verbs other than `run` only warn, since their results are printed."""
    from aggregator import logs

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
            f'{text!r} is neither a duration such as "30d" nor a date such as 2026-01-31'
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


def print_table(columns: Iterable[str], rows: Iterable[Iterable[Any]], *, title: str | None = None) -> None:
    """A table as wide as the terminal; plain and unwrapped when the output is not one."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    wide = None if sys.stdout.isatty() else int(os.environ.get("COLUMNS", "160"))
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        right = column.startswith(">")
        table.add_column(column.lstrip(">"), justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    Console(width=wide).print(table)


def ago(moment: datetime | None, now: datetime) -> str:
    """A moment as people say it: "3 h ago", "in 5 min"."""
    if moment is None:
        return "never"
    seconds = (now - moment).total_seconds()
    size = abs(seconds)
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if size >= 2 * length:
            text = f"{size / length:.0f} {unit}"
            break
    else:
        text = f"{size:.0f} s"
    return f"{text} ago" if seconds >= 0 else f"in {text}"
