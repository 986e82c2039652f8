"""Sigmoid, Tanh, Tanhshrink and Softsign."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.registry import define
from nn.core.module import Module
from nn.layers.inputs import as_numbers, as_values
from nn.layers.kernels.precision import in_buffers

# A 0-d 1 of each dtype: NumPy converts a Python number at every call.
ONES = {np.dtype(kind): np.ones((), kind) for kind in (np.float32, np.float64)}


def _sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)) in one buffer.

    Where exp overflows the quotient is 0; the exact value is below the smallest normal number.
    """
    if x.dtype == np.float16:  # its exp overflows long before the result is small
        return _sigmoid(x.astype(np.float32)).astype(np.float16)
    if x.dtype.kind != "f":
        if x.dtype.kind == "c":
            return _sigmoid_composite(x)
        x = x.astype(np.float64)
    if x.ndim == 0:
        with np.errstate(over="ignore"):
            return 1 / (1 + np.exp(-x))
    out = np.negative(x)
    with np.errstate(over="ignore"):
        np.exp(out, out=out)
    one = ONES.get(x.dtype, 1)
    out += one
    return np.divide(one, out, out=out)


def _sigmoid_composite(x: Any) -> Any:
    """Without overflow, and exact to the last digits at both ends."""
    if x.dtype.kind != "c":
        return np.exp(-np.logaddexp(0, -x))
    right = np.real(x) >= 0
    decayed = np.exp(np.where(right, -x, x))
    return np.where(right, 1, decayed) / (1 + decayed)


sigmoid_op = define(
    _sigmoid,
    lambda g, out, x: g * (out * (1 - out)),
    keeps="out",
    composite=_sigmoid_composite,
    plain=True,
    complex=True,
    name="sigmoid",
    jvp="elementwise",
    label="g·out·(1 - out)",
)


def sigmoid(input: Any) -> Any:
    """1 / (1 + exp(-x)), without overflow; also of complex numbers."""
    return sigmoid_op(as_values(input))


class Sigmoid(Module):
    """The logistic function.

        y = 1 / (1 + exp(-x))

    Shape:     any
    Source:    Rumelhart, Hinton & Williams 1986, "Learning representations by back-propagating errors".
    """

    def forward(self, input: Any) -> Any:
        return sigmoid(input)


def tanh(input: Any) -> Any:
    """The hyperbolic tangent: np.tanh."""
    return np.tanh(as_values(input))


class Tanh(Module):
    """The hyperbolic tangent.

        y = tanh(x)

    Shape:     any
    Source:    LeCun et al. 1998, "Efficient BackProp", section 4.4.
    """

    def forward(self, input: Any) -> Any:
        return tanh(input)


@in_buffers
def _tanhshrink(x: Any) -> Any:
    t = np.tanh(x)
    return x - t, t


tanhshrink_op = define(
    _tanhshrink,
    lambda g, out, x: g * np.square(out.values),
    keeps="x",
    saves=True,
    composite=lambda x: x - np.tanh(x),
    complex=True,
    name="tanhshrink",
    jvp="elementwise",
    label="g·(tanh x)²",
)


def tanhshrink(input: Any) -> Any:
    """x - tanh(x); also of complex numbers."""
    return tanhshrink_op(as_numbers(input))


class Tanhshrink(Module):
    """The difference between x and its hyperbolic tangent.

        y = x - tanh(x)

    Shape:     any
    """

    def forward(self, input: Any) -> Any:
        return tanhshrink(input)


def _softsign(x: Any) -> Any:
    x = np.clip(x, -np.finfo(x.dtype).max, np.finfo(x.dtype).max)  # the limit ±1 at ±∞, where ∞ / ∞ would be nan
    return x / (np.abs(x) + 1)


softsign_op = define(
    lambda x: _softsign(x if x.dtype.kind == "f" else x.astype(np.float64)),
    lambda g, out, x: g / np.square(np.abs(x) + 1),
    keeps="x",
    name="softsign",
    jvp="elementwise",
    label="g/(1 + |x|)²",
)


def softsign(input: Any) -> Any:
    """x / (1 + |x|); also of complex numbers."""
    x = as_numbers(input)
    return x / (np.abs(x) + 1) if x.dtype.kind == "c" else softsign_op(x)


class Softsign(Module):
    """A sigmoid that saturates slowly.

        y = x / (1 + |x|)

    Shape:     any
    Numerics:  ±1 at ±inf, where PyTorch gives nan.
    Source:    Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks".
    """

    def forward(self, input: Any) -> Any:
        return softsign(input)
