"""Diagonals of matrices, their sums, and the triangles on either side of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.kinds import is_foreign, like
from autograd.engine.primitive import Primitive
from autograd.engine.recording import raw
from autograd.engine.registry import define, implements
from autograd.errors import ShapeError
from autograd.ops.arguments import check_dtype


def _place(v: Any, shape: tuple[int, ...], offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """An array of this shape with v on the diagonal of axis1 and axis2, and zero elsewhere."""
    if is_foreign(v):  # a write to a view may not reach the array
        n, below = shape[axis1], max(-offset, 0)
        along_rows = np.pad(v, [(0, 0)] * (v.ndim - 1) + [(below, n - below - v.shape[-1])])
        here = like(np.eye(n, shape[axis2], offset, dtype=bool), v)
        return np.moveaxis(np.where(here, along_rows[..., None], v.dtype.type(0)), (-2, -1), (axis1, axis2))
    out = np.zeros(shape, v.dtype)
    count = v.shape[-1]
    if out.ndim == 2 and axis1 == 0 and axis2 == 1:
        step = shape[1] + 1
        first = offset if offset >= 0 else -offset * shape[1]
        out.reshape(-1)[first : first + count * step : step] = v
        return out
    rows, columns = np.arange(count) + max(-offset, 0), np.arange(count) + max(offset, 0)
    np.moveaxis(out, (axis1, axis2), (-2, -1))[..., rows, columns] = v
    return out


# np.diagonal takes a diagonal out of a matrix, on_diagonal puts one into a matrix of zeros: the transpose of it.

_diagonal = define(
    np.diagonal, lambda g, out, a, offset=0, axis1=0, axis2=1: on_diagonal(g, a.shape, offset, axis1, axis2),
    keeps="", jvp="linear", batch="axis1 axis2", label="g on the diagonal", view=True,
)  # fmt: skip
on_diagonal: Primitive = define(
    _place, lambda g, out, v, shape, offset=0, axis1=0, axis2=1: np.diagonal(g, offset, axis1, axis2),
    keeps="", guard=False, name="on_diagonal", jvp="linear", batch="shape axis1 axis2", label="diagonal of g",
)  # fmt: skip


@implements(np.diag)
def diag(v: Any, k: int = 0) -> Any:
    """np.diag: the diagonal of a matrix, or the diagonal matrix of a vector."""
    if v.ndim == 1:
        n = v.shape[0] + abs(k)
        return on_diagonal(v, (n, n), k)
    if v.ndim != 2:
        raise ShapeError(
            f"np.diag takes a vector or a matrix; got shape {v.shape}. For stacked matrices: np.linalg.diagonal(x)."
        )
    return _diagonal(v, k)


@implements(np.diagflat)
def diagflat(v: Any, k: int = 0) -> Any:
    """np.diagflat: the diagonal matrix of all elements."""
    return diag(np.ravel(v), k)


# The trace is the sum along a diagonal


def _trace_vjp(g: Any, out: Any, a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    """g on the diagonal that was summed, zero elsewhere."""
    here = like(np.eye(a.shape[axis1], a.shape[axis2], offset, dtype=bool), raw(g))
    matrix = np.where(here, np.expand_dims(g, (-1, -2)), g.dtype.type(0))
    return np.moveaxis(matrix, (-2, -1), (axis1, axis2))


_trace = define(np.trace, _trace_vjp, keeps="", jvp="linear", batch="axis1 axis2", label="g·I")


@implements(np.trace)
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None) -> Any:
    """np.trace."""
    check_dtype("trace", a, dtype)
    return _trace(a, offset=offset, axis1=axis1, axis2=axis2, dtype=dtype)


@implements(np.linalg.trace)
def _linalg_trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    return trace(x, offset, -2, -1, dtype)


# Triangles


def _batch_of_matrices(size: int, m: Any, k: int = 0) -> dict[str, Any] | None:
    """A batch of vectors is not one call: NumPy makes a matrix of a vector, but takes a stack of them for a matrix."""
    return {} if m.ndim > 1 else None


_tril = define(
    np.tril,
    lambda g, out, m, k=0: np.tril(g, k),
    keeps="",
    jvp="linear",
    batch=_batch_of_matrices,
    label="lower triangle of g",
)
_triu = define(
    np.triu,
    lambda g, out, m, k=0: np.triu(g, k),
    keeps="",
    jvp="linear",
    batch=_batch_of_matrices,
    label="upper triangle of g",
)
