"""Our nn.LSTM and torch's: 50 steps of 32 sequences, 64 inputs and units, forward and backward, loss of all outputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workloads.jax_steps import value_and_gradients
from benchmarks.workloads.lstm import BATCH, BIAS, SIZE, STEPS, W_HH, W_IH, X, jax_states

TITLE = "nn.LSTM, T=50, B=32, H=64"
TARGET = np.random.default_rng(1).normal(size=(STEPS, BATCH, SIZE)).astype(np.float32)
VALUES = [W_IH.T.copy(), W_HH.T.copy(), BIAS, np.zeros_like(BIAS)]


def ours(captured: bool = False) -> Any:
    import nn
    from autograd import Tensor, capture

    model, loss_of, x = nn.LSTM(SIZE, SIZE), nn.MSELoss(), Tensor(X)
    parameters = list(model.parameters())
    for p, value in zip(parameters, VALUES, strict=True):
        p.data = value.copy()

    def work() -> Any:
        for p in parameters:
            p.grad = None
        output, _ = model(x)
        loss = loss_of(output, TARGET)
        loss.backward()
        return loss

    run = capture(work) if captured else work

    def step() -> Any:
        return run().item(), [p.grad.numpy() for p in parameters]

    return step


def captured() -> Any:
    return ours(captured=True)


def numpy() -> Any:
    """As a layer does it: one product for all inputs before the loop, and one for each weight's gradient after it."""
    w_ih, w_hh, b, _ = VALUES

    def sigmoid(x: Any) -> Any:
        return 1 / (1 + np.exp(-x))

    def step() -> Any:
        h = c = np.zeros((BATCH, SIZE), np.float32)
        parts = (X.reshape(-1, SIZE) @ w_ih.T + b).reshape(STEPS, BATCH, -1)
        tape, outputs = [], [h]
        for part in parts:
            z = part + h @ w_hh.T
            i, f, g, o = np.split(z, 4, axis=1)
            i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
            before = c
            c = f * c + i * g
            t = np.tanh(c)
            h = o * t
            tape.append((before, i, f, g, o, t))
            outputs.append(h)
        states = np.stack(outputs)
        difference = states[1:] - TARGET
        loss = np.mean(difference**2)
        d_out = difference * np.float32(2 / difference.size)
        dz = np.empty_like(parts)
        dh = dc = np.zeros_like(h)
        for k in reversed(range(STEPS)):
            before, i, f, g, o, t = tape[k]
            dh = dh + d_out[k]
            do = dh * t
            dc = dc + dh * o * (1 - t * t)
            di, df, dg, dc = dc * g, dc * before, dc * i, dc * f
            np.concatenate(
                [di * (i * (1 - i)), df * (f * (1 - f)), dg * (1 - g * g), do * (o * (1 - o))], axis=1, out=dz[k]
            )
            dh = dz[k] @ w_hh
        flat = dz.reshape(-1, 4 * SIZE)
        db = flat.sum(axis=0)
        return float(loss), [flat.T @ X.reshape(-1, SIZE), flat.T @ states[:-1].reshape(-1, SIZE), db, db]

    return step


def numpy_kept() -> Any:
    from autograd.memory import keep_freed_memory

    keep_freed_memory()
    return numpy()


def torch() -> Any:
    import torch as peer

    model, loss_of, x, target = peer.nn.LSTM(SIZE, SIZE), peer.nn.MSELoss(), peer.tensor(X), peer.tensor(TARGET)
    parameters = list(model.parameters())
    for p, value in zip(parameters, VALUES, strict=True):
        p.data = peer.tensor(value)

    def step() -> Any:
        for p in parameters:
            p.grad = None
        output, _ = model(x)
        loss = loss_of(output, target)
        loss.backward()
        return loss.item(), [p.grad.numpy() for p in parameters]

    return step


def jax() -> Any:
    def loss_of(parameters: Any) -> Any:
        w_ih, w_hh, b_ih, b_hh = parameters
        return ((jax_states(w_ih.T, w_hh.T, b_ih, b_hh) - TARGET) ** 2).mean()

    return value_and_gradients(loss_of, VALUES)


PEERS = {
    "ours": ours,
    "captured": captured,
    "numpy": numpy,
    "torch": torch,
    "jax": jax,
    "ours_unkept": ours,
    "numpy_kept": numpy_kept,
}
TARGETS = {"ours": 1.5}
