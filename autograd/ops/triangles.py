"""Diagonals and triangles of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.primitive import Primitive
from autograd.engine.registry import define, implements, rules
from autograd.errors import NoRuleError, ShapeError
from autograd.ops.plain import plain


def _place(v: Any, shape: tuple[int, ...], offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """An array of this shape that has v on the diagonal of axes 1 and 2 and is zero elsewhere."""
    out = np.zeros(shape, v.dtype)
    count = v.shape[-1]
    rows, columns = np.arange(count) + max(-offset, 0), np.arange(count) + max(offset, 0)
    np.moveaxis(out, (axis1, axis2), (-2, -1))[..., rows, columns] = v
    return out


# The diagonal out of a matrix, and a diagonal into a matrix of zeros: each other's adjoint.

_diagonal = define(
    np.diagonal, lambda g, out, a, offset=0, axis1=0, axis2=1: on_diagonal(g, a.shape, offset, axis1, axis2),
    keeps="", jvp="linear", batch="axis1 axis2", label="g on the diagonal",
)  # fmt: skip
on_diagonal: Primitive = define(
    _place, lambda g, out, v, shape, offset=0, axis1=0, axis2=1: np.diagonal(g, offset, axis1, axis2),
    keeps="", guard=False, name="on_diagonal", jvp="linear", batch="shape axis1 axis2", label="diagonal of g",
)  # fmt: skip


@implements(np.diag)
def diag(v: Any, k: int = 0) -> Any:
    """np.diag: the diagonal of a matrix, the diagonal matrix of a vector."""
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


def _of_matrices(size: int, m: Any, k: int = 0) -> dict[str, Any] | None:
    """NumPy makes a matrix of a vector, which a stack of them is not."""
    return {} if m.ndim > 1 else None


_tril = define(
    np.tril,
    lambda g, out, m, k=0: np.tril(g, k),
    keeps="",
    jvp="linear",
    batch=_of_matrices,
    label="lower triangle of g",
)
_triu = define(
    np.triu,
    lambda g, out, m, k=0: np.triu(g, k),
    keeps="",
    jvp="linear",
    batch=_of_matrices,
    label="upper triangle of g",
)


@implements(np.fill_diagonal)
def fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    """Refused: it writes into its argument."""
    raise NoRuleError(
        "np.fill_diagonal writes into its argument, and an array that is written to has no history. "
        "Write x = np.where(np.eye(*x.shape, dtype=bool), values, x)."
    )


for _function in (np.tril_indices_from, np.triu_indices_from, np.diag_indices_from):
    rules[_function] = plain(_function)
