"""The same elements in another shape, order or dtype, or repeated."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.engine.complex_numbers import refuse_loss
from autograd.engine.kinds import copied, is_foreign
from autograd.engine.recording import is_tensor, raw
from autograd.engine.registry import define, implements, rules
from autograd.engine.views import apart, memory_of
from autograd.errors import ArgumentError, ShapeError
from autograd.ops.arguments import as_operand, frozen
from autograd.shapes import normalize_axes, summed

Shape = int | Sequence[int]

# Copies and dtypes

_copy = define(
    lambda a, order="K": copied(a) if is_foreign(a) and order == "K" else np.copy(a, order),
    lambda g, out, a, order="K": g,
    keeps="",
    name="copy",
    jvp="elementwise",
    label="g",
)


@implements(np.copy)
def copy(a: Any, order: Any = "K", subok: bool = False) -> Any:
    """np.copy."""
    return _copy(a) if order == "K" else _copy(a, order=order)


_cast = define(
    lambda x, dtype: x.astype(dtype),
    lambda g, out, x, dtype: g,
    keeps="",
    name="astype",
    jvp="elementwise",
    label="g in x's dtype",
)


@implements(*([np.astype] if hasattr(np, "astype") else []))  # NumPy 2.1
def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    """np.astype. The gradient has the dtype of x; the result of a cast to integers or booleans is a constant."""
    dtype = np.dtype(dtype)
    refuse_loss(x.dtype, dtype)
    if is_tensor(x) and x._requires_grad and dtype.kind not in "fc":
        return _cast(x.detach(), dtype=dtype)
    if not copy and x.dtype == dtype:
        return x
    return _cast(x, dtype=dtype)


# The same elements in the same order


def _reshaped(a: Any, shape: Any, order: str = "C") -> Any:
    if type(a) is np.ndarray:
        return a.reshape(shape, order=order)  # type: ignore[call-overload]
    if type(shape) is not tuple:
        shape = (shape,)
    return np.reshape(a, shape) if order == "C" else np.reshape(a, shape, order=order)  # type: ignore[call-overload]


def _reshape_batch(k: int, a: Any, shape: Any, order: str = "C") -> dict[str, Any] | None:
    """The call for a batch: the leading axis varies slowest only in C order."""
    return {} if order == "C" else None


_reshape = define(_reshaped,
                  lambda g, out, a, shape, order="C": _reshaped(g, a.shape, order),
                  keeps="", name="reshape", label="g reshaped", batch=_reshape_batch, view=True,
                  jvp=lambda t, out, a, shape, order="C": _reshaped(t, out.shape, order))  # fmt: skip
_reshape.may_copy = True  # type: ignore[attr-defined]


@implements(np.reshape)
def reshape(a: Any, /, shape: Shape, order: str = "C", *, copy: bool | None = None) -> Any:
    """np.reshape; what order "A" means depends on the present memory layout of the array."""
    if copy:
        a = rules[np.copy](a)
    elif copy is False:
        # raises if it has to copy
        np.reshape(memory_of(a), shape, order=order, copy=False)  # type: ignore[call-overload]
    if type(shape) is list:
        shape = tuple(shape)
    if order == "C":
        return _reshape(a, shape)
    return _reshape(a, shape, order=_memory_order(a) if order == "A" else order)


@implements(np.ravel)
def ravel(a: Any, order: str = "C") -> Any:
    """np.ravel; order "K" means the order of the elements in memory."""
    if order == "K":
        strides = [abs(stride) for stride in np.shape(a) and memory_of(a).strides]
        axes = sorted(range(len(strides)), key=lambda i: -strides[i])
        if axes != sorted(axes):
            a = np.transpose(a, axes)
        order = "C"
    flat = rules[np.reshape](a, -1, order)
    array = memory_of(a)  # where the elements lie apart, NumPy copies, although one axis has a view
    known = type(array) is np.ndarray or hasattr(type(array), "is_view_of")
    return flat if order != "C" or not known or array.flags.c_contiguous else apart(flat)


def _memory_order(a: Any) -> str:
    flags = getattr(memory_of(a), "flags", None)
    return "F" if flags is not None and flags.fnc else "C"


def _reshaped_vjp(g: Any, out: Any, a: Any, axis: Any = None) -> Any:
    return np.reshape(g, a.shape)


def _reshaped_jvp(t: Any, out: Any, a: Any, axis: Any = None) -> Any:
    return np.reshape(t, out.shape)


expand_dims = define(
    np.expand_dims, _reshaped_vjp, keeps="", jvp=_reshaped_jvp, batch="", label="g reshaped", view=True
)
squeeze = define(np.squeeze, _reshaped_vjp, keeps="", jvp=_reshaped_jvp, batch="", label="g reshaped", view=True)


@implements(np.atleast_1d)
def atleast_1d(*arys: Any) -> Any:
    """np.atleast_1d."""
    return _each(lambda a: a if np.ndim(a) else np.reshape(a, 1), arys)


@implements(np.atleast_2d)
def atleast_2d(*arys: Any) -> Any:
    """np.atleast_2d: axes are added in front, (n,) -> (1, n)."""
    return _each(lambda a: a if np.ndim(a) >= 2 else np.reshape(a, (1, np.size(a))), arys)


@implements(np.atleast_3d)
def atleast_3d(*arys: Any) -> Any:
    """np.atleast_3d: axes are added on both sides, (n,) -> (1, n, 1), (m, n) -> (m, n, 1)."""

    def three(a: Any) -> Any:
        if a.ndim >= 3:
            return a
        return np.expand_dims(a, 2) if a.ndim == 2 else np.reshape(a, (1, a.size, 1))

    return _each(three, arys)


def _each(function: Any, arys: tuple[Any, ...]) -> Any:
    results = tuple(function(as_operand(a)) for a in arys)
    return results[0] if len(results) == 1 else results


# The axes in another order


def _transpose_batch(k: int, a: Any, axes: Any = None) -> dict[str, Any]:
    """The call for a batch: the leading axis stays in front."""
    order = range(a.ndim)[::-1] if axes is None else normalize_axes(axes, a.ndim)
    return {"axes": (0, *[i + 1 for i in order])}


def _undo_transpose(g: Any, out: Any, a: Any, axes: Any = None) -> Any:
    if axes is None:
        return np.transpose(g)
    axes = normalize_axes(axes, a.ndim)
    return np.transpose(g, sorted(range(a.ndim), key=axes.__getitem__))


def _transpose_label(axes: Any = None) -> str:
    swapped = axes is None or (len(axes) == 2 and axes[0] % 2 == 1)
    return "gᵀ" if swapped else "g with its axes put back"


_transpose = define(
    lambda a, axes=None: a.transpose(axes) if type(a) is np.ndarray else np.transpose(a, axes),
    _undo_transpose,
    keeps="",
    name="transpose",
    jvp="linear",
    batch=_transpose_batch,
    label=_transpose_label,
    view=True,
)
swapaxes = define(
    np.swapaxes,
    lambda g, out, a, axis1, axis2: np.swapaxes(g, axis1, axis2),
    keeps="",
    jvp="linear",
    batch="axis1 axis2",
    label="g with its axes swapped",
    view=True,
)
_moveaxis = define(np.moveaxis, lambda g, out, a, source, destination: np.moveaxis(g, destination, source), keeps="",
                   jvp="linear", batch="source destination", label="g with its axes moved back", view=True)  # fmt: skip


@implements(np.transpose, np.permute_dims)
def transpose(a: Any, axes: Sequence[int] | None = None) -> Any:
    """np.transpose."""
    return _transpose(a) if axes is None else _transpose(a, frozen(axes))


@implements(np.moveaxis)
def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    """np.moveaxis."""
    return _moveaxis(a, frozen(source), frozen(destination))


@implements(np.rollaxis)
def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    """np.rollaxis: moves the axis in front of axis `start`."""
    n = np.ndim(a)
    (axis,) = normalize_axes(axis, n)
    if not -n <= start <= n:
        raise ShapeError(f"start {start} is out of bounds for an array with {n} dimensions: use {-n} to {n}.")
    start = start + n if start < 0 else start
    return np.moveaxis(a, axis, start - 1 if axis < start else start)


# The elements in another order

_flip = define(
    np.flip,
    lambda g, out, m, axis=None: np.flip(g, axis),
    keeps="",
    jvp="linear",
    batch="axis",
    label="g flipped",
    view=True,
)
fliplr = define(np.fliplr, lambda g, out, m: np.fliplr(g), keeps="", jvp="linear", label="g flipped", view=True)
flipud = define(np.flipud, lambda g, out, m: np.flipud(g), keeps="", jvp="linear", label="g flipped", view=True)
_rot90 = define(
    np.rot90,
    lambda g, out, m, k=1, axes=(0, 1): np.rot90(g, -k, axes),
    keeps="",
    jvp="linear",
    batch="axes",
    label="g turned back",
    view=True,
)


def _backwards(shift: Any) -> Any:
    return tuple([-n for n in shift]) if type(shift) is tuple else -shift


_roll = define(
    np.roll,
    lambda g, out, a, shift, axis=None: np.roll(g, _backwards(shift), axis),
    keeps="",
    jvp="linear",
    batch="along",
    label="g rolled back",
)


@implements(np.flip)
def flip(m: Any, axis: Any = None) -> Any:
    """np.flip."""
    return _flip(m, frozen(axis))


@implements(np.rot90)
def rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    """np.rot90."""
    return _rot90(m, k, frozen(axes))


@implements(np.roll)
def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    """np.roll."""
    return _roll(a, frozen(shift), frozen(axis))


@implements(np.fft.fftshift)
def fftshift(x: Any, axes: Any = None) -> Any:
    """np.fft.fftshift: the element 0 comes to the middle, n // 2."""
    return _shifted_by_half(x, axes, 1)


@implements(np.fft.ifftshift)
def ifftshift(x: Any, axes: Any = None) -> Any:
    """np.fft.ifftshift: the element in the middle, n // 2, comes to 0."""
    return _shifted_by_half(x, axes, -1)


def _shifted_by_half(x: Any, axes: Any, sign: int) -> Any:
    axes = normalize_axes(frozen(axes), np.ndim(x))
    return np.roll(x, tuple(sign * (np.shape(x)[i] // 2) for i in axes), axes)


# Elements repeated. An element gets the sum of the cotangents of its copies; after broadcast_to the sweep computes it.

broadcast_to = define(
    np.broadcast_to,
    lambda g, out, array, shape, subok=False: g,
    keeps="",
    jvp="elementwise",
    label="Σ g over the copies",
    view=True,
)


@implements(np.broadcast_arrays)
def broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Any, ...]:
    """np.broadcast_arrays."""
    shape = np.broadcast_shapes(*[np.shape(a) for a in args])
    return tuple(a if np.shape(a) == shape and is_tensor(a) else np.broadcast_to(a, shape) for a in args)


@implements(np.meshgrid)
def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> tuple[Any, ...]:
    """np.meshgrid."""
    if indexing not in ("xy", "ij"):
        raise ArgumentError(f"np.meshgrid: indexing must be 'xy' or 'ij'; got {indexing!r}.")
    ndim = len(xi)
    along = list(range(ndim))
    if indexing == "xy" and ndim > 1:
        along[:2] = [1, 0]
    shapes = [(1,) * i + (-1,) + (1,) * (ndim - 1 - i) for i in along]
    grids = [np.reshape(as_operand(x), shape) for x, shape in zip(xi, shapes, strict=True)]
    if not sparse:
        grids = list(np.broadcast_arrays(*grids))
    return tuple([np.copy(grid) if copy else grid for grid in grids])


def _add_tiles(g: Any, out: Any, A: Any, reps: Any) -> Any:
    """(r0*n0, r1*n1, …) -> (r0, n0, r1, n1, …) -> summed over the r's."""
    counts = reps if type(reps) is tuple else (reps,)
    ndim = max(len(counts), A.ndim)
    counts = (1,) * (ndim - len(counts)) + counts
    sizes = (1,) * (ndim - A.ndim) + A.shape
    apart = np.reshape(g, tuple(n for pair in zip(counts, sizes, strict=True) for n in pair))
    return np.reshape(summed(apart, axis=tuple(range(0, 2 * ndim, 2))), A.shape)


_tile = define(np.tile, _add_tiles, keeps="", jvp="linear", label="Σ g over the tiles")


@implements(np.tile)
def tile(A: Any, reps: Any) -> Any:
    """np.tile."""
    return _tile(A, frozen(reps))


def _add_repeats(g: Any, out: Any, a: Any, repeats: int, axis: int) -> Any:
    """(…, n*repeats, …) -> (…, n, repeats, …) -> summed over the repeats."""
    return summed(np.reshape(g, (*a.shape[:axis], a.shape[axis], repeats, *a.shape[axis + 1 :])), axis=axis + 1)


_repeat = define(
    lambda a, repeats, axis: np.repeat(a, repeats, axis),
    _add_repeats,
    keeps="",
    name="repeat",
    jvp="linear",
    batch="axis",
    label="Σ g over the copies",
)


@implements(np.repeat)
def repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    """np.repeat: each element `repeats` times, which may be a number for each element."""
    if axis is None or np.ndim(a) == 0:
        a, axis = np.ravel(a), 0
    (axis,) = normalize_axes(axis, np.ndim(a))
    repeats = np.asarray(raw(repeats))
    if repeats.size == 1:
        if repeats.dtype.kind not in "iu" or repeats.item() < 0:
            raise ArgumentError(f"repeat takes a number of copies >= 0; got {repeats.item()!r}.")
        return _repeat(a, repeats.item(), axis)
    return np.take(a, np.repeat(np.arange(np.shape(a)[axis]), repeats), axis=axis)


@implements(np.resize)
def resize(a: Any, new_shape: Shape) -> Any:
    """np.resize: repeats the elements until the new shape is full."""
    shape = (new_shape,) if isinstance(new_shape, (int, np.integer)) else tuple(new_shape)
    if any(n < 0 for n in shape):
        raise ShapeError(f"all sizes of new_shape must be >= 0; got {shape}.")
    flat, size = np.ravel(a), math.prod(shape)
    if not np.size(a):
        return np.reshape(np.concatenate([flat, np.zeros(size, a.dtype)]), shape)  # NumPy fills with zeros
    return np.reshape(np.tile(flat, -(-size // np.size(a)))[:size], shape)
