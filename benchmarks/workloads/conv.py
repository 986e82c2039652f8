"""LeNet-5 with ReLU and max pooling on 32x1x28x28, cross-entropy, forward and backward.

The NumPy peer does what a course teaches, in good NumPy: (N, C, H, W) in memory, im2col with `sliding_window_view`, a
batched matrix product, columns that are kept for the backward pass, col2im by slices, pooling over a reshaped array.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from benchmarks.workloads.jax_steps import cross_entropy, value_and_gradients

TITLE = "conv: LeNet-5, B=32, 1x28x28, ReLU, max pooling, cross-entropy, forward and backward"
TARGETS = {"ours": 1.3}

_rng = np.random.default_rng(0)
_SHAPES = [(6, 1, 5, 5), (16, 6, 5, 5), (120, 400), (84, 120), (10, 84)]
WEIGHTS = [_rng.normal(scale=(2 / np.prod(shape[1:])) ** 0.5, size=shape).astype(np.float32) for shape in _SHAPES]
BIASES = [_rng.normal(scale=0.1, size=shape[0]).astype(np.float32) for shape in _SHAPES]
X = _rng.normal(size=(32, 1, 28, 28)).astype(np.float32)
TARGET = _rng.integers(0, 10, 32)


def _network(nn: Any, tensor: Any) -> Any:
    """The model in either library: the layers have the same names."""
    layers = [
        nn.Conv2d(1, 6, 5, padding=2),
        nn.Conv2d(6, 16, 5),
        nn.Linear(400, 120),
        nn.Linear(120, 84),
        nn.Linear(84, 10),
    ]
    for layer, w, b in zip(layers, WEIGHTS, BIASES, strict=True):
        layer.weight.data, layer.bias.data = tensor(w), tensor(b)
    first, second, *dense = layers
    return nn.Sequential(
        first, nn.ReLU(), nn.MaxPool2d(2), second, nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), dense[0], nn.ReLU(), dense[1], nn.ReLU(), dense[2],
    )  # fmt: skip


def ours(captured: bool = False) -> Any:
    import nn
    from autograd import Tensor, capture

    model, loss_of, x = _network(nn, np.copy), nn.CrossEntropyLoss(), Tensor(X)
    parameters = list(model.parameters())

    def work() -> Any:
        for p in parameters:
            p.grad = None
        loss = loss_of(model(x), TARGET)
        loss.backward()
        return loss

    run = capture(work) if captured else work

    def step() -> Any:
        return run().item(), [p.grad.numpy() for p in parameters]

    return step


def captured() -> Any:
    return ours(captured=True)


def torch() -> Any:
    import torch as peer

    model, loss_of = _network(peer.nn, peer.tensor), peer.nn.CrossEntropyLoss()
    x, target, parameters = peer.tensor(X), peer.tensor(TARGET), list(model.parameters())

    def step() -> Any:
        for p in parameters:
            p.grad = None
        loss = loss_of(model(x), target)
        loss.backward()
        return loss.item(), [p.grad.numpy() for p in parameters]

    return step


def numpy() -> Any:
    weights, biases, rows = [w.copy() for w in WEIGHTS], [b.copy() for b in BIASES], np.arange(len(TARGET))

    def convolve(x: Any, w: Any, b: Any) -> tuple[Any, Any]:
        n, k = len(x), w.shape[2]
        windows = sliding_window_view(x, (k, k), (2, 3))  # (N, C, P, Q, k, k)
        p, q = windows.shape[2:4]
        columns = windows.transpose(0, 1, 4, 5, 2, 3).reshape(n, -1, p * q)  # (N, C·k·k, P·Q)
        y = w.reshape(len(w), -1) @ columns + b[:, None]
        return y.reshape(n, len(w), p, q), columns

    def pool(x: Any) -> tuple[Any, Any]:
        n, c, h, w = x.shape
        windows = x.reshape(n, c, h // 2, 2, w // 2, 2)
        y = windows.max(axis=(3, 5))
        return y, windows == y[:, :, :, None, :, None]

    def unpool(g: Any, mask: Any) -> Any:
        n, c, p, _, q, _ = mask.shape
        return (g[:, :, :, None, :, None] * mask).reshape(n, c, 2 * p, 2 * q)

    def step() -> Any:
        w1, w2, *dense = weights
        b1, b2, *shifts = biases
        y1, columns1 = convolve(np.pad(X, ((0, 0), (0, 0), (2, 2), (2, 2))), w1, b1)
        h1, mask1 = pool(np.maximum(y1, 0))
        y2, columns2 = convolve(h1, w2, b2)
        h2, mask2 = pool(np.maximum(y2, 0))
        inputs, h = [], h2.reshape(len(h2), -1)
        for w, b in zip(dense, shifts, strict=True):
            inputs.append(h)
            z = h @ w.T + b
            h = np.maximum(z, 0)
        e = np.exp(z - z.max(axis=1, keepdims=True))
        total = e.sum(axis=1, keepdims=True)
        g = e / total
        loss = -np.log(g[rows, TARGET]).mean()
        g[rows, TARGET] -= 1
        g /= len(g)
        gradients: list[Any] = []
        for k in (2, 1, 0):
            gradients[:0] = [g.T @ inputs[k], g.sum(axis=0)]
            g = g @ dense[k]
            if k:
                g = g * (inputs[k] > 0)
        g = unpool(g.reshape(h2.shape), mask2) * (y2 > 0)  # where all are 0 the mask selects them all, but relu none
        lines = g.reshape(*g.shape[:2], -1)
        gradients[:0] = [(lines @ columns2.swapaxes(1, 2)).sum(axis=0).reshape(w2.shape), lines.sum(axis=(0, 2))]
        spread = (w2.reshape(16, -1).T @ lines).reshape(32, 6, 5, 5, 10, 10)
        g = np.zeros_like(h1)
        for i in range(5):
            for j in range(5):
                g[:, :, i : i + 10, j : j + 10] += spread[:, :, i, j]
        lines = (unpool(g, mask1) * (y1 > 0)).reshape(32, 6, -1)
        gradients[:0] = [(lines @ columns1.swapaxes(1, 2)).sum(axis=0).reshape(w1.shape), lines.sum(axis=(0, 2))]
        return float(loss), gradients

    return step


def numpy_kept() -> Any:
    from autograd.memory import keep_freed_memory

    keep_freed_memory()
    return numpy()


def jax() -> Any:
    from jax import lax, nn
    from jax import numpy as jnp

    def pooled(x: Any) -> Any:
        return lax.reduce_window(nn.relu(x), -jnp.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")

    def loss_of(parameters: Any, x: Any, target: Any) -> Any:
        w1, b1, w2, b2, w3, b3, w4, b4, w5, b5 = parameters
        x = pooled(lax.conv(jnp.pad(x, ((0, 0), (0, 0), (2, 2), (2, 2))), w1, (1, 1), "VALID") + b1[:, None, None])
        x = pooled(lax.conv(x, w2, (1, 1), "VALID") + b2[:, None, None]).reshape(len(x), -1)
        return cross_entropy(nn.relu(nn.relu(x @ w3.T + b3) @ w4.T + b4) @ w5.T + b5, target)

    parameters = [p for pair in zip(WEIGHTS, BIASES, strict=True) for p in pair]
    return value_and_gradients(loss_of, parameters, X, TARGET)


PEERS = {
    "ours": ours,
    "captured": captured,
    "ours_unkept": ours,
    "numpy": numpy,
    "numpy_kept": numpy_kept,
    "torch": torch,
    "jax": jax,
}
