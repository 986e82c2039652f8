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
from autograd.ops.special import logsumexp

MANY = 70_000
_values = np.tile(np.array([1.0, 3.0], np.float16), MANY // 2)
_ones = np.ones(MANY, np.float16)
_rows = np.ones((MANY // 10, 10), np.float16)

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
    "take": (lambda x: np.take(x, np.repeat([0, 1], 5000)), _ones[:2]),
    "getitem": (lambda x: x[np.zeros(5000, int), [[0], [1]]], _ones[:2].reshape(1, 2)),
    "tile": (lambda x: np.tile(x, 5000), _ones[:2]),
    "repeat": (lambda x: np.repeat(x, 5000), _ones[:2]),
    "repeat of different numbers": (lambda x: np.repeat(x, [5000, 3]), _ones[:2]),
    "resize": (lambda x: np.resize(x, 10_001), _ones[:2]),
    "sliding_window_view": (lambda x: sliding_window_view(x, 5000), np.ones(12_000, np.float16)),
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


@pytest.mark.parametrize("shape", [(3,), (1, 3)])
def test_undone_broadcasting_adds_in_float32(shape: tuple[int, ...]) -> None:
    b = Tensor(np.zeros(shape, np.float16), requires_grad=True)
    (np.zeros((4099, 3), np.float16) + b).backward(np.ones((4099, 3), np.float16))
    assert np.all(b.grad.numpy() == np.float16(4099)), b.grad
