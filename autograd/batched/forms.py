"""Forms of reductions, of what works along one axis, element by element or on matrices, and of new arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.batched.hidden import (
    aligned,
    at,
    axes_of,
    batched,
    everywhere,
    full,
    highest,
    moved,
    rewrapped,
    unwrapped,
)
from autograd.batched.level import Level
from autograd.batched.loop import one_by_one
from autograd.batched.table import Form, form, forms
from autograd.shapes import normalize_axes, reduced_axes

_function: Any


# Over axes: axis is the second argument, None for all of them


def _over_axes(function: Any) -> Form:
    def reduced(level: Level, a: Any, axis: Any = None, *args: Any, **options: Any) -> Any:
        ndim = axes_of(a)
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
            shape = (level.size, *[1] * axes_of(a))
            found = function(np.reshape(values, (level.size, -1)), 1, *args, **options)
            return batched(np.reshape(found, shape) if options.get("keepdims") is True else found, level)
        return batched(function(values, moved(axis, axes_of(a)), *args, **options), level)

    return along


for _function in (
    np.cumsum, np.cumprod, np.nancumsum, np.nancumprod, np.argmax, np.argmin, np.nanargmax, np.nanargmin,
):  # fmt: skip
    forms[_function] = _along(_function, None)
for _function in (np.sort, np.argsort):
    forms[_function] = _along(_function, -1)


def _around(function: Any) -> Form:
    """Of np.partition and np.argpartition: kth before the axis."""

    def around(level: Level, a: Any, kth: Any, axis: Any = -1, *args: Any, **options: Any) -> Any:
        return _along(lambda a, axis: function(a, kth, axis, *args, **options), -1)(level, a, axis)

    return around


forms[np.partition], forms[np.argpartition] = _around(np.partition), _around(np.argpartition)


# Element by element, of several arguments that broadcast


def _by_element(function: Any) -> Form:
    def by_element(level: Level, *args: Any, **options: Any) -> Any:
        ndim = max([axes_of(a) for a in args if a is not None])
        options = {name: aligned(x, level, ndim) for name, x in options.items()}
        return batched(function(*[aligned(a, level, ndim) for a in args], **options), level)

    return by_element


for _function in (np.clip, np.isclose, np.nan_to_num, np.real, np.imag, np.angle, np.round, np.around, np.i0, np.sinc,
                  np.isreal, np.iscomplex, np.copy, np.isneginf, np.isposinf, np.fix):  # fmt: skip
    forms[_function] = _by_element(_function)


@form(np.digitize)
def _digitize(level: Level, x: Any, bins: Any, right: bool = False) -> Any:
    if highest(bins) is level:  # bins of its own for each example, which may rise or fall
        return one_by_one(level, "np.digitize", np.digitize, (x, bins, right), {})
    return batched(np.digitize(x._values, bins, right), level)


WRITERS = frozenset({np.copyto, np.put, np.place, np.putmask, np.fill_diagonal, np.put_along_axis})


@form(np.copyto)
def _copyto(level: Level, dst: Any, src: Any, casting: Any = "same_kind", where: Any = True) -> None:
    ndim = axes_of(dst)
    np.copyto(dst._values, aligned(src, level, ndim), casting, where if where is True else aligned(where, level, ndim))


@form(np.choose)
def _choose(level: Level, a: Any, choices: Any, **options: Any) -> Any:
    ndim = max(axes_of(a), *[axes_of(choice) for choice in choices])
    return batched(np.choose(aligned(a, level, ndim), [aligned(x, level, ndim) for x in choices], **options), level)


@form(np.unwrap)
def _unwrap(level: Level, p: Any, discont: Any = None, axis: int = -1, *, period: Any = 2 * math.pi) -> Any:
    ndim = axes_of(p)
    discont, period = aligned(discont, level, ndim), aligned(period, level, ndim)
    return batched(np.unwrap(full(p, level), discont, moved(axis, ndim), period=period), level)


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


@form(np.linalg.norm)
def _norm(level: Level, x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    values, ndim = full(x, level), axes_of(x)
    if axis is None and ord is None:
        found = np.linalg.norm(np.reshape(values, (level.size, -1)), axis=1)
        return batched(np.reshape(found, (level.size, *[1] * ndim)) if keepdims else found, level)
    axes = normalize_axes(axis, ndim)
    if not 1 <= len(axes) <= 2:
        raise ValueError("Improper number of dimensions to norm.")
    found = np.linalg.norm(values, ord, tuple([i + 1 for i in axes]) if len(axes) > 1 else axes[0] + 1, keepdims)
    return batched(found, level)


@form(np.linalg.lstsq)
def _lstsq(level: Level, a: Any, b: Any, rcond: Any = None) -> Any:
    """By singular values, since NumPy's takes one matrix."""
    m, n = a.shape if axes_of(a) == 2 else np.shape(a)
    u, s, vt = np.linalg.svd(a, full_matrices=False)
    cutoff = np.finfo(s.dtype).eps * (max(m, n) if rcond is None else 1) if rcond is None or rcond < 0 else rcond
    kept = s > cutoff * np.max(s, initial=0)
    rank = np.sum(kept)
    columns = np.reshape(b, (m, -1))
    parts = np.matmul(np.conjugate(np.swapaxes(u, 0, 1)), columns)
    x = np.matmul(np.conjugate(np.swapaxes(vt, 0, 1)), parts * np.where(kept, 1 / np.where(kept, s, 1), 0)[:, None])
    residuals = np.sum(np.abs(columns - np.matmul(a, x)) ** 2, axis=0)
    if m <= n:
        residuals = residuals[:0]
    elif np.any(everywhere(rank) < n):  # then NumPy gives no residuals: the shape depends on the values
        return one_by_one(level, "np.linalg.lstsq", np.linalg.lstsq, (a, b, rcond), {})
    return np.reshape(x, (n, *np.shape(b)[1:])), residuals, rank, s


@form(np.linalg.solve)
def _solve(level: Level, a: Any, b: Any) -> Any:
    if axes_of(b) == 1:
        column = np.linalg.solve(a, np.reshape(b, (*np.shape(b), 1)))
        return column[..., 0]
    ndim = max(axes_of(a), axes_of(b))
    return batched(np.linalg.solve(aligned(a, level, ndim), aligned(b, level, ndim)), level)


def _of_triangle(function: Any) -> Form:
    def triangle(level: Level, m: Any, k: int = 0) -> Any:
        values = m._values if m.ndim > 1 else np.broadcast_to(m._values[:, None], (level.size, *m.shape, *m.shape))
        return batched(function(values, k), level)

    return triangle


forms[np.tril], forms[np.triu] = _of_triangle(np.tril), _of_triangle(np.triu)


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


# Fourier transforms: the last axes, or those that are said


def _transform(function: Any) -> Form:
    def transform(level: Level, a: Any, s: Any = None, axes: Any = None, *args: Any, **options: Any) -> Any:
        if axes is None:
            axes = range(-(a.ndim if s is None else len(s)), 0)
        return batched(function(a._values, s, [axis - a.ndim for axis in normalize_axes(tuple(axes), a.ndim)],
                                *args, **options), level)  # fmt: skip

    return transform


for _function in (np.fft.fftn, np.fft.ifftn, np.fft.rfftn, np.fft.irfftn):
    forms[_function] = _transform(_function)
