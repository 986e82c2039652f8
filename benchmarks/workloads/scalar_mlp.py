"""micrograd's MLP(2, [16, 16, 1]) on 50 moons points: hinge loss and L2, as in its demo, forward and backward."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import numpy as np

TITLE = "scalar_mlp: micrograd's MLP(2, [16, 16, 1]) on 50 moons points, forward and backward"
REFERENCE = "micrograd"  # the ratio's denominator
SIZES = (2, 16, 16, 1)


def _data() -> tuple[Any, Any]:
    from sklearn.datasets import make_moons

    x, y = make_moons(n_samples=50, noise=0.1, random_state=0)
    return x.tolist(), (2 * y - 1).tolist()


def _step_of(value: Any) -> Any:
    points, labels = _data()
    rng = random.Random(0)
    layers = [
        [([value(rng.uniform(-1, 1)) for _ in range(fan_in)], value(0.0)) for _ in range(fan_out)]
        for fan_in, fan_out in pairwise(SIZES)
    ]
    parameters = [p for layer in layers for weights, bias in layer for p in (*weights, bias)]

    def forward(point: Any) -> Any:
        for depth, layer in enumerate(layers):
            out = [sum((w * x for w, x in zip(weights, point, strict=True)), bias) for weights, bias in layer]
            point = [s.relu() for s in out] if depth < len(layers) - 1 else out
        return point[0]

    def step() -> Any:
        for p in parameters:
            p.grad = 0.0
        scores = [forward([value(a) for a in point]) for point in points]
        losses = [(1 + -label * score).relu() for label, score in zip(labels, scores, strict=True)]
        loss = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in parameters)
        loss.backward()
        return float(loss.data), [np.array([float(p.grad) for p in parameters])]

    return step


def ours() -> Any:
    from autograd import Scalar

    return _step_of(Scalar)


def micrograd() -> Any:
    from micrograd.engine import Value

    return _step_of(Value)


def numpy() -> Any:
    """All points at once, as arrays: the cost of the same arithmetic without a graph of single numbers."""
    points, labels = (np.array(values, dtype=float) for values in _data())
    rng = random.Random(0)
    layers = [np.array([[rng.uniform(-1, 1) for _ in range(m)] for _ in range(n)]) for m, n in pairwise(SIZES)]
    biases = [np.zeros(n) for n in SIZES[1:]]

    def step() -> Any:
        inputs, x = [], points
        for w, b in zip(layers, biases, strict=True):
            inputs.append(x)
            z = x @ w.T + b
            x = np.maximum(z, 0)
        margins = 1 - labels * z[:, 0]
        loss = np.maximum(margins, 0).mean() + 1e-4 * (
            sum((w * w).sum() for w in layers) + sum((b * b).sum() for b in biases)
        )
        g = (-labels * (margins > 0) / len(labels))[:, None]
        gradients: list[Any] = []
        for k in reversed(range(len(layers))):
            gw, gb = g.T @ inputs[k] + 2e-4 * layers[k], g.sum(axis=0) + 2e-4 * biases[k]
            gradients.insert(0, np.column_stack([gw, gb]).ravel())  # neuron by neuron: its weights, its bias
            g = (g @ layers[k]) * (inputs[k] > 0)
        return float(loss), [np.concatenate(gradients)]

    return step


PEERS = {"ours": ours, "numpy": numpy, "micrograd": micrograd}
TARGETS = {"ours": 0.45}
