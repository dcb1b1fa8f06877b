"""One worker process and the parent's end of it: one job at a time, each within limits of its own.

    WorkerProcess.run   job -> result        in the parent, in a thread that waits
    serve               job -> result        in the worker process

A job is a function of `Worker` with its arguments, pickled between our own processes and nowhere else. Time is
measured on the job itself, by the kernel: neither waiting for a free worker nor a busy machine counts against it.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import resource
import signal
import threading
import time
import traceback
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

from aggregator.core.errors import AggregatorError
from aggregator.pipeline.worker import Worker, WorkerPlan, spare_collector

_READY = b"ready"
_START_SECONDS = 300.0
"""A worker imports its libraries and reads its models in two seconds; a machine may be very busy."""
_OUT_OF_MEMORY = 77
"""Exit status of a worker that was refused memory."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one job may take before its worker is ended."""

    seconds: float = 30.0
    """Of processor time."""
    patience: float = 300.0
    """Seconds by the clock, for what waits instead of working: many times the others, since machines are busy."""
    memory: int = 512 * 1024 * 1024
    """Bytes beyond what the worker holds when it has started."""


class WorkerCrashed(Exception):
    """A job brought its worker down, took more than the limits allow, or raised. Says which."""


class WorkersUnavailable(AggregatorError):
    """Worker processes cannot be started; no job is to blame."""


@dataclass(frozen=True, slots=True)
class _Raised:
    """Sent instead of a result when a job raised."""

    error: str
    trace: str


class WorkerProcess:
    """A worker process, started for the first job and again for the next one after a crash."""

    def __init__(self, plan: WorkerPlan, limits: Limits) -> None:
        self._plan = plan
        self._limits = limits
        self._process: multiprocessing.process.BaseProcess | None = None
        self._connection: Connection | None = None
        self._closed = False

    def run(self, job: bytes) -> bytes:
        """The result of a job, pickled. Raises WorkerCrashed, WorkersUnavailable."""
        connection = self._connection or self._start()
        why = f"took longer than {self._limits.patience:.0f} seconds"
        try:
            connection.send_bytes(job)
            if connection.poll(self._limits.patience):
                return connection.recv_bytes()
        except (EOFError, OSError):
            why = self._how_it_ended()
        self._discard()
        raise WorkerCrashed(why)

    def close(self) -> None:
        """End the process; a `run` under way in another thread raises WorkerCrashed."""
        self._closed = True
        process = self._process
        if process is not None:
            process.kill()

    def _start(self) -> Connection:
        # Spawned, never forked: the parent has threads.
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=serve, args=(theirs, self._plan, self._limits), daemon=True)
        process.start()
        theirs.close()
        self._process, self._connection = process, ours
        if self._closed:
            process.kill()
        try:
            if not ours.poll(_START_SECONDS):
                raise EOFError
            ours.recv_bytes()
        except (EOFError, OSError) as error:
            why = self._how_it_ended()
            self._discard()
            raise WorkersUnavailable(f"worker processes cannot be started: one {why}; see the log") from error
        return ours

    def _how_it_ended(self) -> str:
        process = self._process
        if process is None:
            return "is gone"
        process.join(5)
        status = process.exitcode
        if status is None:
            return "does not answer"
        if status == _OUT_OF_MEMORY:
            return f"needed more than {self._limits.memory // 2**20} MB of memory"
        if status == -signal.SIGXCPU:
            return f"took more than {self._limits.seconds:.0f} seconds of processor time"
        return f"ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"

    def _discard(self) -> None:
        process, connection = self._process, self._connection
        self._process = self._connection = None
        if connection is not None:
            connection.close()
        if process is not None:
            # What hangs in native code hears nothing but SIGKILL.
            process.kill()
            process.join(5)


def pack(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
    """A job for `WorkerProcess.run`."""
    return bytes(ForkingPickler.dumps((function, args, kwargs)))


def unpack(answer: bytes) -> Any:
    """The result in an answer of `WorkerProcess.run`. Raises WorkerCrashed when the job raised."""
    result = ForkingPickler.loads(answer)
    if isinstance(result, _Raised):
        error = WorkerCrashed(f"raised {result.error}")
        error.add_note(result.trace)
        raise error
    return result


def serve(connection: Connection, plan: WorkerPlan, limits: Limits) -> None:
    """Work in this process until the other end is closed."""
    # The daemon decides when to stop: a Ctrl-C in the terminal reaches the whole process group.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Serving and writing come first: workers take what the processor has left.
    os.nice(5)
    die_with_parent()
    worker = Worker(plan)
    spare_collector()
    _allow_memory(limits.memory)
    connection.send_bytes(_READY)
    try:
        while True:
            job = connection.recv_bytes()
            _allow_seconds(limits.seconds)
            connection.send_bytes(_answer(worker, job))
    except EOFError:
        return
    except MemoryError:
        # A heap that grew to its limit is of no further use.
        os._exit(_OUT_OF_MEMORY)


def _answer(worker: Worker, job: bytes) -> Any:
    try:
        function, args, kwargs = ForkingPickler.loads(job)
        return ForkingPickler.dumps(function(worker, *args, **kwargs))
    except MemoryError:
        raise
    except Exception as error:
        return ForkingPickler.dumps(_Raised(type(error).__name__, traceback.format_exc()))


def _allow_seconds(seconds: float) -> None:
    """End this process (SIGXCPU) when it has worked for so long from now on; the kernel counts in whole seconds."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = math.ceil(time.process_time() + seconds)
    resource.setrlimit(
        resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard)
    )


def _allow_memory(more: int) -> None:
    """Refuse this process memory beyond so many bytes more than it holds now."""
    # What a native library reserves without using it does not count in RLIMIT_DATA, as it does in RLIMIT_AS.
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    soft = _data_size() + more
    resource.setrlimit(
        resource.RLIMIT_DATA, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard)
    )


def _data_size() -> int:
    """Bytes of private writable memory of this process (proc_pid_statm(5)); 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * resource.getpagesize()


def die_with_parent() -> None:
    """End this process when the one that started it is gone, however that ended."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent.sentinel,), daemon=True, name="parent").start()


def _end_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
