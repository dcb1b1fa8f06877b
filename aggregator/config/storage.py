"""Settings of the database and the log: `[store]` and `[log]`."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field, field_validator

from aggregator.config.values import Duration, Section, format_duration


class StoreConfig(Section):
    """Where everything is kept, and for how long."""

    path: str = Field(
        "",
        description="The SQLite file. Empty: `$STATE_DIRECTORY/aggregator.db` under systemd, else `$XDG_DATA_HOME/aggregator/aggregator.db`.",
    )
    retention: Duration = Field(
        timedelta(days=365),
        description="Entries older than this are deleted, a day at least; their fingerprints stay, so that an old item that comes back is not news.",
    )
    keep_polls: Duration = Field(timedelta(days=30), description="How long the log of polls is kept.")
    backups: int = Field(
        3, ge=0, description="Copies of the database kept from before migrations that change data."
    )

    @field_validator("retention")
    @classmethod
    def _not_all(cls, span: timedelta) -> timedelta:
        if span < timedelta(days=1):
            raise ValueError(
                f'must be at least a day, got "{format_duration(span)}": all that is stored would be deleted'
            )
        return span


class LogConfig(Section):
    """What is logged."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe message that is logged."
    )
    format: Literal["auto", "human", "journal", "json"] = Field(
        "auto",
        description="auto: coloured on a terminal, lines with priorities under systemd, JSON lines elsewhere.",
    )
