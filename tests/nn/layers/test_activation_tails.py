"""Smooth activations far from 0: values and derivatives beside mpmath's with 50 digits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

import nn.functional as F
from autograd import Tensor
from autograd.engine.gradients import gradients
from nn.layers.activation.elu import SELU_ALPHA, SELU_SCALE

POINTS = [-700.0, -88.0, -37.0, -30.0, -10.0, 10.0, 30.0, 37.0, 88.0, 700.0]
TOLERANCE = {np.float32: 2e-5, np.float64: 1e-12}

mp = mpmath.mp.clone()
mp.dps = 50


def elu(alpha: float, scale: float = 1.0, input_scale: float = 1.0) -> Callable[[Any], Any]:
    return lambda x: scale * (x if x > 0 else mp.mpf(alpha) * mp.expm1(x * mp.mpf(input_scale)))


def softplus(beta: float, threshold: float) -> Callable[[Any], Any]:
    return lambda x: x if beta * x > threshold else mp.log1p(mp.exp(beta * x)) / beta


def gelu_tanh(x: Any) -> Any:
    u = mp.sqrt(2 / mp.pi) * (x + mp.mpf("0.044715") * x**3)
    return x / (1 + mp.exp(-2 * u))  # ½ (1 + tanh u) = σ(2u)


# name: ours, the same in mpmath
SMOOTH: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "sigmoid": (F.sigmoid, lambda x: 1 / (1 + mp.exp(-x))),
    "logsigmoid": (F.logsigmoid, lambda x: -mp.log1p(mp.exp(-x))),
    "tanh": (F.tanh, mp.tanh),
    "tanhshrink": (F.tanhshrink, lambda x: x - mp.tanh(x)),
    "softsign": (F.softsign, lambda x: x / (1 + abs(x))),
    "softplus": (F.softplus, softplus(1, 20)),
    "softplus with beta": (lambda x: F.softplus(x, 0.5, 1000.0), softplus(0.5, 1000)),
    "elu": (F.elu, elu(1.0)),
    "elu of alpha 3": (lambda x: F.elu(x, 3.0), elu(3.0)),
    "celu of alpha ½": (lambda x: F.celu(x, 0.5), elu(0.5, 1, 2)),
    "celu of alpha 40": (lambda x: F.celu(x, 40.0), elu(40, 1, 1 / 40)),
    "selu": (F.selu, elu(SELU_ALPHA, SELU_SCALE)),
    "gelu": (F.gelu, lambda x: x * mp.ncdf(x)),
    "gelu by tanh": (lambda x: F.gelu(x, "tanh"), gelu_tanh),
    "silu": (F.silu, lambda x: x / (1 + mp.exp(-x))),
    "mish": (F.mish, lambda x: x * mp.tanh(mp.log1p(mp.exp(x)))),
    "glu": (lambda x: F.glu(np.stack([np.ones_like(x), x]), 0), lambda x: 1 / (1 + mp.exp(-x))),
}
FROM_THE_RESULT = {"sigmoid", "tanh", "glu"}  # σ(1 - σ) and 1 - t², as in PyTorch: the input need not be kept


def derivative(function: Callable[[Any], Any], x: Any) -> Any:
    """A central difference with steps so small, and digits so many, that fifty digits are right."""
    with mp.workdps(1200):
        step = mp.mpf(10) ** -60
        return (function(x + step) - function(x - step)) / (2 * step)


def slopes(function: Callable[[Any], Any], x: Any, recorded: bool) -> Any:
    t = Tensor(x, requires_grad=True)
    y = function(t)
    (g,) = gradients(y, [t], np.ones(y.shape, y.dtype), create_graph=recorded)
    assert g.dtype == x.dtype
    return np.asarray(getattr(g, "_array", g))


def assert_near(ours: Any, right: list[Any], dtype: Any, absolute: float = 0.0) -> None:
    """Relative to the right value, down to where numbers of the dtype lose their digits."""
    allowed = absolute + float(np.finfo(dtype).tiny)
    for x, a, b in zip(POINTS, ours.ravel().tolist(), right, strict=True):
        assert abs(mp.mpf(a) - b) <= TOLERANCE[dtype] * abs(b) + allowed, f"at {x}: {a}, right {mp.nstr(b, 8)}"


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("name", SMOOTH)
def test_tails_have_the_digits_of_mpmath(name: str, dtype: Any) -> None:
    ours, theirs = SMOOTH[name]
    x = np.array(POINTS, dtype)
    with mp.workdps(1200):
        value, slope = ([f(mp.mpf(point)) for point in POINTS] for f in (theirs, lambda p: derivative(theirs, p)))
    assert_near(ours(x), value, dtype)
    for recorded in (False, True):
        # What computes its slope from a result near ±1 knows it to the spacing of numbers there.
        absolute = 2 * float(np.finfo(dtype).eps) if name in FROM_THE_RESULT else 0.0
        assert_near(slopes(ours, x, recorded), slope, dtype, absolute)
