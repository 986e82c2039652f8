"""Roots of sums of squares where the squares overflow or vanish: f(s·x) = s·f(x), with the gradient of x."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor
from autograd.engine.forward import push
from nn import functional as F

X = np.array([[1.0, -2.0, 3.0, 0.5], [2.0, 0.25, -1.0, 4.0]])
FUNCTIONS = {
    "std": np.std,
    "std over an axis": lambda x: np.std(x, axis=1),
    "std with ddof": lambda x: np.std(x, axis=0, ddof=1, keepdims=True),
    "nanstd": np.nanstd,
    "nanstd over an axis": lambda x: np.nanstd(x, axis=1, keepdims=True),
    "norm": np.linalg.norm,
    "norm of rows": lambda x: np.linalg.norm(x, axis=1),
    "norm of rows, kept": lambda x: np.linalg.norm(x, 2, axis=-1, keepdims=True),
    "Frobenius": lambda x: np.linalg.norm(x, "fro"),
    "norm of order 3": lambda x: np.linalg.norm(x, 3, axis=1),
    "norm of order -2": lambda x: np.linalg.norm(x, -2, axis=0),
    "vector norm over two axes": lambda x: np.linalg.vector_norm(x, axis=(0, 1)),
    "matrix norm": np.linalg.matrix_norm,
    "hypot": lambda x: np.hypot(x, x),
    "distance": lambda x: F.pairwise_distance(x, 0 * x, eps=0.0),
    "of rows of different size": lambda x: np.linalg.norm(np.concatenate([x, x / x.dtype.type(1e3)]), axis=1),
}
SIZES = [(np.float32, 1e30), (np.float32, 1e-30), (np.float64, 1e160), (np.float64, 1e-170), (np.float16, 4e3)]
SIZES += [(np.float32, 1e-20), (np.float64, 3e307)]


def _both(function: Any, x: np.ndarray) -> tuple[Any, Any, Any]:
    """(value, gradient of the sum, the tangent along ones)."""
    t = Tensor(x, requires_grad=True)
    with np.errstate(over="ignore", divide="ignore"):
        out = function(t)
        (tangent,) = push([out], [t], [np.ones_like(x)])
        out.backward(np.ones(out.shape, out.dtype))
    assert out.dtype == t.grad.dtype == x.dtype
    return out.numpy(), t.grad.numpy(), tangent


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(("dtype", "size"), SIZES)
def test_a_length_of_any_size_is_right_and_so_is_its_gradient(name: str, dtype: Any, size: float) -> None:
    x = (X * size).astype(dtype) if size < 1e300 else X * size / 4
    value, gradient, tangent = _both(FUNCTIONS[name], x)
    with np.errstate(over="ignore"):
        right = _both(FUNCTIONS[name], x.astype(np.longdouble).astype(np.float64) / size)
    rtol = {"e": 3e-3, "f": 2e-6, "d": 1e-13}[x.dtype.char]
    np.testing.assert_allclose(value.astype(float) / size, right[0], rtol=rtol)
    np.testing.assert_allclose(gradient.astype(float), right[1], rtol=rtol, atol=rtol)
    np.testing.assert_allclose(np.asarray(tangent, float), right[2], rtol=rtol, atol=rtol)


@pytest.mark.parametrize("name", ["std", "norm of rows", "nanstd", "norm of order 3"])
def test_also_in_a_graph_of_the_gradient(name: str) -> None:
    function = FUNCTIONS[name]
    with np.errstate(over="ignore"):
        got, right = [
            autograd.grad(lambda x: (autograd.grad(lambda x: function(x).sum())(x) * X[::-1]).sum())(x)
            for x in (1e155 * X, X)
        ]
    np.testing.assert_allclose(got * 1e155, right, rtol=1e-5, atol=1e-7)  # products of two reciprocals are subnormal


@pytest.mark.parametrize("function", [np.std, np.nanstd, np.linalg.norm])
def test_rows_of_any_size_beside_each_other(function: Any) -> None:
    x = np.concatenate([X * 1e160, X, X * 1e-170, 0 * X, X * 1e150])
    with np.errstate(over="ignore"):
        got = function(Tensor(x), axis=1).numpy()
    right = function(X, axis=1)
    sizes = [1e160, 1, 1e-170, 0, 1e150]
    np.testing.assert_allclose(got, np.concatenate([size * right for size in sizes]), rtol=1e-12)


def test_what_is_infinite_stays_so_and_what_is_zero_too() -> None:
    x = np.array([[np.inf, 1.0], [0.0, 0.0], [np.nan, 1.0]])
    np.testing.assert_array_equal(np.linalg.norm(Tensor(x), axis=1).numpy(), [np.inf, 0, np.nan])
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(np.std(Tensor(x), axis=1).numpy(), [np.nan, 0, np.nan])
    c = Tensor(np.full(3, 1e15, np.float32), requires_grad=True)
    np.std(c).backward()
    assert c.grad.tolist() == [0, 0, 0]
