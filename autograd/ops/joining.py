"""Arrays joined: concatenate, stack and their relatives, append, insert and delete.

Joining and splitting are each other's transpose: the VJP of joining splits the cotangent (splitting.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from autograd.engine.complex_numbers import refuse_loss
from autograd.engine.recording import raw
from autograd.engine.registry import define, implements
from autograd.errors import ArgumentError, DTypeError, NoRuleError, ShapeError
from autograd.ops.arguments import as_operand, check_dtype
from autograd.ops.splitting import split_at, unstack_at
from autograd.shapes import normalize_axes


def _concatenate_vjp(g: Any, out: Any, *arrays: Any, axis: int, **params: Any) -> Any:
    return split_at(g, tuple(accumulate([a.shape[axis] for a in arrays])), axis)


def _stack_vjp(g: Any, out: Any, *arrays: Any, axis: int, **params: Any) -> Any:
    return unstack_at(g, axis)


_concatenate = define(
    lambda *arrays, axis, **params: np.concatenate(arrays, axis, **params), joint=_concatenate_vjp,
    keeps="", guard=False, name="concatenate", jvp="linear", batch="axis", label="g in pieces",
)  # fmt: skip
_stack = define(
    lambda *arrays, axis, **params: np.stack(arrays, axis, **params), joint=_stack_vjp,
    keeps="", guard=False, name="stack", jvp="linear", batch="axis", label="g in pieces",
)  # fmt: skip


# The first argument of NumPy's functions is a list, in which Tensors, arrays and numbers may be mixed.


def _options(name: str, arrays: Sequence[Any], dtype: Any, casting: str) -> dict[str, Any]:
    """The parameters other than the axis, without those that have NumPy's defaults."""
    for a in arrays if dtype is not None else ():
        check_dtype(name, a, dtype)
    params: dict[str, Any] = {} if dtype is None else {"dtype": np.dtype(dtype)}
    return params if casting == "same_kind" else {**params, "casting": casting}


@implements(np.concatenate, np.concat)
def concatenate(
    arrays: Any, /, axis: int | None = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Any:
    """np.concatenate."""
    arrays = [as_operand(a) for a in arrays]
    params = _options("concatenate", arrays, dtype, casting)
    if axis is None:
        arrays, axis = [np.ravel(a) for a in arrays], 0
    if arrays[0].ndim == 0:
        raise ShapeError("np.concatenate joins along an axis, and 0-d arrays have none; np.stack gives them a new one.")
    (axis,) = normalize_axes(axis, arrays[0].ndim)
    return _concatenate(*arrays, axis=axis, **params)


@implements(np.stack)
def stack(arrays: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    """np.stack."""
    arrays = [as_operand(a) for a in arrays]
    params = _options("stack", arrays, dtype, casting)
    (axis,) = normalize_axes(axis, arrays[0].ndim + 1)
    return _stack(*arrays, axis=axis, **params)


@implements(np.vstack)
def vstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    """np.vstack."""
    return concatenate([np.atleast_2d(a) for a in tup], 0, dtype=dtype, casting=casting)


@implements(np.hstack)
def hstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    """np.hstack: along axis 1, or along axis 0 for vectors."""
    arrays = [np.atleast_1d(a) for a in tup]
    return concatenate(arrays, 0 if arrays[0].ndim == 1 else 1, dtype=dtype, casting=casting)


@implements(np.dstack)
def dstack(tup: Any) -> Any:
    """np.dstack."""
    return concatenate([np.atleast_3d(a) for a in tup], 2)


@implements(np.column_stack)
def column_stack(tup: Any) -> Any:
    """np.column_stack: vectors become columns."""
    arrays = [as_operand(a) for a in tup]
    return concatenate([a if a.ndim >= 2 else np.reshape(a, (-1, 1)) for a in arrays], 1)


@implements(np.append)
def append(arr: Any, values: Any, axis: int | None = None) -> Any:
    """np.append."""
    return concatenate([arr, values], axis)


@implements(np.block)
def block(arrays: Any) -> Any:
    """np.block: joins the innermost lists along the last axis, the next ones along the second-last axis, and so on."""
    depth = _depth(arrays)
    ndim = max([depth, *map(np.ndim, _flat(arrays))])
    return _block(arrays, depth, ndim)


def _depth(arrays: Any) -> int:
    """How deep the lists are nested; all must be nested equally deep."""
    if type(arrays) is tuple:
        raise NoRuleError("np.block takes nested lists; a tuple stands in one place. Write [...] for (...).")
    if type(arrays) is not list:
        return 0
    depths = {_depth(a) for a in arrays}
    if len(depths) != 1:
        what = "an empty list stands in one place" if not depths else f"depths {sorted(depths)} stand side by side"
        raise ArgumentError(f"np.block takes lists nested equally deep, none of them empty; {what}.")
    return 1 + depths.pop()


def _flat(arrays: Any) -> list[Any]:
    return [leaf for a in arrays for leaf in _flat(a)] if type(arrays) is list else [arrays]


def _block(arrays: Any, depth: int, ndim: int) -> Any:
    if depth:
        return concatenate([_block(a, depth - 1, ndim) for a in arrays], -depth)
    a = as_operand(arrays)
    if a.ndim < ndim:
        return np.reshape(a, (1,) * (ndim - a.ndim) + tuple(a.shape))
    return np.copy(a) if a is arrays and not ndim else a


# Elements inserted and deleted. NumPy finds where each element goes from the positions alone; np.take moves them.


@implements(np.insert)
def insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    """np.insert: puts `values` before the positions `obj` (a number, a slice, a list of numbers or a mask)."""
    arr, values, obj = as_operand(arr), as_operand(values), raw(obj)
    if arr.dtype.kind not in "fc" and getattr(values, "requires_grad", False):
        raise DTypeError(
            f"np.insert into {arr.dtype} would convert values that require grad; "
            "convert the array first: arr.astype(float)."
        )
    if axis is None:
        arr, axis = np.ravel(arr), 0
    (axis,) = normalize_axes(axis, arr.ndim)
    if values.dtype != arr.dtype:
        refuse_loss(values.dtype, arr.dtype)
        values = values.astype(arr.dtype)
    if values.ndim < arr.ndim:
        values = np.reshape(values, (1,) * (arr.ndim - values.ndim) + tuple(values.shape))
    n = arr.shape[axis]
    number = not isinstance(obj, slice) and np.ndim(obj) == 0
    if number:
        values = np.moveaxis(values, 0, axis)
    # Either all of `values` go to one position, or one element to each position: the k-th to the k-th position of obj.
    one = number or np.insert(np.arange(n), obj, -1).size == n + 1
    place = np.insert(np.arange(n), obj, -1 - np.arange(values.shape[axis]) if one else -1)
    new = place < 0
    count = int(new.sum())
    place[new] = n + (np.arange(count) if one else np.argsort(_as_positions(obj, n), kind="stable"))
    if not one:  # NumPy does this by an assignment, which drops leading axes of size 1
        while values.ndim > arr.ndim and values.shape[0] == 1:
            values = np.squeeze(values, 0)
    values = np.broadcast_to(values, (*arr.shape[:axis], count, *arr.shape[axis + 1 :]))
    return np.take(concatenate([arr, values], axis), place, axis=axis)


def _as_positions(obj: Any, n: int) -> Any:
    """The positions that a slice, a mask or a list of numbers selects along an axis of n, as numbers >= 0."""
    if isinstance(obj, slice):
        return np.arange(*obj.indices(n))
    obj = np.asarray(obj)
    return np.flatnonzero(obj) if obj.dtype == bool else np.where(obj < 0, obj + n, obj)


@implements(np.delete)
def delete(arr: Any, obj: Any, axis: int | None = None) -> Any:
    """np.delete."""
    if axis is None:
        arr, axis = np.ravel(arr), 0
    (axis,) = normalize_axes(axis, arr.ndim)
    return np.take(arr, np.delete(np.arange(arr.shape[axis]), raw(obj)), axis=axis)
