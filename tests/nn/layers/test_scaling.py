"""Normalisations of values whose squares overflow, or vanish where eps = 0: y is that of scaled values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor
from autograd.engine.forward import push
from autograd.engine.gradients import gradients
from nn import functional as F

Function = Callable[..., Any]  # of an input (4, 4, 3), weight and bias (4,), eps

RNG = np.random.default_rng(3)
X, G = RNG.normal(size=(4, 4, 3)), RNG.normal(size=(4, 4, 3))
W, B = RNG.normal(size=4), RNG.normal(size=4)
FAR = 50 + X  # values that are centred twice

NORMS: dict[str, Function] = {
    "batch_norm": lambda x, w, b, eps: F.batch_norm(x, None, None, w, b, True, eps=eps or 1e-300),
    "batch_norm (N, C)": lambda x, w, b, eps: F.batch_norm(x[:, :, 0], None, None, w, b, True, eps=eps or 1e-300),
    "group_norm": lambda x, w, b, eps: F.group_norm(x, 2, w, b, eps),
    "instance_norm": lambda x, w, b, eps: F.instance_norm(x, None, None, w, b, eps=eps),
    "layer_norm": lambda x, w, b, eps: F.layer_norm(np.swapaxes(x, 1, 2), (4,), w, b, eps),
    "layer_norm without weight": lambda x, w, b, eps: F.layer_norm(x, (4, 3), None, None, eps),
    "rms_norm": lambda x, w, b, eps: F.rms_norm(np.swapaxes(x, 1, 2), (4,), w, eps),
    "rms_norm without weight": lambda x, w, b, eps: F.rms_norm(x, (3,), None, eps),
    "normalize": lambda x, w, b, eps: F.normalize(x, eps=eps) * w[:, None],
    "normalize, p = 3": lambda x, w, b, eps: F.normalize(x, 3.0, eps=eps),
    "cosine": lambda x, w, b, eps: F.cosine_embedding_loss(x[0], x[1], [1, -1, 1, 1], -1.0, reduction="none"),
    "weight_norm": lambda x, w, b, eps: nn.parametrizations.WeightNorm()(w[:, None, None], x),
}
LARGE = [(np.float32, 1e30), (np.float64, 1e160), (np.float16, 1e4)]
SMALL = [(np.float32, 1e-30), (np.float64, 1e-170)]
RTOL = {"e": 2e-2, "f": 2e-5, "d": 1e-11}


def _all(function: Function, x: np.ndarray, eps: float, graph: bool) -> list[np.ndarray]:
    """[value, cotangents of x, weight and bias]"""
    dtype = x.dtype
    tensors = [Tensor(a.astype(dtype), requires_grad=True) for a in (x, W, B)]
    with np.errstate(over="ignore", divide="ignore"):
        y = function(*tensors, eps)
        g = G.astype(dtype) if y.ndim > 2 else G[:, :, 0].astype(dtype)
        g = np.swapaxes(g, 1, 2) if y.shape == (4, 3, 4) else g if y.ndim > 1 else g[0]
        found = gradients([y], tensors, [g], create_graph=graph)
    assert y.dtype == dtype
    return [y.numpy(), *[None if d is None else d.numpy() for d in found]]


def _check(name: str, values: np.ndarray, dtype: Any, size: float, eps: float, graph: bool) -> None:
    x = (values * size).astype(dtype)
    got, right = _all(NORMS[name], x, eps, graph), _all(NORMS[name], x.astype(np.float64) / size, 0.0, False)
    if got[1] is not None:
        got[1] = got[1].astype(float) * size
    for a, b in zip(got, right, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_allclose(a.astype(float), b, rtol=RTOL[x.dtype.char], atol=RTOL[x.dtype.char])


@pytest.mark.parametrize("name", NORMS)
@pytest.mark.parametrize(("dtype", "size"), LARGE)
@pytest.mark.parametrize("graph", [False, True])
def test_large_values(name: str, dtype: Any, size: float, graph: bool) -> None:
    if dtype == np.float16 and (graph or name.startswith("weight")):
        pytest.skip("the cotangents of x are near 1e-4, where a half has few digits")
    _check(name, X, dtype, size, 1e-5, graph)


@pytest.mark.parametrize("name", [name for name in NORMS if not name.startswith(("batch", "cosine"))])
@pytest.mark.parametrize(("dtype", "size"), SMALL)
@pytest.mark.parametrize("graph", [False, True])
def test_small_values_without_eps(name: str, dtype: Any, size: float, graph: bool) -> None:
    _check(name, X, dtype, size, 0.0, graph)


@pytest.mark.parametrize("name", ["batch_norm", "group_norm", "layer_norm"])
def test_large_values_far_from_zero(name: str) -> None:
    _check(name, FAR, np.float64, 1e160, 1e-5, False)


@pytest.mark.parametrize("name", ["layer_norm", "rms_norm", "group_norm"])
def test_rows_of_usual_size_beside_large_ones_are_as_before(name: str) -> None:
    x = X.astype(np.float32)
    beside = np.concatenate([x[:3], x[3:] * np.float32(1e30)])
    with np.errstate(over="ignore"):
        got = NORMS[name](beside, None, None, 1e-5)
    np.testing.assert_array_equal(got[:3], NORMS[name](x, None, None, 1e-5)[:3])


@pytest.mark.parametrize("name", ["layer_norm", "rms_norm"])
def test_tangents(name: str) -> None:
    x = Tensor(X.astype(np.float32) * np.float32(1e30), requires_grad=True)
    with np.errstate(over="ignore"):
        (tangent,) = push([NORMS[name](x, None, None, 1e-5)], [x], [G.astype(np.float32)])
    y = Tensor(X, requires_grad=True)
    (right,) = push([NORMS[name](y, None, None, 0.0)], [y], [G])
    np.testing.assert_allclose(np.asarray(tangent, float) * 1e30, right, rtol=1e-4, atol=1e-5)


def test_nan_and_inf_stay_in_their_row() -> None:
    x = Tensor(np.array([[1.0, np.nan], [1.0, 2.0], [np.inf, 1.0]], np.float32))
    with np.errstate(invalid="ignore"):
        y = F.layer_norm(x, (2,)).numpy()
    assert np.isnan(y[[0, 2]]).all()
    np.testing.assert_allclose(y[1], [-1, 1], rtol=1e-4)


def test_the_running_mean_is_finite_and_the_running_variance_what_its_dtype_holds() -> None:
    layer: Any = nn.BatchNorm1d(4)
    with np.errstate(over="ignore"):
        layer(X.astype(np.float32) * np.float32(1e30))
    np.testing.assert_allclose(layer.running_mean.numpy() / 1e29, X.mean((0, 2)), rtol=1e-4)
    assert np.isinf(layer.running_var.numpy()).all()


def test_an_embedding_is_shortened_whatever_its_length() -> None:
    layer: Any = nn.Embedding(2, 3, max_norm=1.0)
    with autograd.no_grad():
        layer.weight[...] = 1e30
    with np.errstate(over="ignore"):
        layer([0, 1])
    np.testing.assert_allclose(layer.weight.numpy(), np.full((2, 3), 3**-0.5), rtol=1e-5)
