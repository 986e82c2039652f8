"""1000 dependent operations on a 0-d tensor: the cost of recording and of the sweep, almost without arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "chain: 1000 dependent operations on a 0-d tensor, forward and backward"
TARGETS = {"ours": 0.15, "captured": 0.05}
STEPS = 500
SCALE, SHIFT = 1.001, 0.001


def _through(x: Any) -> Any:
    y = x
    for _ in range(STEPS):
        y = y * SCALE
        y = y + SHIFT
    return y


def ours(captured: bool = False) -> Any:
    from autograd import Tensor, capture

    def work(start: Any) -> Any:
        x = Tensor(start, requires_grad=True)
        y = _through(x)
        y.backward()
        return y, x.grad

    run, start = capture(work) if captured else work, np.array(1.0)

    def step() -> Any:
        y, gradient = run(start)
        return y.item(), [gradient.numpy()]

    return step


def captured() -> Any:
    return ours(captured=True)


def numpy() -> Any:
    def step() -> Any:
        x = np.float64(1.0)
        y = _through(x)
        g = np.float64(1.0)
        for _ in range(STEPS):  # the sum's derivative is 1, the product's is the constant
            g = g * SCALE
        return float(y), [g]

    return step


def torch() -> Any:
    import torch as peer

    def step() -> Any:
        x = peer.tensor(1.0, dtype=peer.float64, requires_grad=True)
        y = _through(x)
        y.backward()
        return y.item(), [x.grad.numpy()]

    return step


def micrograd() -> Any:
    import sys

    from micrograd.engine import Value

    sys.setrecursionlimit(10_000)  # micrograd sorts its graph by recursion

    def step() -> Any:
        x = Value(1.0)
        y = _through(x)
        y.backward()
        return y.data, [np.asarray(x.grad)]

    return step


def jax() -> Any:
    import jax as peer

    peer.config.update("jax_enable_x64", True)
    run, start = peer.jit(peer.value_and_grad(_through)), np.array(1.0)

    def step() -> Any:
        y, gradient = run(start)
        return float(y), [np.asarray(gradient)]

    return step


PEERS = {"ours": ours, "captured": captured, "numpy": numpy, "micrograd": micrograd, "torch": torch, "jax": jax}
