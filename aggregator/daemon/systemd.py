"""Tells systemd how the service is doing: the protocol of sd_notify(3), by hand.

One datagram of `NAME=value` lines to the socket named by `$NOTIFY_SOCKET`. Outside systemd there is no
such variable and every function does nothing. None of them raises for a socket that went away: a daemon
must not die of its supervisor's restart.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from datetime import timedelta


def ready(status_text: str = "", *, env: Mapping[str, str] | None = None) -> bool:
    """Start-up, or a reload, is over. Returns whether systemd was told, as all of these do."""
    return _send({"READY": "1", "STATUS": status_text}, env)


def reloading(*, env: Mapping[str, str] | None = None) -> bool:
    """The configuration is being read again; `ready()` must follow, also when it was refused.

    Carries the monotonic clock in microseconds, which Type=notify-reload requires.
    """
    now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    return _send({"RELOADING": "1", "MONOTONIC_USEC": str(now)}, env)


def stopping(*, env: Mapping[str, str] | None = None) -> bool:
    """The daemon finishes what is in flight and will exit."""
    return _send({"STOPPING": "1"}, env)


def status(text: str, *, env: Mapping[str, str] | None = None) -> bool:
    """One line for `systemctl status`."""
    return _send({"STATUS": text or " "}, env)


def watchdog(*, env: Mapping[str, str] | None = None) -> bool:
    """Still alive. To be sent every `watchdog_interval()`."""
    return _send({"WATCHDOG": "1"}, env)


def watchdog_interval(*, env: Mapping[str, str] | None = None) -> timedelta | None:
    """How often to call `watchdog()`: half the time after which systemd would kill us; None: never.

    `$WATCHDOG_USEC` has that time; `$WATCHDOG_PID`, where set, the process it is meant for
    (sd_watchdog_enabled(3)).
    """
    env = os.environ if env is None else env
    limit = env.get("WATCHDOG_USEC", "")
    meant_for = env.get("WATCHDOG_PID", "")
    if not limit.isascii() or not limit.isdigit() or int(limit) == 0:
        return None
    if meant_for and meant_for != str(os.getpid()):
        return None
    return timedelta(microseconds=int(limit)) / 2


def _send(fields: Mapping[str, str], env: Mapping[str, str] | None) -> bool:
    address = (os.environ if env is None else env).get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    if address.startswith("@"):  # an abstract socket: its name begins with a zero byte
        address = "\0" + address[1:]
    message = "\n".join(f"{name}={' '.join(text.splitlines())}" for name, text in fields.items() if text)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.settimeout(1)
            channel.sendto(message.encode(), address)
    except OSError:
        return False
    return True
