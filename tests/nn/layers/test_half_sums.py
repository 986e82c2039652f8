"""Losses and softmaxes of 70,000 float16 rows: the same as in float32, also in a graph of the gradient."""

from __future__ import annotations

import numpy as np
import pytest

from autograd import Tensor
from autograd.engine.gradients import gradients
from nn import functional as F

MANY = 70_000
RNG = np.random.default_rng(0)
X = RNG.normal(size=(MANY, 3)).astype(np.float16)
T = RNG.integers(0, 3, MANY)
W = np.array([1, 0.5, 2], np.float16)
P = np.full((MANY, 3), 1 / 3, np.float16)
FUNCTIONS = {
    "cross_entropy": lambda x: F.cross_entropy(x, T),
    "cross_entropy, weights": lambda x: F.cross_entropy(x, T, W),
    "cross_entropy, ignored": lambda x: F.cross_entropy(x, T, ignore_index=1),
    "cross_entropy, smoothed": lambda x: F.cross_entropy(x, T, W, ignore_index=1, label_smoothing=0.1),
    "cross_entropy, probabilities": lambda x: F.cross_entropy(x, P),
    "cross_entropy, probabilities and weights": lambda x: F.cross_entropy(x, P, W),
    "nll_loss": lambda x: F.nll_loss(F.log_softmax(x, 1), T),
    "nll_loss, weights": lambda x: F.nll_loss(F.log_softmax(x, 1), T, W, ignore_index=1),
    "kl_div": lambda x: F.kl_div(F.log_softmax(x, 1), P, reduction="batchmean"),
    "mse_loss": lambda x: F.mse_loss(x, P),
    "softmax": lambda x: F.softmax(x, 0),
    "log_softmax": lambda x: F.log_softmax(x, 0),
    "softmin": lambda x: F.softmin(x, 0),
}


def _value_and_gradient(name: str, x: np.ndarray, graph: bool) -> tuple[np.ndarray, np.ndarray]:
    t = Tensor(x, requires_grad=True)
    y = FUNCTIONS[name](t)
    g = np.full(y.shape, 1000, y.dtype) if y.ndim == 0 else (np.arange(y.size) % 3).reshape(y.shape).astype(y.dtype)
    (found,) = gradients([y], [t], [g], create_graph=graph)
    assert y.dtype == found.dtype == x.dtype
    return y.numpy().astype(float), found.numpy().astype(float)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("graph", [False, True])
def test_many_rows_of_float16(name: str, graph: bool) -> None:
    x = X if "loss" in name or "div" in name or "entropy" in name else X[:, :1]
    got, right = (_value_and_gradient(name, a, graph) for a in (x, x.astype(np.float32)))
    for a, b in zip(got, right, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-2, atol=1e-6)
