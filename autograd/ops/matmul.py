"""Products of matrices and stacks of matrices: matmul, matvec, vecmat and dot.

Each is linear in both factors, so the cotangent of a factor is again a product: of g and the other factor.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.engine.definition import Batch
from autograd.engine.recording import is_tensor, raw
from autograd.engine.registry import define, implements
from autograd.engine.zero_times_inf import drop_zero_terms, is_first_row_finite, product_without_nan
from autograd.ops.arguments import as_operand
from autograd.shapes import conj, transposed


def _matmul_first(g: Any, out: Any, a: Any, b: Any) -> Any:
    """ga = g @ bᵀ. Row 0 of it depends on every element of b: if that row is finite, so is b."""
    if b.ndim == 2 and a.ndim == 2:
        bt = b.T
        ga = g @ bt
        return ga if is_first_row_finite(raw(ga)) else drop_zero_terms(np.matmul, ga, g, bt)
    if b.ndim == 1:  # (…, m, n) @ (n,) -> (…, m)
        return product_without_nan(np.multiply, g, b) if a.ndim == 1 else product_without_nan(_columns_by_rows, g, b)
    if a.ndim == 1:  # (n,) @ (…, n, m) -> (…, m)
        return product_without_nan(_matrix_by_vectors, g, b)
    return product_without_nan(np.matmul, g, transposed(b))


def _matmul_second(g: Any, out: Any, a: Any, b: Any) -> Any:
    """gb = aᵀ @ g. Column 0 of it depends on every element of a."""
    if b.ndim == 2 and a.ndim >= 2:
        if a.ndim > 2:  # b is one matrix for the whole stack: one large product replaces the sum of many
            rows = math.prod(a.shape[:-1])
            a, g = np.reshape(a, (rows, a.shape[-1])), np.reshape(g, (rows, g.shape[-1]))
        gb = dot_of_columns(a, g) if is_tensor(g) else a.T @ g
        return gb if is_first_row_finite(raw(gb).T) else drop_zero_terms(swapped_matmul, gb, g, a.T)
    if a.ndim == 1:  # (n,) @ (…, n, m) -> (…, m)
        return product_without_nan(np.multiply, g, a) if b.ndim == 1 else product_without_nan(_rows_by_columns, g, a)
    if b.ndim == 1:  # (…, m, n) @ (n,) -> (…, m)
        return product_without_nan(_matrix_by_vectors, g, transposed(a))
    return product_without_nan(swapped_matmul, g, transposed(a))


def _matrix_by_vectors(g: Any, b: Any) -> Any:
    """b @ g for stacked vectors g: (…, n, m), (…, m) -> (…, n)."""
    return np.matmul(b, np.expand_dims(g, -1))[..., 0]


def _columns_by_rows(g: Any, x: Any) -> Any:
    """(…, m), (…, n) -> (…, m, n), every element of g times every element of x."""
    return np.expand_dims(g, -1) * np.expand_dims(x, -2)


def _rows_by_columns(g: Any, x: Any) -> Any:
    """(…, m), (…, n) -> (…, n, m)."""
    return np.expand_dims(x, -1) * np.expand_dims(g, -2)


def swapped_matmul(g: Any, a: Any) -> Any:
    """a @ g."""
    return np.matmul(a, g)


# Rules for a batch of K cotangents or tangents: both factors become stacks of matrices, a vector a as one row and a
# vector b as one column. Where one matrix serves the whole stack, the stack is multiplied by it in one large product.


def _as_rows(a: Any) -> Any:
    return np.expand_dims(a, -2) if a.ndim == 1 else a


def _as_columns(b: Any) -> Any:
    return np.expand_dims(b, -1) if b.ndim == 1 else b


def _stack_of(g: Any, out: Any, a: Any, b: Any) -> Any:
    """The cotangents g (K, *out) as a stack of matrices (K, …, m, n)."""
    if b.ndim == 1:
        g = np.expand_dims(g, -1)
    return np.expand_dims(g, -2) if a.ndim == 1 else g


def _by_matrix(x: Any, matrix: Any) -> Any:
    """(…, m, n) @ (n, p) as one product."""
    return np.reshape(np.reshape(x, (math.prod(x.shape[:-1]), x.shape[-1])) @ matrix, (*x.shape[:-1], matrix.shape[-1]))


def _stack_first(g: Any, out: Any, a: Any, b: Any) -> Any:
    g, b = _stack_of(g, out, a, b), _as_columns(b)
    ga = product_without_nan(lambda g, bt: _by_matrix(g, bt) if bt.ndim == 2 else np.matmul(g, bt), g, transposed(b))
    return _of_original(ga, a, -2)


def _stack_second(g: Any, out: Any, a: Any, b: Any) -> Any:
    if a.ndim == 2 and b.ndim == 1:  # (m, n) @ (n,): the vectors g are the rows of one matrix
        gb = g @ a  # row 0 of it depends on every element of a
        return gb if is_first_row_finite(raw(gb)) else drop_zero_terms(np.matmul, gb, g, a)
    gb = product_without_nan(swapped_matmul, _stack_of(g, out, a, b), transposed(_as_rows(a)))
    return _of_original(gb, b, -1)


def _of_original(g: Any, x: Any, axis: int) -> Any:
    """The cotangent of x itself: for a vector, drop the axis that made it a matrix, and sum over the other's stack."""
    if x.ndim > 1:
        return g
    g = np.squeeze(g, axis)
    return np.sum(g, axis=tuple(range(1, g.ndim - 1))) if g.ndim > 2 else g


def _tangents_first(t: Any, out: Any, a: Any, b: Any) -> Any:
    b = _as_columns(b)
    t = np.expand_dims(t, -2) if a.ndim == 1 else t  # (K, …, m, n)
    t = np.reshape(t, (t.shape[0], *[1] * (b.ndim - t.ndim + 1), *t.shape[1:]))
    product = product_without_nan(lambda t, b: _by_matrix(t, b) if b.ndim == 2 else np.matmul(t, b), t, b)
    return np.reshape(product, (t.shape[0], *out.shape))


def _tangents_second(t: Any, out: Any, a: Any, b: Any) -> Any:
    if a.ndim == 2 and b.ndim == 1:
        return product_without_nan(np.matmul, t, a.T)
    a = _as_rows(a)
    t = np.expand_dims(t, -1) if b.ndim == 1 else t
    t = np.reshape(t, (t.shape[0], *[1] * (a.ndim - t.ndim + 1), *t.shape[1:]))
    return np.reshape(product_without_nan(swapped_matmul, t, a), (t.shape[0], *out.shape))


_matmul_batch = Batch((_stack_first, _stack_second), (_tangents_first, _tangents_second))

matmul = define(
    np.matmul, _matmul_first, _matmul_second,
    keeps=("b", "a"), jvp="multilinear", batch=_matmul_batch, label="g·bᵀ, aᵀ·g",
)  # fmt: skip

# aᵀ b of two matrices as one operation: what the graph of a gradient is made of. The rules serve a batch unchanged.


def _columns_first(g: Any, out: Any, a: Any, b: Any) -> Any:
    return product_without_nan(lambda g, b: np.matmul(b, transposed(g)), g, b)


def _columns_second(g: Any, out: Any, a: Any, b: Any) -> Any:
    return product_without_nan(swapped_matmul, g, a)


def _columns_tangent_first(t: Any, out: Any, a: Any, b: Any) -> Any:
    return product_without_nan(lambda t, b: np.matmul(transposed(t), b), t, b)


def _columns_tangent_second(t: Any, out: Any, a: Any, b: Any) -> Any:
    return product_without_nan(swapped_matmul, t, transposed(a))


dot_of_columns = define(
    lambda a, b: np.dot(a.T, b), _columns_first, _columns_second,
    keeps=("b", "a"), guard=False, name="dot_of_columns", jvp="multilinear",
    batch=Batch((_columns_first, _columns_second), (_columns_tangent_first, _columns_tangent_second)),
    label="b·gᵀ, a·g",
)  # fmt: skip

if hasattr(np, "matvec"):  # NumPy 2.2
    _matvec = (
        lambda g, out, a, x: product_without_nan(_columns_by_rows, g, x),
        lambda g, out, a, x: product_without_nan(_matrix_by_vectors, g, transposed(a)),
    )
    _vecmat = (
        lambda g, out, x, a: conj(product_without_nan(_matrix_by_vectors, g, a)),
        lambda g, out, x, a: product_without_nan(_rows_by_columns, g, conj(x)),
    )
    # The VJPs broadcast, so they serve a batch of cotangents unchanged. They do not serve tangents: the stacks of the
    # two factors may have different numbers of axes, and then a leading axis would not align.
    matvec = define(
        np.matvec, *_matvec, keeps=("x", "a"), jvp="multilinear", batch=Batch(_matvec, (None, None)), label="g·xᵀ, aᵀ·g"
    )  # fmt: skip
    vecmat = define(
        np.vecmat, *_vecmat, keeps=("a", "x"), jvp="multilinear", batch=Batch(_vecmat, (None, None)),
        label="conj(a·g), conj(x)·gᵀ",
    )  # fmt: skip


@implements(np.linalg.matmul)
def _linalg_matmul(x1: Any, x2: Any, /) -> Any:
    return matmul(x1, x2)


# dot


def contract(g: Any, x: Any, axes: tuple[Sequence[int], Sequence[int]]) -> Any:
    """np.tensordot(g, x, axes), where a zero in g contributes zero even against inf and nan."""
    return product_without_nan(lambda g, x: np.tensordot(g, x, axes), g, x)


def _dot_first(g: Any, out: Any, a: Any, b: Any) -> Any:
    if a.ndim <= 2 and b.ndim <= 2:
        return _matmul_first(g, out, a, b)
    if b.ndim == 1:
        return product_without_nan(_columns_by_rows, g, b)
    first = a.ndim - 1  # out[i…, j…, m] = Σ_n a[i…, n] b[j…, n, m]
    return contract(g, b, ([*range(first, g.ndim)], [*range(b.ndim - 2), b.ndim - 1]))


def _dot_second(g: Any, out: Any, a: Any, b: Any) -> Any:
    if a.ndim <= 2 and b.ndim <= 2:
        return _matmul_second(g, out, a, b)
    first = tuple(range(a.ndim - 1))
    gb = contract(g, a, (first, first))  # [j…, m, n], or [n]
    return gb if b.ndim == 1 else np.swapaxes(gb, -1, -2)


def _up_to_matrices(rule: Any) -> Any:
    """matmul's batch rule, for dot of vectors and matrices. With more axes the rules are called one by one."""

    def of_two(g: Any, out: Any, a: Any, b: Any) -> Any:
        return rule(g, out, a, b) if a.ndim <= 2 and b.ndim <= 2 else NotImplemented

    return of_two


_dot_batch = Batch(*[tuple([_up_to_matrices(rule) for rule in rules]) for rules in _matmul_batch])
_dot = define(
    np.dot, _dot_first, _dot_second,
    keeps=("b", "a"), name="dot", jvp="multilinear", batch=_dot_batch, label="g·bᵀ, aᵀ·g",
)  # fmt: skip


@implements(np.dot)
def dot(a: Any, b: Any, out: Any = None) -> Any:
    """np.dot; with a number it is np.multiply."""
    a, b = as_operand(a), as_operand(b)
    return np.multiply(a, b) if a.ndim == 0 or b.ndim == 0 else _dot(a, b)
