"""Elements selected and assigned by an index, by positions along an axis, or by a condition."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.engine import kinds
from autograd.engine.attempts import batches, room_for
from autograd.engine.kinds import any_foreign, is_foreign, like, zeros
from autograd.engine.primitive import Primitive
from autograd.engine.recording import is_tensor, raw
from autograd.engine.registry import define, implements
from autograd.engine.share import Share
from autograd.engine.views import Path, links, shares_memory, walk
from autograd.errors import ArgumentError, ShapeError
from autograd.recorder import Stand, asarray
from autograd.shapes import HALF, normalize_axes, stacked_index

_BASIC = {int, slice, type(None), type(...)}
_PLAIN = {np.ndarray, np.float64, np.float32}
_MANY = 1 << 15  # with this many elements a sparse product sums rows faster than np.add.at, which takes one at a time


def _numbers_apart(ndim: int, index: Any) -> tuple[Any, list[int], int] | None:
    """x[2, :, places]: (the index with 2:3 in place of 2, the axes of the numbers, the axis of the array), or None.

    NumPy puts the axis of the array in front, because numbers and array are not side by side. Other libraries leave it
    where it is, without a word, so they get an index without numbers.
    """
    if type(index) is not tuple:
        return None
    parts = [_as_int(part) for part in index]
    if Ellipsis in [part for part in parts if type(part) in _BASIC]:
        (gap,) = [i for i, part in enumerate(parts) if part is Ellipsis]
        parts[gap : gap + 1] = [slice(None)] * (ndim - sum([part is not None for part in parts]) + 1)
    numbers = [i for i, part in enumerate(parts) if type(part) is int]
    arrays = [i for i, part in enumerate(parts) if type(part) not in _BASIC]
    if not numbers or len(arrays) != 1 or np.ndim(parts[arrays[0]]) != 1:
        return None
    together = sorted(numbers + arrays)
    if together == list(range(together[0], together[-1] + 1)):
        return None
    for i in numbers:
        parts[i] = slice(parts[i], parts[i] + 1 or None)
    return tuple(parts), numbers, arrays[0]


def _as_int(part: Any) -> Any:
    number = hasattr(part, "dtype") and part.ndim == 0 and part.dtype.kind in "iu" and not is_foreign(part)
    return int(part) if number else part


def _selected(x: Any, index: Any) -> Any:
    """x[index]."""
    foreign = is_foreign(x)
    if not foreign:
        for part in index if type(index) is tuple else (index,):
            if hasattr(part, "select_from"):  # a batch of positions in an ndarray
                return part.select_from(x, index)
    apart = _numbers_apart(x.ndim, index) if foreign else None
    if apart is None:
        return x[index]
    without, numbers, place = apart
    return np.moveaxis(np.squeeze(x[without], tuple(numbers)), place - sum([i < place for i in numbers]), 0)


def _for_numbers_apart(value: Any, shape: tuple[int, ...], index: Any) -> tuple[Any, Any]:
    """The assignment x[index] = value to an x of this shape, with an index that says the same in every library."""
    apart = _numbers_apart(len(shape), index)
    if apart is None:
        return value, index
    without, numbers, place = apart
    if np.ndim(value) == 0:
        return value, without
    value = np.broadcast_to(value, np.broadcast_to(np.False_, shape)[index].shape)
    return np.expand_dims(np.moveaxis(value, 0, place - sum([i < place for i in numbers])), tuple(numbers)), without


def _may_repeat(index: Any) -> bool:
    """Whether the index may select an element more than once: only integer arrays can."""
    for part in index if type(index) is tuple else (index,):
        if type(part) not in _BASIC and (isinstance(part, (list, tuple, range)) or getattr(part, "ndim", 0) > 0):
            array = part if hasattr(part, "dtype") else asarray(part)
            if array.size > 1 and array.dtype.kind in "iu":
                return True
    return False


def _scatter(values: Any, shape: tuple[int, ...], index: Any) -> Any:
    """zeros[index] += values; elements that the index selects more than once get the sum."""
    out = zeros(shape, values.dtype, values)
    if not kinds.met and type(index) in _BASIC:
        out[index] = values
        return out if shape else out[()]
    if kinds.met and batches((values, index)):
        out = room_for(out, values, index)
        np.add.at(out, index, values)
        return out
    if is_foreign(values):
        if 0 in values.shape:
            return out
        values, index = _without_newaxis(values, shape, index)
        values, index = _for_numbers_apart(values, shape, index)
    if not _may_repeat(index):
        out[index] = values
        return out if shape else out[()]
    if values.dtype is HALF:
        return _scatter(values.astype(np.float32), shape, index).astype(HALF)
    if is_foreign(values):
        return _sum_in_pairs(out, values, index)
    width = math.prod(shape[1:])
    rows = isinstance(index, np.ndarray) and width > 1  # only an array of integers may repeat
    if rows and values.size >= _MANY:
        return _sum_rows(values, shape, index.ravel(), width)
    if out.ndim > 1 and 4 * values.size >= out.size:  # np.add.at is several times faster over one axis
        places = np.arange(out.size).reshape(shape)[index]
        np.add.at(out.reshape(-1), places.ravel(), values.ravel())
    else:
        np.add.at(out, index, values)
    return out


def _without_newaxis(values: Any, shape: tuple[int, ...], index: Any) -> tuple[Any, Any]:
    """The same assignment to an array of this shape without np.newaxis, which not every library takes there."""
    parts = index if type(index) is tuple else (index,)
    advanced = [part for part in parts if type(part) not in _BASIC]
    kept = tuple([part for part in parts if part is not None])
    if len(kept) == len(parts) or advanced and (len(advanced) > 1 or int in map(type, parts)):  # arrays may be apart
        return values, index
    return np.reshape(values, np.broadcast_to(np.False_, shape)[kept].shape), kept


def _sum_in_pairs(out: Any, values: Any, index: Any) -> Any:
    """`_scatter` by plain assignment of sums, made of pairs round by round; np.add.at is of ndarrays alone.

    An index that is itself another library's does not say how often. There it is a product with the matrix of zeros and
    ones that says which value goes where.
    """
    places = np.arange(out.size).reshape(out.shape)
    if any_foreign(index if type(index) is tuple else (index,)):
        rows = np.reshape(like(places, values)[index], (-1, 1))
        here = np.equal(rows, like(places.ravel(), values)).astype(values.dtype)
        return np.reshape(np.matmul(np.reshape(values, (-1,)), here), out.shape)
    places = places[index].ravel()
    order = np.argsort(places, kind="stable")
    places, summands = places[order], np.reshape(values, (-1,))[order]
    while True:
        turn = np.arange(places.size) - np.searchsorted(places, places)  # how many of the same place stand before it
        kept = np.flatnonzero(turn % 2 == 0)
        if kept.size == places.size:
            break
        partner = np.minimum(kept + 1, places.size - 1)
        has_one = like((partner > kept) & (places[partner] == places[kept]), values)
        summands = summands[kept] + np.where(has_one, summands[partner], 0)
        places = places[kept]
    flat = np.reshape(out, (-1,))
    flat[places] = summands
    return np.reshape(flat, out.shape)


def _sum_rows(values: Any, shape: tuple[int, ...], index: Any, width: int) -> Any:
    """`_scatter` of rows, as a product with the matrix that has a 1 where row `index[j]` gets value `j`."""
    from scipy.sparse import csc_array

    n = index.size
    places = np.where(index < 0, index + shape[0], index)
    chosen = csc_array((np.ones(n, values.dtype), places, np.arange(n + 1)), shape=(shape[0], n))
    return (chosen @ values.reshape(n, width)).reshape(shape)


def _assign(x: Any, value: Any, index: Any, path: Path | None = None, ufunc: Any = None) -> Any:
    out = room_for(x, value, index)
    if path is not None:
        target = walk(out, path) if type(out) is np.ndarray or isinstance(out, Stand) else None
        if target is not None and shares_memory(target, out):
            assign(target, index, value, ufunc)
            return out
        places = selected_places(out.shape, index, path)
        if is_foreign(out) and not batches((out, value)):  # not every library takes several arrays as an index
            flat = np.reshape(out, (-1,))
            shape, places = places.shape, np.ravel(places)
            assign(flat, places, np.ravel(np.broadcast_to(value, shape)) if np.ndim(value) else value, ufunc)
            return np.reshape(flat, out.shape)
        index = np.unravel_index(places, out.shape)
    if is_foreign(out):
        value, index = _for_numbers_apart(value, x.shape, index)
    assign(out, index, value, ufunc)
    return out if out.ndim or type(x) is np.ndarray else out[()]


def assign(target: Any, index: Any, value: Any, ufunc: Any = None) -> None:
    """target[index] = value, or target[index] ∘= value with the ufunc."""
    if ufunc is None:
        target[index] = value
        return
    part = target if index is ... else target[index]
    if (type(part) is np.ndarray or isinstance(part, Stand)) and shares_memory(part, target):
        ufunc(part, value, out=part)
    else:
        target[index] = ufunc(part, value)


def selected_places(shape: tuple[int, ...], index: Any, path: Path) -> Any:
    """Where in an array of this shape, laid out flat, stands what `index` selects from the view at the path."""
    return walk(np.arange(math.prod(shape)).reshape(shape), path)[index]


def _assigned_value(
    g: Any, out: Any, x: Any, value: Any, index: Any, path: Path | None = None, ufunc: Any = None
) -> Any:
    """g[index], with 0 for a value that was overwritten by a later one at the same index."""
    seen = walk(g, path)
    share = getitem(seen, index=index)
    if path is not None and any(primitive.name == "imag" for primitive, *_ in links(path)):
        share = -share  # the pairing does not conjugate: Re(g·i·t) = -Im(g)·t
    if ufunc is np.subtract:
        share = -share
    elif ufunc is None and _may_repeat(index):
        writer = np.empty(seen.shape, np.intp)
        number = np.arange(share.size).reshape(share.shape)
        writer[index] = number
        share = np.where(like(writer[index] == number, raw(share)), share, 0)
    added = np.ndim(value) - share.ndim
    return np.reshape(share, (1,) * added + share.shape) if added > 0 else share  # NumPy drops leading axes of size 1


def _assigned_stack(
    k: int, x: Any, value: Any, index: Any, path: Path | None = None, ufunc: Any = None
) -> dict[str, Any] | None:
    """The batched call is that of getitem if the values have as many axes as the selection."""
    if path is not None:
        return None
    stacked = stacked_index(index)
    selected = np.broadcast_to(np.zeros((), bool), x.shape)[index]
    return {"index": stacked} if stacked is not None and np.ndim(value) == selected.ndim else None


def _assigned_rest(
    g: Any, out: Any, x: Any, value: Any, index: Any, path: Path | None = None, ufunc: Any = None
) -> Any:
    """g with 0 where x was written to; what was added to keeps its own."""
    if ufunc is not None:
        return g
    return setitem(g, 0, index=index) if path is None else setitem(g, 0, index=index, path=path)


def _assigned_label(ufunc: Any = None, **_: Any) -> str:
    sign = "-" if ufunc is np.subtract else ""
    return "g with 0 at the index, g at the index" if ufunc is None else f"g, {sign}g at the index"


def _share(g: Any, out: Any, x: Any, index: Any) -> Any:
    """The VJP of getitem as a sweep calls it: by slices and numbers its part alone, and not the zeros elsewhere."""
    if x.shape and (type(g) in _PLAIN or isinstance(g, Stand)):
        for part in index if type(index) is tuple else (index,):
            if type(part) not in _BASIC and not isinstance(part, np.integer):
                break
        else:
            return Share(index, g, x.shape)
    return scatter(g, shape=x.shape, index=index)


# getitem and scatter are linear, and each is the transpose of the other.
getitem: Primitive = define(
    _selected, lambda g, out, x, index: scatter(g, shape=x.shape, index=index),
    keeps="", guard=False, name="getitem", jvp="linear", batch="index", label="g at the index and 0 elsewhere",
    view=True,
)  # fmt: skip
getitem.swept = (_share,)
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
    _assign, _assigned_rest, _assigned_value,
    keeps="", guard=False, name="setitem", jvp="linear", batch=_assigned_stack,
    label=_assigned_label,
)  # fmt: skip


# By positions along an axis


def _as_indices(indices: Any) -> Any:
    """Indices that the caller cannot change any more: the array of a Tensor, or a copy."""
    if is_tensor(indices) or is_foreign(indices):
        return raw(indices)
    if isinstance(indices, Stand):
        return indices.copy()
    return np.array(indices, np.intp if np.size(indices) == 0 else None)


def positions(indices: Any, n: int, mode: str) -> Any:
    """Integer positions along an axis of n elements; modes "wrap" and "clip" change those that are out of bounds."""
    indices = _as_indices(indices)
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
    if axis is None:
        a, axis = np.ravel(a), 0
    a = np.atleast_1d(a)
    (axis,) = normalize_axes(axis, a.ndim)
    places = positions(indices, np.shape(a)[axis], mode)
    one = type(places) is np.ndarray and places.ndim == 0  # not every library takes a position as an array
    return _take(a, indices=int(places) if one else places, axis=axis)


@implements(np.take_along_axis)
def take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Any:
    """np.take_along_axis; an element taken twice gets the sum."""
    if axis is None:
        arr, axis = np.ravel(arr), 0
    return getitem(arr, index=along_axis("take_along_axis", np.shape(arr), indices, axis))


def along_axis(name: str, shape: tuple[int, ...], indices: Any, axis: int) -> tuple[Any, ...]:
    """The index that np.take_along_axis means: the indices along the axis, and each its own place along the others."""
    indices = _as_indices(indices)
    (axis,) = normalize_axes(axis, len(shape))
    if indices.ndim != len(shape):
        raise ShapeError(
            f"np.{name}: indices must have the array's {len(shape)} dimensions; got shape {indices.shape}."
        )
    return tuple(
        indices if i == axis else np.reshape(np.arange(n), (1,) * i + (n,) + (1,) * (len(shape) - 1 - i))
        for i, n in enumerate(shape)
    )


# By a condition


@implements(np.compress)
def compress(condition: Any, a: Any, axis: Any = None, out: Any = None) -> Any:
    """np.compress: the slices along an axis for which the condition holds."""
    condition = raw(condition)
    condition = condition if is_foreign(condition) else asarray(condition)
    if condition.ndim != 1:
        raise ShapeError(
            f"np.compress takes a condition of one dimension; got shape {condition.shape}. Use x[mask] for a mask."
        )
    if axis is None:
        a, axis = np.ravel(a), 0
    a = np.atleast_1d(a)
    (axis,) = normalize_axes(axis, a.ndim)
    mask = np.zeros(np.shape(a)[axis], bool)  # the condition may be shorter than the axis
    mask[np.flatnonzero(condition)] = True
    return getitem(a, index=_along(axis, mask))


@implements(np.extract)
def extract(condition: Any, arr: Any) -> Any:
    """np.extract: the elements for which the condition holds."""
    return compress(np.ravel(raw(condition)), np.ravel(arr))
