"""Sums, products, means and variances over axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.kinds import ones, surely, zeros
from autograd.engine.recording import raw
from autograd.engine.registry import define, implements, rules
from autograd.errors import ShapeError
from autograd.ops.arguments import as_operand, check_dtype
from autograd.ops.chosen import chosen_by, mean_of_chosen
from autograd.shapes import HALF, Axis, add_up, divided, keep_dims, normalize_axes, reduced_axes, reduced_size, spread


def _sum_forward(a: Any, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    if type(a) is not np.ndarray:
        return np.sum(a, axis=axis, dtype=dtype, keepdims=keepdims)
    if a.dtype is HALF and dtype is None:
        return add_up(a, axis=axis, dtype=np.float32, keepdims=keepdims).astype(HALF)
    return add_up(a, axis=axis, dtype=dtype, keepdims=keepdims)


def _mean_forward(a: Any, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    count = a.size if axis is None else reduced_size(a.shape, axis)
    if dtype is not None or a.dtype.kind != "f" or a.dtype.itemsize < 4 or count == 0 or type(a) is not np.ndarray:
        return np.mean(a, axis=axis, dtype=dtype, keepdims=keepdims)
    return add_up(a, axis=axis, keepdims=keepdims) / count


def _mean_vjp(g: Any, out: Any, a: Any, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    return spread(divided(g, reduced_size(a.shape, axis)), a.shape, axis, keepdims)


_sum = define(
    _sum_forward, lambda g, out, a, axis=None, dtype=None, keepdims=False: spread(g, a.shape, axis, keepdims),
    keeps="", guard=False, name="sum", jvp="linear", batch="axis", label="g spread",
)  # fmt: skip
_mean = define(
    _mean_forward,
    _mean_vjp,
    keeps="",
    guard=False,
    name="mean",
    jvp="linear",
    batch="axis",
    label="g/n spread; n = count(a)",
)


@implements(np.sum)
def sum_(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    """np.sum."""
    if out is None and dtype is None and initial is None and where is True:
        return _sum(a, axis=axis, keepdims=keepdims)
    check_dtype("sum", a, dtype)
    total = _sum(_only(a, where, 0), axis=axis, dtype=dtype, keepdims=keepdims)
    return total if initial is None else total + initial


@implements(np.mean)
def mean(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, keepdims: bool = False, *, where: Any = True
) -> Any:
    """np.mean."""
    if out is None and dtype is None and where is True:
        return _mean(a, axis=axis, keepdims=keepdims)
    check_dtype("mean", a, dtype)
    if where is not True:
        return mean_of_chosen(a, chosen_by(where, a), axis, dtype, keepdims)
    return _mean(a, axis=axis, dtype=dtype, keepdims=keepdims)


def _only(a: Any, where: Any, other: float) -> Any:
    """The array with a neutral element in place of the elements that where= excludes."""
    if where is True:
        return a
    if np.broadcast_shapes(np.shape(where), np.shape(a)) != np.shape(a):
        raise ShapeError(f"where= must broadcast to the array's shape {np.shape(a)}; got shape {np.shape(where)}.")
    return np.where(where, a, a.dtype.type(other))


# Products. The derivative by x_i is the product of all others. Computed from two running products, from the left up to
# i and from the right down to i, it is exact also where factors are zero, and it can be differentiated again.


def to_last(a: Any, axis: Axis, ndim: int) -> Any:
    """The array with the axes of a reduction moved to the end and joined to one."""
    axes = reduced_axes(axis, ndim)
    if ndim == 1 and axes:
        return a
    rest = tuple(i for i in range(ndim) if i not in axes)
    moved = np.transpose(a, rest + axes)
    size = 1
    for n in moved.shape[len(rest) :]:
        size *= n
    return np.reshape(moved, (*moved.shape[: len(rest)], size))


def from_last(a: Any, axis: Axis, shape: tuple[int, ...]) -> Any:
    """Undo `to_last`, for an array of that shape."""
    axes = reduced_axes(axis, len(shape))
    if len(shape) == 1 and axes:
        return a
    order = tuple(i for i in range(len(shape)) if i not in axes) + axes
    moved = np.reshape(a, tuple(shape[i] for i in order))
    return np.transpose(moved, tuple(order.index(i) for i in range(len(shape))))


def running_in_halves(ufunc: np.ufunc, x: Any) -> Any:
    """ufunc.accumulate along the last axis, of an associative ufunc.

    After the step of width d an element stands for the last 2d.

    Source: Hillis & Steele 1986, Data parallel algorithms.
    """
    d = 1
    while d < x.shape[-1]:
        x = np.concatenate([x[..., :d], ufunc(x[..., :-d], x[..., d:])], axis=-1)
        d *= 2
    return x


def shifted(products: Any) -> Any:
    """Running products along the last axis, without the element itself: 1 in front, the last product dropped."""
    return np.concatenate([ones((*products.shape[:-1], 1), products.dtype, raw(products)), products[..., :-1]], axis=-1)


def _prod_vjp(g: Any, out: Any, a: Any, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    if a.size == 0:
        return zeros(a.shape, g.dtype, raw(g))
    x = to_last(a, axis, a.ndim)
    left = shifted(np.cumprod(x, axis=-1))
    right = np.flip(shifted(np.cumprod(np.flip(x, -1), axis=-1)), -1)
    return keep_dims(g, a.shape, axis, keepdims) * from_last(left * right, axis, a.shape)


_prod = define(
    lambda a, axis=None, dtype=None, keepdims=False: np.prod(a, axis=axis, dtype=dtype, keepdims=keepdims),
    _prod_vjp, keeps="a", guard=False, name="prod", jvp="reduction", batch="axis", label="g·∏ others",
)  # fmt: skip


@implements(np.prod)
def prod(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    """np.prod; the gradient is exact where factors are zero."""
    check_dtype("prod", a, dtype)
    product = _prod(_only(a, where, 1), axis=axis, dtype=dtype, keepdims=keepdims)
    return product if initial is None else product * initial


def along_axes(name: str, weights: Any, axis: Axis, shape: tuple[int, ...]) -> Any:
    """Weights of an array's shape, or of its axes `axis`, so that they broadcast against the array."""
    if weights.shape == shape:
        return weights
    if axis is None:
        raise ShapeError(
            f"np.{name}: weights of shape {weights.shape} do not fit the array's {shape}; say along which axis they go."
        )
    axes = normalize_axes(axis, len(shape))
    expected = tuple(shape[i] for i in axes)
    if weights.shape != expected:
        raise ShapeError(f"np.{name}: weights along axis {axis} must have shape {expected}; got {weights.shape}.")
    ordered = np.transpose(weights, tuple(sorted(range(len(axes)), key=axes.__getitem__)))
    return np.reshape(ordered, tuple(n if i in axes else 1 for i, n in enumerate(shape)))


@implements(np.average)
def average(a: Any, axis: Axis = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False) -> Any:
    """np.average; the weights are differentiated too."""
    shape = np.shape(a)
    if weights is None:
        value = np.mean(a, axis=axis, keepdims=keepdims)
        return (value, np.full(value.shape, reduced_size(shape, axis), value.dtype)) if returned else value
    a, weights = as_operand(a), as_operand(weights)
    if np.result_type(a.dtype, weights.dtype) == HALF:
        found = average(a.astype(np.float32), axis, weights.astype(np.float32), returned, keepdims=keepdims)
        return tuple([part.astype(HALF) for part in found]) if returned else found.astype(HALF)
    if weights.dtype == HALF:
        weights = weights.astype(np.result_type(a.dtype, HALF))
    weights = along_axes("average", weights, axis, shape)
    whole = weights if weights.shape == shape else np.broadcast_to(weights, shape)
    total = np.sum(whole if axis is None else weights, axis=axis, keepdims=keepdims)
    if surely(raw(total) == 0):
        raise ZeroDivisionError("np.average: the weights sum to zero, there is nothing to divide by.")
    value = np.sum(a * weights, axis=axis, keepdims=keepdims) / total
    return (value, np.broadcast_to(total, value.shape)) if returned else value


# The same functions ignoring nan: it is replaced by the neutral element, and gets no gradient.


def present(a: Any) -> Any:
    """Where there is a number."""
    return np.logical_not(np.isnan(a))


@implements(np.nansum)
def nansum(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    """np.nansum."""
    return sum_(np.where(present(a), a, 0), axis, dtype, out, keepdims, initial, where)


@implements(np.nanprod)
def nanprod(
    a: Any,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    """np.nanprod."""
    return prod(np.where(present(a), a, 1), axis, dtype, out, keepdims, initial, where)


@implements(np.nanmean)
def nanmean(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, keepdims: bool = False, *, where: Any = True
) -> Any:
    """np.nanmean."""
    check_dtype("nanmean", a, dtype)
    return mean_of_chosen(a, present(a) & chosen_by(where, a), axis, dtype, keepdims)


# The methods of the ufuncs. The default of reduce is axis 0.


def _reduce_add(
    a: Any, axis: Axis = 0, dtype: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    return sum_(a, axis=axis, dtype=dtype, keepdims=keepdims, initial=initial, where=where)


def _reduce_multiply(
    a: Any, axis: Axis = 0, dtype: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    return prod(a, axis=axis, dtype=dtype, keepdims=keepdims, initial=initial, where=where)


rules[np.add, "reduce"] = _reduce_add
rules[np.multiply, "reduce"] = _reduce_multiply
