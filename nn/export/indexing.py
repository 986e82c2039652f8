"""NumPy's indexing in ONNX."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.shapes import reduced_axes
from nn.export.handlers import FUNCTIONS, function, is_traced, name_of, reshaped, transposed, values_of
from nn.export.recording import Recording, refusal
from nn.export.shapes import unsqueezed


def _entries(index: Any, ndim: int) -> list[Any]:
    """The index as a list with an entry for each axis, and None for new ones; Ellipsis is spelled out."""
    entries = list(index) if isinstance(index, tuple) else [index]
    for i, e in enumerate(entries):
        if isinstance(e, list):
            entries[i] = np.asarray(e)
        if is_boolean(entries[i]):
            if is_traced(entries[i]):
                raise refusal(
                    "x[mask] with a mask made of the input: the shape of the result depends on values",
                    "Use np.where(mask, x, 0).",
                )
            entries[i : i + 1] = list(np.nonzero(entries[i]))
            return _entries(tuple(entries), ndim)
    used = sum(e is not None and e is not Ellipsis for e in entries)
    at = next((i for i, e in enumerate(entries) if e is Ellipsis), len(entries))
    entries[at : at + 1] = [slice(None)] * (ndim - used)
    return entries


def is_boolean(e: Any) -> bool:
    """Whether an entry of an index is a mask."""
    return isinstance(e, bool) or hasattr(e, "dtype") and e.dtype.kind == "b"


def _is_array(e: Any) -> bool:
    return is_traced(e) or isinstance(e, np.ndarray)


def getitem(g: Recording, values: Any, x: Any, index: Any) -> str:
    """x[index]: slices first, then the arrays of indices, then numbers and new axes."""
    entries = _entries(index, x.ndim)
    axes = [e for e in entries if e is not None]
    name = _slices(g, name_of(g, x), axes, x.shape)
    arrays = [i for i, e in enumerate(axes) if _is_array(e)]
    numbers = [i for i, e in enumerate(axes) if not _is_array(e) and not isinstance(e, slice)]
    if len(arrays) == 1 and not numbers:
        name = g.add("Gather", name, name_of(g, axes[arrays[0]]), axis=arrays[0])
    elif arrays:
        name = _several(g, name, [e for e in axes if not isinstance(e, slice)], sorted(arrays + numbers), entries)
    elif numbers:
        name = g.add("Squeeze", name, g.ints(numbers))
    if all(e is not None for e in entries):
        return name
    if arrays:
        return reshaped(g, name, values.shape)
    shown = [e for e in entries if e is None or isinstance(e, slice)]
    return unsqueezed(g, name, [i for i, e in enumerate(shown) if e is None])


def _slices(g: Recording, name: str, axes: list[Any], shape: tuple[int, ...]) -> str:
    """All slices at once; a number is the slice of this element, unless arrays of indices stand beside it."""
    arrays = any(_is_array(e) for e in axes)
    rows = []
    for i, e in enumerate(axes):
        if isinstance(e, slice):
            if e == slice(None):
                continue
            start, stop, step = e.indices(shape[i])
            rows.append((start, stop if stop >= 0 else np.iinfo(np.int64).min, i, step))
        elif not _is_array(e) and not arrays:
            number = int(e) % shape[i]
            rows.append((number, number + 1, i, 1))
    if not rows:
        return name
    return g.add("Slice", name, *[g.ints(column) for column in zip(*rows, strict=True)])


def _several(g: Recording, name: str, indices: list[Any], at: list[int], entries: list[Any]) -> str:
    """Several arrays of indices: their axes moved to the front and looked up together."""
    shape = np.broadcast_shapes(*[np.shape(values_of(e)) for e in indices])
    ndim = sum(e is not None for e in entries)
    rest = [i for i in range(ndim) if i not in at]
    name = transposed(g, name, at + rest)
    parts = []
    for e in indices:
        part = name_of(g, e, np.int64)
        if np.shape(values_of(e)) != shape:
            part = g.add("Expand", part, g.ints(shape))
        parts.append(unsqueezed(g, part, [len(shape)]))
    name = g.add("GatherND", name, g.add("Concat", *parts, axis=len(shape)))  # (*shape, *rest)
    spelled = [i for i, e in enumerate(entries) if e is not None and not isinstance(e, slice)]
    together = spelled == list(range(spelled[0], spelled[-1] + 1))
    before = sum(isinstance(e, slice) for e in entries[: spelled[0]]) if together else 0
    n = len(shape)
    order = [*range(n, n + before), *range(n), *range(n + before, n + len(rest))]
    return transposed(g, name, order)


def setitem(g: Recording, values: Any, x: Any, index: Any, new: Any) -> str:
    """x with new values at an index that is known: those are scattered into it."""
    given = index if isinstance(index, tuple) else (index,)
    if any(is_traced(e) for e in given):
        raise refusal("a write x[i] = … at indices or a mask made of the input", "Use np.where(mask, value, x).")
    target = values_of(x)[index]
    name = name_of(g, new, x.dtype)
    if np.shape(values_of(new)) != target.shape:
        name = g.add("Expand", name, g.ints(target.shape))
    entries = _entries(index, x.ndim)
    if any(_is_array(e) or e is None for e in entries):
        where = np.indices(x.shape)[(slice(None), *given)]
        at = np.moveaxis(where, 0, -1).reshape(-1, x.ndim)
        return g.add("ScatterND", name_of(g, x), g.constant(at, np.int64), reshaped(g, name, [len(at)]))
    whole = [i for i, e in enumerate(entries) if isinstance(e, slice) and e.indices(x.shape[i]) == (0, x.shape[i], 1)]
    cut = [i for i in range(x.ndim) if i not in whole]  # ScatterND indexes the first axes, so these come first
    if not cut:
        return name
    places = np.indices([x.shape[i] for i in cut])[(slice(None), *[entries[i] for i in cut])]
    at = places.reshape(len(cut), -1).T
    lengths = [
        1 if not isinstance(e, slice) else len(range(*e.indices(n))) for e, n in zip(entries, x.shape, strict=True)
    ]
    name = transposed(g, reshaped(g, name, lengths), cut + whole)
    name = reshaped(g, name, [len(at), *[x.shape[i] for i in whole]])
    scattered = g.add("ScatterND", transposed(g, name_of(g, x), cut + whole), g.constant(at, np.int64), name)
    return transposed(g, scattered, [(cut + whole).index(i) for i in range(x.ndim)])


FUNCTIONS["getitem"] = getitem
FUNCTIONS["setitem"] = setitem


@function(np.take)
def _take(g: Recording, values: Any, a: Any, indices: Any, axis: Any = None, mode: str = "raise") -> str:
    if mode != "raise":
        raise refusal(f"np.take with mode={mode!r}", "Clip the indices first.")
    name = name_of(g, a)
    if axis is None:
        name, axis = reshaped(g, name, [-1]), 0
    return g.add("Gather", name, name_of(g, indices, np.int64), axis=axis % max(a.ndim, 1))


@function(np.take_along_axis)
def _take_along_axis(g: Recording, values: Any, arr: Any, indices: Any, axis: Any = -1) -> str:
    name, at = name_of(g, arr), name_of(g, indices, np.int64)
    if axis is None:
        return g.add("GatherElements", reshaped(g, name, [-1]), at, axis=0)
    axis %= arr.ndim
    source = list(values.shape)
    source[axis] = arr.shape[axis]
    if tuple(source) != arr.shape:
        name = g.add("Expand", name, g.ints(source))
    if values.shape != np.shape(values_of(indices)):
        at = g.add("Expand", at, g.ints(values.shape))
    return g.add("GatherElements", name, at, axis=axis)


@function(np.diagonal)
def _diagonal(g: Recording, values: Any, a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> str:
    one, two = reduced_axes((axis1, axis2), a.ndim)
    order = [i for i in range(a.ndim) if i not in (one, two)]
    name = transposed(g, name_of(g, a), [one, two, *order])
    i = np.arange(values.shape[-1])
    name = g.add("GatherND", name, g.constant(np.stack([i + max(-offset, 0), i + max(offset, 0)], 1), np.int64))
    return transposed(g, name, [*range(1, values.ndim), 0])
