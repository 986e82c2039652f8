"""Elements selected, assigned, taken and chosen."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, NoRuleError, ShapeError
from autograd.ops.options import refuse_out
from autograd.primitive import define, implements, is_tensor
from autograd.shapes import normalize_axes

_ROWS = 1 << 15  # elements from which summing rows by a sparse product is quicker than np.add.at, one element at a time


# x[index] and its transpose: zeros with g added at the index


def _repeats(index: Any) -> bool:
    """Whether the index may name an element twice: only one with integer arrays can."""
    if type(index) in (int, slice):
        return False
    parts = index if isinstance(index, tuple) else (index,)
    arrays = [i for i in parts if isinstance(i, (np.ndarray, list, tuple, range))]
    return any(np.ndim(i) > 0 and np.asarray(i).dtype.kind != "b" for i in arrays)


def _is_rows(index: Any) -> bool:
    """Whether the index is one array of integers, over the first axis."""
    return isinstance(index, np.ndarray) and index.dtype.kind in "iu"


def _scatter(values: Any, shape: tuple[int, ...], index: Any) -> Any:
    """Zeros of that shape with the values added at the index; what is named twice gets the sum."""
    out = np.zeros(shape, values.dtype)
    if not _repeats(index):
        out[index] = values
        return out if shape else out[()]
    width = math.prod(shape[1:])
    if _is_rows(index) and width > 1 and values.size >= _ROWS and values.dtype.itemsize >= 4:
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


getitem = define(
    lambda x, index: x[index], lambda g, out, x, index: scatter(g, shape=x.shape, index=index),
    keeps="", guard=False, name="getitem", label="g at the index",
)  # fmt: skip
scatter = define(
    _scatter, lambda g, out, values, shape, index: getitem(g, index=index), keeps="", guard=False, name="scatter", label="g[index]"
)


# x[index] = value, as a new array


def _set(x: Any, value: Any, index: Any) -> Any:
    out = np.array(x)
    out[index] = value
    return out if out.ndim else out[()]


def _value_vjp(g: Any, out: Any, x: Any, value: Any, index: Any) -> Any:
    """g at the index; where an element is named twice the last value stays, and the others get nothing."""
    at_index = getitem(g, index=index)
    if _repeats(index):
        places = np.arange(math.prod(x.shape)).reshape(x.shape)[index]
        order = np.arange(places.size).reshape(places.shape)
        last = np.zeros(x.shape, np.intp)
        np.maximum.at(last.reshape(-1), places.ravel(), order.ravel())
        at_index = at_index * (last[index] == order)
    extra = np.ndim(value) - at_index.ndim  # NumPy drops leading axes of length 1 of a value
    return np.reshape(at_index, (1,) * extra + at_index.shape) if extra > 0 else at_index


setitem = define(
    _set, lambda g, out, x, value, index: setitem(g, 0.0, index=index), _value_vjp,
    keeps="", guard=False, name="setitem", label="g with 0 at the index, g[index]",
)  # fmt: skip
