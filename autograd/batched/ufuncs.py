"""Ufuncs of batched arrays: NumPy's broadcasting does the work, once the axes behind the hidden one are aligned."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from autograd.batched.hidden import aligned, at, axes_of, batched, check_writeable, full, moved, unwrapped
from autograd.batched.indexing import add_at
from autograd.batched.level import Level
from autograd.errors import BatchError
from autograd.shapes import reduced_axes


def call(level: Level, ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A ufunc, or one of its methods, for all examples."""
    if kwargs.get("out") is not None:
        check_out(kwargs["out"], level, ufunc.__name__)
    if method == "__call__":
        return (
            _generalized(level, ufunc, inputs, kwargs)
            if ufunc.signature
            else _elementwise(level, ufunc, inputs, kwargs)
        )
    method_form: Any = _METHODS[method]
    return method_form(level, ufunc, *inputs, **kwargs)


def check_out(outs: Any, level: Level, name: str) -> None:
    """Refuse to write the results of all examples into an array that has room for one."""
    for out in outs if type(outs) is tuple else (outs,):
        if out is not None and not at(out, level):
            raise BatchError(
                f"np.{name} would write the results of {level.size} examples into an array of shape {np.shape(out)} "
                "that vmap does not see as batched. Write y = x + …, not x += …; or make the array inside from a "
                "batched one: np.zeros_like(x, shape=…)."
            )
        if out is not None:
            check_writeable(out)


def _elementwise(level: Level, ufunc: np.ufunc, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if not kwargs and len(inputs) == 2 and ufunc.nout == 1:  # the commonest call
        a, b = inputs
        ndim = max(axes_of(a), axes_of(b))
        return batched(ufunc(aligned(a, level, ndim), aligned(b, level, ndim)), level)
    out = kwargs.pop("out", None)
    where = kwargs.get("where", True)
    ndim = max([axes_of(x) for x in (*inputs, *(out or ()), where) if x is not None])
    values = [aligned(x, level, ndim) for x in inputs]
    if where is not True:
        kwargs["where"] = aligned(where, level, ndim)
    if out is None:
        found = ufunc(*values, **kwargs)
        if where is not True and not any(at(x, level) for x in inputs):
            found = np.broadcast_to(found, (level.size, *found.shape)) if found.ndim == ndim else found
        return tuple([batched(y, level) for y in found]) if type(found) is tuple else batched(found, level)
    ufunc(*values, out=tuple([unwrapped(o, level) for o in out]), **kwargs)
    return out[0] if len(out) == 1 else out


# Ufuncs of vectors and matrices: matmul, vecdot, matvec, vecmat


def _generalized(level: Level, ufunc: np.ufunc, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    out = kwargs.pop("out", None)
    if "axes" in kwargs or "axis" in kwargs:
        inputs = _vectors_last(ufunc, inputs, kwargs)
    if ufunc is np.matmul:
        found = _matmul(level, *inputs, **kwargs)
    else:
        cores = [len(part.split(",")) for part in str(ufunc.signature).partition("->")[0].strip("()").split("),(")]
        loops = max([axes_of(x) - n for x, n in zip(inputs, cores, strict=True)])
        values = [aligned(x, level, loops + n) for x, n in zip(inputs, cores, strict=True)]
        found = ufunc(*values, **kwargs)
    made = batched(found, level)
    if out is None:
        return made
    out[0][...] = made
    return out[0]


def _vectors_last(ufunc: np.ufunc, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    if "axes" in kwargs or kwargs.pop("keepdims", False):
        raise BatchError(f"np.{ufunc.__name__} inside vmap takes no axes= or keepdims=. Move the axes: np.moveaxis.")
    axis = kwargs.pop("axis")
    return tuple([np.moveaxis(x, axis, -1) for x in inputs])


def _matmul(level: Level, a: Any, b: Any, **kwargs: Any) -> Any:
    """a @ b with the hidden axis in front.

    One product of matrices where that is possible: of all examples with a matrix that they share.
    """
    if not axes_of(a) or not axes_of(b):
        raise ValueError("matmul: an operand has no axis; multiply a number by *.")
    if not at(b, level) and axes_of(b) <= 2 and (a.ndim == 1 or axes_of(b) == 1):
        return np.matmul(a._values, b, **kwargs)  # (B, …, n) times (n, m) or (n,)
    if not at(b, level) and axes_of(b) == 2:
        rows = np.reshape(a._values, (-1, a.shape[-1]))  # (B·…·m, n)
        return np.reshape(np.matmul(rows, b, **kwargs), (*a._values.shape[:-1], np.shape(b)[1]))
    if not at(a, level) and axes_of(a) <= 2 and b.ndim == 1:
        return np.matmul(b._values, np.swapaxes(a, 0, 1) if axes_of(a) == 2 else a, **kwargs)
    a_row, b_column = axes_of(a) == 1, axes_of(b) == 1
    a = np.reshape(a, (1, -1)) if a_row else a
    b = np.reshape(b, (-1, 1)) if b_column else b
    ndim = max(axes_of(a), axes_of(b))
    left, right = aligned(a, level, ndim), aligned(b, level, ndim)
    if left.shape[-1] == right.shape[-2] == 1 and not kwargs:
        found = np.multiply(left, right)  # a column times a row, which BLAS would do example by example
    else:
        found = np.matmul(left, right, **kwargs)
    if a_row and b_column:
        return found[..., 0, 0]
    return found[..., 0, :] if a_row else found[..., 0] if b_column else found


# The methods of a ufunc


def _reduce(
    level: Level, ufunc: np.ufunc, a: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: bool = False,
    **options: Any,
) -> Any:  # fmt: skip
    ndim = axes_of(a)
    axes = tuple([i + 1 for i in reduced_axes(axis, ndim)])
    where = options.get("where", True)
    if where is not True:
        options["where"] = aligned(where, level, ndim)
    values = full(a, level)
    if len(axes) == 1:
        axes = axes[0]  # type: ignore[assignment]  # as subtract.reduce wants it
    made = batched(ufunc.reduce(values, axes, dtype, keepdims=keepdims, **options), level)
    return _into(out, made)


def _accumulate(level: Level, ufunc: np.ufunc, a: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
    return _into(out, batched(ufunc.accumulate(a._values, moved(operator.index(axis), a.ndim), dtype), level))


def _reduceat(
    level: Level, ufunc: np.ufunc, a: Any, indices: Any, axis: int = 0, dtype: Any = None, out: Any = None
) -> Any:
    if at(indices, level):
        raise BatchError("np.ufunc.reduceat inside vmap takes the same indices for all examples.")
    return _into(out, batched(ufunc.reduceat(a._values, indices, moved(operator.index(axis), a.ndim), dtype), level))


def _outer(level: Level, ufunc: np.ufunc, a: Any, b: Any, **kwargs: Any) -> Any:
    return _elementwise(level, ufunc, (np.reshape(a, (*np.shape(a), *[1] * axes_of(b))), b), kwargs)


def _into(out: Any, made: Any) -> Any:
    if out is None or out == (None,):
        return made
    target = out[0] if type(out) is tuple else out
    target[...] = made
    return target


_METHODS = {
    "reduce": _reduce,
    "accumulate": _accumulate,
    "reduceat": _reduceat,
    "outer": _outer,
    "at": add_at,
}
