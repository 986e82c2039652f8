"""The methods reduce, accumulate, outer and reduceat of the ufuncs of two arguments.

np.add, np.multiply, np.maximum and np.minimum have the first two beside np.sum, np.prod, np.max and np.min. The others
are composed here of their own ufunc: in halves if it is associative, else one element after the other.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from autograd.engine.kinds import is_foreign, like
from autograd.engine.recording import raw
from autograd.engine.registry import define, rules
from autograd.errors import ShapeError
from autograd.ops.arguments import check_dtype
from autograd.ops.elementwise import LN2
from autograd.ops.reduction import from_last, running_in_halves, to_last
from autograd.ops.special import logsumexp
from autograd.ops.splitting import split_at, unstack_at
from autograd.shapes import Axis, kept_shape, normalize_axes, reduced_axes

ASSOCIATIVE: tuple[np.ufunc, ...] = (np.logaddexp, np.logaddexp2, np.hypot)
IN_ORDER: tuple[np.ufunc, ...] = (
    np.subtract, np.divide, np.power, np.float_power, np.arctan2, np.remainder, np.fmod, np.copysign, np.heaviside,
    np.floor_divide,
)  # fmt: skip
REDUCED: tuple[np.ufunc, ...] = (  # in reduction.py and extrema.py
    np.add, np.multiply, np.maximum, np.minimum, np.fmax, np.fmin,
)  # fmt: skip


def _converted(ufunc: np.ufunc, a: Any, dtype: Any) -> Any:
    """The array in the dtype of the results: integers as floating numbers, for some ufuncs."""
    check_dtype(ufunc.__name__, a, dtype)
    kind = a.dtype if dtype is None else np.dtype(dtype)
    kind = ufunc.resolve_dtypes((kind, kind, None))[2]
    return a if a.dtype == kind else a.astype(kind)


# reduce and accumulate, of elements along the last axis


def _reduced_in_halves(ufunc: np.ufunc, x: Any) -> Any:
    """(…, n) -> (…): of an associative ufunc, in log n steps on whole arrays."""
    while x.shape[-1] > 1:
        half = x.shape[-1] // 2
        pairs = ufunc(x[..., :half], x[..., half : 2 * half])
        x = np.concatenate([pairs, x[..., 2 * half :]], axis=-1) if x.shape[-1] % 2 else pairs
    return x[..., 0]


def _running_in_order(ufunc: np.ufunc, x: Any) -> Any:
    return np.stack(list(accumulate(unstack_at(x, -1), ufunc)), axis=-1) if x.shape[-1] else x


def _reduced_in_order(ufunc: np.ufunc, x: Any) -> Any:
    *_, last = accumulate(unstack_at(x, -1), ufunc)
    return last


def _reduce(ufunc: np.ufunc, fold: Callable[[np.ufunc, Any], Any], identity: float | None) -> Callable[..., Any]:
    """ufunc.reduce. It begins with `initial`, else with the identity, if there is one."""

    def reduce(a: Any, axis: Axis = 0, dtype: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
        a = _converted(ufunc, a, dtype)
        if fold is _reduced_in_order and len(reduced_axes(axis, a.ndim)) > 1:
            raise ShapeError(f"np.{ufunc.__name__}.reduce depends on the order: give one axis; got {axis}.")
        x = to_last(a, axis, a.ndim)
        initial = identity if initial is None else initial
        if initial is not None:
            first = like(np.broadcast_to(initial, (*x.shape[:-1], 1)).astype(x.dtype), raw(x))
            x = np.concatenate([first, x], axis=-1)
        if not x.shape[-1]:
            raise ShapeError(f"np.{ufunc.__name__}.reduce of no elements has no value; give initial=.")
        out = fold(ufunc, x)
        return np.reshape(out, kept_shape(a.shape, axis)) if keepdims else out

    return reduce


def _accumulate(ufunc: np.ufunc, run: Callable[[np.ufunc, Any], Any]) -> Callable[..., Any]:
    """ufunc.accumulate."""

    def running(a: Any, axis: int = 0, dtype: Any = None) -> Any:
        a = _converted(ufunc, a, dtype)
        return from_last(run(ufunc, to_last(a, axis, a.ndim)), axis, a.shape)

    return running


def _logaddexp_reduce(a: Any, axis: Axis = 0, dtype: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
    """log Σ eˣ: the primitive logsumexp, whose gradient is a softmax."""
    total = logsumexp(_converted(np.logaddexp, a, dtype), axis=axis, keepdims=keepdims)
    return total if initial is None else np.logaddexp(total, initial)


def _logaddexp2_reduce(a: Any, axis: Axis = 0, dtype: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
    """log₂ Σ 2ˣ = log Σ exp(x log 2) / log 2."""
    total = logsumexp(_converted(np.logaddexp2, a, dtype) * LN2, axis=axis, keepdims=keepdims) / LN2
    return total if initial is None else np.logaddexp2(total, initial)


# outer


def _outer(ufunc: np.ufunc) -> Callable[..., Any]:
    """ufunc.outer(a, b): every element of a combined with every element of b."""

    def outer(a: Any, b: Any) -> Any:
        return ufunc(np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b)

    return outer


# reduceat: the elements from each index to the next one; a single element where the next index is not larger


def _lengths(starts: Any, n: int) -> Any:
    return np.diff(np.append(starts, n))


def _segment_sums(a: Any, starts: Any, axis: int) -> Any:
    """np.add.reduceat; for another library's array a sum of each segment."""
    if not is_foreign(a):
        return np.add.reduceat(a, starts, axis)
    places, before = [*starts.tolist(), a.shape[axis]], [slice(None)] * axis
    segments = [a[(*before, slice(i, j))] for i, j in pairwise(places)]
    return np.stack([np.sum(segment, axis=axis) for segment in segments], axis)


segment_sums = define(  # of consecutive segments that begin at `starts`, the first at 0
    _segment_sums,
    lambda g, out, a, starts, axis: np.repeat(g, _lengths(starts, a.shape[axis]).tolist(), axis),
    keeps="", guard=False, name="segment_sums", jvp="linear", batch="axis", label="g spread over its segment",
)  # fmt: skip


def _laid_out(a: Any, indices: Any, axis: int) -> tuple[Any, Any]:
    """(the elements of all segments one after the other, where each segment begins among them)."""
    n = a.shape[axis]
    np.add.reduceat(np.zeros(n), indices)  # raises NumPy's error for an index out of bounds
    lengths = np.maximum(_lengths(indices, n), 1)
    starts = np.cumsum(lengths) - lengths
    places = np.arange(lengths.sum()) + np.repeat(indices - starts, lengths)
    first = indices[0] if indices.size else n
    if places.size == n - first:  # then they are all elements from the first index on
        return a[(*[slice(None)] * axis, slice(first, None))], starts
    return np.take(a, places, axis), starts


def _reduceat(ufunc: np.ufunc, reduce: Callable[..., Any]) -> Callable[..., Any]:
    """ufunc.reduceat, of its reduce."""

    def reduceat(a: Any, indices: Any, axis: int = 0, dtype: Any = None) -> Any:
        a = _converted(ufunc, a, dtype)
        (axis,) = normalize_axes(axis, a.ndim)
        a, starts = _laid_out(a, np.array(raw(indices)), axis)
        if not starts.size:
            return a
        pieces = split_at(a, (*starts[1:].tolist(), a.shape[axis]), axis)
        return np.stack([reduce(piece, axis) for piece in pieces], axis)

    return reduceat


def _add_reduceat(a: Any, indices: Any, axis: int = 0, dtype: Any = None) -> Any:
    """np.add.reduceat, in one call."""
    a = _converted(np.add, a, dtype)
    (axis,) = normalize_axes(axis, a.ndim)
    a, starts = _laid_out(a, np.array(raw(indices)), axis)
    return segment_sums(a, starts=starts, axis=axis)


for _ufunc in ASSOCIATIVE:
    rules[_ufunc, "reduce"] = _reduce(_ufunc, _reduced_in_halves, _ufunc.identity)
    rules[_ufunc, "accumulate"] = _accumulate(_ufunc, running_in_halves)
rules[np.logaddexp, "reduce"] = _logaddexp_reduce
rules[np.logaddexp2, "reduce"] = _logaddexp2_reduce
for _ufunc in IN_ORDER:
    rules[_ufunc, "reduce"] = _reduce(_ufunc, _reduced_in_order, None)
    rules[_ufunc, "accumulate"] = _accumulate(_ufunc, _running_in_order)
for _ufunc in (*ASSOCIATIVE, *IN_ORDER, *REDUCED):
    rules[_ufunc, "outer"] = _outer(_ufunc)
    rules[_ufunc, "reduceat"] = _reduceat(_ufunc, rules[_ufunc, "reduce"])
rules[np.add, "reduceat"] = _add_reduceat
rules[np.hypot, "reduceat"] = _reduceat(np.hypot, _reduce(np.hypot, _reduced_in_halves, None))  # one stays itself
rules[np.divmod, "outer"] = _outer(np.divmod)
rules[np.ldexp, "outer"] = _outer(np.ldexp)
