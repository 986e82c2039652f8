"""A tangent of the input pushed through a 784-512-512-10 network with tanh, batch 128, and the forward pass alone."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

TITLE = "value and derivative along a direction of the inputs, 784-512-512-10 with tanh, batch of 128"
REFERENCE = "ours_forward"  # the ratio says how many forward passes a jvp costs
TARGETS = {"ours": 2.0}
BATCH, SIZES = 128, (784, 512, 512, 10)

_rng = np.random.default_rng(0)
_weights = [(_rng.normal(size=(m, n)) / np.sqrt(n)).astype(np.float32) for n, m in pairwise(SIZES)]
_x, _v = (_rng.normal(size=(BATCH, SIZES[0])).astype(np.float32) for _ in range(2))


def _logits(x: Any) -> Any:
    from nn import functional as F

    *hidden, last = _weights
    for W in hidden:
        x = np.tanh(F.linear(x, W))
    return F.linear(x, last)


def ours(captured: bool = False) -> Any:
    from autograd import capture, jvp

    def both(x: Any, v: Any) -> Any:
        return jvp(_logits, x, v)

    run = capture(both) if captured else both

    def step() -> Any:
        y, t = run(_x, _v)
        return _size(t), [y, t]

    return step


def captured() -> Any:
    return ours(captured=True)


def ours_forward() -> Any:
    t = numpy()()[1][1]  # for the comparison; it is not timed

    def step() -> Any:
        return _size(t), [_logits(_x), t]

    return step


def numpy() -> Any:
    """By hand, with the derivative of every line beside it."""

    def step() -> Any:
        h, t = _x, _v
        *hidden, last = _weights
        for W in hidden:
            h = np.tanh(h @ W.T)
            t = (t @ W.T) * (1 - h * h)
        y, t = h @ last.T, t @ last.T
        return _size(t), [y, t]

    return step


def torch() -> Any:
    import torch as peer

    weights = [peer.tensor(W) for W in _weights]
    x, v = peer.tensor(_x), peer.tensor(_v)

    def logits(x: Any) -> Any:
        *hidden, last = weights
        for W in hidden:
            x = peer.tanh(peer.nn.functional.linear(x, W))
        return peer.nn.functional.linear(x, last)

    def step() -> Any:
        y, t = (a.numpy() for a in peer.func.jvp(logits, (x,), (v,)))
        return _size(t), [y, t]

    return step


def jax() -> Any:
    import jax as peer

    def logits(x: Any) -> Any:
        *hidden, last = _weights
        for W in hidden:
            x = peer.numpy.tanh(x @ W.T)
        return x @ last.T

    run = peer.jit(lambda x, v: peer.jvp(logits, (x,), (v,)))

    def step() -> Any:
        y, t = map(np.asarray, run(_x, _v))
        return _size(t), [y, t]

    return step


def _size(t: Any) -> float:
    """One number that depends on the tangent, in place of a loss."""
    return float(np.vdot(t, t))


PEERS = {"ours": ours, "captured": captured, "ours_forward": ours_forward, "numpy": numpy, "torch": torch, "jax": jax}
