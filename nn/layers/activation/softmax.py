"""Softmax, LogSoftmax, Softmin and Softmax2d: exponentials that are normalised along an axis.

Rows with infinities give the limits: elements that are +inf share 1 equally. A row of nothing but -inf has softmax 0
throughout, because no element is possible, and log_softmax -inf.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.primitive import Primitive
from autograd.engine.registry import define
from autograd.errors import ShapeError
from autograd.ops.special import logsumexp, shifted_by_max
from nn.core.module import Module
from nn.layers.inputs import as_floats, as_values, axis_of

vecdot: Any = np.vecdot  # its stubs lack the axis


def _exponentials(x: Any, axis: Any) -> tuple[Any, Any, Any]:
    """(x - max x, its exponentials, their sum); the sum is 1 for a row of nothing but -inf."""
    shifted, top, finite = shifted_by_max(x, axis)
    e = np.exp(shifted)
    total = np.add.reduce(e, axis=axis, keepdims=True)
    if not finite:
        total = np.where(top == -np.inf, np.ones((), e.dtype), total)
    return shifted, e, total


def _softmax(x: Any, axis: int = -1) -> Any:
    _, e, total = _exponentials(x, axis)
    e /= total
    return e


def _softmax_vjp(g: Any, out: Any, x: Any, axis: int = -1) -> Any:
    made = g - _inner(g, out, axis)
    made *= out
    return made


def _inner(a: Any, b: Any, axis: int) -> Any:
    """Σ a·b along an axis, which keeps length 1."""
    made = vecdot(a, b, axis=axis)
    last = isinstance(made, np.ndarray) and axis in (-1, made.ndim)
    return made[..., None] if last else np.expand_dims(made, axis)


softmax_op: Primitive = define(
    _softmax,
    _softmax_vjp,
    keeps="x out",
    composite=lambda x, axis=-1: np.exp(log_softmax_op(x, axis=axis)),
    name="softmax",
    jvp=_softmax_vjp,
    batch="axis",
    label="out·(g - Σ(g·out))",
)


def _log_softmax(x: Any, axis: int = -1) -> Any:
    out, e, total = _exponentials(x, axis)
    out -= np.log(total)
    return out, (e, total)


def _log_softmax_vjp(g: Any, out: Any, x: Any, axis: int = -1) -> Any:
    e, total = out.values
    made = e * (np.add.reduce(g, axis=axis, keepdims=True) / total)
    return np.subtract(g, made, out=made)


def _log_softmax_jvp(t: Any, out: Any, x: Any, axis: int = -1) -> Any:
    e, total = out.values
    return t - np.add.reduce(e * t, axis=axis, keepdims=True) / total


log_softmax_op: Primitive = define(
    _log_softmax,
    _log_softmax_vjp,
    keeps="x",
    saves=True,
    composite=lambda x, axis=-1: x - logsumexp(x, axis=axis, keepdims=True),
    name="log_softmax",
    jvp=_log_softmax_jvp,
    batch="axis",
    label="g - exp(out)·Σg",
)


def softmax(input: Any, dim: int | None = -1, *, dtype: Any = None) -> Any:
    """exp(x) / Σ exp(x) along an axis, shifted by the maximum so that it never overflows.

    Args:      dim: the axis. None means the last axis of an input of up to two axes; with more it must be given.
               dtype: convert to this first.
    Numerics:  elements of +inf share 1 equally; a row of nothing but -inf gives zeros (PyTorch: nan).
    Example:
        >>> import numpy as np, nn.functional as F
        >>> F.softmax(np.array([1000.0, 1000.0, -1000.0]))
        array([0.5, 0.5, 0. ])
    """
    return _along(softmax_op, "softmax", _converted(input, dtype, "softmax"), dim)


def log_softmax(input: Any, dim: int | None = -1, *, dtype: Any = None) -> Any:
    """log softmax(x), computed as x - logsumexp(x): exact where softmax underflows. Arguments: see `softmax`."""
    return _along(log_softmax_op, "log_softmax", _converted(input, dtype, "log_softmax"), dim)


def softmin(input: Any, dim: int | None = -1, *, dtype: Any = None) -> Any:
    """softmax(-x): the smallest element gets the largest share. Arguments: see `softmax`."""
    return _along(softmax_op, "softmin", -_converted(input, dtype, "softmin"), dim)


def _along(operation: Primitive, who: str, x: Any, dim: int | None) -> Any:
    if x.dtype == np.float16:  # whose sums of many exponentials overflow, also in a graph of the gradient
        return _along(operation, who, x.astype(np.float32), dim).astype(np.float16)
    if x.ndim == 0 and dim in (None, 0, -1):  # one number is a row of one, as in PyTorch
        return np.reshape(operation(np.reshape(x, 1), axis=0), ())
    return operation(x, axis=axis_of(who, x, dim))


def _converted(x: Any, dtype: Any, who: str) -> Any:
    x = as_values(x)
    if x.dtype.kind == "c" or dtype is None or x.dtype == dtype:
        return as_floats(x, who)
    return x.astype(dtype)


class _OverAxis(Module):
    def __init__(self, dim: int | None = None) -> None:
        self.dim = dim

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax(_OverAxis):
    """Positive numbers that sum to 1 along an axis.

        y_i = exp(x_i) / Σ_j exp(x_j)

    Shape:     any -> the same
    Args:      dim: the axis. None means the last axis of an input of up to two axes; with more it must be given
               (PyTorch takes the first of three).
    Numerics:  shifted by the maximum; a row of nothing but -inf gives zeros (PyTorch: nan).
    Source:    Bridle 1990, "Probabilistic interpretation of feedforward classification network outputs".
    Example:
        >>> import numpy as np, nn
        >>> nn.Softmax(dim=-1)(np.log([[1.0, 2.0, 1.0]]))
        array([[0.25, 0.5 , 0.25]])
    """

    def forward(self, input: Any) -> Any:
        return softmax(input, self.dim)


class LogSoftmax(_OverAxis):
    """The logarithm of softmax. It stays exact where softmax underflows.

        y_i = x_i - log Σ_j exp(x_j)

    Shape:     any -> the same
    Args:      dim: see `Softmax`.
    Source:    see `Softmax`.
    """

    def forward(self, input: Any) -> Any:
        return log_softmax(input, self.dim)


class Softmin(_OverAxis):
    """The softmax of -x: the smallest element gets the largest share.

        y_i = exp(-x_i) / Σ_j exp(-x_j)

    Shape:     any -> the same
    Args:      dim: see `Softmax`.
    Source:    see `Softmax`.
    """

    def forward(self, input: Any) -> Any:
        return softmin(input, self.dim)


class Softmax2d(Module):
    """Softmax over the channels at every pixel of an image.

    Shape:     (N, C, H, W) or (C, H, W) -> the same
    """

    def forward(self, input: Any) -> Any:
        x = as_values(input)
        if x.ndim not in (3, 4):
            raise ShapeError(f"Softmax2d expects input of shape (N, C, H, W) or (C, H, W); got {x.shape}.")
        return softmax(x, -3)
