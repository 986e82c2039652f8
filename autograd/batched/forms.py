"""NumPy's functions for a batch: each is NumPy's own function on values that have the hidden axis in front.

A form is `(level, *args, **kwargs)`, the arguments as NumPy's function has them, at least one of them batched.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.batched.hidden import aligned, at, batched, full, moved, rewrapped, unwrapped
from autograd.batched.indexing import getitem
from autograd.batched.level import Level
from autograd.batched.loop import one_by_one
from autograd.shapes import normalize_axes, reduced_axes, stacked_axis

Form = Callable[..., Any]
_function: Any
forms: dict[Any, Form] = {}  # NumPy's function -> what it is for a batch


def form(*functions: Any) -> Callable[[Form], Form]:
    """Say that this is the form of NumPy's functions."""

    def register(made: Form) -> Form:
        for function in functions:
            forms[function] = made
        return made

    return register


# Over axes: axis is the second argument, None for all of them


def _over_axes(function: Any) -> Form:
    def reduced(level: Level, a: Any, axis: Any = None, *args: Any, **options: Any) -> Any:
        ndim = np.ndim(a)
        axes = tuple([i + 1 for i in reduced_axes(axis, ndim)])
        for name in ("where", "mean", "initial"):
            if at(options.get(name), level):
                options[name] = aligned(options[name], level, ndim)
        return batched(function(full(a, level), axes, *args, **options), level)

    return reduced


for _function in (
    np.sum, np.prod, np.mean, np.std, np.var, np.max, np.min, np.any, np.all, np.ptp, np.median,
    np.nansum, np.nanprod, np.nanmean, np.nanstd, np.nanvar, np.nanmax, np.nanmin, np.nanmedian, np.count_nonzero,
):  # fmt: skip
    forms[_function] = _over_axes(_function)
forms[np.amax], forms[np.amin] = forms[np.max], forms[np.min]


# Along one axis; None stands for all elements in one row


def _along(function: Any, default: Any) -> Form:
    def along(level: Level, a: Any, axis: Any = default, *args: Any, **options: Any) -> Any:
        values = full(a, level)
        if axis is None:
            shape = (level.size, *[1] * np.ndim(a))
            found = function(np.reshape(values, (level.size, -1)), 1, *args, **options)
            return batched(np.reshape(found, shape) if options.get("keepdims") is True else found, level)
        return batched(function(values, moved(axis, np.ndim(a)), *args, **options), level)

    return along


for _function in (
    np.cumsum, np.cumprod, np.nancumsum, np.nancumprod, np.argmax, np.argmin, np.nanargmax, np.nanargmin,
):  # fmt: skip
    forms[_function] = _along(_function, None)
for _function in (np.sort, np.argsort):
    forms[_function] = _along(_function, -1)


@form(np.partition)
def _partition(level: Level, a: Any, kth: Any, axis: Any = -1, **options: Any) -> Any:
    return _along(lambda a, axis, **o: np.partition(a, kth, axis, **o), -1)(level, a, axis, **options)


@form(np.argpartition)
def _argpartition(level: Level, a: Any, kth: Any, axis: Any = -1, **options: Any) -> Any:
    return _along(lambda a, axis, **o: np.argpartition(a, kth, axis, **o), -1)(level, a, axis, **options)


# Element by element, of several arguments that broadcast


def _by_element(function: Any) -> Form:
    def by_element(level: Level, *args: Any, **options: Any) -> Any:
        ndim = max([np.ndim(a) for a in args if a is not None])
        options = {name: aligned(x, level, ndim) for name, x in options.items()}
        return batched(function(*[aligned(a, level, ndim) for a in args], **options), level)

    return by_element


for _function in (np.clip, np.isclose, np.nan_to_num, np.real, np.imag, np.angle, np.round, np.around, np.i0, np.sinc,
                  np.isreal, np.iscomplex, np.copy):  # fmt: skip
    forms[_function] = _by_element(_function)


@form(np.where)
def _where(level: Level, condition: Any, *choices: Any) -> Any:
    if not choices:
        return one_by_one(level, "np.nonzero", np.nonzero, (condition,), {})
    return _by_element(np.where)(level, condition, *choices)


# The last axes: leading ones pass through


def _of_matrices(function: Any) -> Form:
    return lambda level, a, *args, **options: rewrapped(function(unwrapped(a, level), *args, **options), level)


for _function in (
    np.linalg.inv, np.linalg.pinv, np.linalg.det, np.linalg.slogdet, np.linalg.cholesky, np.linalg.eigh,
    np.linalg.eigvalsh, np.linalg.svd, np.linalg.svdvals, np.linalg.qr, np.linalg.eig, np.linalg.eigvals,
    np.linalg.matrix_power, np.linalg.matrix_rank, np.linalg.matrix_transpose, np.matrix_transpose,
):  # fmt: skip
    forms[_function] = _of_matrices(_function)


@form(np.linalg.solve)
def _solve(level: Level, a: Any, b: Any) -> Any:
    if np.ndim(b) == 1:
        column = np.linalg.solve(a, np.reshape(b, (*np.shape(b), 1)))
        return column[..., 0]
    ndim = max(np.ndim(a), np.ndim(b))
    return batched(np.linalg.solve(aligned(a, level, ndim), aligned(b, level, ndim)), level)


def _of_triangle(function: Any) -> Form:
    def triangle(level: Level, m: Any, k: int = 0) -> Any:
        values = m._values if m.ndim > 1 else np.broadcast_to(m._values[:, None], (level.size, *m.shape, *m.shape))
        return batched(function(values, k), level)

    return triangle


forms[np.tril], forms[np.triu] = _of_triangle(np.tril), _of_triangle(np.triu)


# Shapes


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
    return _reshape(level, a, (a.size,), "F" if order == "F" else "C")


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
    width = np.broadcast_to(np.asarray(pad_width), (array.ndim, 2)).tolist()
    options = {name: full(x, level) if at(x, level) else x for name, x in options.items()}
    return batched(np.pad(array._values, [(0, 0), *width], mode, **options), level)


# Positions


@form(np.take)
def _take(level: Level, a: Any, indices: Any, axis: Any = None, mode: str = "raise") -> Any:
    if axis is None:
        a, axis = np.reshape(a, (-1,)), 0
    (axis,) = normalize_axes(axis, np.ndim(a))
    n = np.shape(a)[axis]
    if mode != "raise":
        indices = np.remainder(indices, n) if mode == "wrap" else np.clip(indices, 0, n - 1)
    indices = indices if hasattr(indices, "dtype") else np.asarray(indices, None if np.size(indices) else np.intp)
    return getitem(a, (*[slice(None)] * axis, indices))


@form(np.take_along_axis)
def _take_along_axis(level: Level, arr: Any, indices: Any, axis: Any = -1) -> Any:
    if axis is None:
        arr, axis = np.reshape(arr, (-1,)), 0
    ndim = np.ndim(arr)
    return batched(np.take_along_axis(full(arr, level), full(indices, level), moved(axis, ndim)), level)


@form(np.searchsorted)
def _searchsorted(level: Level, a: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    if not at(a, level) and not at(sorter, level) and isinstance(v._values, np.ndarray):
        return batched(np.searchsorted(a, v._values, side, sorter), level)  # type: ignore[call-overload]
    return one_by_one(level, "np.searchsorted", np.searchsorted, (a, v, side, sorter), {})


# Several arrays joined


@form(np.concatenate)
def _concatenate(level: Level, arrays: Any, axis: Any = 0, **options: Any) -> Any:
    if axis is None:
        arrays, axis = [np.reshape(a, (-1,)) for a in arrays], 0
    at_axis = moved(axis, np.ndim(arrays[0]))
    return batched(np.concatenate([full(a, level) for a in arrays], at_axis, **options), level)


@form(np.stack)
def _stack(level: Level, arrays: Any, axis: int = 0, **options: Any) -> Any:
    at_axis = moved(axis, np.ndim(arrays[0]) + 1)
    return batched(np.stack([full(a, level) for a in arrays], at_axis, **options), level)


# Products


@form(np.dot)
def _dot(level: Level, a: Any, b: Any) -> Any:
    if not np.ndim(a) or not np.ndim(b):
        return np.multiply(a, b)
    return np.matmul(a, b) if np.ndim(b) <= 2 else np.tensordot(a, b, ([-1], [-2]))


@form(np.inner)
def _inner(level: Level, a: Any, b: Any) -> Any:
    return np.multiply(a, b) if not np.ndim(a) or not np.ndim(b) else np.tensordot(a, b, ([-1], [-1]))


@form(np.outer)
def _outer(level: Level, a: Any, b: Any) -> Any:
    return np.multiply(np.reshape(a, (-1, 1)), np.reshape(b, (1, -1)))


@form(np.vdot)
def _vdot(level: Level, a: Any, b: Any) -> Any:
    return np.sum(np.multiply(np.conjugate(np.reshape(a, (-1,))), np.reshape(b, (-1,))))


@form(np.tensordot)
def _tensordot(level: Level, a: Any, b: Any, axes: Any = 2) -> Any:
    """As one product of matrices: the summed axes last in a, first in b."""
    if isinstance(axes, (int, np.integer)):
        axes = (range(np.ndim(a) - axes, np.ndim(a)), range(axes))
    of_a, of_b = normalize_axes(axes[0], np.ndim(a)), normalize_axes(axes[1], np.ndim(b))
    free_a = [i for i in range(np.ndim(a)) if i not in of_a]
    free_b = [i for i in range(np.ndim(b)) if i not in of_b]
    shape = [np.shape(a)[i] for i in free_a] + [np.shape(b)[i] for i in free_b]
    summed = int(np.prod([np.shape(a)[i] for i in of_a]))
    left = np.reshape(np.transpose(a, (*free_a, *of_a)), (int(np.prod(shape[: len(free_a)])), summed))
    right = np.reshape(np.transpose(b, (*of_b, *free_b)), (summed, int(np.prod(shape[len(free_a) :]))))
    return np.reshape(np.matmul(left, right), shape)


_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@form(np.einsum)
def _einsum(level: Level, subscripts: Any, *operands: Any, **options: Any) -> Any:
    text = subscripts.replace(" ", "")
    left, arrow, right = text.partition("->")
    if not arrow:
        letters = left.replace(",", "").replace(".", "")
        right = "..." * ("..." in left) + "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    letter = next(c for c in _LETTERS if c not in text)
    terms = [letter * at(x, level) + term for term, x in zip(left.split(","), operands, strict=True)]
    values = [unwrapped(x, level) for x in operands]
    return batched(np.einsum(f"{','.join(terms)}->{letter}{right}", *values, **options), level)


# New arrays, and what is known without values


def _new_like(function: Any) -> Form:
    def made(level: Level, a: Any, *args: Any, shape: Any = None, **options: Any) -> Any:
        shape = a.shape if shape is None else tuple(shape) if np.iterable(shape) else (shape,)
        return batched(function(unwrapped(a, level), *args, shape=(level.size, *shape), **options), level)

    return made


for _function in (np.zeros_like, np.ones_like, np.empty_like):
    forms[_function] = _new_like(_function)


@form(np.full_like)
def _full_like(level: Level, a: Any, fill_value: Any, dtype: Any = None, *, shape: Any = None, **options: Any) -> Any:
    made = batched(np.empty((level.size, *(np.shape(a) if shape is None else shape)), dtype or a.dtype), level)
    made[...] = fill_value
    return made


def _known(function: Any) -> Form:
    """By dtypes alone."""
    return lambda level, *args, **options: function(*[x.dtype if at(x, level) else x for x in args], **options)


for _function in (np.result_type, np.can_cast, np.min_scalar_type):
    forms[_function] = _known(_function)
forms[np.iscomplexobj] = lambda level, x: x.dtype.kind == "c"
forms[np.isrealobj] = lambda level, x: x.dtype.kind != "c"
forms[np.shape] = lambda level, a: a.shape
forms[np.ndim] = lambda level, a: a.ndim
forms[np.size] = lambda level, a, axis=None: a.size if axis is None else a.shape[axis]


def _like(function: Any) -> Form:
    """With like=: a constant, which all examples share; a batched array and lists of them as they are."""

    def made(level: Level, a: Any, dtype: Any = None, **options: Any) -> Any:
        if type(a) in (list, tuple):
            a = np.stack([made(level, part) for part in a])
        if at(a, level):
            return a if dtype is None or a.dtype == dtype else a.astype(dtype)
        return function(a, dtype)

    return made


for _function in (np.asarray, np.array, np.asanyarray, np.ascontiguousarray):
    forms[_function] = _like(_function)
