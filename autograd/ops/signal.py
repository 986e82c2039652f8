"""Interpolation and convolution."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.recording import is_tensor, raw
from autograd.engine.registry import define, implements
from autograd.errors import ArgumentError, NoRuleError
from autograd.ops.arguments import as_operand
from autograd.ops.indexing import getitem
from autograd.shapes import conj

# Convolution: the full one, or the part of it that `mode` selects


def _part(mode: str, long: int, short: int) -> tuple[int, int]:
    """(start, length) of the result of `mode` within the full convolution, whose length is long + short - 1."""
    if mode == "full":
        return 0, long + short - 1
    if mode == "same":
        return (short - 1) // 2, long
    if mode == "valid":
        return short - 1, long - short + 1
    raise ArgumentError(f"mode must be 'full', 'same' or 'valid'; got {mode!r}.")


def _vector(x: Any) -> Any:
    """A number as a vector of one element. More than one dimension is an error, which NumPy raises itself."""
    x = as_operand(x)
    return x if x.ndim else np.reshape(x, (1,))


def _full(g: Any, a: Any, v: Any, mode: str) -> Any:
    """The cotangent of the full convolution: zero outside the part that `mode` selects."""
    long, short = max(a.size, v.size), min(a.size, v.size)
    start, length = _part(mode, long, short)
    if mode == "full":
        return g
    return np.pad(g, (start, long + short - 1 - start - length))


_convolve = define(  # out[k] = Σ_i a[i] v[k-i], so ga[i] = Σ_k g[k] v[k-i]
    np.convolve,
    lambda g, out, a, v, mode="full": np.correlate(_full(g, a, v, mode), conj(v), "valid"),
    lambda g, out, a, v, mode="full": np.correlate(_full(g, a, v, mode), conj(a), "valid"),
    keeps=("v", "a"),
    jvp="multilinear",
    label="g⋆v, g⋆a",
)


@implements(np.convolve)
def convolve(a: Any, v: Any, mode: str = "full") -> Any:
    """np.convolve."""
    a, v = _vector(a), _vector(v)
    _part(mode, 1, 1)
    return _convolve(a, v, mode=mode)


@implements(np.correlate)
def correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    """np.correlate: the convolution with conj(v) reversed. If v is longer, a and the result are reversed."""
    a, v = _vector(a), conj(_vector(v))
    _part(mode, 1, 1)
    if a.size >= v.size:
        return _convolve(a, v[::-1], mode=mode)
    return _convolve(v, a[::-1], mode=mode)[::-1]


# Interpolation


def _segments(x: Any, xp: Any) -> tuple[Any, Any, Any, Any]:
    """(the segment of xp that x lies in, whether x is inside, left of all, right of all), of raw arrays.

    A knot belongs to the segment on its right, and the last knot to the segment on its left.
    """
    i = np.clip(np.searchsorted(xp, x, side="right") - 1, 0, max(len(xp) - 2, 0))
    return i, ~((x < xp[0]) | (x > xp[-1])), x < xp[0], x > xp[-1]


def _interp_composite(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None) -> Any:
    """f_i + (x - x_i) (f_{i+1} - f_i) / (x_{i+1} - x_i) between the knots, constant outside."""
    i, _, below, above = _segments(raw(x), raw(xp))
    j = np.minimum(i + 1, len(xp) - 1)
    width = getitem(xp, index=j) - getitem(xp, index=i)
    slope = (getitem(fp, index=j) - getitem(fp, index=i)) / np.where(i == j, 1.0, width)
    inside = getitem(fp, index=i) + (x - getitem(xp, index=i)) * slope
    return np.where(below, fp[0] if left is None else left, np.where(above, fp[-1] if right is None else right, inside))


def _interp_cotangents(
    g: Any, out: Any, x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None
) -> tuple[Any, Any, Any]:
    """With t = (x - x_i) / (x_{i+1} - x_i) and the slope s: gx = g s, gf = g (1 - t), g t, gxp = -s gf."""
    i, inside, below, above = _segments(x, xp)
    j = np.minimum(i + 1, len(xp) - 1)
    width = np.where(i == j, 1.0, xp[j] - xp[i])
    slope = (fp[j] - fp[i]) / width
    t = (x - xp[i]) / width
    gi = np.where(inside, g, 0.0)
    n = len(xp)
    at_left, at_right = (gi * (1 - t)), gi * t
    gf = _summed_by(i, at_left, n) + _summed_by(j, at_right, n)
    gxp = -_summed_by(i, slope * at_left, n) - _summed_by(j, slope * at_right, n)
    if left is None:
        gf[0] += np.sum(np.where(below, g, 0.0))
    if right is None:
        gf[-1] += np.sum(np.where(above, g, 0.0))
    return gi * slope, gxp, gf


def _summed_by(index: Any, weights: Any, n: int) -> Any:
    """The sums of the weights that have index 0 … n-1."""
    return np.bincount(np.ravel(index), np.ravel(weights), n)


_interp = define(
    np.interp,
    joint=_interp_cotangents,
    composite=_interp_composite,
    complex=True,
    keeps="in",
    label="g·slope, -slope·(cotangent of fp), g·(1-t) below and g·t above",
)


@implements(np.interp)
def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """np.interp, differentiable by x, fp, xp, left and right.

    Gradient:  by x: at a knot the slope on its right, at the last knot the slope on its left; 0 outside the knots.
    """
    if is_tensor(period):
        raise NoRuleError("np.interp has no derivative by the period: pass a number there.")
    x, xp, fp = as_operand(x), as_operand(xp), as_operand(fp)
    if period is None:
        inside = _interp(x, xp, fp, left=raw(left), right=raw(right))
        for value, outside in ((left, raw(x) < raw(xp)[0]), (right, raw(x) > raw(xp)[-1])):
            inside = np.where(outside, value, inside) if is_tensor(value) else inside
        return inside
    if period == 0:
        raise ArgumentError("np.interp takes a period other than 0.")
    period = abs(period)
    xp = np.remainder(xp, period)
    order = np.argsort(raw(xp))
    xp, fp = xp[order], fp[order]
    xp = np.concatenate([xp[-1:] - period, xp, xp[:1] + period])
    fp = np.concatenate([fp[-1:], fp, fp[:1]])
    return _interp(np.remainder(x, period), xp, fp)
