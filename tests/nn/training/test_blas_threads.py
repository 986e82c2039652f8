"""A training of small products runs on one BLAS thread; the setting is as before afterwards, whatever ended it."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

import nn
import optim
from nn.training.blas_threads import SMALL, one_thread, products_are_small

threadpoolctl = pytest.importorskip("threadpoolctl")


def threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"}


def trained(width: int, seen: list[set[int]], fail: bool = False) -> None:
    def look(model: Any, history: Any) -> None:
        seen.append(threads())
        if fail:
            raise KeyError

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(8, 4)).astype(np.float32), rng.integers(0, 2, 8)
    model = nn.Sequential(nn.Linear(4, width, rng=rng), nn.ReLU(), nn.Linear(width, 2, rng=rng))
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    nn.fit(model, nn.CrossEntropyLoss(), optimizer, (x, y), epochs=1, callbacks=[look], progress=False, rng=rng)


@pytest.mark.parametrize("fail", [False, True])
def test_small_products_have_one_thread(fail: bool) -> None:
    seen: list[set[int]] = []
    with threadpoolctl.threadpool_limits(2, "blas"):
        before = threads()
        if fail:
            with pytest.raises(KeyError):
                trained(16, seen, fail)
        else:
            trained(16, seen)
            trained(SMALL // 16, seen)
        assert threads() == before
    assert seen == [{1}] if fail else [{1}, before]


@pytest.mark.parametrize(
    ("model", "x", "small"),
    [
        (nn.Linear(64, 64), np.zeros((32, 64)), True),
        (nn.Linear(1024, 1024), np.zeros((64, 1024)), False),
        (nn.Linear(16, 16), np.zeros((64, 1000, 16)), False),
        (nn.Sequential(nn.Flatten(), nn.Linear(784, 100)), np.zeros((32, 28, 28)), True),
        (nn.Conv2d(3, 8, 3), np.zeros((2, 3, 8, 8)), False),
        (nn.Embedding(100, 16), np.zeros((8, 10), int), True),
        (nn.Embedding(1000, 64), np.zeros((32, 64), int), False),
        (nn.ReLU(), np.zeros((10**4, 10**4)), True),
    ],
)
def test_what_counts_as_small(model: nn.Module, x: Any, small: bool) -> None:
    assert products_are_small(model, (x,)) is small


def test_without_threadpoolctl_nothing_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    with threadpoolctl.threadpool_limits(2, "blas"), one_thread():
        assert threads() == {2}
