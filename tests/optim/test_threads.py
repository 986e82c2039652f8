"""An optimizer's update in several threads is that of one thread, to the bit (docs/design/threads.md)."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import threads
from optim import flat
from tests.cases.optimizers import OPTIMIZERS, OptimizerCase

ELEMENTWISE = [case for case in OPTIMIZERS if getattr(case.cls, "in_threads", False)]


def dealt(work: threads.Work, count: int) -> None:
    """The parts of some work in the order in which threads might come to them."""
    for i in sorted(range(count), key=lambda i: (i * 7) % 11):
        work(iter([i]), i % 3)


def after_steps(case: OptimizerCase, dtype: Any, steps: int = 4) -> list[bytes]:
    rng = np.random.default_rng(0)
    params = [nn.Parameter(rng.normal(size=n).astype(dtype)) for n in ((7, 9), (40,), (), (11, 3))]
    optimizer = case.cls(params, **case.options)
    for _ in range(steps):
        for p in params:
            p.grad = rng.normal(size=p.shape).astype(dtype)
        optimizer.step()
    entries = [optimizer.state.get(p, {}) for p in params]
    remembered = [v.tobytes() for entry in entries for v in entry.values() if isinstance(v, np.ndarray)]
    return [p.numpy().tobytes() for p in params] + remembered


@pytest.mark.parametrize("case", ELEMENTWISE, ids=lambda case: case.name)
def test_stretches_are_updated_apart_from_each_other(case: OptimizerCase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flat, "part", lambda nbytes, limits: 16 * 8)
    monkeypatch.setattr(flat, "SHARED", 10**9)
    expected = {dtype: after_steps(case, dtype) for dtype in (np.float32, np.float64)}
    monkeypatch.setattr(flat, "SHARED", 1)
    monkeypatch.setattr(flat, "together", dealt)
    for dtype, values in expected.items():
        assert after_steps(case, dtype) == values


def test_all_elementwise_optimizers_take_part() -> None:
    assert {case.cls.__name__ for case in ELEMENTWISE} == {
        "SGD", "Adagrad", "RMSprop", "Adadelta", "Adam", "AdamW", "Adamax", "NAdam", "RAdam", "Lion", "ASGD", "Rprop"
    }  # fmt: skip


def test_a_rule_of_the_users_own_runs_in_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may draw or count: in which order threads come to it, nobody knows."""
    monkeypatch.setattr(threads, "allowed", lambda: 4)
    monkeypatch.setattr(flat, "part", lambda nbytes, limits: 64)
    monkeypatch.setattr(flat, "SHARED", 1)
    found = set()

    class Noisy(optim.Adam):
        def rule(self, group: Any, state: Any) -> Any:
            update = super().rule(group, state)

            def noisy(p: Any, g: Any, *rest: Any) -> None:
                found.add(threading.get_ident())
                update(p, g, *rest)

            return noisy

    assert optim.AdamW.in_threads
    assert not Noisy.in_threads
    p = nn.Parameter(np.ones(5000))
    p.grad = np.ones(5000)
    Noisy([p]).step()
    assert found == {threading.get_ident()}


@pytest.mark.parametrize("captured", [False, True])
def test_a_large_layer_is_trained_by_several_threads(captured: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    found, at_work = [], set()
    started = threads._Shared.run

    def noted(self: Any, thread: int) -> None:
        at_work.add(thread)
        started(self, thread)

    monkeypatch.setattr(threads._Shared, "run", noted)
    for number in (1, 3):
        monkeypatch.setattr(threads, "allowed", lambda number=number: number)
        rng = np.random.default_rng(0)
        model = nn.Linear(1500, 600, rng=rng)
        optimizer = optim.AdamW(model.parameters(), weight_decay=0.1)
        x = rng.normal(size=(2, 1500)).astype(np.float32)

        def step(x: Any, model: Any = model, optimizer: Any = optimizer) -> Any:
            loss = (model(x) ** 2).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            return loss

        run = autograd.capture(step) if captured else step
        losses = [float(run(x).numpy()) for _ in range(5)]
        found.append([losses, *[p.numpy().tobytes() for p in model.parameters()]])
        assert not captured or run.calls["replayed"] == 2
    assert found[0] == found[1]
    assert 0 in at_work
