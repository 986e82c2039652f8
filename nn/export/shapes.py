"""NumPy's functions that arrange elements, in ONNX."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.shapes import reduced_axes
from nn.export.handlers import (
    FUNCTIONS,
    function,
    is_traced,
    name_of,
    reshaped,
    sliced,
    transposed,
    values_of,
)
from nn.export.recording import Recording, refusal

PAD_MODES = {"constant": "constant", "reflect": "reflect", "edge": "edge", "wrap": "wrap"}


@function(np.reshape, np.ravel, np.expand_dims, np.atleast_1d, np.atleast_2d, np.atleast_3d)
def _reshape(g: Recording, values: Any, a: Any, *args: Any, order: str = "C", **options: Any) -> str:
    if order not in ("C", "K"):
        raise refusal(f"reshape with order={order!r}", "Transpose first, and use the order C.")
    name = name_of(g, a)
    return name if values.shape == a.shape else reshaped(g, name, values.shape)


@function(np.squeeze)
def _squeeze(g: Recording, values: Any, a: Any, axis: Any = None) -> str:
    axes = [i for i, n in enumerate(a.shape) if n == 1] if axis is None else reduced_axes(axis, a.ndim)
    return g.add("Squeeze", name_of(g, a), g.ints(axes)) if axes else name_of(g, a)


@function(np.transpose, np.permute_dims)
def _transpose(g: Recording, values: Any, a: Any, axes: Any = None) -> str:
    return transposed(g, name_of(g, a), list(reversed(range(a.ndim))) if axes is None else reduced_axes(axes, a.ndim))


@function(np.matrix_transpose)
def _matrix_transpose(g: Recording, values: Any, x: Any) -> str:
    return _swapaxes(g, values, x, -1, -2)


@function(np.swapaxes)
def _swapaxes(g: Recording, values: Any, a: Any, axis1: int, axis2: int) -> str:
    order = list(range(a.ndim))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return transposed(g, name_of(g, a), order)


@function(np.moveaxis)
def _moveaxis(g: Recording, values: Any, a: Any, source: Any, destination: Any) -> str:
    pairs = sorted(zip(reduced_axes(destination, a.ndim), reduced_axes(source, a.ndim), strict=True))
    rest = [i for i in range(a.ndim) if i not in {s for _, s in pairs}]
    for to, come_from in pairs:
        rest.insert(to, come_from)
    return transposed(g, name_of(g, a), rest)


@function(np.concatenate)
def _concatenate(g: Recording, values: Any, arrays: Any, axis: Any = 0, **options: Any) -> str:
    names = [name_of(g, a, values.dtype) for a in arrays]
    if axis is None:
        names = [reshaped(g, name, [-1]) for name in names]
    return g.add("Concat", *names, axis=0 if axis is None else axis % values.ndim)


@function(np.stack)
def _stack(g: Recording, values: Any, arrays: Any, axis: int = 0, **options: Any) -> str:
    axis %= values.ndim
    return g.add("Concat", *[unsqueezed(g, name_of(g, a, values.dtype), [axis]) for a in arrays], axis=axis)


@function(np.split, np.array_split)
def _split(g: Recording, values: Any, ary: Any, indices_or_sections: Any, axis: int = 0) -> list[str]:
    name, at, names = name_of(g, ary), 0, []
    for part in values:
        names.append(sliced(g, name, axis % ary.ndim, at, at + part.shape[axis]))
        at += part.shape[axis]
    return names


@function(np.unstack)
def _unstack(g: Recording, values: Any, x: Any, *, axis: int = 0) -> list[str]:
    name, axis = name_of(g, x), axis % x.ndim
    return [g.add("Gather", name, g.constant(i, np.int64), axis=axis) for i in range(len(values))]


@function(np.broadcast_to)
def _broadcast_to(g: Recording, values: Any, array: Any, shape: Any, subok: bool = False) -> str:
    name = name_of(g, array)
    return name if values.shape == array.shape else g.add("Expand", name, g.ints(values.shape))


@function(np.broadcast_arrays)
def _broadcast_arrays(g: Recording, values: Any, *args: Any, subok: bool = False) -> list[str]:
    return [_broadcast_to(g, v, a if is_traced(a) else np.asarray(a), None) for v, a in zip(values, args, strict=True)]


@function(np.tile)
def _tile(g: Recording, values: Any, A: Any, reps: Any) -> str:
    times = [1] * (values.ndim - np.size(reps)) + list(np.atleast_1d(reps))
    name = name_of(g, A)
    if A.ndim < values.ndim:
        name = reshaped(g, name, [1] * (values.ndim - A.ndim) + list(A.shape))
    return g.add("Tile", name, g.ints(times))


@function(np.repeat)
def _repeat(g: Recording, values: Any, a: Any, repeats: Any, axis: Any = None) -> str:
    if np.ndim(repeats) or is_traced(repeats):
        raise refusal("np.repeat with a number for each element", "Give one number.")
    name, shape = name_of(g, a), list(a.shape)
    if axis is None:
        name, shape, axis = reshaped(g, name, [a.size]), [a.size], 0
    axis %= len(shape)
    longer = [*shape[: axis + 1], int(repeats), *shape[axis + 1 :]]
    return reshaped(g, g.add("Expand", unsqueezed(g, name, [axis + 1]), g.ints(longer)), values.shape)


@function(np.flip)
def _flip(g: Recording, values: Any, m: Any, axis: Any = None) -> str:
    name = name_of(g, m)
    for a in reduced_axes(axis, m.ndim):
        name = sliced(g, name, a, -1, np.iinfo(np.int64).min, -1)
    return name


@function(np.fliplr)
def _fliplr(g: Recording, values: Any, m: Any) -> str:
    return _flip(g, values, m, 1)


@function(np.flipud)
def _flipud(g: Recording, values: Any, m: Any) -> str:
    return _flip(g, values, m, 0)


@function(np.roll)
def _roll(g: Recording, values: Any, a: Any, shift: Any, axis: Any = None) -> str:
    name, shape = name_of(g, a), a.shape
    if axis is None:
        name, shape = reshaped(g, name, [a.size]), (a.size,)
    axes = reduced_axes(axis, len(shape))
    for by, along in zip(np.broadcast_to(shift, len(axes)), axes, strict=True):
        if shape[along] and by % shape[along]:
            cut = shape[along] - int(by) % shape[along]
            end = sliced(g, name, along, cut, shape[along])
            name = g.add("Concat", end, sliced(g, name, along, 0, cut), axis=along)
    return name if axis is not None else reshaped(g, name, a.shape)


@function(np.pad)
def _pad(g: Recording, values: Any, array: Any, pad_width: Any, mode: Any = "constant", **options: Any) -> str:
    fill = options.pop("constant_values", 0)
    if mode not in PAD_MODES or np.ndim(fill) or any(v not in (None, "even") for v in options.values()):
        raise refusal(f"np.pad with mode={mode!r} and {options}", f"The modes {', '.join(PAD_MODES)} can be exported.")
    widths = np.broadcast_to(np.asarray(pad_width), (array.ndim, 2))
    name = name_of(g, array)
    if not widths.any():
        return name
    at = g.ints([*widths[:, 0], *widths[:, 1]])
    more = [name_of(g, fill, values.dtype)] if mode == "constant" else []
    return g.add("Pad", name, at, *more, mode=PAD_MODES[mode])


@function(np.where)
def _where(g: Recording, values: Any, condition: Any, *pair: Any) -> str:
    if not pair:
        raise refusal("np.where(condition) alone, whose shape depends on values", "Use np.where(condition, a, b).")
    return g.add("Where", name_of(g, condition, bool), *[name_of(g, x, values.dtype) for x in pair])


FUNCTIONS[np.tril] = lambda g, values, m, k=0: g.add("Trilu", name_of(g, m), g.constant(k, np.int64), upper=0)
FUNCTIONS[np.triu] = lambda g, values, m, k=0: g.add("Trilu", name_of(g, m), g.constant(k, np.int64), upper=1)


@function(np.diff)
def _diff(g: Recording, values: Any, a: Any, n: int = 1, axis: int = -1) -> str:
    name, axis = name_of(g, a), axis % a.ndim
    for i in range(n):
        size = a.shape[axis] - i
        name = g.add("Sub", sliced(g, name, axis, 1, size), sliced(g, name, axis, 0, size - 1))
    return name


@function(np.asarray, np.array, np.asanyarray, np.ascontiguousarray, np.copy)
def _array(g: Recording, values: Any, a: Any, dtype: Any = None, **options: Any) -> str:
    return name_of(g, a, values.dtype)


@function(np.zeros_like, np.ones_like, np.full_like, np.full, np.zeros, np.ones)
def _created(g: Recording, values: Any, *args: Any, **options: Any) -> str:
    if any(is_traced(x) for x in args[1:]):
        return g.add("Expand", name_of(g, args[1], values.dtype), g.ints(values.shape))
    return g.constant(values)


@function(np.empty_like, np.empty)
def _empty(g: Recording, values: Any, *args: Any, **options: Any) -> str:
    return g.constant(np.zeros_like(values))


@function(np.einsum)
def _einsum(g: Recording, values: Any, *operands: Any, optimize: Any = None, **options: Any) -> str:
    letters, *arrays = operands
    if not isinstance(letters, str):
        raise refusal("np.einsum with lists of axes", "Write them as letters: 'ij,jk->ik'.")
    names = [name_of(g, a, values.dtype) for a in arrays]
    return g.add("Einsum", *names, equation=letters.replace(" ", ""))


@function(np.tensordot)
def _tensordot(g: Recording, values: Any, a: Any, b: Any, axes: Any = 2) -> str:
    n, m = np.ndim(values_of(a)), np.ndim(values_of(b))
    if isinstance(axes, (int, np.integer)):
        left, right = tuple(range(n - axes, n)), tuple(range(axes))
    else:
        left, right = reduced_axes(axes[0], n), reduced_axes(axes[1], m)
    first = [chr(97 + i) for i in range(n)]
    second = [chr(65 + i) for i in range(m)]
    for i, j in zip(left, right, strict=True):
        second[j] = first[i]
    out = [x for i, x in enumerate(first) if i not in left] + [x for j, x in enumerate(second) if j not in right]
    return _einsum(g, values, f"{''.join(first)},{''.join(second)}->{''.join(out)}", a, b)


@function(np.dot)
def _dot(g: Recording, values: Any, a: Any, b: Any) -> str:
    n, m = np.ndim(values_of(a)), np.ndim(values_of(b))
    if n == 0 or m == 0:
        return g.add("Mul", name_of(g, a, values.dtype), name_of(g, b, values.dtype))
    if m <= 2:
        return g.add("MatMul", name_of(g, a, values.dtype), name_of(g, b, values.dtype))
    return _tensordot(g, values, a, b, ([n - 1], [m - 2]))


@function(np.inner)
def _inner(g: Recording, values: Any, a: Any, b: Any) -> str:
    n, m = np.ndim(values_of(a)), np.ndim(values_of(b))
    return _dot(g, values, a, b) if n == 0 or m == 0 else _tensordot(g, values, a, b, ([n - 1], [m - 1]))


@function(np.outer)
def _outer(g: Recording, values: Any, a: Any, b: Any) -> str:
    column = reshaped(g, name_of(g, a, values.dtype), [math.prod(np.shape(values_of(a))), 1])
    return g.add("Mul", column, reshaped(g, name_of(g, b, values.dtype), [1, -1]))


def unsqueezed(g: Recording, name: str, axes: Any) -> str:
    """The name of the same with axes of length 1 at these places of the result."""
    return g.add("Unsqueeze", name, g.ints(axes))
