"""NumPy's functions that write into their first argument: of a Tensor, one or a few assignments, which are recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.engine.complex_numbers import refuse_loss
from autograd.engine.kinds import is_foreign
from autograd.engine.library_call import library_function
from autograd.engine.modes import mode
from autograd.engine.outputs import dtype_of
from autograd.engine.recording import is_tensor, raw
from autograd.engine.registry import implements
from autograd.errors import DTypeError, NoRuleError, ShapeError
from autograd.ops.indexing import along_axis
from autograd.ops.nondifferentiable import deep_raw, refuse_fill, requires_grad


def _to_tensors(numpys: Callable[..., Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """What the function writes to a Tensor; a plain array gets the values of the Tensors, if none requires grad."""

    def decorate(to_tensor: Callable[..., None]) -> Callable[..., None]:
        @implements(numpys)
        def write(target: Any, *args: Any, **kwargs: Any) -> None:
            if is_tensor(target):
                to_tensor(target, *args, **kwargs)
                return
            if mode.get().recording and requires_grad((*args, *kwargs.values())):
                refuse_fill(library_function())
                raise NoRuleError(
                    f"np.{numpys.__name__} writes into its argument, a plain array, which has no history: the gradient "
                    "of what is written would be lost. Make it a tensor: x = Tensor(array)."
                )
            args, kwargs = deep_raw(args), deep_raw(kwargs)
            for value in (*args, *kwargs.values()):
                if np.iscomplexobj(value):
                    refuse_loss(dtype_of(value), dtype_of(target))
            numpys(target, *args, **kwargs)

        write.__name__, write.__doc__ = numpys.__name__, to_tensor.__doc__
        write.writes = True  # type: ignore[attr-defined]  # see outputs.writes
        return to_tensor

    return decorate


@_to_tensors(np.copyto)
def copyto(dst: Any, src: Any, casting: Any = "same_kind", where: Any = True) -> None:
    """np.copyto: dst[...] = src, or at the places that where= selects."""
    kind = dtype_of(src)
    if not np.can_cast(kind, dst.dtype, casting):
        raise DTypeError(f"np.copyto: {kind} does not convert to {dst.dtype} with casting={casting!r}.")
    if where is True:
        dst[...] = src
    else:
        assign_where(dst, src, raw(where))


def assign_where(dst: Any, src: Any, where: Any) -> None:
    """dst[where] = src[where], with both broadcast to the shape of dst."""
    if np.broadcast_shapes(np.shape(where), np.shape(src), dst.shape) != dst.shape:
        raise ShapeError(
            f"values of shape {np.shape(src)} and where= of shape {np.shape(where)} do not broadcast to {dst.shape}."
        )
    if is_foreign(where) or is_foreign(raw(src)) or is_foreign(raw(dst)):
        dst[...] = np.where(where, src, dst).astype(dst.dtype)
        return
    chosen = np.broadcast_to(np.asarray(where, bool), dst.shape)
    dst[chosen] = np.broadcast_to(src, dst.shape)[chosen] if np.ndim(src) else src


@_to_tensors(np.put)
def put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    """np.put: a.put(ind, v)."""
    a.put(ind, v, mode)


@_to_tensors(np.place)
def place(arr: Any, mask: Any, vals: Any) -> None:
    """np.place: the first values go to the places where the mask holds, repeated as often as needed."""
    places = _places(arr, mask, "place")
    if places.size and not np.size(vals):
        raise ShapeError("np.place: cannot insert from an empty array.")
    arr.put(places, vals)


@_to_tensors(np.putmask)
def putmask(a: Any, mask: Any, values: Any) -> None:
    """np.putmask: each place where the mask holds gets the value at the same place, of values that are repeated."""
    places = _places(a, mask, "putmask")
    if np.size(values):
        values = values if is_tensor(values) else np.asarray(values)
        a.put(places, np.ravel(values)[places % np.size(values)])


def _places(a: Any, mask: Any, name: str) -> Any:
    mask = np.asarray(raw(mask), bool)
    if mask.size != a.size:
        raise ShapeError(f"np.{name}: mask and array must have as many elements; got shapes {mask.shape}, {a.shape}.")
    return np.flatnonzero(mask)


@_to_tensors(np.put_along_axis)
def put_along_axis(arr: Any, indices: Any, values: Any, axis: Any = -1) -> None:
    """np.put_along_axis: arr[…, indices, …] = values, by positions along the axis."""
    if axis is None:
        indices = np.asarray(raw(indices))
        if indices.ndim != 1:
            raise ShapeError(f"np.put_along_axis without an axis takes indices of one dimension; got {indices.shape}.")
        arr[np.unravel_index(np.where(indices < 0, indices + arr.size, indices), arr.shape)] = values
    else:
        arr[along_axis("put_along_axis", arr.shape, indices, axis)] = values


@_to_tensors(np.fill_diagonal)
def fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    """np.fill_diagonal: the elements a[i, i, …]; values are repeated as often as needed."""
    if a.ndim < 2:
        raise ShapeError(f"np.fill_diagonal needs an array of at least 2 dimensions; got shape {a.shape}.")
    if a.ndim == 2:
        step, end = a.shape[1] + 1, None if wrap else a.shape[1] * a.shape[1]
    else:
        if len(set(a.shape)) > 1:
            raise ShapeError(f"np.fill_diagonal: all dimensions must be of equal length; got shape {a.shape}.")
        step, end = 1 + sum(a.shape[0] ** i for i in range(1, a.ndim)), None
    a.put(np.arange(a.size)[:end:step], val)
