"""Pictures of large graphs: what they cost, and the garbage collector after them."""

from __future__ import annotations

import gc
import time
from typing import Any

import numpy as np
import pytest

from autograd.scalar.scalar import Scalar
from autograd.tensor.tensor import Tensor
from autograd.viz import trace
from autograd.viz.data.values import _of_many, _statistics

CHAINS: dict[str, Any] = {
    "values kept": (lambda: Tensor(np.ones(3), requires_grad=True), np.sin),
    "a constant each": (lambda: Scalar(1.0), lambda y: y * 1.0001),
}


@pytest.mark.parametrize("kind", CHAINS)
def test_a_chain_ten_times_as_long_takes_about_ten_times_as_long(kind: str) -> None:
    start, step = CHAINS[kind]

    def seconds(length: int) -> float:
        y = start()
        for _ in range(length):
            y = step(y)
        began = time.process_time()
        assert f"×{length:,}" in trace(y).to_dot()
        return time.process_time() - began

    short = min(seconds(10_000) for _ in range(2))
    assert seconds(100_000) < 40 * short  # quadratic would be a factor of 100
    assert short < 1.5  # measured 0.2: ten times as much in 100,000


@pytest.mark.parametrize("size", range(1, 20))
def test_statistics_of_few_numbers_are_numpys_to_the_last_bit(size: int) -> None:
    rng = np.random.default_rng(size)
    for scale in (1.0, 1e-300, 1e154, 0.0):
        numbers = rng.normal(size=size) * scale * rng.integers(0, 2, size)
        assert _statistics(numbers) == _of_many(numbers)
    for bad in (np.nan, np.inf, -np.inf):
        numbers[-1] = bad
        assert repr(_statistics(numbers)) == repr(_of_many(numbers))


@pytest.mark.parametrize("running", [True, False])
def test_the_collector_is_as_it_was_after_a_trace(running: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    was = gc.isenabled()
    try:
        (gc.enable if running else gc.disable)()
        trace(Scalar(1.0) * 2.0).to_dot()
        assert gc.isenabled() is running
        monkeypatch.setattr(Scalar, "item", lambda self: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            trace(Scalar(1.0) * 2.0)
        assert gc.isenabled() is running
    finally:
        (gc.enable if was else gc.disable)()
