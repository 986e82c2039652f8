"""Medians, quantiles and percentiles: elements selected by rank, in stable order, and interpolated.

The positions of the elements are plain integers. What is computed from the elements is NumPy and records itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.kinds import is_foreign, like, somewhere, surely
from autograd.engine.recording import is_tensor, raw
from autograd.engine.registry import implements
from autograd.errors import ArgumentError
from autograd.ops.arguments import as_operand
from autograd.ops.reduction import along_axes, to_last
from autograd.recorder import asarray
from autograd.shapes import HALF, Axis, kept_shape

# Hyndman & Fan 1996, Sample quantiles in statistical packages: the virtual index is n q + α + q (1 - α - β) - 1
_PLOTTING_POSITIONS = {
    "interpolated_inverted_cdf": (0.0, 1.0),
    "hazen": (0.5, 0.5),
    "weibull": (0.0, 0.0),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
}
_SELECTING = ("lower", "higher", "nearest", "inverted_cdf", "closest_observation")
METHODS = ("linear", *_SELECTING, "midpoint", "averaged_inverted_cdf", *_PLOTTING_POSITIONS)


def _ranked(a: Any, order: Any, rank: Any) -> Any:
    """The elements of these ranks along the last axis."""
    return np.take_along_axis(a, np.take_along_axis(order, rank, -1), -1)


def _virtual_index(q: Any, n: Any, method: str) -> Any:
    """The quantile's position among the ranks 0 … n-1, between two of them in general."""
    if method in _PLOTTING_POSITIONS:
        alpha, beta = _PLOTTING_POSITIONS[method]
        return n * q + (alpha + q * (1 - alpha - beta)) - 1
    if method == "inverted_cdf":
        return np.ceil(n * q - 1)
    if method == "averaged_inverted_cdf":  # the mean of two elements where the distribution steps exactly at q
        at = n * q - 1
        return np.where(np.floor(at) == at, np.where(at < 0, 0, np.floor(at) + 0.5), np.ceil(at))
    if method == "closest_observation":  # of two that are equally close the one with the even number, counted from 1
        at = n * q - 1.5
        low = np.floor(at)
        return np.where((low == at) & (low % 2 == 1), low, low + 1)
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


def _of_rank_by_weight(a: Any, weights: Any, q: Any) -> Any:
    """For each of the quantiles q (K,) the first element of a (..., N) up to which the weights sum to that share."""
    order = np.argsort(a, axis=-1, kind="stable")
    share = np.cumsum(np.take_along_axis(weights, order, -1), axis=-1, dtype=np.float64)
    total = share[..., -1:]
    share = (share / np.where(total == 0, 1, total)).astype(q.dtype)
    share = np.where(share == 0, -1, share)  # an element of weight 0 is not selected, not even by q = 0
    rank = np.sum(share[..., None, :] < q[:, None], axis=-1)
    return _ranked(a, order, np.minimum(rank, a.shape[-1] - 1))


def _checked_weights(name: str, weights: Any, a: Any, axis: Axis, method: str) -> Any:
    """The weights as an array of the shape of a. A quantile is constant between steps in them: they get no gradient."""
    if method != "inverted_cdf":
        raise ArgumentError(f"np.{name}: weights= goes with method='inverted_cdf' alone, as in NumPy; got {method!r}.")
    values = raw(weights)
    values = values if is_foreign(values) else asarray(values)
    if surely(~(np.isfinite(values) & (values >= 0))):
        raise ArgumentError(f"np.{name}: no weight may be negative, infinite or nan.")
    return np.broadcast_to(along_axes(name, values, axis, a.shape), a.shape)


def _quantile(
    name: str, a: Any, q: Any, axis: Axis, method: str, keepdims: bool, skip_nan: bool, weights: Any = None
) -> Any:
    if method not in METHODS:
        raise ArgumentError(f"np.{name} knows the methods {', '.join(METHODS)}; got {method!r}.")
    if type(q) in (int, float) and a.dtype is HALF:
        return _quantile(name, a.astype(np.float32), q, axis, method, keepdims, skip_nan, weights).astype(HALF)
    if type(q) in (int, float):
        q = like(asarray(q, a.dtype if a.dtype.kind == "f" else float), raw(a))
    elif not hasattr(q, "dtype"):
        q = like(asarray(q, float), raw(a))
    values = raw(q)
    if surely(~((values >= 0) & (values <= 1))):
        top = "100], in percent" if "percentile" in name else "1]"
        raise ArgumentError(f"np.{name}: q must lie in [0, {top}.")
    x = to_last(a, axis, a.ndim)
    if x.shape[-1] == 0:
        return np.mean(a, axis=axis, keepdims=keepdims) + np.zeros(
            values.shape + (1,) * (a.ndim if keepdims else x.ndim - 1)
        )
    missing = np.isnan(raw(x))
    n: Any = x.shape[-1]
    if skip_nan:
        n = n - np.sum(missing, axis=-1, keepdims=True)
        lost = n == 0
    else:
        lost = np.any(missing, axis=-1, keepdims=True)
    if weights is None:
        found = _interpolate(x, np.reshape(q, (-1,)), n, method)
    else:
        w = to_last(_checked_weights(name, weights, a, axis, method), axis, a.ndim)
        w = np.where(missing, 0, w)
        if not is_foreign(raw(w)) and not np.all(lost | np.any(w, axis=-1, keepdims=True)):
            raise ArgumentError(f"np.{name}: the weights sum to zero, and then no element is selected.")
        found = _of_rank_by_weight(x, w, np.reshape(values, (-1,)))
    if somewhere(lost):
        found = np.where(lost, np.nan, found)
    shape = kept_shape(a.shape, axis) if keepdims else x.shape[:-1]
    return np.reshape(np.moveaxis(found, -1, 0), values.shape + tuple(shape))


@implements(np.quantile)
def quantile(
    a: Any, q: Any, axis: Axis = None, out: Any = None, overwrite_input: bool = False, method: str = "linear",
    keepdims: bool = False, *, weights: Any = None,
) -> Any:  # fmt: skip
    """np.quantile: the gradient goes to the selected elements and to q."""
    return _quantile("quantile", as_operand(a), q, axis, method, keepdims, False, weights)


@implements(np.percentile)
def percentile(
    a: Any, q: Any, axis: Axis = None, out: Any = None, overwrite_input: bool = False, method: str = "linear",
    keepdims: bool = False, *, weights: Any = None,
) -> Any:  # fmt: skip
    """np.percentile: np.quantile of q / 100."""
    return _quantile("percentile", as_operand(a), _hundredth(q), axis, method, keepdims, False, weights)


@implements(np.nanquantile)
def nanquantile(
    a: Any, q: Any, axis: Axis = None, out: Any = None, overwrite_input: bool = False, method: str = "linear",
    keepdims: bool = False, *, weights: Any = None,
) -> Any:  # fmt: skip
    """np.nanquantile: ignores nan."""
    return _quantile("nanquantile", as_operand(a), q, axis, method, keepdims, True, weights)


@implements(np.nanpercentile)
def nanpercentile(
    a: Any, q: Any, axis: Axis = None, out: Any = None, overwrite_input: bool = False, method: str = "linear",
    keepdims: bool = False, *, weights: Any = None,
) -> Any:  # fmt: skip
    """np.nanpercentile: ignores nan."""
    return _quantile("nanpercentile", as_operand(a), _hundredth(q), axis, method, keepdims, True, weights)


def _hundredth(q: Any) -> Any:
    return q / 100 if hasattr(q, "dtype") or type(q) in (int, float) else asarray(q, float) / 100


@implements(np.median)
def median(a: Any, axis: Axis = None, out: Any = None, overwrite_input: bool = False, keepdims: bool = False) -> Any:
    """np.median: the middle element, or the mean of the two."""
    return _median(a, axis, keepdims, False)


@implements(np.nanmedian)
def nanmedian(a: Any, axis: Axis = None, out: Any = None, overwrite_input: bool = False, keepdims: bool = False) -> Any:
    """np.nanmedian: ignores nan."""
    return _median(a, axis, keepdims, True)


def _median(a: Any, axis: Axis, keepdims: bool, skip_nan: bool) -> Any:
    if a.dtype is HALF:  # the sum of two halves may overflow
        return _median(a.astype(np.float32), axis, keepdims, skip_nan).astype(HALF)
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
