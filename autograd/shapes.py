"""Shapes: undoing a broadcast, undoing a reduction, and numbering axes.

The functions use only NumPy functions and operators, so they work on arrays and, recorded, on Tensors.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.errors import ShapeError

Axis = int | Sequence[int] | None
HALF = np.dtype(np.float16)  # it has no count above 65504, and no integer above 2048 plus one: sums go in float32


add_up: Any = np.add.reduce  # what np.sum calls after checks that cost more than a small sum


def summed(g: Any, axis: int | tuple[int, ...], keepdims: bool = False) -> Any:
    """np.sum over axes, of float16 in float32."""
    if g.dtype is HALF:
        return np.sum(g, axis=axis, dtype=np.float32, keepdims=keepdims).astype(HALF)
    return (add_up if type(g) is np.ndarray else np.sum)(g, axis=axis, keepdims=keepdims)


def conj(x: Any) -> Any:
    """The complex conjugate; real numbers, which are their own, as they are."""
    return np.conjugate(x) if x.dtype.kind == "c" else x


def adjoint(a: Any) -> Any:
    """Each matrix of a stack transposed and conjugated."""
    return conj(transposed(a))


def widened(*arrays: Any) -> list[Any]:
    """float16 as float32; other arrays as they are."""
    return [a.astype(np.float32) if a.dtype is HALF else a for a in arrays]


def divided(g: Any, count: Any) -> Any:
    """g / count in the dtype of g, where the count may be more than float16 can hold."""
    wide = np.dtype(np.float32) if g.dtype is HALF else g.dtype
    if hasattr(count, "dtype"):
        count = count.astype(wide)
    return g / count if wide is g.dtype else (g.astype(wide) / count).astype(g.dtype)


def largest(x: Any, axis: Axis, least: float) -> Any:
    """The maximum along an axis, which is kept with size 1. It is `least`, below all elements, of an empty row."""
    if type(x) is np.ndarray:
        return np.maximum.reduce(x, axis=axis, keepdims=True, initial=least)
    if 0 in x.shape:
        return np.max(x, axis=axis, keepdims=True, initial=least)
    return np.max(x, axis=axis, keepdims=True)


def transposed(x: Any) -> Any:
    """Each matrix of a stack with rows and columns exchanged: `x.mT`, which not every library's arrays have."""
    return x.mT if type(x) is np.ndarray else np.swapaxes(x, -1, -2)


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """Sum a cotangent over the axes that broadcasting added or stretched: the transpose of broadcast_to.

    A cotangent that is smaller than `shape` is broadcast to it, so a rule may return one number for all elements.

    Example:
        >>> unbroadcast(np.ones((4, 3)), (3,))
        array([4., 4., 4.])
    """
    shape_of_g = np.shape(g)
    if shape_of_g == shape:
        return g
    added = len(shape_of_g) - len(shape)
    if added > 0:
        g = summed(g, tuple(range(added)))
        shape_of_g = np.shape(g)
    if added >= 0:
        stretched = tuple(i for i, size in enumerate(shape) if size == 1 and shape_of_g[i] != 1)
        if stretched:
            g = summed(g, stretched, keepdims=True)
    return g if np.shape(g) == shape else np.broadcast_to(g, shape)


def normalize_axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    """The axes as numbers in 0 … ndim-1; None means all axes."""
    if axis is None:
        return tuple(range(ndim))
    if type(axis) is int and -ndim <= axis < ndim:
        return (axis % ndim,)
    axes = tuple(axis) if isinstance(axis, (tuple, list, range)) else (axis,)
    try:
        numbers = [operator.index(a) for a in axes]
    except TypeError:
        raise ShapeError(f"axis must be an integer, a tuple of integers or None; got {axis!r}.") from None
    for a in numbers:
        if not -ndim <= a < ndim:
            remedy = f"use {-ndim} to {ndim - 1}" if ndim else "a number has no axis"
            raise ShapeError(f"axis {a} is out of bounds for an array with {ndim} dimensions: {remedy}.")
    return tuple(a % ndim for a in numbers)


def negative_axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    """The axes counted from the end, so that they are the same in a stack."""
    return tuple([i - ndim for i in reduced_axes(axis, ndim)])


def reduced_axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    """`normalize_axes` for a reduction: of a number NumPy also reduces the axis 0 or -1, which it has not."""
    return () if not ndim and axis in (0, -1) else normalize_axes(axis, ndim)


def kept_shape(shape: tuple[int, ...], axis: Axis) -> tuple[int, ...]:
    """The shape of a reduction over `axis` with keepdims=True."""
    kept = list(shape)
    for i in reduced_axes(axis, len(shape)):
        kept[i] = 1
    return tuple(kept)


def keep_dims(g: Any, shape: tuple[int, ...], axis: Axis, keepdims: bool = False) -> Any:
    """Reshape the cotangent of a reduction so that it broadcasts against the array that was reduced."""
    return g if keepdims or not g.ndim else np.reshape(g, kept_shape(shape, axis))


def spread(g: Any, shape: tuple[int, ...], axis: Axis, keepdims: bool = False) -> Any:
    """Broadcast the cotangent of a sum over `axis` to the shape of the array that was summed."""
    if type(g) in (np.float64, np.float32):  # np.broadcast_to, which takes longer than a small sum
        out = np.ndarray(shape, g.dtype, np.array(g), 0, (0,) * len(shape))
        out.flags.writeable = False
        return out
    return np.broadcast_to(keep_dims(g, shape, axis, keepdims), shape)


def reduced_size(shape: tuple[int, ...], axis: Axis) -> int:
    """How many elements a reduction over `axis` combines into one."""
    size = 1
    for a in reduced_axes(axis, len(shape)):
        size *= shape[a]
    return size


# Of a stack of arrays: one more axis in front


def unbroadcast_stack(g: Any, k: int, shape: tuple[int, ...]) -> Any:
    """`unbroadcast` of each of k cotangents: g as (k, *shape).

    Broadcasting is undone behind the leading axis. A g without that axis is the same for all of them.
    """
    got = np.shape(g)
    if got == (k, *shape):
        return g
    if len(got) <= len(shape):
        return np.broadcast_to(g, (k, *shape))
    added = len(got) - 1 - len(shape)
    if added:
        g = summed(g, tuple(range(1, added + 1)))
    stretched = tuple([i + 1 for i, n in enumerate(shape) if n == 1 and g.shape[i + 1] != 1])
    if stretched:
        g = summed(g, stretched, keepdims=True)
    return g if g.shape == (k, *shape) else np.broadcast_to(g, (k, *shape))


def stacked_axis(axis: Any, ndim: int) -> Any:
    """The same axis (or axes) of an array that has one more in front; None is all of them."""
    if axis is None:
        return tuple(range(1, ndim + 1))
    if isinstance(axis, (tuple, list, range)):
        return tuple([i + 1 for i in normalize_axes(axis, ndim)])
    return axis + 1 if axis >= 0 else axis


def stacked_index(index: Any) -> Any:
    """The index that takes x[index] of every x of a stack, or None if there is no such index.

    There is none for index arrays that are not side by side: NumPy puts their axes in front of all others, also of the
    stack's.
    """
    parts = index if type(index) is tuple else (index,)
    arrays = [i for i, part in enumerate(parts) if not (part is None or part is Ellipsis or isinstance(part, slice))]
    if any(np.ndim(parts[i]) == 0 and np.asarray(parts[i]).dtype == bool for i in arrays):
        return None
    if any(np.ndim(parts[i]) for i in arrays) and arrays[-1] - arrays[0] != len(arrays) - 1:
        return None
    return (slice(None), *parts)
