"""Logging: one shape for our own messages and for those of the libraries.

Everything goes through the standard library's root logger, so that APScheduler, uvicorn, Alembic and
aiohttp come out like `structlog.get_logger()`. On its way each message is stripped of control
characters (titles come from strangers and may hold terminal escapes) and of passwords in URLs.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor

from aggregator.config.secrets import mask
from aggregator.config.storage import LogConfig

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_PRIORITIES = {"critical": 2, "error": 3, "exception": 3, "warning": 4, "info": 6, "debug": 7}
"""syslog(3) priorities, as sd-daemon(3) reads them from the start of a line."""
_CHATTY = {
    "alembic": logging.WARNING,
    "apscheduler": logging.WARNING,
    "trafilatura": logging.CRITICAL,
    "htmldate": logging.CRITICAL,
}
"""Loggers that say at their level what is nothing for an administrator, and the least that is of use."""

_DUPLICATES = {"color_message"}
"""Extras of libraries that only repeat the message (uvicorn's, with colours)."""


class _Handler(logging.StreamHandler[TextIO]):
    """Ours, told from other handlers so that a reload can replace it."""

    def handleError(self, record: logging.LogRecord) -> None:  # the standard library's name
        """Say what went wrong without the message itself, which has not been masked.

        Nothing is said when the stream is closed: whoever read the log is gone, the daemon goes on.
        """
        error = sys.exc_info()[1]
        if sys.stderr and not isinstance(error, OSError | ValueError):
            where = f"{record.pathname}:{record.lineno}"
            sys.stderr.write(f"a log message of {where} was lost: {type(error).__name__}\n")


def configure(
    settings: LogConfig, *, stream: TextIO | None = None, env: Mapping[str, str] | None = None
) -> None:
    """Send all logging to `stream` (None: standard error) as `settings` say. May be called again, on reload."""
    stream = sys.stderr if stream is None else stream
    form = choose_format(settings, stream, os.environ if env is None else env)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.StackInfoRenderer(),
    ]
    if form != "journal":  # the journal has its own clock
        shared.append(structlog.processors.TimeStamper(fmt="iso", utc=True))
    renderers: dict[str, Processor] = {
        "human": structlog.dev.ConsoleRenderer(
            colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
        ),
        "journal": render_journal,
        "json": structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
    }
    handler = _Handler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                clean,
                in_order,
                renderers[form],
            ],
        )
    )
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one, _Handler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    root.setLevel(level)
    for name, least in _CHATTY.items():
        logging.getLogger(name).setLevel(level if level == logging.DEBUG else max(level, least))
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,  # a reload may change the format
    )


def choose_format(settings: LogConfig, stream: TextIO, env: Mapping[str, str]) -> str:
    """human, journal or json: as set, or as fits `stream`."""
    if settings.format != "auto":
        return settings.format
    if stream.isatty():
        return "human"
    return "journal" if _is_journal(stream, env.get("JOURNAL_STREAM", "")) else "json"


def clean(_: object, __: str, event: EventDict) -> EventDict:
    """Mask passwords in URLs and replace control characters, in every value of a message."""
    return {key: _clean(value) for key, value in event.items() if key not in _DUPLICATES}


def in_order(_: object, __: str, event: EventDict) -> EventDict:
    """Put first what people look for first: when, how bad, what."""
    return {**{key: event.pop(key) for key in ("timestamp", "level", "event") if key in event}, **event}


def render_journal(_: object, __: str, event: EventDict) -> str:
    """`<6>message key=value`, every line with its priority, for journald reads line by line."""
    level = str(event.pop("level", "info"))
    message = str(event.pop("event", ""))
    exception = event.pop("exception", None)
    stack = event.pop("stack", None)
    parts = [message, *(f"{key}={_quoted(value)}" for key, value in event.items() if not key.startswith("_"))]
    text = "\n".join(str(part) for part in (" ".join(parts), stack, exception) if part)
    priority = _PRIORITIES.get(level, 5)
    return "\n".join(f"<{priority}>{line}" for line in text.split("\n"))


def _is_journal(stream: TextIO, named: str) -> bool:
    """Whether `stream` is what `$JOURNAL_STREAM` (device:inode, systemd.exec(5)) names, not redirected since."""
    try:
        there = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return named == f"{there.st_dev}:{there.st_ino}"


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", mask(value))
    if isinstance(value, Mapping):
        return {_clean(key): _clean(inner) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [_clean(inner) for inner in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return _clean(str(value))


def _quoted(value: object) -> str:
    text = str(value)
    return repr(text) if not text or any(character in text for character in " \n\t\"'=") else text
