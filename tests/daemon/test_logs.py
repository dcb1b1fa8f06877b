"""Logs as a terminal, the journal and a machine see them."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from aggregator.config import LogConfig
from aggregator.daemon.logs import choose_format, configure


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    """Logging is the process's own: put it back as it was."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def logged(form: str, level: str = "info") -> io.StringIO:
    """Configure, and return where the log goes."""
    stream = io.StringIO()
    logging.getLogger().handlers.clear()  # pytest's own, which raises what ours must bear
    configure(LogConfig.model_validate({"format": form, "level": level}), stream=stream, env={})
    return stream


def test_json_lines_hold_every_field() -> None:
    stream = logged("json")
    structlog.get_logger().info("polled", feed="https://one.example/", new=3)
    message = json.loads(stream.getvalue())
    assert message.pop("timestamp").endswith("Z")
    assert list(message)[:2] == ["level", "event"]
    assert message == {"event": "polled", "level": "info", "feed": "https://one.example/", "new": 3}


def test_the_journal_gets_a_priority_on_every_line() -> None:
    stream = logged("journal", "debug")
    log = structlog.get_logger()
    log.debug("small")
    log.info("polled", feed="one", title="two words")
    log.warning("slow")
    try:
        raise ValueError("no")
    except ValueError:
        log.exception("failed")
    lines = stream.getvalue().splitlines()
    assert lines[:3] == ["<7>small", "<6>polled feed=one title='two words'", "<4>slow"]
    assert lines[3] == "<3>failed"
    assert lines[-1] == "<3>ValueError: no"
    assert all(re.match(r"<[0-7]>", line) for line in lines)


def test_a_person_reads_words_without_colours_off_a_terminal() -> None:
    stream = logged("human")
    structlog.get_logger().warning("slow", feed="one")
    assert re.search(r"\[warning +\] slow +feed=one", stream.getvalue())
    assert "\x1b" not in stream.getvalue()


@pytest.mark.parametrize("form", ["human", "journal", "json"])
def test_libraries_come_out_alike(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # A server that ran in this process before has set its logger's level and handlers.
    for name in ("uvicorn", "uvicorn.error"):
        for attribute, value in (
            ("level", logging.NOTSET),
            ("disabled", False),
            ("propagate", True),
            ("handlers", []),
        ):
            monkeypatch.setattr(logging.getLogger(name), attribute, value)
    logging.getLogger("uvicorn").manager._clear_cache()  # type: ignore[attr-defined]
    stream = logged(form)
    logging.getLogger("uvicorn.error").info("Started on %s", "port 80", extra={"color_message": "\x1b[1m"})
    text = stream.getvalue()
    assert "Started on port 80" in text
    assert "uvicorn.error" in text
    assert "color_message" not in text
    assert len(text.splitlines()) == 1


@pytest.mark.parametrize("form", ["human", "journal", "json"])
def test_passwords_in_urls_never_come_out(form: str) -> None:
    stream = logged(form)
    log = structlog.get_logger()
    log.info(
        "polling https://me:secret@one.example/",
        urls=["https://me:secret@two.example/"],
        more={"k": "http://secret@x/"},
    )
    log.info("object", error=ValueError("https://one.example/?token=secret"))
    logging.getLogger("aiohttp").error("cannot reach %s", "https://me:secret@three.example/")
    try:
        raise OSError("https://me:secret@four.example/")
    except OSError:
        log.exception("failed")
    assert "secret" not in stream.getvalue()
    assert stream.getvalue().count("***") >= 5


@pytest.mark.parametrize("form", ["human", "journal", "json"])
def test_titles_of_strangers_cannot_steer_a_terminal_or_forge_a_line(form: str) -> None:
    stream = logged(form)
    structlog.get_logger().info("new", title="a\x1b]0;owned\x07\r\n<0>forged\x9b31m")
    text = stream.getvalue()
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", text)
    assert len(text.splitlines()) == 1


def test_the_level_holds_for_all_and_chatty_libraries_are_held_back() -> None:
    stream = logged("json", "info")
    structlog.get_logger().debug("hidden")
    logging.getLogger("apscheduler.executors").info("hidden")
    logging.getLogger("trafilatura.core").error("hidden")
    logging.getLogger("apscheduler.executors").warning("shown")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["shown"]


def test_a_reload_changes_level_and_format_and_doubles_nothing() -> None:
    log = structlog.get_logger()
    first = logged("json", "info")
    log.info("one")
    second = logged("journal", "debug")
    log.debug("two")
    assert len(first.getvalue().splitlines()) == 1
    assert second.getvalue() == "<7>two\n"


def test_context_is_part_of_every_message() -> None:
    stream = logged("journal")
    with structlog.contextvars.bound_contextvars(poll=7):
        structlog.get_logger().info("begun")
    assert stream.getvalue() == "<6>begun poll=7\n"


def test_warnings_of_python_are_logged() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        stream = logged("journal")
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    assert stream.getvalue().startswith("<4>")
    assert "DeprecationWarning: old" in stream.getvalue()


def test_a_log_that_nobody_reads_any_more_harms_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    stream = logged("json")
    stream.close()
    structlog.get_logger().info("polling https://me:secret@one.example/")
    assert capsys.readouterr().err == ""


def test_a_message_that_cannot_be_put_in_words_is_named_by_its_place_only(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logged("json")
    logging.getLogger("aiohttp").warning("%d", "https://me:secret@one.example/")
    error = capsys.readouterr().err
    assert "test_logs.py" in error
    assert "secret" not in error


def test_the_format_fits_where_the_log_goes(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as file:
        there = os.fstat(file.fileno())
        journal = {"JOURNAL_STREAM": f"{there.st_dev}:{there.st_ino}"}
        assert choose_format(LogConfig(), file, journal) == "journal"
        assert choose_format(LogConfig(), file, {"JOURNAL_STREAM": "8:1"}) == "json"
        assert choose_format(LogConfig(), file, {}) == "json"
        assert choose_format(LogConfig(format="human"), file, journal) == "human"
    assert choose_format(LogConfig(), io.StringIO(), journal) == "json"
    controller, terminal = os.openpty()
    with open(terminal, "w") as screen:
        assert choose_format(LogConfig(), screen, journal) == "human"
        configure(LogConfig(), stream=screen, env=journal)
        structlog.get_logger().info("hello")
        sys.stderr.flush()
        assert b"\x1b[" in os.read(controller, 4096)
    os.close(controller)
