"""Reading a file that a person named: never waiting for more than seconds, never more than memory holds."""

from __future__ import annotations

import errno
import os
import select
import stat
import time
from pathlib import Path

LARGEST = 16 * 1024**2
PATIENCE = 2.0
"""Seconds for which a pipe may keep us waiting: a daemon that reads its configuration again must not hang on one."""


def read_bytes(path: Path, *, patience: float = PATIENCE) -> bytes:
    """All of a file, or all that comes through a pipe. Raises OSError, with `strerror` in words."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        mode = os.fstat(handle).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        until = time.monotonic() + patience
        content = bytearray()
        while chunk := _next(handle, until, waiting=stat.S_ISFIFO(mode) and not content):
            content += chunk
            if len(content) > LARGEST:
                raise OSError(errno.EFBIG, f"it is larger than {LARGEST // 1024**2} MiB")
        return bytes(content)
    finally:
        os.close(handle)


def _next(handle: int, until: float, *, waiting: bool) -> bytes:
    """The next part, empty at the end. `waiting`: the end of a pipe that nobody has written to yet is none."""
    while True:
        left = until - time.monotonic()
        if left <= 0:
            raise OSError(errno.ETIMEDOUT, "nothing more came through this pipe for too long")
        if select.select([handle], [], [], left)[0]:
            try:
                chunk = os.read(handle, 1024 * 1024)
            except BlockingIOError:
                continue
            if chunk or not waiting:
                return chunk
            time.sleep(min(0.05, left))
