"""NumPy's functions that call a function of the user's: piecewise, apply_along_axis, apply_over_axes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.engine.attempts import batch_among
from autograd.engine.complex_numbers import refuse_loss
from autograd.engine.kinds import is_foreign
from autograd.engine.outputs import dtype_of
from autograd.engine.recording import raw
from autograd.engine.registry import implements
from autograd.errors import ArgumentError, DTypeError, ShapeError
from autograd.ops.arguments import as_operand
from autograd.ops.indexing import setitem
from autograd.ops.splitting import unstack_at
from autograd.recorder import asarray
from autograd.shapes import normalize_axes


def _as_condition(c: Any) -> Any:
    return c.astype(bool) if is_foreign(c) else asarray(c, bool)


@implements(np.piecewise)
def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    """np.piecewise: each function sees only the elements it is for; of several that fit an element the last counts."""
    x = as_operand(x)
    single = np.isscalar(condlist) or (np.ndim(condlist[0]) == 0 and x.ndim != 0)
    conditions = [_as_condition(raw(c)) for c in ([condlist] if single else condlist)]
    if len(funclist) == len(conditions) + 1:
        conditions.append(~functools.reduce(np.logical_or, conditions))
    if len(funclist) != len(conditions):
        raise ArgumentError(
            f"np.piecewise takes a function for each condition, and one more for the rest; got {len(conditions)} "
            f"conditions, {len(funclist)} functions."
        )
    y = np.zeros_like(x)
    if batch_among((x, conditions)) is not None:
        return _piecewise_everywhere(x, y, conditions, funclist, args, kw)
    for condition, function in zip(conditions, funclist, strict=True):
        value = function
        if callable(function):
            chosen = x[condition]
            if not chosen.size:
                continue
            value = function(chosen, *args, **kw)
        if getattr(value, "requires_grad", False) and y.dtype.kind not in "fc":
            raise DTypeError(
                f"np.piecewise gives results in the dtype of x, {y.dtype}, which cannot take a gradient; make x "
                "floating: x.astype(float)."
            )
        refuse_loss(dtype_of(value), y.dtype)
        y = setitem(y, value, index=condition)
    return y


def _piecewise_everywhere(x: Any, y: Any, conditions: Any, funclist: Any, args: Any, kw: Any) -> Any:
    """For a batch, whose examples choose other elements: each function of all elements, and then chosen, as in JAX."""
    with np.errstate(all="ignore"):  # where a function is not meant it may be undefined
        for condition, function in zip(conditions, funclist, strict=True):
            value = function(x, *args, **kw) if callable(function) else function
            condition = np.reshape(condition, (*np.shape(condition), *[1] * (x.ndim - np.ndim(condition))))
            y = np.where(condition, value, y)
    refuse_loss(y.dtype, x.dtype)
    return y.astype(x.dtype)


@implements(np.apply_along_axis)
def apply_along_axis(func1d: Callable[..., Any], axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    """np.apply_along_axis: func1d of every vector along the axis; the axes of its results stand in its place."""
    arr = as_operand(arr)
    (axis,) = normalize_axes(axis, arr.ndim)
    moved = np.moveaxis(arr, axis, -1)
    rest = moved.shape[:-1]
    if 0 in rest:
        raise ShapeError(f"np.apply_along_axis needs a vector to apply the function to; got shape {arr.shape}.")
    vectors = unstack_at(np.reshape(moved, (-1, moved.shape[-1])), axis=0)
    results = np.stack([as_operand(func1d(vector, *args, **kwargs)) for vector in vectors])
    ndim = results.ndim - 1
    results = np.reshape(results, rest + results.shape[1:])
    return np.moveaxis(results, range(len(rest), len(rest) + ndim), range(axis, axis + ndim))


@implements(np.apply_over_axes)
def apply_over_axes(func: Callable[..., Any], a: Any, axes: Any) -> Any:
    """np.apply_over_axes: func(a, axis) over one axis after the other, each kept with size 1."""
    value = as_operand(a)
    for axis in normalize_axes(tuple(np.atleast_1d(raw(axes)).tolist()), value.ndim):
        result = func(value, axis)
        result = result if result.ndim == value.ndim else np.expand_dims(result, axis)
        if result.ndim != value.ndim:
            raise ShapeError(
                f"np.apply_over_axes takes a function that keeps the axis or removes it; from shape {value.shape} "
                f"it made {result.shape}."
            )
        value = result
    return value
