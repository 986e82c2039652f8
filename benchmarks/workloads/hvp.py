"""Hessian times vector of a 64-64-10 tanh network with softmax cross-entropy, by all its parameters, batch 64."""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "Hessian-vector product, 64-64-10 with tanh, batch of 64"
BATCH, SIZES = 64, (64, 64, 10)

_rng = np.random.default_rng(0)
_x = _rng.normal(size=(BATCH, SIZES[0])).astype(np.float32)
_target = _rng.integers(0, SIZES[-1], BATCH)
_shapes = ((SIZES[1], SIZES[0]), (SIZES[1],), (SIZES[2], SIZES[1]), (SIZES[2],))
_parameters = [(_rng.normal(size=shape) / 8).astype(np.float32) for shape in _shapes]
_vector = [_rng.normal(size=shape).astype(np.float32) for shape in _shapes]


def ours(captured: bool = False) -> Any:
    from autograd import capture, hvp
    from nn import functional as F

    def loss(W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
        return F.cross_entropy(F.linear(np.tanh(F.linear(_x, W1, b1)), W2, b2), _target)

    def product(parameters: Any, vector: Any) -> Any:
        return hvp(loss, parameters, vector)

    parameters, vector = tuple(_parameters), tuple(_vector)
    run = capture(product) if captured else product

    def step() -> Any:
        found = run(parameters, vector)
        return _size(found), found

    return step


def captured() -> Any:
    return ours(captured=True)


def numpy() -> Any:
    """Pearlmutter's R-operator by hand: every line of the gradient, with its derivative along v beside it."""
    (W1, b1, W2, b2), (V1, c1, V2, c2) = _parameters, _vector
    rows = np.arange(BATCH)

    def step() -> Any:
        h = np.tanh(_x @ W1.T + b1)
        s = 1 - h * h
        rh = s * (_x @ V1.T + c1)
        z = h @ W2.T + b2
        rz = rh @ W2.T + h @ V2.T + c2
        e = np.exp(z - z.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        rp = p * (rz - np.sum(p * rz, axis=1, keepdims=True)) / BATCH
        g = p / BATCH
        g[rows, _target] -= 1 / BATCH
        back = g @ W2
        rgh = (rp @ W2 + g @ V2) * s - 2 * back * h * rh
        found = [rgh.T @ _x, rgh.sum(axis=0), rp.T @ h + g.T @ rh, rp.sum(axis=0)]
        return _size(found), found

    return step


def torch() -> Any:
    import torch as peer

    x, target = peer.tensor(_x), peer.tensor(_target)
    parameters = [peer.tensor(p, requires_grad=True) for p in _parameters]
    vector = [peer.tensor(v) for v in _vector]
    linear = peer.nn.functional.linear

    def step() -> Any:
        W1, b1, W2, b2 = parameters
        loss = peer.nn.functional.cross_entropy(linear(peer.tanh(linear(x, W1, b1)), W2, b2), target)
        slopes = peer.autograd.grad(loss, parameters, create_graph=True)
        found = [g.numpy() for g in peer.autograd.grad(slopes, parameters, vector)]
        return _size(found), found

    return step


def jax() -> Any:
    import jax as peer

    def loss(parameters: Any) -> Any:
        W1, b1, W2, b2 = parameters
        z = peer.numpy.tanh(_x @ W1.T + b1) @ W2.T + b2
        return -peer.nn.log_softmax(z)[np.arange(BATCH), _target].mean()

    product = peer.jit(lambda p, v: peer.jvp(peer.grad(loss), (p,), (v,))[1])

    def step() -> Any:
        found = [np.asarray(g) for g in product(_parameters, _vector)]
        return _size(found), found

    return step


def _size(found: Any) -> float:
    """One number that depends on all of them, in place of a loss."""
    return float(sum(np.vdot(g, g) for g in found))


PEERS = {"ours": ours, "captured": captured, "numpy": numpy, "torch": torch, "jax": jax}
TARGETS = {"ours": 0.6, "captured": 0.20}
