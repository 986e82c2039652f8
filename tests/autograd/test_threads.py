"""Elementwise work in several threads: the numbers, errors and warnings of one thread (docs/design/threads.md)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from autograd import threads
from autograd.threads import together


@pytest.fixture(params=[1, 2, 5])
def number(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many threads are allowed; more of them than there are cores are no error."""
    monkeypatch.setattr(threads, "allowed", lambda: request.param)
    return int(request.param)


@pytest.mark.parametrize("count", [0, 1, 3, 40])
def test_every_part_is_done_once(number: int, count: int) -> None:
    done: list[int] = []

    def work(parts: Iterable[int], thread: int) -> None:
        assert 0 <= thread < number
        for i in parts:
            time.sleep(1e-4)
            done.append(i)

    together(work, count)
    assert sorted(done) == list(range(count))


def test_all_threads_take_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "allowed", lambda: 2)
    meet = threading.Barrier(2)
    found: list[int] = []

    def work(parts: Iterable[int], thread: int) -> None:
        for _ in parts:
            meet.wait(20)  # which one thread alone would never leave
            found.append(thread)

    together(work, 2)
    assert sorted(found) == [0, 1]


def test_the_first_part_that_fails_is_raised_when_all_threads_are_done(number: int) -> None:
    at_work: set[int] = set()

    def work(parts: Iterable[int], thread: int) -> None:
        for i in parts:
            at_work.add(thread)
            try:
                time.sleep(0.002 * (i == 7))  # the first to fail is not the first to be ready
                if i >= 7:
                    raise ValueError(f"part {i}")
            finally:
                at_work.discard(thread)

    with pytest.raises(ValueError, match=r"^part 7$"):
        together(work, 30)
    assert not at_work
    done: list[int] = []
    together(lambda parts, thread: done.extend(parts), 3)  # and it goes on
    assert sorted(done) == [0, 1, 2]


def test_numpys_error_settings_are_those_of_the_caller(number: int) -> None:
    x = np.zeros((12, 1000))

    def work(parts: Iterable[int], thread: int) -> None:
        for i in parts:
            np.divide(1, x[i])

    with np.errstate(divide="raise"), pytest.raises(FloatingPointError, match="divide by zero"):
        together(work, 12)
    with np.errstate(divide="ignore"):
        together(work, 12)  # a warning would be an error here
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        together(work, 12)
    assert [str(w.message) for w in found] == ["divide by zero encountered in divide"] * 12


def test_ctrl_c_ends_the_work_when_no_thread_writes_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "allowed", lambda: 2)
    begun = threading.Event()
    done: list[int] = []

    def work(parts: Iterable[int], thread: int) -> None:
        for i in parts:
            if thread:
                begun.set()
                time.sleep(0.05)
                done.append(i)
            else:
                assert begun.wait(20)
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(1)

    with pytest.raises(KeyboardInterrupt):
        together(work, 100)
    assert len(done) == 1  # the part that was at work was done, and no other
    time.sleep(0.06)
    assert len(done) == 1


def test_a_forked_child_makes_threads_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    code = """
import os, threading, warnings
from autograd import threads
warnings.simplefilter("ignore")  # Python says that a process with threads is forked
threads.allowed = lambda: 2
def once():
    meet = threading.Barrier(2)
    threads.together(lambda parts, thread: [meet.wait(20) for _ in parts], 2)
once()
child = os.fork()
once()
if child:
    assert os.waitpid(child, 0)[1] == 0
    print("both")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("both\n", "")


def test_work_at_the_end_of_the_program() -> None:
    code = """
import atexit
from autograd import threads
threads.allowed = lambda: 3
def last():
    done = []
    threads.together(lambda parts, thread: done.extend(parts), 4)
    print(sorted(done))
atexit.register(last)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("[0, 1, 2, 3]\n", "")


def test_as_many_as_the_blas_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    threadpoolctl = pytest.importorskip("threadpoolctl")
    monkeypatch.setattr(threads, "cores", lambda: 8)
    assert threads._blas()
    for limit in (1, 2):
        with threadpoolctl.threadpool_limits(limit, "blas"):
            assert threads.allowed() == limit
    monkeypatch.setattr(threads, "cores", lambda: 1)
    assert threads.allowed() == 1


@pytest.mark.parametrize(("given", "expected"), [
    ({}, 6), ({"OMP_NUM_THREADS": "3"}, 3), ({"OMP_NUM_THREADS": "3,2"}, 3), ({"OMP_NUM_THREADS": "20"}, 6),
    ({"OMP_NUM_THREADS": "3", "OPENBLAS_NUM_THREADS": "2"}, 2), ({"OMP_NUM_THREADS": "many"}, 6),
    ({"OMP_NUM_THREADS": "0"}, 6),
])  # fmt: skip
def test_without_threadpoolctl_the_environment_decides(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], expected: int
) -> None:
    monkeypatch.setattr(threads, "_blas", list)
    monkeypatch.setattr(threads, "cores", lambda: 6)
    for name in threads.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, text in given.items():
        monkeypatch.setenv(name, text)
    read: Any = threads._from_environment
    read.cache_clear()
    try:
        assert threads.allowed() == expected
    finally:
        read.cache_clear()
