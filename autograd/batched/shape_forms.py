"""Forms of what changes the shape, takes elements by positions, or joins arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.batched.hidden import aligned, axes_of, batched, full, highest, in_front, moved, one_of
from autograd.batched.indexing import getitem
from autograd.batched.level import Level
from autograd.batched.table import Form, form, forms
from autograd.ops.padding import pad
from autograd.shapes import normalize_axes, stacked_axis


@form(np.reshape)
def _reshape(level: Level, a: Any, shape: Any, order: str = "C", **options: Any) -> Any:
    shape = tuple(shape) if np.iterable(shape) else (shape,)
    if order != "C":
        backwards = tuple(range(a.ndim, 0, -1))
        rows = np.reshape(np.transpose(a._values, (0, *backwards)), (level.size, *shape[::-1]))
        return batched(np.transpose(rows, (0, *range(len(shape), 0, -1))), level)
    if -1 in shape:
        known = int(np.prod([n for n in shape if n != -1]))
        shape = tuple([a.size // known if n == -1 and known else n for n in shape])
    return batched(np.reshape(a._values, (level.size, *shape)), level)


@form(np.ravel)
def _ravel(level: Level, a: Any, order: str = "C") -> Any:
    flat = _reshape(level, a, (a.size,), "F" if order == "F" else "C")
    lies = one_of(flat).flags
    return flat if lies.c_contiguous else np.copy(flat)  # as NumPy's, also where one axis has a view


@form(np.transpose)
def _transpose(level: Level, a: Any, axes: Any = None) -> Any:
    axes = range(a.ndim)[::-1] if axes is None else normalize_axes(tuple(axes), a.ndim)
    return batched(np.transpose(a._values, (0, *[i + 1 for i in axes])), level)


def _by_two_axes(function: Any) -> Form:
    def by_two_axes(level: Level, a: Any, first: Any, second: Any) -> Any:
        ndim = a.ndim
        return batched(function(a._values, stacked_axis(first, ndim), stacked_axis(second, ndim)), level)

    return by_two_axes


forms[np.swapaxes], forms[np.moveaxis] = _by_two_axes(np.swapaxes), _by_two_axes(np.moveaxis)


@form(np.expand_dims)
def _expand_dims(level: Level, a: Any, axis: Any) -> Any:
    several = tuple(axis) if np.iterable(axis) else (axis,)
    axes = normalize_axes(several, a.ndim + len(several))
    return batched(np.expand_dims(a._values, tuple([i + 1 for i in axes])), level)


@form(np.squeeze)
def _squeeze(level: Level, a: Any, axis: Any = None) -> Any:
    axes = tuple([i for i, n in enumerate(a.shape) if n == 1]) if axis is None else normalize_axes(axis, a.ndim)
    return batched(np.squeeze(a._values, tuple([i + 1 for i in axes])), level)


@form(np.broadcast_to)
def _broadcast_to(level: Level, a: Any, shape: Any, **options: Any) -> Any:
    shape = tuple(shape) if np.iterable(shape) else (shape,)
    return batched(np.broadcast_to(aligned(a, level, len(shape)), (level.size, *shape)), level)


@form(np.flip)
def _flip(level: Level, m: Any, axis: Any = None) -> Any:
    return batched(np.flip(m._values, stacked_axis(axis, m.ndim)), level)


@form(np.roll)
def _roll(level: Level, a: Any, shift: Any, axis: Any = None) -> Any:
    if axis is None:
        return np.reshape(np.roll(np.reshape(a, (-1,)), shift, 0), a.shape)
    return batched(np.roll(a._values, shift, stacked_axis(axis, a.ndim)), level)


@form(np.tile)
def _tile(level: Level, A: Any, reps: Any) -> Any:
    reps = tuple(reps) if np.iterable(reps) else (reps,)
    ndim = max(len(reps), A.ndim)
    return batched(np.tile(aligned(A, level, ndim), (1, *[1] * (ndim - len(reps)), *reps)), level)


forms[np.flipud] = lambda level, m: np.flip(m, 0)
forms[np.fliplr] = lambda level, m: np.flip(m, 1)


@form(np.rot90)
def _rot90(level: Level, m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    return batched(np.rot90(m._values, k, (moved(axes[0], m.ndim), moved(axes[1], m.ndim))), level)


@form(np.diagonal)
def _diagonal(level: Level, a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return batched(np.diagonal(a._values, offset, moved(axis1, a.ndim), moved(axis2, a.ndim)), level)


@form(np.trace)
def _trace(level: Level, a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    return np.sum(np.diagonal(a, offset, axis1, axis2), -1, dtype)


@form(np.repeat)
def _repeat(level: Level, a: Any, repeats: Any, axis: Any = None) -> Any:
    a = np.reshape(a, (-1,)) if axis is None else a
    return batched(np.repeat(a._values, repeats, moved(axis or 0, a.ndim)), level)


@form(np.lib.stride_tricks.sliding_window_view)
def _windows(level: Level, x: Any, window_shape: Any, axis: Any = None, **options: Any) -> Any:
    axes = stacked_axis(axis, x.ndim)
    return batched(np.lib.stride_tricks.sliding_window_view(x._values, window_shape, axes, **options), level)


@form(np.pad)
def _pad(level: Level, array: Any, pad_width: Any, mode: Any = "constant", **options: Any) -> Any:
    if highest(options) is level:  # a value of its own for each example
        return pad(array, pad_width, mode, **options)
    width = np.broadcast_to(np.asarray(pad_width), (array.ndim, 2)).tolist()
    for name in ("constant_values", "end_values", "stat_length"):
        if axes_of(options.get(name, 0)):  # a pair for each axis
            pairs = np.broadcast_to(options[name], (array.ndim, 2))
            options[name] = np.concatenate([pairs[:1], pairs])
    return batched(np.pad(array._values, [(0, 0), *width], mode, **options), level)


# Positions


@form(np.take)
def _take(level: Level, a: Any, indices: Any, axis: Any = None, mode: str = "raise") -> Any:
    if axis is None:
        a, axis = np.reshape(a, (-1,)), 0
    (axis,) = normalize_axes(axis, axes_of(a))
    n = np.shape(a)[axis]
    if mode != "raise":
        indices = np.remainder(indices, n) if mode == "wrap" else np.clip(indices, 0, n - 1)
    indices = indices if hasattr(indices, "dtype") else np.asarray(indices, None if np.size(indices) else np.intp)
    return getitem(a, (*[slice(None)] * axis, indices))


@form(np.take_along_axis)
def _take_along_axis(level: Level, arr: Any, indices: Any, axis: Any = -1) -> Any:
    if axis is None:
        arr, axis = np.reshape(arr, (-1,)), 0
    ndim = axes_of(arr)
    return batched(np.take_along_axis(full(arr, level), full(indices, level), moved(axis, ndim)), level)


@form(np.searchsorted)
def _searchsorted(level: Level, a: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    """How many of a are in front of v: its place among both in order, less its place among v alone."""
    a = a if sorter is None else np.take_along_axis(a, sorter, 0)
    flat = np.reshape(v, (-1,))
    n = np.shape(a)[0]
    both = np.concatenate([flat, a] if side == "left" else [a, flat])  # in a stable order equal ones stay so
    place = np.argsort(np.argsort(both, kind="stable"))
    place = place[: np.size(v)] if side == "left" else place[n:]
    return np.reshape(place - np.argsort(np.argsort(flat, kind="stable")), np.shape(v))


# Several arrays joined


@form(np.concatenate)
def _concatenate(level: Level, arrays: Any, axis: Any = 0, **options: Any) -> Any:
    if axis is None:
        arrays, axis = [np.reshape(a, (-1,)) for a in arrays], 0
    at_axis = moved(axis, axes_of(arrays[0]))
    return batched(np.concatenate([in_front(full(a, level)) for a in arrays], at_axis, **options), level)


@form(np.stack)
def _stack(level: Level, arrays: Any, axis: int = 0, **options: Any) -> Any:
    at_axis = moved(axis, axes_of(arrays[0]) + 1)
    return batched(np.stack([in_front(full(a, level)) for a in arrays], at_axis, **options), level)
