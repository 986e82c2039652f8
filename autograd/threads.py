"""Threads: elementwise work on large arrays, in as many threads as NumPy's BLAS may use (docs/design/threads.md).

NumPy releases the interpreter lock inside of an operation. The parts of the work are the same whatever the number of
threads, and so is every number computed. `threadpoolctl.threadpool_limits`, OMP_NUM_THREADS and OPENBLAS_NUM_THREADS
count here as they do for matrix products.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections import deque
from collections.abc import Callable, Iterator
from contextvars import copy_context
from operator import itemgetter
from queue import SimpleQueue
from threading import Lock
from typing import Any

from autograd.aligned import LINE

VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")  # in the order in which OpenBLAS looks at them

Work = Callable[[Iterator[int], int], Any]


def allowed() -> int:
    """How many threads NumPy's BLAS may use now, at most one for each core of this process."""
    limits = [library.num_threads or 1 for library in _blas()]
    return min([*limits, cores()] if limits else [_from_environment(), cores()])


@functools.cache
def cores() -> int:
    """The number of cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def part(nbytes: int, limits: range) -> int:
    """The bytes of a part of an array: within the limits, and so that there are as many parts for each core."""
    each = max(1, -(-nbytes // (limits.stop * cores())))
    return max(-(-nbytes // (each * cores() * LINE)) * LINE, limits.start)


@functools.cache
def _blas() -> list[Any]:
    """NumPy's BLAS as threadpoolctl knows it; none where threadpoolctl is not installed or does not know it."""
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return []
    import numpy as np  # its BLAS is loaded now

    found = ThreadpoolController().select(user_api="blas").lib_controllers
    beside = os.path.dirname(os.path.dirname(np.__file__))
    own = [library for library in found if os.path.dirname(library.filepath).startswith(os.path.join(beside, "numpy"))]
    return [library for library in own or found if library.num_threads]


@functools.cache
def _from_environment() -> int:
    """The number in the first environment variable that has one."""
    given = [os.environ.get(name, "").partition(",")[0].strip() for name in VARIABLES]
    return next((int(text) for text in given if text.isdigit() and int(text) > 0), cores())


def together(work: Work, count: int) -> None:
    """Do the parts 0 … count-1 of some work; each thread takes the next part when it is done with one.

    NumPy's error settings and other context variables are those of the caller in every thread.

    Args:      work: a function (numbers, thread) that does the parts whose numbers it is given, one after the other;
               threads have the numbers 0, 1, …
    Raises:    what the first part that fails raises, when no thread is at work any more.
    """
    threads = min(allowed(), count)
    if threads <= 1:
        work(iter(range(count)), 0)
        return
    shared = _Shared(work, count)
    try:
        for thread in range(1, threads):
            _begin(copy_context().run, shared.help, thread)
        shared.run(0)
    finally:
        shared.close()
    if shared.errors:
        raise min(shared.errors, key=itemgetter(0, 1))[2]


class _Shared:
    """Parts of some work that several threads take in turn."""

    def __init__(self, work: Work, count: int) -> None:
        self.work = work
        self.left = deque(range(count))
        # (False for Ctrl-C and its like, which come first, the number of a part, what it raised)
        self.errors: list[tuple[bool, int, BaseException]] = []
        self._door = Lock()
        self._closed = False
        self._inside: set[int] = set()  # the helpers at work
        self._gone: SimpleQueue[None] = SimpleQueue()

    def run(self, thread: int) -> None:
        """Do parts until none is left, or until one has failed."""
        numbers = _Numbers(self.left)
        try:
            self.work(numbers, thread)
        except BaseException as error:
            self.left.clear()
            self.errors.append((isinstance(error, Exception), numbers.last, error))

    def help(self, thread: int) -> None:
        """What another thread does, if it does not come too late."""
        with self._door:
            if self._closed:
                return
            self._inside.add(thread)
        try:
            self.run(thread)
        finally:
            self._inside.discard(thread)
            self._gone.put(None)

    def close(self) -> None:
        """Wait until no helper is at work; Ctrl-C, and what else a signal raises, waits too."""
        held: BaseException | None = None
        while True:
            try:
                with self._door:
                    self._closed = True
                while self._inside:
                    self._gone.get()
                break
            except BaseException as error:
                held = held or error
        if held is not None:
            raise held


class _Numbers:
    """The numbers that one thread takes; `last` is the one that it took last."""

    def __init__(self, left: deque[int]) -> None:
        self.last = -1
        self._next = left.popleft

    def __iter__(self) -> _Numbers:
        return self

    def __next__(self) -> int:
        try:
            self.last = self._next()
        except IndexError:
            raise StopIteration from None
        return self.last


@functools.cache
def _pool() -> Any:
    from concurrent.futures import ThreadPoolExecutor  # it imports logging

    return ThreadPoolExecutor(max(1, cores() - 1), "autograd")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # a child has none of its parent's threads


def _begin(*call: Any) -> None:
    """Begin a call in another thread, if one can be had: at the end of the program there is none any more."""
    with contextlib.suppress(RuntimeError):
        _pool().submit(*call)
