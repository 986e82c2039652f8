"""Arrays joined and taken apart.

Joining and taking apart are each other's adjoint: the cotangent of one is the other of the cotangents.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from autograd.engine.registry import define, implements, rules
from autograd.errors import ArgumentError, DTypeError, NoRuleError, ShapeError
from autograd.ops.options import check_dtype, refuse_out
from autograd.ops.plain import plain
from autograd.ops.products import as_array
from autograd.shapes import normalize_axes


def _pieces(ary: Any, ends: tuple[int, ...], axis: int) -> tuple[Any, ...]:
    """Views of the consecutive pieces that end at these places along the axis."""
    before = (slice(None),) * axis
    return tuple([ary[(*before, slice(start, end))] for start, end in pairwise((0, *ends))])


_split = define(
    _pieces, lambda g, out, ary, ends, axis: np.concatenate(g, axis),
    keeps="", guard=False, name="split", jvp="linear", batch="axis", label="the g joined",
)  # fmt: skip
_unstack = define(
    lambda x, axis: tuple(np.moveaxis(x, axis, 0)), lambda g, out, x, axis: np.stack(g, axis),
    keeps="", guard=False, name="unstack", jvp="linear", batch="axis", label="the g stacked",
)  # fmt: skip


def _concatenate_vjp(g: Any, out: Any, *arrays: Any, axis: int, **params: Any) -> Any:
    return _split(g, tuple(accumulate([a.shape[axis] for a in arrays])), axis)


def _stack_vjp(g: Any, out: Any, *arrays: Any, axis: int, **params: Any) -> Any:
    return _unstack(g, axis)


_concatenate = define(
    lambda *arrays, axis, **params: np.concatenate(arrays, axis, **params), joint=_concatenate_vjp,
    keeps="", guard=False, name="concatenate", jvp="linear", batch="axis", label="g in pieces",
)  # fmt: skip
_stack = define(
    lambda *arrays, axis, **params: np.stack(arrays, axis, **params), joint=_stack_vjp,
    keeps="", guard=False, name="stack", jvp="linear", batch="axis", label="g in pieces",
)  # fmt: skip


# Joining. The first argument is a list in which Tensors, arrays and numbers may be mixed.


def _options(name: str, arrays: Sequence[Any], out: Any, dtype: Any, casting: str) -> dict[str, Any]:
    """The parameters other than the axis, without those that are left at NumPy's defaults."""
    refuse_out(name, out)
    for a in arrays if dtype is not None else ():
        check_dtype(name, a, dtype)
    params: dict[str, Any] = {} if dtype is None else {"dtype": np.dtype(dtype)}
    return params if casting == "same_kind" else {**params, "casting": casting}


@implements(np.concatenate, np.concat)
def concatenate(
    arrays: Any, /, axis: int | None = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Any:
    """np.concatenate."""
    arrays = [as_array(a) for a in arrays]
    params = _options("concatenate", arrays, out, dtype, casting)
    if axis is None:
        arrays, axis = [np.ravel(a) for a in arrays], 0
    if arrays[0].ndim == 0:
        raise ShapeError("np.concatenate joins along an axis, and 0-d arrays have none; np.stack gives them a new one.")
    (axis,) = normalize_axes(axis, arrays[0].ndim)
    return _concatenate(*arrays, axis=axis, **params)


@implements(np.stack)
def stack(arrays: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    """np.stack."""
    arrays = [as_array(a) for a in arrays]
    params = _options("stack", arrays, out, dtype, casting)
    (axis,) = normalize_axes(axis, arrays[0].ndim + 1)
    return _stack(*arrays, axis=axis, **params)


@implements(np.vstack)
def vstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    """np.vstack."""
    return concatenate([np.atleast_2d(a) for a in tup], 0, dtype=dtype, casting=casting)


@implements(np.hstack)
def hstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    """np.hstack: along axis 1, vectors along axis 0."""
    arrays = [np.atleast_1d(a) for a in tup]
    return concatenate(arrays, 0 if arrays[0].ndim == 1 else 1, dtype=dtype, casting=casting)


@implements(np.dstack)
def dstack(tup: Any) -> Any:
    """np.dstack."""
    return concatenate([np.atleast_3d(a) for a in tup], 2)


@implements(np.column_stack)
def column_stack(tup: Any) -> Any:
    """np.column_stack: vectors become columns."""
    arrays = [as_array(a) for a in tup]
    return concatenate([a if a.ndim >= 2 else np.reshape(a, (-1, 1)) for a in arrays], 1)


@implements(np.append)
def append(arr: Any, values: Any, axis: int | None = None) -> Any:
    """np.append."""
    return concatenate([arr, values], axis)


@implements(np.block)
def block(arrays: Any) -> Any:
    """np.block: the innermost lists are joined along the last axis, the next ones along the one before it, …"""
    depth = _depth(arrays)
    ndim = max([depth, *map(np.ndim, _flat(arrays))])
    return _block(arrays, depth, ndim)


def _depth(arrays: Any) -> int:
    """How deep the lists are nested, which must be the same everywhere."""
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
    a = as_array(arrays)
    return (
        np.reshape(a, (1,) * (ndim - a.ndim) + tuple(a.shape))
        if a.ndim < ndim
        else np.copy(a)
        if a is arrays and not ndim
        else a
    )


# Taking apart


@implements(np.array_split)
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """np.array_split: a list of views; by a number of pieces, or at places that may be negative or out of order."""
    (axis,) = normalize_axes(axis, ary.ndim)
    n = ary.shape[axis]
    places = np.asarray(getattr(indices_or_sections, "_data", indices_or_sections))
    if places.ndim == 0:
        sections = int(places)
        if sections <= 0:
            raise ArgumentError(f"the number of sections must be larger than 0; got {sections}.")
        ends = tuple([(i + 1) * (n // sections) + min(i + 1, n % sections) for i in range(sections)])
        return list(_split(ary, ends, axis))
    cuts = [0, *[int(place) for place in places], n]
    if all(start <= end for start, end in pairwise(cuts)):
        return list(_split(ary, tuple(cuts[1:]), axis))
    before = (slice(None),) * axis  # NumPy takes ary[start:end] whatever these are: the pieces may overlap
    return [ary[(*before, slice(start, end))] for start, end in pairwise(cuts)]


@implements(np.split)
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """np.split."""
    places = np.asarray(getattr(indices_or_sections, "_data", indices_or_sections))
    if places.ndim == 0:
        (axis,) = normalize_axes(axis, ary.ndim)
        if ary.shape[axis] % max(int(places), 1):
            raise ShapeError(
                f"np.split: {ary.shape[axis]} elements along axis {axis} do not divide into {places} equal pieces; "
                "np.array_split makes unequal ones."
            )
    return array_split(ary, places, axis)


@implements(np.hsplit)
def hsplit(ary: Any, indices_or_sections: Any) -> Any:
    """np.hsplit: along axis 1, of a vector along axis 0."""
    _needs(1, "hsplit", ary)
    return split(ary, indices_or_sections, 1 if ary.ndim > 1 else 0)


@implements(np.vsplit)
def vsplit(ary: Any, indices_or_sections: Any) -> Any:
    """np.vsplit: along axis 0."""
    _needs(2, "vsplit", ary)
    return split(ary, indices_or_sections, 0)


@implements(np.dsplit)
def dsplit(ary: Any, indices_or_sections: Any) -> Any:
    """np.dsplit: along axis 2."""
    _needs(3, "dsplit", ary)
    return split(ary, indices_or_sections, 2)


def _needs(ndim: int, name: str, ary: Any) -> None:
    if ary.ndim < ndim:
        raise ShapeError(f"np.{name} needs an array of at least {ndim} dimensions; got shape {ary.shape}.")


@implements(*([np.unstack] if hasattr(np, "unstack") else []))  # NumPy 2.1
def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    """np.unstack."""
    _needs(1, "unstack", x)
    (axis,) = normalize_axes(axis, x.ndim)
    return _unstack(x, axis)  # type: ignore[no-any-return]


# Elements put in and left out: NumPy says of the positions where the elements go


@implements(np.insert)
def insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    """np.insert: `values` before the positions `obj` (a number, a slice, a list of numbers or a mask)."""
    arr, values, obj = as_array(arr), as_array(values), getattr(obj, "_data", obj)
    if arr.dtype.kind != "f" and getattr(values, "requires_grad", False):
        raise DTypeError(
            f"np.insert into {arr.dtype} would convert values that require grad; convert the array first: arr.astype(float)."
        )
    if axis is None:
        arr, axis = np.ravel(arr), 0
    (axis,) = normalize_axes(axis, arr.ndim)
    if values.dtype != arr.dtype:
        values = values.astype(arr.dtype)
    if values.ndim < arr.ndim:
        values = np.reshape(values, (1,) * (arr.ndim - values.ndim) + tuple(values.shape))
    n = arr.shape[axis]
    number = not isinstance(obj, slice) and np.ndim(obj) == 0
    if number:
        values = np.moveaxis(values, 0, axis)
    # at one position as many elements as `values` has; else one at each, and the k-th belongs to the k-th position of obj
    one = number or np.insert(np.arange(n), obj, -1).size == n + 1
    place = np.insert(np.arange(n), obj, -1 - np.arange(values.shape[axis]) if one else -1)
    new = place < 0
    count = int(new.sum())
    place[new] = n + (np.arange(count) if one else np.argsort(_positions(obj, n), kind="stable"))
    if not one:  # the assignment that this is in NumPy drops leading axes of size 1
        while values.ndim > arr.ndim and values.shape[0] == 1:
            values = np.squeeze(values, 0)
    values = np.broadcast_to(values, (*arr.shape[:axis], count, *arr.shape[axis + 1 :]))
    return np.take(concatenate([arr, values], axis), place, axis=axis)


def _positions(obj: Any, n: int) -> Any:
    """What a slice, a mask or a list of numbers names, as numbers from 0 on."""
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
    return np.take(arr, np.delete(np.arange(arr.shape[axis]), getattr(obj, "_data", obj)), axis=axis)


# Grids


@implements(np.meshgrid)
def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> tuple[Any, ...]:
    """np.meshgrid."""
    if indexing not in ("xy", "ij"):
        raise ArgumentError(f"np.meshgrid: indexing must be 'xy' or 'ij'; got {indexing!r}.")
    ndim = len(xi)
    along = list(range(ndim))
    if indexing == "xy" and ndim > 1:
        along[:2] = [1, 0]
    grids = [np.reshape(as_array(x), (1,) * i + (-1,) + (1,) * (ndim - 1 - i)) for i, x in zip(along, xi, strict=True)]
    if not sparse:
        grids = list(np.broadcast_arrays(*grids))
    return tuple([np.copy(grid) if copy else grid for grid in grids])


rules[np.ix_] = plain(np.ix_)  # indices: nothing to differentiate
