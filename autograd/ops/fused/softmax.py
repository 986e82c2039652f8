"""softmax and its logarithm over an axis, and the logarithm of a sum of exponentials.

Rows with an infinity have limits, and these are what they give: elements that are +inf share everything equally; a
row of nothing but -inf, in which no element is possible, has softmax 0 throughout, and logarithms of -inf.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.primitive import Primitive
from autograd.engine.registry import define
from autograd.shapes import keep_dims

vecdot: Any = np.vecdot  # whose stubs know no axis


def _shifted(x: Any, axis: Any) -> tuple[Any, Any, bool]:
    """(x - max x, max x, whether the maxima are finite).

    The first is 0 or -inf in rows with +inf, and -inf in rows of nothing but -inf: both exponentials are right.
    """
    if x.dtype.kind != "f":
        x = x.astype(np.float64)
    top = np.maximum.reduce(x, axis=axis, keepdims=True)
    if np.isfinite(top).all():
        return x - top, top, True
    infinite = np.where(x == np.inf, np.zeros((), x.dtype), np.where(np.isnan(x), x, -np.inf))
    finite = np.where(np.isfinite(top), top, np.zeros((), x.dtype))
    return np.where(top == np.inf, infinite, x - finite), top, False


def _exponentials(x: Any, axis: Any) -> tuple[Any, Any, Any]:
    """(x - max x, its exponentials, their sum; 1 for a row of nothing but -inf)."""
    shifted, top, finite = _shifted(x, axis)
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
    """Σ a·b over an axis, which stays with length 1."""
    return np.expand_dims(vecdot(a, b, axis=axis), axis)


softmax: Primitive = define(
    _softmax,
    _softmax_vjp,
    keeps="x out",
    composite=lambda x, axis=-1: np.exp(log_softmax(x, axis=axis)),
    name="softmax",
    jvp=_softmax_vjp,
    batch="axis",
    label="p·(g - Σg·p)",
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


log_softmax: Primitive = define(
    _log_softmax,
    _log_softmax_vjp,
    keeps="x",
    saves=True,
    composite=lambda x, axis=-1: x - logsumexp(x, axis=axis, keepdims=True),
    name="log_softmax",
    jvp=_log_softmax_jvp,
    batch="axis",
    label="g - p·Σg",
)


def _logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    shifted, top, _ = _shifted(x, axis)
    with np.errstate(divide="ignore"):  # log 0 = -inf: the value for a row of nothing but -inf
        out = np.log(np.add.reduce(np.exp(shifted), axis=axis, keepdims=True)) + np.where(top == -np.inf, 0, top)
    return out if keepdims else np.squeeze(out, axis=axis)[()]


def _logsumexp_vjp(g: Any, out: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    top = keep_dims(out, x.shape, axis, keepdims)
    share = np.exp(x - np.where(np.isfinite(top), top, 0))
    share = np.where(
        top == np.inf, x == np.inf, share
    )  # the infinite elements take it all; of only -inf none takes any
    total = np.sum(share, axis=axis, keepdims=True)  # 1 but for the digits that x - out lost
    return keep_dims(g, x.shape, axis, keepdims) * (share / np.where(total == 0, 1, total))


logsumexp: Primitive = define(
    _logsumexp, _logsumexp_vjp, name="logsumexp", jvp="reduction", batch="axis", label="g·softmax x"
)
