"""An LSTM written with basic operations: 50 steps of 32 sequences, 64 inputs and units, forward and backward."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workloads.jax_steps import value_and_gradients

TITLE = "LSTM of basic operations, T=50, B=32, H=64"
STEPS, BATCH, SIZE = 50, 32, 64

_rng = np.random.default_rng(0)
X = _rng.normal(size=(STEPS, BATCH, SIZE)).astype(np.float32)
TARGET = _rng.normal(size=(BATCH, SIZE)).astype(np.float32)
W_IH, W_HH = (_rng.uniform(-1 / 8, 1 / 8, (SIZE, 4 * SIZE)).astype(np.float32) for _ in range(2))
BIAS = _rng.uniform(-1 / 8, 1 / 8, 4 * SIZE).astype(np.float32)


def ours(captured: bool = False) -> Any:
    import nn
    from autograd import Tensor, capture
    from nn import functional as F

    parameters = [nn.Parameter(a) for a in (W_IH, W_HH, BIAS)]
    w_ih, w_hh, b = parameters
    xs, zeros = [Tensor(x) for x in X], Tensor(np.zeros((BATCH, SIZE), np.float32))

    def work() -> Any:
        for p in parameters:
            p.grad = None
        h = c = zeros
        for x in xs:
            i, f, g, o = np.split(x @ w_ih + h @ w_hh + b, 4, axis=1)
            c = F.sigmoid(f) * c + F.sigmoid(i) * np.tanh(g)
            h = F.sigmoid(o) * np.tanh(c)
        loss = np.mean((h - TARGET) ** 2)
        loss.backward()
        return loss

    run = capture(work) if captured else work

    def step() -> Any:
        return run().item(), [p.grad.numpy() for p in parameters]

    return step


def captured() -> Any:
    return ours(captured=True)


def numpy() -> Any:
    def sigmoid(x: Any) -> Any:
        return 1 / (1 + np.exp(-x))

    def step() -> Any:
        h = c = np.zeros((BATCH, SIZE), np.float32)
        tape = []
        for x in X:
            i, f, g, o = np.split(x @ W_IH + h @ W_HH + BIAS, 4, axis=1)
            i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
            before = (x, h, c)
            c = f * c + i * g
            t = np.tanh(c)
            tape.append((*before, i, f, g, o, t))
            h = o * t
        loss = np.mean((h - TARGET) ** 2)
        dh = (h - TARGET) * np.float32(2 / h.size)
        dc = np.zeros_like(dh)
        dw_ih, dw_hh, db = np.zeros_like(W_IH), np.zeros_like(W_HH), np.zeros_like(BIAS)
        for x, h, c, i, f, g, o, t in reversed(tape):
            do = dh * t
            dc = dc + dh * o * (1 - t * t)
            di, df, dg, dc = dc * g, dc * c, dc * i, dc * f
            dz = np.concatenate([di * (i * (1 - i)), df * (f * (1 - f)), dg * (1 - g * g), do * (o * (1 - o))], axis=1)
            dw_ih += x.T @ dz
            dw_hh += h.T @ dz
            db += dz.sum(axis=0)
            dh = dz @ W_HH.T
        return float(loss), [dw_ih, dw_hh, db]

    return step


def numpy_kept() -> Any:
    from autograd.memory import keep_freed_memory

    keep_freed_memory()
    return numpy()


def torch() -> Any:
    import torch as peer

    parameters = [peer.tensor(a, requires_grad=True) for a in (W_IH, W_HH, BIAS)]
    w_ih, w_hh, b = parameters
    xs, target, zeros = list(peer.tensor(X)), peer.tensor(TARGET), peer.zeros(BATCH, SIZE)

    def step() -> Any:
        for p in parameters:
            p.grad = None
        h = c = zeros
        for x in xs:
            i, f, g, o = (x @ w_ih + h @ w_hh + b).chunk(4, 1)
            c = peer.sigmoid(f) * c + peer.sigmoid(i) * peer.tanh(g)
            h = peer.sigmoid(o) * peer.tanh(c)
        loss = ((h - target) ** 2).mean()
        loss.backward()
        return loss.item(), [p.grad.numpy() for p in parameters]

    return step


def jax() -> Any:
    return value_and_gradients(
        lambda parameters: ((jax_states(*parameters, 0)[-1] - TARGET) ** 2).mean(), [W_IH, W_HH, BIAS]
    )


def jax_states(w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any) -> Any:
    """The state after each step of time, by `scan`."""
    from jax import lax, nn
    from jax import numpy as jnp

    def one(state: Any, x: Any) -> Any:
        h, c = state
        i, f, g, o = jnp.split(x @ w_ih + b_ih + (h @ w_hh + b_hh), 4, axis=1)
        c = nn.sigmoid(f) * c + nn.sigmoid(i) * jnp.tanh(g)
        h = nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    zeros = jnp.zeros((BATCH, SIZE), jnp.float32)
    return lax.scan(one, (zeros, zeros), X)[1]


PEERS = {
    "ours": ours,
    "captured": captured,
    "numpy": numpy,
    "torch": torch,
    "jax": jax,
    "ours_unkept": ours,
    "numpy_kept": numpy_kept,
}
TARGETS = {"ours": 0.80, "captured": 0.55}
