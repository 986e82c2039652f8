"""sum(tanh(x)·sigmoid(x) + exp(-x·x)·x) of a million float32: limited by memory and by page faults of temporaries."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workloads.jax_steps import value_and_gradients

TITLE = "elementwise_large: 1e6 float32, sum(tanh(x)*sigmoid(x) + exp(-x*x)*x), forward and backward"
TARGETS = {"ours": 1.0, "captured": 0.55}
N = 1_000_000
BLOCK = 8192  # 32 KiB: several temporaries of this size fit in the second-level cache


def _x() -> Any:
    return np.random.default_rng(0).normal(size=N).astype(np.float32)


def ours(captured: bool = False) -> Any:
    import nn.functional as F
    from autograd import Tensor, capture

    x = Tensor(_x(), requires_grad=True)

    def work() -> Any:
        x.grad = None
        loss = (np.tanh(x) * F.sigmoid(x) + np.exp(-x * x) * x).sum()
        loss.backward()
        return loss

    run = capture(work) if captured else work

    def step() -> Any:
        return run().item(), [x.grad.numpy()]

    return step


def captured() -> Any:
    return ours(captured=True)


def _step_of(x: Any) -> Any:
    def step() -> Any:
        t = np.tanh(x)
        s = 1 / (1 + np.exp(-x))
        e = np.exp(-x * x)
        loss = (t * s + e * x).sum()
        gradient = s * (1 - t * t) + t * s * (1 - s) + e - 2 * x * x * e
        return float(loss), [gradient]

    return step


def numpy() -> Any:
    return _step_of(_x())


def numpy_kept() -> Any:
    from autograd.memory import keep_freed_memory

    keep_freed_memory()
    return _step_of(_x())


def numpy_blocks() -> Any:
    x = _x()
    gradient = np.empty_like(x)

    def step() -> Any:
        loss = 0.0
        for start in range(0, N, BLOCK):
            part, [gradient[start : start + BLOCK]] = _step_of(x[start : start + BLOCK])()
            loss += part
        return loss, [gradient]

    return step


def torch() -> Any:
    import torch as peer

    x = peer.tensor(_x(), requires_grad=True)

    def step() -> Any:
        x.grad = None
        loss = (peer.tanh(x) * peer.sigmoid(x) + peer.exp(-x * x) * x).sum()
        loss.backward()
        return loss.item(), [x.grad.numpy()]

    return step


def jax() -> Any:
    from jax import nn
    from jax import numpy as jnp

    def loss_of(xs: Any) -> Any:
        [x] = xs
        return (jnp.tanh(x) * nn.sigmoid(x) + jnp.exp(-x * x) * x).sum()

    return value_and_gradients(loss_of, [_x()])


PEERS = {
    "ours": ours, "captured": captured, "ours_unkept": ours,
    "numpy": numpy, "numpy_kept": numpy_kept, "numpy_returned": numpy, "numpy_blocks": numpy_blocks,
    "torch": torch, "jax": jax,
}  # fmt: skip
