"""Sums, counts and scales of float16: what a half type cannot hold does not pass through it.

float16 has no number above 65504 and no odd number above 2048. Every function here is compared with the same
function of the same numbers in float32.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

import autograd
from autograd import Tensor
from autograd.engine.forward import push
from autograd.engine.gradients import gradients
from autograd.ops.special import logsumexp
from nn import functional as F

MANY = 70_000
_values = np.tile(np.array([1.0, 3.0], np.float16), MANY // 2)
_ones = np.ones(MANY, np.float16)
_rows = np.ones((MANY // 10, 10), np.float16)
_few = np.array([1.0, 0.5, 2.0], np.float16)
_some = np.ones(5000, np.float16)
_zeros = np.zeros(5000, int)
_large = np.array([60000.0, 50000.0, 60000.0], np.float16)

FUNCTIONS = {
    "mean": (np.mean, _values),
    "mean over axis 0": (lambda x: np.mean(x, axis=0), np.ones((MANY, 2), np.float16)),
    "nanmean": (np.nanmean, _values),
    "average": (np.average, _values),
    "average with weights": (lambda x: np.average(x, weights=_ones), _values),
    "weights of average": (lambda x: np.average(_values, weights=x), _ones),
    "max": (np.max, _ones),
    "min": (np.min, _ones),
    "nanmax": (np.nanmax, _ones),
    "nanmin": (np.nanmin, _ones),
    "var": (np.var, _values),
    "std": (np.std, _values),
    "nanvar": (np.nanvar, _values),
    "nanstd": (np.nanstd, _values),
    "sum over axis 0": (lambda x: np.sum(x, axis=0), _rows),
    "median": (np.median, _ones),
    "logsumexp": (logsumexp, _ones),
    "logaddexp.reduce": (np.logaddexp.reduce, _ones),
    "logaddexp2.reduce": (np.logaddexp2.reduce, _ones),
    "fmax.reduce": (np.fmax.reduce, _ones),
    "add.reduceat": (lambda x: np.add.reduceat(x, [0, 5000]), np.ones(10_000, np.float16)),
    "getitem": (lambda x: x[np.zeros(5000, int), [[0], [1]]], _ones[:2].reshape(1, 2)),
    "repeat of different numbers": (lambda x: np.repeat(x, [5000, 3]), _ones[:2]),
    "sliding_window_view": (lambda x: sliding_window_view(x, 2500), np.ones(6000, np.float16)),
    "median of large values": (np.median, _large[:2]),
    "nanmedian of large values": (np.nanmedian, _large[:2]),
    "quantile": (lambda x: np.quantile(x, 0.3), np.arange(2000).astype(np.float16)),
    "percentile of many": (lambda x: np.percentile(x, 30.0), _values),
    "x[repeated]": (lambda x: x[_zeros], _few),
    "x[repeated] of rows": (lambda x: x[_zeros], np.ones((3, 2), np.float16)),
    "x[:, repeated]": (lambda x: x[:, _zeros], np.ones((3, 2), np.float16)),
    "take": (lambda x: np.take(x, _zeros), _few),
    "take_along_axis": (lambda x: np.take_along_axis(x, _zeros, 0), _few),
    "tile": (lambda x: np.tile(x, 5000), _few),
    "repeat": (lambda x: np.repeat(x, 5000), _few),
    "resize": (lambda x: np.resize(x, 15000), _few),
    "broadcast_to": (lambda x: np.broadcast_to(x, (5000, 3)), _few),
    "pad edge": (lambda x: np.pad(x, 5000, mode="edge"), _few),
    "pad wrap": (lambda x: np.pad(x, 9000, mode="wrap"), _few),
    "cumsum": (np.cumsum, _some),
    "cumsum over axis 0": (lambda x: np.cumsum(x, axis=0), _rows[:5000]),
    "nancumsum": (np.nancumsum, _some),
    "add.accumulate": (np.add.accumulate, _some),
    "cumprod": (np.cumprod, _some),
    "trapezoid": (np.trapezoid, _some),
    "trapezoid of large values": (lambda x: np.trapezoid(x, dx=0.25), _large),
    "dot": (lambda x: np.dot(x, np.ones_like(x)), _some),
    "vecdot": (lambda x: np.vecdot(x, np.ones_like(x)), _some),
    "matmul": (lambda x: np.matmul(x, np.ones((5000, 2), x.dtype)), np.ones((3, 5000), np.float16)),
    "matmul, second": (lambda x: np.matmul(np.ones((5000, 2), x.dtype), x), np.ones((2, 3), np.float16)),
    "tensordot": (lambda x: np.tensordot(x, np.ones((5000, 2), x.dtype), 1), np.ones((3, 5000), np.float16)),
    "einsum": (lambda x: np.einsum("ij,jk->ik", x, np.ones((5000, 2), x.dtype)), np.ones((3, 5000), np.float16)),
    "einsum, second": (lambda x: np.einsum("ij,jk->ik", np.ones((5000, 2), x.dtype), x), np.ones((2, 3), np.float16)),
    "einsum of one": (lambda x: np.einsum("ij->j", x), _rows[:5000]),
    "convolve": (lambda x: np.convolve(x, np.ones(5000, x.dtype)), _few),
    "outer": (lambda x: np.outer(x, np.ones(5000, x.dtype)), _few),
    "trace": (np.trace, np.ones((3000, 3000), np.float16)),
    "norm of order 1": (lambda x: np.linalg.norm(x, 1), _some),
    "linear, bias": (lambda b: F.linear(np.ones((5000, 3), b.dtype), np.ones((2, 3), b.dtype), b), _few[:2]),
    "linear, weight": (lambda w: F.linear(np.ones((5000, 3), w.dtype), w), np.ones((2, 3), np.float16)),
    "layer_norm, bias": (lambda b: F.layer_norm(np.ones((5000, 3), b.dtype), (3,), None, b), _few),
    "embedding": (lambda w: F.embedding(_zeros, w), np.ones((3, 2), np.float16)),
    "average pooling": (lambda x: F.avg_pool1d(x, 5000), np.ones((1, 1, 5000), np.float16)),
    "conv1d, bias": (lambda b: F.conv1d(np.ones((1, 1, 5000), b.dtype), np.ones((3, 1, 1), b.dtype), b), _few),
    "attention, values": (lambda v: F.scaled_dot_product_attention(v * 0, v * 0, v), np.ones((1, 2500, 2), np.float16)),
}


def _both(function: Any, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(value, gradient of the sum, tangent along ones); the value is checked to have the dtype of x."""
    t = Tensor(x, requires_grad=True)
    out = function(t)
    (tangent,) = push([out], [t], [np.ones_like(x)])
    out.backward(np.ones(out.shape, out.dtype))
    assert out.dtype == t.grad.dtype == x.dtype
    return out.numpy(), t.grad.numpy(), np.asarray(tangent)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_gradients_and_tangents_of_many_halves_are_those_of_float32(name: str) -> None:
    function, x = FUNCTIONS[name]
    for got, expected in zip(_both(function, x), _both(function, x.astype(np.float32)), strict=True):
        np.testing.assert_allclose(got.astype(float), expected, rtol=2e-3, atol=6e-8)


@pytest.mark.parametrize("name", ["var", "std", "mean", "nanmean"])
def test_also_in_a_graph_of_the_gradient(name: str) -> None:
    function, x = FUNCTIONS[name]
    gradients = [autograd.grad(lambda x: autograd.grad(function)(x)[0] * 1.0)(a) for a in (x, x.astype(np.float32))]
    np.testing.assert_allclose(gradients[0].astype(float), gradients[1], rtol=5e-3, atol=2e-7)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_recorded_gradient_has_the_same_values(name: str) -> None:
    function, x = FUNCTIONS[name]
    found = []
    for a in (x, x.astype(np.float32)):
        t = Tensor(a, requires_grad=True)
        out = function(t)
        found += gradients([out], [t], [np.ones(out.shape, out.dtype)], create_graph=True)
    assert found[0].dtype == np.float16
    np.testing.assert_allclose(found[0].numpy().astype(float), found[1].numpy(), rtol=4e-3, atol=6e-8)


@pytest.mark.parametrize("shape", [(3,), (1, 3)])
def test_undone_broadcasting_adds_in_float32(shape: tuple[int, ...]) -> None:
    b = Tensor(np.zeros(shape, np.float16), requires_grad=True)
    (np.zeros((4099, 3), np.float16) + b).backward(np.ones((4099, 3), np.float16))
    assert np.all(b.grad.numpy() == np.float16(4099)), b.grad
