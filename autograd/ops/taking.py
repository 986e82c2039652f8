"""Elements taken by their positions along an axis, by a condition, or out of one of several arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.engine.recording import is_tensor, result
from autograd.engine.registry import define, implements
from autograd.errors import ArgumentError, NoRuleError, ShapeError
from autograd.ops.indexing import getitem, scatter
from autograd.ops.options import refuse_out
from autograd.ops.selecting import masked
from autograd.shapes import normalize_axes

# By positions


def positions(indices: Any, n: int, mode: str) -> Any:
    """Integer positions along an axis of n elements, with what lies outside brought in as the mode says."""
    indices = indices._data if is_tensor(indices) else np.array(indices, np.intp if np.size(indices) == 0 else None)
    if mode == "raise":
        return indices
    if mode not in ("wrap", "clip"):
        raise ArgumentError(f"mode must be 'raise', 'wrap' or 'clip'; got {mode!r}.")
    if n == 0 and indices.size:
        raise IndexError("cannot take elements of an empty axis.")
    return indices % n if mode == "wrap" else np.clip(indices, 0, n - 1)


def _along(axis: int, indices: Any) -> Any:
    """The index that takes positions along one axis."""
    return indices if axis == 0 else (*[slice(None)] * axis, indices)


_take = define(
    lambda a, indices, axis: np.take(a, indices, axis),
    lambda g, out, a, indices, axis: scatter(g, shape=a.shape, index=_along(axis, indices)),
    keeps="", guard=False, name="take", jvp="linear", batch="axis", label="g at the indices",
)  # fmt: skip


@implements(np.take)
def take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise") -> Any:
    """np.take; an element taken twice gets the sum."""
    refuse_out("take", out)
    if axis is None:
        a, axis = np.ravel(a), 0
    (axis,) = normalize_axes(axis, np.ndim(a))
    return _take(a, indices=positions(indices, np.shape(a)[axis], mode), axis=axis)


@implements(np.take_along_axis)
def take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Any:
    """np.take_along_axis; an element taken twice gets the sum."""
    indices = indices._data if is_tensor(indices) else np.array(indices)
    if axis is None:
        arr, axis = np.ravel(arr), 0
    shape = np.shape(arr)
    (axis,) = normalize_axes(axis, len(shape))
    if indices.ndim != len(shape):
        raise ShapeError(
            f"np.take_along_axis: indices must have the array's {len(shape)} dimensions; got shape {indices.shape}."
        )
    index = tuple(
        indices if i == axis else np.reshape(np.arange(n), (1,) * i + (n,) + (1,) * (len(shape) - 1 - i))
        for i, n in enumerate(shape)
    )
    return getitem(arr, index=index)


# By a condition


@implements(np.compress)
def compress(condition: Any, a: Any, axis: Any = None, out: Any = None) -> Any:
    """np.compress: the slices along an axis for which the condition holds."""
    refuse_out("compress", out)
    condition = condition._data if is_tensor(condition) else np.asarray(condition)
    if condition.ndim != 1:
        raise ShapeError(
            f"np.compress takes a condition of one dimension; got shape {condition.shape}. Use x[mask] for a mask."
        )
    if axis is None:
        a, axis = np.ravel(a), 0
    (axis,) = normalize_axes(axis, np.ndim(a))
    mask = np.zeros(np.shape(a)[axis], bool)  # the condition may be shorter than the axis
    mask[np.flatnonzero(condition)] = True
    return getitem(a, index=_along(axis, mask))


@implements(np.extract)
def extract(condition: Any, arr: Any) -> Any:
    """np.extract: the elements for which the condition holds."""
    return compress(np.ravel(condition._data if is_tensor(condition) else condition), np.ravel(arr))


# Out of one of several arrays, element by element


_choose = define(
    lambda *choices, which: np.choose(which, choices),
    each=lambda i, g, out, *choices, which: masked(g, np.equal(which, i)),
    keeps="", guard=False, name="choose", jvp="elementwise", label="g where chosen, else 0",
)  # fmt: skip


@implements(np.choose)
def choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Any:
    """np.choose: `choices[a[i]][i]`; the choices are differentiated."""
    refuse_out("choose", out)
    choices = tuple(choices)
    return _choose(*choices, which=positions(a, len(choices), mode))


def _first(i: int, conditions: tuple[Any, ...]) -> Any:
    """Where condition i is the first that holds; past the last: where none does."""
    taken = conditions[i] if i < len(conditions) else np.True_
    for earlier in conditions[:i]:
        taken = taken & ~earlier
    return taken


_select = define(
    lambda *choices, conditions: np.select(conditions, choices[:-1], choices[-1]),
    each=lambda i, g, out, *choices, conditions: masked(g, _first(i, conditions)),
    keeps="", guard=False, name="select", jvp="elementwise", label="g where first, else 0",
)  # fmt: skip


@implements(np.select)
def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    """np.select: of the first condition that holds its choice; the choices and the default are differentiated."""
    if len(condlist) != len(choicelist) or not len(condlist):
        raise ArgumentError(
            f"np.select takes a choice for each condition; got {len(condlist)} conditions, {len(choicelist)} choices."
        )
    conditions = tuple(np.array(c._data if is_tensor(c) else c) for c in condlist)
    return _select(*choicelist, default, conditions=conditions)


# The parts of a number: a Tensor that requires grad holds real ones, of a complex one they are constants


@implements(np.real)
def real(val: Any) -> Any:
    """np.real: of real numbers they themselves."""
    return np.positive(val) if val.dtype.kind != "c" else result(val._data.real, None)


@implements(np.imag)
def imag(val: Any) -> Any:
    """np.imag: of real numbers 0, a plain array."""
    return np.imag(val._data)


# What writes into its argument


def _refused(name: str, remedy: str) -> Any:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise NoRuleError(f"np.{name} writes into its argument, behind the graph's back. Use {remedy}")

    return refuse


implements(np.put)(_refused("put", "x[index] = values, or x.put(indices, values)."))
implements(np.place)(_refused("place", "x[mask] = values, or np.where(mask, values, x)."))
implements(np.putmask)(_refused("putmask", "x[mask] = values, or np.where(mask, values, x)."))
implements(np.copyto)(_refused("copyto", "x[...] = values."))
implements(np.put_along_axis)(
    _refused(
        "put_along_axis",
        "x[index] = values with an index for every axis: x[np.arange(n)[:, None], indices] = values for axis 1.",
    )
)
