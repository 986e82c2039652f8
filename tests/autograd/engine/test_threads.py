"""Modes are a thread's own, and threads may sweep at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from autograd import Tensor, backward, detect_anomaly, is_grad_enabled, no_grad
from autograd.engine.gradients import gradients
from autograd.engine.modes import mode
from autograd.errors import AnomalyError


def in_thread(f: Callable[[], Any]) -> Any:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(f).result(timeout=60)


def test_no_grad_in_one_thread_does_not_reach_another() -> None:
    inside, done = threading.Event(), threading.Event()
    x = Tensor([1.0], requires_grad=True)

    def off() -> bool:
        with no_grad():
            inside.set()
            assert done.wait(60)
            return (x * 2).requires_grad

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(off)
        assert inside.wait(60)
        assert is_grad_enabled()
        assert (x * 2).requires_grad
        done.set()
        assert future.result(timeout=60) is False


def test_a_new_thread_starts_from_the_default_mode() -> None:
    with no_grad(), detect_anomaly():
        state = in_thread(mode.get)
    assert state.recording
    assert not state.anomaly


def test_anomaly_detection_is_a_threads_own() -> None:
    x = Tensor([-1.0], requires_grad=True)

    def root() -> float:
        with np.errstate(invalid="ignore"):
            return np.sqrt(x).item()

    with detect_anomaly():
        assert np.isnan(in_thread(root))
        with pytest.raises(AnomalyError):
            root()


def test_a_graph_recorded_in_one_thread_is_swept_in_another() -> None:
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = (x**3).sum()
    in_thread(y.backward)
    assert x.grad.tolist() == [3, 12]


def test_many_threads_sweep_graphs_that_share_constants_and_leaves() -> None:
    rng = np.random.default_rng(0)
    constant = Tensor(rng.normal(size=(16, 16)))
    shared = Tensor(rng.normal(size=(16, 16)) / 8, requires_grad=True)
    start = threading.Barrier(4)

    def work(seed: int) -> list[Any]:
        own = Tensor(np.random.default_rng(seed).normal(size=(16, 16)), requires_grad=True)
        start.wait(60)
        found = []
        for i in range(60):
            y = np.tanh(own @ shared + constant * float(i)).sum()
            if i % 3 == 0:
                (g,) = gradients(y, [own], create_graph=True)
                (g,) = gradients((g * g).sum(), [shared])
            else:
                (g,) = gradients(y, [own])
            found.append(g.numpy())
        own.zero_grad()
        np.tanh(own * constant).sum().backward()
        return [*found, own.grad.numpy()]

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(work, range(4)))
    start = threading.Barrier(1)
    for seed in range(4):
        for a, b in zip(together[seed], work(seed), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)
    assert shared.grad is None


def test_numbers_of_operations_stay_in_order_across_threads() -> None:
    """A parent's number is smaller than its child's, whichever thread made which."""
    x = Tensor(1.0, requires_grad=True)
    parts: list[Tensor] = []

    def build() -> None:
        y = x * 1.0
        for _ in range(500):
            y = y + 1.0
        parts.append(y)

    threads = [threading.Thread(target=build) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    total = parts[0] + parts[1] + parts[2] + parts[3]
    total.backward()
    assert x.grad.item() == 4.0


def test_many_threads_add_to_one_leaf() -> None:
    w = Tensor([1.0], requires_grad=True)

    def work() -> None:
        for _ in range(200):
            backward((w * 1.0).sum())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert w.grad is not None
    assert w.grad.tolist() == [800]


def test_one_setting_serves_several_threads_at_once() -> None:
    setting, both, states = no_grad(), threading.Barrier(2), []

    def work() -> None:
        with setting:
            both.wait()
            states.append(is_grad_enabled())
            both.wait()
        states.append(is_grad_enabled())

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(states) == [False, False, True, True]
