"""Variances and standard deviations over axes.

The deviation of a constant has the gradient 0 by convention (docs/conventions.md), and no second derivative; the
variance has all of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.kinds import is_foreign, ones
from autograd.engine.kinks import bent
from autograd.engine.recording import raw
from autograd.engine.registry import define, implements
from autograd.engine.settled import moving, unsettled, varies
from autograd.errors import ArgumentError
from autograd.ops.arguments import check_dtype
from autograd.ops.chosen import chosen_by, mean_of_chosen
from autograd.ops.curvature import curvature
from autograd.ops.reduction import present
from autograd.scaling import in_range, square_scale, vanishing
from autograd.shapes import HALF, Axis, conj, keep_dims, negative_axes, reduced_size, widened

# d var / dx = 2 (x - mean) / (n - ddof). The derivative by the mean is 0: the deviations sum to zero.


def _var_forward(a: Any, axis: Axis = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    if a.dtype is HALF and dtype is None:
        return np.var(a, axis, np.float32, ddof=ddof, keepdims=keepdims).astype(HALF)
    return np.var(a, axis, dtype, ddof=ddof, keepdims=keepdims)


def _std_forward(a: Any, axis: Axis = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    if a.dtype is HALF and dtype is None:
        return np.std(a, axis, np.float32, ddof=ddof, keepdims=keepdims).astype(HALF)
    out = np.std(a, axis, dtype, ddof=ddof, keepdims=keepdims)
    if in_range(out) or a.size == 0:
        return out
    deviation = np.subtract(a, np.mean(a, axis=axis, dtype=dtype, keepdims=True), dtype=dtype)
    scale = square_scale(out, vanishing(out))
    squares = np.square(np.abs(deviation) * keep_dims(scale, a.shape, axis, keepdims))
    total = np.sum(squares, axis=axis, keepdims=keepdims)
    return np.sqrt(total / _degrees_of_freedom(a, axis, ddof)) / scale


def _degrees_of_freedom(a: Any, axis: Axis, ddof: float) -> float:
    return max(reduced_size(a.shape, axis) - ddof, 0)


def _var_vjp(
    g: Any, out: Any, a: Any, axis: Axis = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False
) -> Any:
    g, a = widened(g, a)
    scale = keep_dims(g, a.shape, axis, keepdims) * 2 / _degrees_of_freedom(a, axis, ddof)
    return scale * conj(a - np.mean(a, axis=axis, keepdims=True))


def _std_vjp(
    g: Any, out: Any, a: Any, axis: Axis = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False
) -> Any:
    """(x - mean) / ((n - ddof) std), and 0 for a constant (docs/conventions.md).

    The computed mean of a constant may have a rounding error, and then every deviation equals that error. Without
    centring them a second time the gradient would be ±1/n instead of 0.
    """
    ga = _std_slope(g, out, a, axis, ddof, keepdims)
    if not varies(a) or is_foreign(raw(a)):
        return ga
    constant = _is_constant(out, a, axis)
    free = unsettled(constant, g)
    if not np.any(free):
        return ga
    params = {"axis": axis, "dtype": dtype, "ddof": ddof, "keepdims": keepdims}

    def slope() -> Any:
        found = curvature(g, "std", (a,), params, constant) / _degrees_of_freedom(a, axis, ddof)
        return keep_dims(found, a.shape, axis, keepdims)

    at = lambda: keep_dims(free, a.shape, axis, keepdims)  # noqa: E731
    deviation = _centred(a, axis)
    kinks = bent(deviation * 0, deviation, at=at, slope=slope, of="np.std", axis=negative_axes(axis, a.ndim))
    return ga + _centred(kinks, axis)


def _centred(a: Any, axis: Axis) -> Any:
    """Twice, because the mean of a constant may have a rounding error."""
    deviation = a - np.mean(a, axis=axis, keepdims=True)
    return deviation - np.mean(deviation, axis=axis, keepdims=True)


def _is_constant(std: Any, a: Any, axis: Axis) -> Any:
    """Where the deviation is 0, but not for certain, as that of a single number is."""
    return (raw(std) == 0) & (reduced_size(a.shape, axis) > 1)


def _std_slope(g: Any, out: Any, a: Any, axis: Axis, ddof: float, keepdims: bool) -> Any:
    g, out, a = widened(g, out, a)
    std = keep_dims(np.where(out == 0, 1, out), a.shape, axis, keepdims)
    return keep_dims(g, a.shape, axis, keepdims) / _degrees_of_freedom(a, axis, ddof) / std * conj(_centred(a, axis))


def _std_jvp(
    t: Any, out: Any, a: Any, axis: Axis = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False
) -> Any:
    """The sum of the gradient times t."""
    along = negative_axes(axis, a.ndim)

    def at() -> Any:
        constant = keep_dims(_is_constant(out, a, axis), a.shape, axis, keepdims)
        return constant & moving(t if varies(t) else _centred(raw(t), axis), along)

    ga = t * _std_slope(ones(out.shape, out.dtype, raw(t)), out, a, axis, ddof, keepdims)
    return np.sum(bent(ga, a, at=at, of="np.std", axis=along, always=True), axis=axis, keepdims=keepdims)


_var = define(
    _var_forward, _var_vjp, keeps="a", guard=False,
    name="var", jvp="reduction", batch="axis", label="2·g·(a - mean(a))/(n - ddof); n = count(a)",
)  # fmt: skip
_std = define(
    _std_forward, _std_vjp, keeps="a out", guard=False,
    name="std", jvp=_std_jvp, batch="axis", label="g·(a - mean(a))/((n - ddof)·out); n = count(a)",
)  # fmt: skip


def _ddof(name: str, ddof: float, correction: float | None) -> float:
    if correction is None:
        return ddof
    if ddof != 0:
        raise ArgumentError(f"np.{name}: ddof and correction are two names for one thing; give one of them.")
    return correction


@implements(np.var)
def var(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, ddof: float = 0, keepdims: bool = False,
    *, where: Any = True, mean: Any = None, correction: float | None = None,
) -> Any:  # fmt: skip
    """np.var."""
    check_dtype("var", a, dtype)
    ddof = _ddof("var", ddof, correction)
    if where is not True or mean is not None:
        return _of_chosen(a, chosen_by(where, a), axis, dtype, ddof, keepdims, mean, root=False)
    return _var(a, axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims)


@implements(np.std)
def std(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, ddof: float = 0, keepdims: bool = False,
    *, where: Any = True, mean: Any = None, correction: float | None = None,
) -> Any:  # fmt: skip
    """np.std; the gradient at a constant is 0."""
    check_dtype("std", a, dtype)
    ddof = _ddof("std", ddof, correction)
    if where is not True or mean is not None:
        return _of_chosen(a, chosen_by(where, a), axis, dtype, ddof, keepdims, mean, root=True)
    return _std(a, axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims)


# The length of the deviations: 0 for a constant, where its gradient counts as 0


def _length_forward(x: Any, axis: Axis, keepdims: bool) -> Any:
    """The root of the sum of squares. It is finite wherever it can be held (autograd/scaling.py)."""
    out = np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))
    if in_range(out) or x.size == 0:
        return out
    scale = square_scale(out, vanishing(out))
    scaled = x * keep_dims(scale, x.shape, axis, keepdims)
    return np.sqrt(np.sum(scaled * scaled, axis=axis, keepdims=keepdims)) / scale


def _length_slope(out: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    return x / keep_dims(np.where(out == 0, 1, out), x.shape, axis, keepdims)


def _length_vjp(g: Any, out: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    at = lambda: keep_dims(unsettled(raw(out) == 0, g), x.shape, axis, keepdims)  # noqa: E731

    def slope() -> Any:
        found = curvature(g, "length", (x,), {"axis": axis, "keepdims": keepdims}, raw(out) == 0)
        return keep_dims(found, x.shape, axis, keepdims)

    gx = _length_slope(out, x, axis, keepdims) * keep_dims(g, x.shape, axis, keepdims)
    return bent(gx, x, at=at, slope=slope, of="np.nanstd", axis=negative_axes(axis, x.ndim))


def _length_jvp(t: Any, out: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    along = negative_axes(axis, x.ndim)
    at = lambda: keep_dims(raw(out) == 0, x.shape, axis, keepdims) & moving(t, along)  # noqa: E731
    slope = t * _length_slope(out, x, axis, keepdims)
    return np.sum(bent(slope, x, at=at, of="np.nanstd", axis=along, always=True), axis=axis, keepdims=keepdims)


_length = define(
    _length_forward, _length_vjp, guard=False, name="length", jvp=_length_jvp, batch="axis", label="g·x/out"
)


# Of some elements: those that where= chooses, those that are not nan


def _of_chosen(a: Any, chosen: Any, axis: Axis, dtype: Any, ddof: float, keepdims: bool, mean: Any, root: bool) -> Any:
    """The variance of the chosen elements about their mean, or about a given one; with `root` its root, as std.

    It is nan where no degrees of freedom are left.
    """
    if a.dtype is HALF and dtype is None:
        return _of_chosen(a.astype(np.float32), chosen, axis, None, ddof, keepdims, mean, root).astype(HALF)
    a = a if dtype is None else a.astype(dtype)
    if mean is None:
        a = a - mean_of_chosen(a, chosen, axis, None, True)
        mean = (
            mean_of_chosen(a, chosen, axis, None, True) if root else 0
        )  # that of a constant may have a rounding error
    deviation = np.where(chosen, a - mean, 0)
    left = np.sum(chosen, axis=axis, keepdims=keepdims) - ddof
    left = np.where(left > 0, left, np.nan).astype(deviation.dtype)
    if root:
        return _length(deviation, axis=axis, keepdims=keepdims) / np.sqrt(left)
    return np.sum(deviation * deviation, axis=axis, keepdims=keepdims) / left


@implements(np.nanvar)
def nanvar(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, ddof: float = 0, keepdims: bool = False,
    *, where: Any = True, mean: Any = None, correction: float | None = None,
) -> Any:  # fmt: skip
    """np.nanvar: nan where no degrees of freedom are left."""
    check_dtype("nanvar", a, dtype)
    chosen, ddof = present(a) & chosen_by(where, a), _ddof("nanvar", ddof, correction)
    return _of_chosen(a, chosen, axis, dtype, ddof, keepdims, mean, root=False)


@implements(np.nanstd)
def nanstd(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, ddof: float = 0, keepdims: bool = False,
    *, where: Any = True, mean: Any = None, correction: float | None = None,
) -> Any:  # fmt: skip
    """np.nanstd; the gradient at a constant is 0."""
    check_dtype("nanstd", a, dtype)
    chosen, ddof = present(a) & chosen_by(where, a), _ddof("nanstd", ddof, correction)
    return _of_chosen(a, chosen, axis, dtype, ddof, keepdims, mean, root=True)
