"""Every error this project raises on purpose.

    AggregatorError
    ├── ConfigError          config.toml cannot be used; `.mistakes` holds every one, located
    ├── StoreError           the database cannot be used
    │   ├── StoreLocked      another daemon owns it
    │   └── StoreVersion     it was written by a newer version
    ├── NotFound             an id or URL that names nothing we hold
    ├── BadRow               one row of an import that cannot be read (the rest goes on)
    ├── ModelError           a trained model cannot be loaded or was refused
    └── DeliveryError        a push (WebSub, webhook, notification) failed; it will be tried again

A poll that fails raises nothing: it is a value, `types.PollError`, so that one feed never harms another.
Each message says what to do next.
"""

from __future__ import annotations

from collections.abc import Sequence


class AggregatorError(Exception):
    """Base of all; `exit_code` is what the command line returns for it (docs/cli.md)."""

    exit_code = 1


class ConfigError(AggregatorError):
    """The configuration has mistakes. All of them are reported at once."""

    exit_code = 2

    def __init__(self, mistakes: Sequence[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(self.mistakes))


class StoreError(AggregatorError):
    """The database cannot be opened, read or written."""

    exit_code = 3


class StoreLocked(StoreError):
    """Another daemon is running on the same database."""


class StoreVersion(StoreError):
    """The database was written by a newer version of this program."""


class NotFound(AggregatorError):
    """Nothing is stored under that id or URL."""

    exit_code = 4


class BadRow(AggregatorError):
    """One line of an import cannot be read; the message names the line."""


class ModelError(AggregatorError):
    """A trained model cannot be loaded, or is not good enough to be used."""


class DeliveryError(AggregatorError):
    """A push failed. It stays in the outbox and is tried again."""
