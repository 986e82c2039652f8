"""Variances and standard deviations over axes.

The deviation of a constant has the gradient 0 by convention (docs/conventions.md), and no second derivative; the
variance has all of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.kinks import bent, moving, unsettled, varies
from autograd.engine.recording import raw
from autograd.engine.registry import define, implements
from autograd.errors import ArgumentError
from autograd.ops.arguments import check_dtype, refuse, refuse_out
from autograd.ops.reduction import count_present, present
from autograd.shapes import HALF, Axis, keep_dims, negative_axes, reduced_size, widened

# d var / dx = 2 (x - mean) / (n - ddof). The derivative by the mean is 0: the deviations sum to zero.


def _spread_out(measure: Any) -> Any:
    """np.var or np.std as a forward; of float16 in float32."""

    def forward(a: Any, axis: Axis = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
        if a.dtype is HALF and dtype is None:
            return measure(a, axis, np.float32, ddof=ddof, keepdims=keepdims).astype(HALF)
        return measure(a, axis, dtype, ddof=ddof, keepdims=keepdims)

    return forward


def _degrees_of_freedom(a: Any, axis: Axis, ddof: float) -> float:
    return max(reduced_size(a.shape, axis) - ddof, 0)


def _var_vjp(
    g: Any, out: Any, a: Any, axis: Axis = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False
) -> Any:
    g, a = widened(g, a)
    scale = keep_dims(g, a.shape, axis, keepdims) * 2 / _degrees_of_freedom(a, axis, ddof)
    return scale * (a - np.mean(a, axis=axis, keepdims=True))


def _std_vjp(
    g: Any, out: Any, a: Any, axis: Axis = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False
) -> Any:
    """(x - mean) / ((n - ddof) std), and 0 for a constant (docs/conventions.md).

    The computed mean of a constant may have a rounding error, and then every deviation equals that error. Without
    centring them a second time the gradient would be ±1/n instead of 0.
    """
    slope = _std_slope(g, out, a, axis, ddof, keepdims)
    at = lambda: keep_dims(_is_constant(out, a, axis) & unsettled(g), a.shape, axis, keepdims)  # noqa: E731
    deviation = _centred(a, axis) if varies(a) else a
    kinks = bent(deviation * 0, deviation, at=at, of="np.std", axis=negative_axes(axis, a.ndim))
    return slope + _centred(kinks, axis) if varies(kinks) else slope


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
    return keep_dims(g, a.shape, axis, keepdims) / _degrees_of_freedom(a, axis, ddof) / std * _centred(a, axis)


def _std_jvp(
    t: Any, out: Any, a: Any, axis: Axis = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False
) -> Any:
    """The sum of the gradient times t."""
    along = negative_axes(axis, a.ndim)

    def at() -> Any:
        constant = keep_dims(_is_constant(out, a, axis), a.shape, axis, keepdims)
        return constant & moving(t if varies(t) else _centred(raw(t), axis), along)

    ga = t * _std_slope(np.ones(out.shape, out.dtype), out, a, axis, ddof, keepdims)
    return np.sum(bent(ga, a, at=at, of="np.std", axis=along, always=True), axis=axis, keepdims=keepdims)


_var = define(
    _spread_out(np.var), _var_vjp, keeps="a", guard=False,
    name="var", jvp="reduction", batch="axis", label="2·g·(a - mean(a))/(n - ddof); n = count(a)",
)  # fmt: skip
_std = define(
    _spread_out(np.std), _std_vjp, keeps="a out", guard=False,
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
    refuse_out("var", out)
    refuse("var", "Write the formula: np.average((x - mean) ** 2, weights=…).", where=where, mean=mean)
    check_dtype("var", a, dtype)
    return _var(a, axis=axis, dtype=dtype, ddof=_ddof("var", ddof, correction), keepdims=keepdims)


@implements(np.std)
def std(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, ddof: float = 0, keepdims: bool = False,
    *, where: Any = True, mean: Any = None, correction: float | None = None,
) -> Any:  # fmt: skip
    """np.std; the gradient at a constant is 0."""
    refuse_out("std", out)
    refuse("std", "Write the formula: np.sqrt(np.average((x - mean) ** 2, weights=…)).", where=where, mean=mean)
    check_dtype("std", a, dtype)
    return _std(a, axis=axis, dtype=dtype, ddof=_ddof("std", ddof, correction), keepdims=keepdims)


# The same ignoring nan


@implements(np.nanvar)
def nanvar(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, ddof: float = 0, keepdims: bool = False,
    *, where: Any = True, mean: Any = None, correction: float | None = None,
) -> Any:  # fmt: skip
    """np.nanvar: nan where no degrees of freedom are left."""
    refuse_out("nanvar", out)
    refuse(
        "nanvar", "Put nan where elements are to be left out: np.where(condition, x, np.nan).", where=where, mean=mean
    )
    check_dtype("nanvar", a, dtype)
    a = a if dtype is None else a.astype(dtype)
    if a.dtype is HALF:
        return nanvar(a.astype(np.float32), axis, ddof=ddof, keepdims=keepdims, correction=correction).astype(HALF)
    deviation = _nan_deviation(a, axis)
    left = count_present(a, axis, keepdims) - _ddof("nanvar", ddof, correction)
    variance = np.sum(deviation * deviation, axis=axis, keepdims=keepdims) / np.maximum(left, 1).astype(a.dtype)
    return np.where(left > 0, variance, np.nan)


def _nan_deviation(a: Any, axis: Axis) -> Any:
    """From the mean of the numbers; 0 for nan."""
    return np.where(present(a), a - np.nanmean(a, axis=axis, keepdims=True), 0)


# The length of the deviations: 0 for a constant, where its gradient counts as 0


def _length_vjp(g: Any, out: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    at = lambda: keep_dims((raw(out) == 0) & unsettled(g), x.shape, axis, keepdims)  # noqa: E731
    slope = x * keep_dims(g / np.where(out == 0, 1, out), x.shape, axis, keepdims)
    return bent(slope, x, at=at, of="np.nanstd", axis=negative_axes(axis, x.ndim))


def _length_jvp(t: Any, out: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    along = negative_axes(axis, x.ndim)
    at = lambda: keep_dims(raw(out) == 0, x.shape, axis, keepdims) & moving(t, along)  # noqa: E731
    slope = x / keep_dims(np.where(out == 0, 1, out), x.shape, axis, keepdims)
    return np.sum(bent(t * slope, x, at=at, of="np.nanstd", axis=along, always=True), axis=axis, keepdims=keepdims)


_length = define(
    lambda x, axis, keepdims: np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims)), _length_vjp,
    guard=False, name="length", jvp=_length_jvp, batch="axis", label="g·x/out",
)  # fmt: skip


@implements(np.nanstd)
def nanstd(
    a: Any, axis: Axis = None, dtype: Any = None, out: Any = None, ddof: float = 0, keepdims: bool = False,
    *, where: Any = True, mean: Any = None, correction: float | None = None,
) -> Any:  # fmt: skip
    """np.nanstd; the gradient at a constant is 0."""
    refuse_out("nanstd", out)
    refuse(
        "nanstd", "Put nan where elements are to be left out: np.where(condition, x, np.nan).", where=where, mean=mean
    )
    check_dtype("nanstd", a, dtype)
    a = a if dtype is None else a.astype(dtype)
    if a.dtype is HALF:
        return nanstd(a.astype(np.float32), axis, ddof=ddof, keepdims=keepdims, correction=correction).astype(HALF)
    left = count_present(a, axis, keepdims) - _ddof("nanstd", ddof, correction)
    root = np.sqrt(np.maximum(left, 1)).astype(a.dtype)
    centred = a - np.nanmean(a, axis=axis, keepdims=True)  # and again: the mean of a constant may have a rounding error
    return np.where(left > 0, _length(_nan_deviation(centred, axis), axis=axis, keepdims=keepdims) / root, np.nan)
