"""Medians, quantiles and percentiles: elements selected by rank, in stable order, and interpolated.

The positions of the elements are plain integers. What is computed from the elements is NumPy and records itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.kinds import is_foreign, like, somewhere
from autograd.engine.recording import is_tensor, raw
from autograd.engine.registry import implements
from autograd.errors import ArgumentError, NoRuleError
from autograd.ops.arguments import as_operand, refuse, refuse_out
from autograd.ops.reduction import to_last
from autograd.shapes import Axis, kept_shape

# Hyndman & Fan 1996, Sample quantiles in statistical packages: the virtual index is n q + α + q (1 - α - β) - 1
_PLOTTING_POSITIONS = {
    "interpolated_inverted_cdf": (0.0, 1.0),
    "hazen": (0.5, 0.5),
    "weibull": (0.0, 0.0),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
}
_SELECTING = ("lower", "higher", "nearest")
_RANKS = ("linear", *_SELECTING, "midpoint")


def _ranked(a: Any, order: Any, rank: Any) -> Any:
    """The elements of these ranks along the last axis."""
    return np.take_along_axis(a, np.take_along_axis(order, rank, -1), -1)


def _virtual_index(q: Any, n: Any, method: str) -> Any:
    """The quantile's position among the ranks 0 … n-1, between two of them in general."""
    if method in _PLOTTING_POSITIONS:
        alpha, beta = _PLOTTING_POSITIONS[method]
        return n * q + (alpha + q * (1 - alpha - beta)) - 1
    at = (n - 1) * q
    if method == "lower":
        return np.floor(at)
    if method == "higher":
        return np.ceil(at)
    if method == "nearest":
        return np.round(at)
    if method == "midpoint":
        return 0.5 * (np.floor(at) + np.ceil(at))
    return at


def _interpolate(a: Any, q: Any, n: Any, method: str) -> Any:
    """The quantiles q (K,) of the n smallest elements of a (..., N); n is a number or (..., 1). Returns (..., K)."""
    order = np.argsort(a, axis=-1, kind="stable")
    last = np.maximum(n - 1, 0)
    at = np.clip(_virtual_index(q, n if type(n) is int else n.astype(q.dtype), method), 0, last.astype(q.dtype))
    if at.ndim < a.ndim:
        at = np.broadcast_to(at, (*a.shape[:-1], at.shape[-1]))
    low = np.floor(raw(at)).astype(np.intp)
    first = _ranked(a, order, low)
    if method in _SELECTING:
        return first
    second = _ranked(a, order, np.minimum(low + 1, last))
    t = at - low.astype(at.dtype)
    step = second - first
    value = np.where(np.less(t, 0.5), first + step * t, second - step * (1 - t))  # NumPy's lerp: exact at both ends
    return value if is_tensor(t) else np.where(np.equal(t, 0), first, value)  # second has weight 0, and may be infinite


def _quantile(name: str, a: Any, q: Any, axis: Axis, method: str, keepdims: bool, skip_nan: bool) -> Any:
    if method not in _RANKS and method not in _PLOTTING_POSITIONS:
        raise NoRuleError(
            f"np.{name} of a Tensor knows the methods {', '.join((*_RANKS, *_PLOTTING_POSITIONS))}; got {method!r}."
        )
    if type(q) in (int, float):
        q = like(np.asarray(q, a.dtype if a.dtype.kind == "f" else float), raw(a))
    elif not hasattr(q, "dtype"):
        q = like(np.asarray(q, float), raw(a))
    values = raw(q)
    if not is_foreign(values) and not np.all((values >= 0) & (values <= 1)):
        top = "100], in percent" if "percentile" in name else "1]"
        raise ArgumentError(f"np.{name}: q must lie in [0, {top}.")
    x = to_last(a, axis, a.ndim)
    if x.shape[-1] == 0:
        return np.mean(a, axis=axis, keepdims=keepdims) + np.zeros(
            values.shape + (1,) * (a.ndim if keepdims else x.ndim - 1)
        )
    missing = np.isnan(x)
    n: Any = x.shape[-1]
    if skip_nan:
        n = n - np.sum(missing, axis=-1, keepdims=True)
        lost = n == 0
    else:
        lost = np.any(missing, axis=-1, keepdims=True)
    found = _interpolate(x, np.reshape(q, (-1,)), n, method)
    if somewhere(lost):
        found = np.where(lost, np.nan, found)
    shape = kept_shape(a.shape, axis) if keepdims else x.shape[:-1]
    return np.reshape(np.moveaxis(found, -1, 0), values.shape + tuple(shape))


_NO_WEIGHTS = "Repeat the elements with np.repeat for integer weights."


@implements(np.quantile)
def quantile(
    a: Any, q: Any, axis: Axis = None, out: Any = None, overwrite_input: bool = False, method: str = "linear",
    keepdims: bool = False, *, weights: Any = None,
) -> Any:  # fmt: skip
    """np.quantile: the gradient goes to the selected elements and to q."""
    refuse_out("quantile", out)
    refuse("quantile", _NO_WEIGHTS, weights=weights)
    return _quantile("quantile", as_operand(a), q, axis, method, keepdims, False)


@implements(np.percentile)
def percentile(
    a: Any, q: Any, axis: Axis = None, out: Any = None, overwrite_input: bool = False, method: str = "linear",
    keepdims: bool = False, *, weights: Any = None,
) -> Any:  # fmt: skip
    """np.percentile: np.quantile of q / 100."""
    refuse_out("percentile", out)
    refuse("percentile", _NO_WEIGHTS, weights=weights)
    return _quantile("percentile", as_operand(a), _hundredth(q), axis, method, keepdims, False)


@implements(np.nanquantile)
def nanquantile(
    a: Any, q: Any, axis: Axis = None, out: Any = None, overwrite_input: bool = False, method: str = "linear",
    keepdims: bool = False, *, weights: Any = None,
) -> Any:  # fmt: skip
    """np.nanquantile: ignores nan."""
    refuse_out("nanquantile", out)
    refuse("nanquantile", _NO_WEIGHTS, weights=weights)
    return _quantile("nanquantile", as_operand(a), q, axis, method, keepdims, True)


@implements(np.nanpercentile)
def nanpercentile(
    a: Any, q: Any, axis: Axis = None, out: Any = None, overwrite_input: bool = False, method: str = "linear",
    keepdims: bool = False, *, weights: Any = None,
) -> Any:  # fmt: skip
    """np.nanpercentile: ignores nan."""
    refuse_out("nanpercentile", out)
    refuse("nanpercentile", _NO_WEIGHTS, weights=weights)
    return _quantile("nanpercentile", as_operand(a), _hundredth(q), axis, method, keepdims, True)


def _hundredth(q: Any) -> Any:
    return q / 100 if hasattr(q, "dtype") or type(q) in (int, float) else np.asarray(q, float) / 100


@implements(np.median)
def median(a: Any, axis: Axis = None, out: Any = None, overwrite_input: bool = False, keepdims: bool = False) -> Any:
    """np.median: the middle element, or the mean of the two."""
    refuse_out("median", out)
    return _median(a, axis, keepdims, False)


@implements(np.nanmedian)
def nanmedian(a: Any, axis: Axis = None, out: Any = None, overwrite_input: bool = False, keepdims: bool = False) -> Any:
    """np.nanmedian: ignores nan."""
    refuse_out("nanmedian", out)
    return _median(a, axis, keepdims, True)


def _median(a: Any, axis: Axis, keepdims: bool, skip_nan: bool) -> Any:
    x = to_last(a, axis, a.ndim)
    if x.shape[-1] == 0:
        return np.mean(a, axis=axis, keepdims=keepdims)
    missing = np.isnan(x)
    if skip_nan:
        n = x.shape[-1] - np.sum(missing, axis=-1, keepdims=True)
        lost = n == 0
    else:
        n = like(np.full((*x.shape[:-1], 1), x.shape[-1]), raw(x))
        lost = np.any(missing, axis=-1, keepdims=True)
    order = np.argsort(x, axis=-1, kind="stable")
    middle = (_ranked(x, order, np.maximum(n - 1, 0) // 2) + _ranked(x, order, n // 2)) / 2
    if somewhere(lost):
        middle = np.where(lost, np.nan, middle)
    return np.reshape(middle, kept_shape(a.shape, axis) if keepdims else x.shape[:-1])
