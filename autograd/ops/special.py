"""Functions that SciPy has in scipy.special: erfc, logsumexp and the modified Bessel functions behind np.i0."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.engine.kinds import refuse_complex, throughout
from autograd.engine.primitive import Primitive
from autograd.engine.recording import raw
from autograd.engine.registry import define
from autograd.shapes import HALF, keep_dims, largest, summed, widened


def _erfc(x: Any) -> Any:
    from scipy.special import erfc as scipys

    out = scipys(x)
    return out if out.dtype == x.dtype or x.dtype.kind != "f" else out.astype(x.dtype)


erfc = define(
    _erfc,
    lambda g, out, x: g * (-2 / math.sqrt(math.pi)) * np.exp(-x * x),
    keeps="x",
    name="erfc",
    jvp="elementwise",
    label="-2·g·exp(-x²)/√π",
)


def _bessel_i(x: Any, order: int) -> Any:
    from scipy.special import iv

    return iv(order, x).astype(x.dtype)


# I₀' = I₁ and Iₙ' = (Iₙ₋₁ + Iₙ₊₁) / 2
bessel_i: Primitive = define(
    _bessel_i,
    lambda g, out, x, order: 0.5 * g * (bessel_i(x, order=order - 1) + bessel_i(x, order=order + 1)),
    keeps="x", guard=True, name="bessel_i", jvp="elementwise", label="g·(Iₙ₋₁ x + Iₙ₊₁ x)/2",
)  # fmt: skip
i0 = define(np.i0, lambda g, out, x: g * bessel_i(x, order=1), keeps="x", guard=True, jvp="elementwise", label="g·I₁ x")


def shifted_by_max(x: Any, axis: Any) -> tuple[Any, Any, bool]:
    """(x - max x along an axis, max x, whether all maxima are finite).

    The difference is 0 or -inf in rows with +inf, and -inf in rows of nothing but -inf: its exponential is the limit.
    """
    if x.dtype.kind != "f":
        if x.dtype.kind == "c":
            refuse_complex("softmax, logsumexp or attention")
        x = x.astype(np.float64)
    top = largest(x, axis, -np.inf)  # -inf of an empty row: it sums to 0
    if throughout(np.isfinite(top)):
        return x - top, top, True
    infinite = np.where(x == np.inf, x.dtype.type(0), np.where(np.isnan(x), x, -np.inf))
    finite = np.where(np.isfinite(top), top, x.dtype.type(0))
    return np.where(top == np.inf, infinite, x - finite), top, False


def _logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    if x.dtype is HALF:
        return _logsumexp(x.astype(np.float32), axis, keepdims).astype(HALF)
    shifted, top, finite = shifted_by_max(x, axis)
    if finite:
        out = np.log(summed(np.exp(shifted), axis, True)) + top
        return out if keepdims else np.squeeze(out, axis=axis)[()]
    with np.errstate(divide="ignore"):  # log 0 = -inf is the value for a row of nothing but -inf
        out = np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True)) + np.where(top == -np.inf, 0, top)
    return out if keepdims else np.squeeze(out, axis=axis)[()]


def _logsumexp_vjp(g: Any, out: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    g, out, x = widened(g, out, x)
    top = keep_dims(out, x.shape, axis, keepdims)
    if throughout(np.isfinite(raw(top))):
        share = np.exp(x - top)  # sums to 1 up to the rounding of x - out
        return keep_dims(g, x.shape, axis, keepdims) * (share / np.sum(share, axis=axis, keepdims=True))
    share = np.exp(x - np.where(np.isfinite(top), top, 0))
    # elements of +inf share the whole cotangent; in a row of nothing but -inf no element gets any
    share = np.where(top == np.inf, x == np.inf, share)
    total = np.sum(share, axis=axis, keepdims=True)
    return keep_dims(g, x.shape, axis, keepdims) * (share / np.where(total == 0, 1, total))


logsumexp: Primitive = define(
    _logsumexp, _logsumexp_vjp, complex=False, name="logsumexp", jvp="reduction", batch="axis", label="g·softmax(x)"
)
