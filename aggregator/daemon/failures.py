"""How a job that failed is told: the database's trouble in words, a fault of the program with its traceback."""

from __future__ import annotations

import structlog

from aggregator.core.errors import StoreError

log = structlog.get_logger("aggregator")


def tell_failure(event: str, error: Exception, **fields: object) -> None:
    """Log that something did not succeed; call it where `error` is caught.

    A StoreError says itself what is wrong and what to do: where in the program it was met helps nobody.
    """
    if isinstance(error, StoreError):
        log.error(event, why=str(error), **fields)
    else:
        log.error(event, exc_info=error, **fields)
