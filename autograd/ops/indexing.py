"""Elements selected and assigned by an index."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.engine.primitive import Primitive
from autograd.engine.registry import define
from autograd.shapes import stacked_index

_BASIC = {int, slice, type(None), type(...)}
_ROWS = 1 << 15  # elements from which summing rows by a sparse product is quicker than np.add.at, one element at a time


def _may_repeat(index: Any) -> bool:
    """Whether the index may name an element twice: only integer arrays can."""
    for part in index if type(index) is tuple else (index,):
        if type(part) not in _BASIC and (isinstance(part, (list, tuple, range)) or getattr(part, "ndim", 0) > 0):
            array = np.asarray(part)
            if array.size > 1 and array.dtype.kind in "iu":
                return True
    return False


def _scatter(values: Any, shape: tuple[int, ...], index: Any) -> Any:
    """zeros[index] += values, where a repeated index adds up."""
    out = np.zeros(shape, values.dtype)
    if not _may_repeat(index):
        out[index] = values
        return out if shape else out[()]
    width = math.prod(shape[1:])
    rows = isinstance(index, np.ndarray) and width > 1  # repeats, so they are integers
    if rows and values.size >= _ROWS and values.dtype.itemsize >= 4:
        return _sum_rows(values, shape, index.ravel(), width)
    if out.ndim > 1 and 4 * values.size >= out.size:  # np.add.at is several times as fast over one axis
        places = np.arange(out.size).reshape(shape)[index]
        np.add.at(out.reshape(-1), places.ravel(), values.ravel())
    else:
        np.add.at(out, index, values)
    return out


def _sum_rows(values: Any, shape: tuple[int, ...], index: Any, width: int) -> Any:
    """The same for rows: the product with a matrix that has a 1 where row `index[j]` gets value `j`."""
    from scipy.sparse import csc_array

    n = index.size
    places = np.where(index < 0, index + shape[0], index)
    chosen = csc_array((np.ones(n, values.dtype), places, np.arange(n + 1)), shape=(shape[0], n))
    return (chosen @ values.reshape(n, width)).reshape(shape)


def _assign(x: Any, value: Any, index: Any) -> Any:
    out = np.array(x)
    out[index] = value
    return out if out.ndim else out[()]


def _assigned_value(g: Any, out: Any, x: Any, value: Any, index: Any) -> Any:
    """g[index], but 0 for a value that a later one with the same index overwrote."""
    share = getitem(g, index=index)
    if _may_repeat(index):
        writer = np.empty(x.shape, np.intp)
        number = np.arange(share.size).reshape(share.shape)
        writer[index] = number
        share = np.where(writer[index] == number, share, 0)
    added = np.ndim(value) - share.ndim
    return np.reshape(share, (1,) * added + share.shape) if added > 0 else share  # NumPy drops leading axes of size 1


def _assigned_stack(k: int, x: Any, value: Any, index: Any) -> dict[str, Any] | None:
    """As for getitem, if the values have every axis of what they are assigned to."""
    selected = np.broadcast_to(np.zeros((), bool), x.shape)[index]
    return {"index": stacked_index(index)} if np.ndim(value) == selected.ndim else None


# What an index selects, and its transpose: a pair whose rules are each other.
getitem: Primitive = define(
    lambda x, index: x[index], lambda g, out, x, index: scatter(g, shape=x.shape, index=index),
    keeps="", guard=False, name="getitem", jvp="linear", batch="index", label="g at the index, else 0",
)  # fmt: skip
scatter: Primitive = define(
    _scatter,
    lambda g, out, values, shape, index: getitem(g, index=index),
    keeps="",
    guard=False,
    name="scatter",
    jvp="linear",
    batch="shape index",
    label="g[index]",
)
setitem: Primitive = define(
    _assign, lambda g, out, x, value, index: setitem(g, 0, index=index), _assigned_value,
    keeps="", guard=False, name="setitem", jvp="linear", batch=_assigned_stack, label="g, 0 at the index; g[index]",
)  # fmt: skip
