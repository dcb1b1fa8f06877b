"""sd_notify, received by a real socket."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.daemon import systemd


@pytest.fixture(params=["path", "abstract"])
def receiving(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[socket.socket, dict[str, str]]]:
    """A socket as systemd listens on, and the environment that names it."""
    receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    receiver.settimeout(5)
    if request.param == "path":
        name = str(tmp_path / "notify")
        receiver.bind(name)
    else:
        name = f"@aggregator-test-{os.getpid()}-{time.monotonic_ns()}"
        receiver.bind("\0" + name[1:])
    with receiver:
        yield receiver, {"NOTIFY_SOCKET": name}


def test_each_message_arrives_as_the_protocol_has_it(receiving: tuple[socket.socket, dict[str, str]]) -> None:
    receiver, env = receiving
    assert systemd.ready("Serving 3 outputs", env=env)
    assert receiver.recv(4096) == b"READY=1\nSTATUS=Serving 3 outputs"
    assert systemd.ready(env=env)
    assert receiver.recv(4096) == b"READY=1"
    assert systemd.status("72 feeds, 3 failing", env=env)
    assert receiver.recv(4096) == b"STATUS=72 feeds, 3 failing"
    assert systemd.watchdog(env=env)
    assert receiver.recv(4096) == b"WATCHDOG=1"
    assert systemd.stopping(env=env)
    assert receiver.recv(4096) == b"STOPPING=1"


def test_reloading_carries_the_monotonic_clock(receiving: tuple[socket.socket, dict[str, str]]) -> None:
    receiver, env = receiving
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    assert systemd.reloading(env=env)
    after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    first, second = receiver.recv(4096).decode().split("\n")
    assert first == "RELOADING=1"
    assert before <= int(second.removeprefix("MONOTONIC_USEC=")) <= after


def test_a_status_cannot_smuggle_in_another_message(receiving: tuple[socket.socket, dict[str, str]]) -> None:
    receiver, env = receiving
    systemd.status("a title\nSTOPPING=1", env=env)
    assert receiver.recv(4096) == b"STATUS=a title STOPPING=1"


@pytest.mark.parametrize("name", ["", "relative/path", "vsock:2:1", "/nowhere/notify"])
def test_without_systemd_nothing_happens(name: str) -> None:
    env = {"NOTIFY_SOCKET": name}
    told = [
        systemd.ready(env=env),
        systemd.reloading(env=env),
        systemd.status("x", env=env),
    ]
    told += [systemd.watchdog(env=env), systemd.stopping(env=env), systemd.ready(env={})]
    assert not any(told)


def test_the_processs_own_environment_is_the_default(
    receiving: tuple[socket.socket, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver, env = receiving
    monkeypatch.setenv("NOTIFY_SOCKET", env["NOTIFY_SOCKET"])
    assert systemd.watchdog()
    assert receiver.recv(4096) == b"WATCHDOG=1"


@pytest.mark.parametrize(
    ("env", "interval"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "120000000"}, timedelta(minutes=1)),
        ({"WATCHDOG_USEC": "120000000", "WATCHDOG_PID": str(os.getpid())}, timedelta(minutes=1)),
        ({"WATCHDOG_USEC": "120000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "²"}, None),
    ],
)
def test_the_watchdog_is_fed_twice_as_often_as_asked(env: dict[str, str], interval: timedelta | None) -> None:
    assert systemd.watchdog_interval(env=env) == interval
