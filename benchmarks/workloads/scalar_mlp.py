"""micrograd's MLP(2, [16, 16, 1]) on 50 moons points: hinge loss and L2, as in its demo, forward and backward."""

from __future__ import annotations

import random
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
        for fan_in, fan_out in zip(SIZES, SIZES[1:], strict=False)
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


PEERS = {"ours": ours, "micrograd": micrograd}
TARGETS = {"ours": 0.45}
