"""Linear algebra on one thread: training runs beside the daemon, on machines with few processors.

On two busy cores the threads of BLAS wait for each other; one thread was eight times faster there. It also
makes sums, and so models, independent of how many processors a machine has.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack

from threadpoolctl import threadpool_limits


def one_thread() -> AbstractContextManager[object]:
    """Return a context in which BLAS uses one thread."""
    stack = ExitStack()
    stack.enter_context(threadpool_limits(limits=1, user_api="blas"))
    return stack
