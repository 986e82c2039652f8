"""Products of vectors, matrices and tensors.

Each is linear in every factor, so the cotangent of a factor is again a product: of g and the other factors.
Zero times infinity: an element of g that is zero belongs to a branch that was not taken, and contributes zero
even where another factor holds inf or nan (a masked row of missing data leaves the weights' gradient alone).
The sweep sees that for elementwise operations; a product sums over what it would have to see, so `guarded`
does it here, and only once a result is found not to be finite.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any

import numpy as np

from autograd.engine.definition import Batch
from autograd.engine.registry import define, implements
from autograd.errors import ShapeError
from autograd.ops.options import check_dtype, refuse_out
from autograd.shapes import normalize_axes


def values(x: Any) -> Any:
    """The raw array of a Tensor, for decisions that depend on values; anything else as it is."""
    return getattr(x, "_data", x)


def as_array(x: Any) -> Any:
    """A list, tuple or number as an array; Tensors and arrays as they are."""
    return x if hasattr(x, "ndim") else np.asarray(x)


def is_finite(x: Any) -> bool:
    """One cheap pass: the sum of squares is finite only if every element is (it may overflow: then False)."""
    x = getattr(x, "_data", x)
    return isfinite(np.vdot(x, x))


def is_first_row_finite(matrix: Any) -> bool:
    """The same of row 0 alone, which tells enough of a product in which it meets every element of the other factor."""
    return not matrix.size or isfinite((row := matrix[0]).dot(row))


def guarded(product: Callable[..., Any], g: Any, *others: Any) -> Any:
    """product(g, *others), linear in each, where a zero in g contributes zero even against inf and nan."""
    out = product(g, *others)
    return out if is_finite(out) else without_zeros(product, out, g, *others)


def without_zeros(product: Callable[..., Any], out: Any, g: Any, *others: Any) -> Any:
    """`out` = product(g, *others) without the terms 0 * inf and 0 * nan in which the zero is an element of g."""
    finite = [np.isfinite(values(x)) for x in others]
    if all(np.all(f) for f in finite):
        return out  # g itself is not finite
    count = np.asarray(
        values(g) != 0, np.float64
    )  # an element is spoilt by a term with g ≠ 0 and another factor that is not finite
    terms = product(count, *[np.ones_like(f, np.float64) for f in finite])
    spoilt = terms != product(count, *[np.asarray(f, np.float64) for f in finite])
    clean = product(g, *[np.where(f, x, np.zeros((), x.dtype)) for f, x in zip(finite, others, strict=True)])
    return np.where(spoilt, out, clean)


# matmul and its relatives


def _matmul_first(g: Any, out: Any, a: Any, b: Any) -> Any:
    """ga = g @ bᵀ. Row 0 of it meets every element of b: if that row is finite, so is b."""
    if b.ndim == 2 and a.ndim == 2:
        bt = b.T
        ga = g @ bt
        return ga if is_first_row_finite(values(ga)) else without_zeros(np.matmul, ga, g, bt)
    if b.ndim == 1:  # (…, m, n) @ (n,) -> (…, m)
        return guarded(np.multiply, g, b) if a.ndim == 1 else guarded(_columns_by_rows, g, b)
    if a.ndim == 1:  # (n,) @ (…, n, m) -> (…, m)
        return guarded(_apply, g, b)
    return guarded(np.matmul, g, b.mT)


def _matmul_second(g: Any, out: Any, a: Any, b: Any) -> Any:
    """gb = aᵀ @ g. Column 0 of it meets every element of a."""
    if b.ndim == 2 and a.ndim >= 2:
        if a.ndim > 2:  # one matrix for the whole stack: one product, not one for each matrix and their sum
            rows = math.prod(a.shape[:-1])
            a, g = np.reshape(a, (rows, a.shape[-1])), np.reshape(g, (rows, g.shape[-1]))
        at = a.T
        gb = at @ g
        return gb if is_first_row_finite(values(gb).T) else without_zeros(_matmul_swapped, gb, g, at)
    if a.ndim == 1:  # (n,) @ (…, n, m) -> (…, m)
        return guarded(np.multiply, g, a) if b.ndim == 1 else guarded(_rows_by_columns, g, a)
    if b.ndim == 1:  # (…, m, n) @ (n,) -> (…, m)
        return guarded(_apply, g, a.mT)
    return guarded(_matmul_swapped, g, a.mT)


def _apply(g: Any, b: Any) -> Any:
    """b @ g for stacked vectors g: (…, n, m), (…, m) -> (…, n)."""
    return np.matmul(b, np.expand_dims(g, -1))[..., 0]


def _columns_by_rows(g: Any, x: Any) -> Any:
    """(…, m), (…, n) -> (…, m, n), every element of g times every element of x."""
    return np.expand_dims(g, -1) * np.expand_dims(x, -2)


def _rows_by_columns(g: Any, x: Any) -> Any:
    """(…, m), (…, n) -> (…, n, m)."""
    return np.expand_dims(x, -1) * np.expand_dims(g, -2)


def _matmul_swapped(g: Any, a: Any) -> Any:
    return np.matmul(a, g)


# For a batch of K: both factors as stacks of matrices, a vector a as one row and b as one column. One matrix for the whole
# stack makes one product of it.


def _as_rows(a: Any) -> Any:
    return np.expand_dims(a, -2) if a.ndim == 1 else a


def _as_columns(b: Any) -> Any:
    return np.expand_dims(b, -1) if b.ndim == 1 else b


def _stack_of(g: Any, out: Any, a: Any, b: Any) -> Any:
    """g (K, *out) as (K, …, m, n)."""
    if b.ndim == 1:
        g = np.expand_dims(g, -1)
    return np.expand_dims(g, -2) if a.ndim == 1 else g


def _by_matrix(x: Any, matrix: Any) -> Any:
    """(…, m, n) @ (n, p) as one product."""
    return np.reshape(np.reshape(x, (math.prod(x.shape[:-1]), x.shape[-1])) @ matrix, (*x.shape[:-1], matrix.shape[-1]))


def _stack_first(g: Any, out: Any, a: Any, b: Any) -> Any:
    g, b = _stack_of(g, out, a, b), _as_columns(b)
    ga = guarded(lambda g, bt: _by_matrix(g, bt) if bt.ndim == 2 else np.matmul(g, bt), g, b.mT)
    return _without_added(ga, a, -2)


def _stack_second(g: Any, out: Any, a: Any, b: Any) -> Any:
    if a.ndim == 2 and b.ndim == 1:  # (m, n) @ (n,), a batch of vectors g: one product, not K of a matrix and a vector
        gb = g @ a  # row 0 of it meets every element of a
        return gb if is_first_row_finite(values(gb)) else without_zeros(np.matmul, gb, g, a)
    gb = guarded(_matmul_swapped, _stack_of(g, out, a, b), _as_rows(a).mT)
    return _without_added(gb, b, -1)


def _without_added(g: Any, x: Any, axis: int) -> Any:
    """The cotangent of a vector that stood for a matrix, summed over a stack that it had no part of."""
    if x.ndim > 1:
        return g
    g = np.squeeze(g, axis)
    return np.sum(g, axis=tuple(range(1, g.ndim - 1))) if g.ndim > 2 else g


def _tangents_first(t: Any, out: Any, a: Any, b: Any) -> Any:
    b = _as_columns(b)
    t = np.expand_dims(t, -2) if a.ndim == 1 else t  # (K, …, m, n)
    t = np.reshape(t, (t.shape[0], *[1] * (b.ndim - t.ndim + 1), *t.shape[1:]))
    product = guarded(lambda t, b: _by_matrix(t, b) if b.ndim == 2 else np.matmul(t, b), t, b)
    return np.reshape(product, (t.shape[0], *out.shape))


def _tangents_second(t: Any, out: Any, a: Any, b: Any) -> Any:
    if a.ndim == 2 and b.ndim == 1:
        return guarded(np.matmul, t, a.T)
    a = _as_rows(a)
    t = np.expand_dims(t, -1) if b.ndim == 1 else t
    t = np.reshape(t, (t.shape[0], *[1] * (a.ndim - t.ndim + 1), *t.shape[1:]))
    return np.reshape(guarded(_matmul_swapped, t, a), (t.shape[0], *out.shape))


of_matrices = Batch((_stack_first, _stack_second), (_tangents_first, _tangents_second))

matmul = define(
    np.matmul, _matmul_first, _matmul_second, keeps=("b", "a"), jvp="multilinear", batch=of_matrices, label="g·bᵀ, aᵀ·g"
)

if hasattr(np, "matvec"):  # NumPy 2.2
    _matvec = (lambda g, out, a, x: guarded(_columns_by_rows, g, x), lambda g, out, a, x: guarded(_apply, g, a.mT))
    _vecmat = (lambda g, out, x, a: guarded(_apply, g, a), lambda g, out, x, a: guarded(_rows_by_columns, g, x))
    # the cotangents of a batch broadcast as they are; the tangents of stacks of unequal depth would not fit
    matvec = define(
        np.matvec, *_matvec, keeps=("x", "a"), jvp="multilinear", batch=Batch(_matvec, (None, None)), label="g·xᵀ, aᵀ·g"
    )  # fmt: skip
    vecmat = define(
        np.vecmat, *_vecmat, keeps=("a", "x"), jvp="multilinear", batch=Batch(_vecmat, (None, None)), label="a·g, x·gᵀ"
    )  # fmt: skip


@implements(np.linalg.matmul)
def _linalg_matmul(x1: Any, x2: Any, /) -> Any:
    return matmul(x1, x2)


# Sums over a pair of axes: dot, inner, tensordot


def _tensordot(g: Any, x: Any, axes: tuple[Sequence[int], Sequence[int]]) -> Any:
    return guarded(lambda g, x: np.tensordot(g, x, axes), g, x)


def _dot_first(g: Any, out: Any, a: Any, b: Any) -> Any:
    if a.ndim <= 2 and b.ndim <= 2:
        return _matmul_first(g, out, a, b)
    if b.ndim == 1:
        return guarded(_columns_by_rows, g, b)
    first = a.ndim - 1  # out[i…, j…, m] = Σ_n a[i…, n] b[j…, n, m]
    return _tensordot(g, b, ([*range(first, g.ndim)], [*range(b.ndim - 2), b.ndim - 1]))


def _dot_second(g: Any, out: Any, a: Any, b: Any) -> Any:
    if a.ndim <= 2 and b.ndim <= 2:
        return _matmul_second(g, out, a, b)
    first = tuple(range(a.ndim - 1))
    gb = _tensordot(g, a, (first, first))  # [j…, m, n], or [n]
    return gb if b.ndim == 1 else np.swapaxes(gb, -1, -2)


def _for_small(rule: Any) -> Any:
    """dot of vectors and matrices is matmul; of more axes its cotangents are taken one by one."""

    def of_two(g: Any, out: Any, a: Any, b: Any) -> Any:
        return rule(g, out, a, b) if a.ndim <= 2 and b.ndim <= 2 else NotImplemented

    return of_two


_dot_batch = Batch(*[tuple([_for_small(rule) for rule in rules]) for rules in of_matrices])

_dot = define(
    np.dot,
    _dot_first,
    _dot_second,
    keeps=("b", "a"),
    name="dot",
    jvp="multilinear",
    batch=_dot_batch,
    label="g·bᵀ, aᵀ·g",
)


@implements(np.dot)
def dot(a: Any, b: Any, out: Any = None) -> Any:
    refuse_out("dot", out)
    a, b = as_array(a), as_array(b)
    return np.multiply(a, b) if a.ndim == 0 or b.ndim == 0 else _dot(a, b)


_inner = define(  # out[i…, j…] = Σ_n a[i…, n] b[j…, n]
    np.inner,
    lambda g, out, a, b: _tensordot(g, b, (tuple(range(a.ndim - 1, g.ndim)), tuple(range(b.ndim - 1)))),
    lambda g, out, a, b: _tensordot(g, a, (tuple(range(a.ndim - 1)), tuple(range(a.ndim - 1)))),
    keeps=("b", "a"),
    jvp="multilinear",
    label="g·b, gᵀ·a",
)


@implements(np.inner)
def inner(a: Any, b: Any, /) -> Any:
    a, b = as_array(a), as_array(b)
    return np.multiply(a, b) if a.ndim == 0 or b.ndim == 0 else _inner(a, b)


def _axis_pairs(axes: Any, ndim_a: int, ndim_b: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """tensordot's axes, a number or two sequences, as two tuples of axes from the front."""
    if np.ndim(axes) == 0 and not isinstance(axes, (tuple, list)):
        n = operator.index(axes)
        return tuple(range(ndim_a - n, ndim_a)), tuple(range(n))
    first, second = axes
    return normalize_axes(first, ndim_a), normalize_axes(second, ndim_b)


def _without(axes: Sequence[int], ndim: int) -> list[int]:
    return [i for i in range(ndim) if i not in axes]


def _tensordot_first(g: Any, out: Any, a: Any, b: Any, axes: Any = 2) -> Any:
    """g and b summed over the axes that b alone brought, then a's axes put in their places."""
    summed_a, summed_b = _axis_pairs(axes, a.ndim, b.ndim)
    free_a, free_b = _without(summed_a, a.ndim), _without(summed_b, b.ndim)
    ga = _tensordot(g, b, ([*range(len(free_a), len(free_a) + len(free_b))], free_b))
    arrived = free_a + [summed_a[summed_b.index(i)] for i in sorted(summed_b)]
    return np.transpose(ga, [arrived.index(i) for i in range(a.ndim)])


def _tensordot_second(g: Any, out: Any, a: Any, b: Any, axes: Any = 2) -> Any:
    summed_a, summed_b = _axis_pairs(axes, a.ndim, b.ndim)
    free_a, free_b = _without(summed_a, a.ndim), _without(summed_b, b.ndim)
    gb = _tensordot(g, a, ([*range(len(free_a))], free_a))
    arrived = free_b + [summed_b[summed_a.index(i)] for i in sorted(summed_a)]
    return np.transpose(gb, [arrived.index(i) for i in range(b.ndim)])


tensordot = define(
    np.tensordot, _tensordot_first, _tensordot_second, keeps=("b", "a"), jvp="multilinear", label="g·b, a·g"
)


@implements(np.linalg.tensordot)
def _linalg_tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    return tensordot(x1, x2, axes=axes)


# Products of vectors


_outer = define(
    np.outer,
    lambda g, out, a, b: np.reshape(guarded(np.matmul, g, np.ravel(b)), a.shape),
    lambda g, out, a, b: np.reshape(guarded(_matmul_swapped, g, np.ravel(a)), b.shape),
    keeps=("b", "a"),
    jvp="multilinear",
    label="g·b, a·g",
)


@implements(np.outer)
def outer(a: Any, b: Any, out: Any = None) -> Any:
    refuse_out("outer", out)
    return _outer(as_array(a), as_array(b))


@implements(np.linalg.outer)
def _linalg_outer(x1: Any, x2: Any, /) -> Any:
    x1, x2 = as_array(x1), as_array(x2)
    if x1.ndim != 1 or x2.ndim != 1:
        raise ShapeError(
            f"np.linalg.outer takes vectors; got shapes {x1.shape} and {x2.shape}. np.outer flattens its arguments."
        )
    return _outer(x1, x2)


vdot = define(
    np.vdot,
    lambda g, out, a, b: np.reshape(guarded(np.multiply, g, b), a.shape),
    lambda g, out, a, b: np.reshape(guarded(np.multiply, g, a), b.shape),
    keeps=("b", "a"),
    jvp="multilinear",
    label="g·b, g·a",
)

_vecdot = define(
    np.vecdot,
    lambda g, out, a, b: guarded(np.multiply, np.expand_dims(g, -1), b),
    lambda g, out, a, b: guarded(np.multiply, np.expand_dims(g, -1), a),
    keeps=("b", "a"),
    jvp="multilinear",
    batch="free",
    label="g·b, g·a",
)


@implements(np.vecdot)
def vecdot(x1: Any, x2: Any, /, *, axis: int = -1, keepdims: bool = False) -> Any:
    x1, x2 = as_array(x1), as_array(x2)
    if axis != -1:
        x1, x2 = np.moveaxis(x1, axis, -1), np.moveaxis(x2, axis, -1)
    products = _vecdot(x1, x2)
    return np.expand_dims(products, axis) if keepdims else products


@implements(np.linalg.vecdot)
def _linalg_vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    return vecdot(x1, x2, axis=axis)


_cross = define(  # of 3-vectors along the last axis; a · (b × c) = b · (c × a) = c · (a × b)
    np.cross,
    lambda g, out, a, b: np.cross(b, g),
    lambda g, out, a, b: np.cross(g, a),
    keeps=("b", "a"),
    jvp="multilinear",
    batch="free",
    label="b×g, g×a",
)


@implements(np.cross)
def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    """Vectors of two elements stand for (x, y, 0); of two such only the last element of the product is returned."""
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = as_array(a), as_array(b)
    a = np.moveaxis(a, axisa, -1) if axisa != -1 else a
    b = np.moveaxis(b, axisb, -1) if axisb != -1 else b
    if a.ndim == 0 or b.ndim == 0 or a.shape[-1] not in (2, 3) or b.shape[-1] not in (2, 3):
        raise ShapeError(
            f"np.cross takes vectors of 2 or 3 elements along the axis; got shapes {a.shape} and {b.shape}."
        )
    flat = a.shape[-1] == b.shape[-1] == 2
    c = _cross(_in_space(a), _in_space(b))
    return c[..., 2] if flat else np.moveaxis(c, -1, axisc) if axisc != -1 else c


def _in_space(a: Any) -> Any:
    return a if a.shape[-1] == 3 else np.concatenate([a, np.zeros((*a.shape[:-1], 1), a.dtype)], axis=-1)


@implements(np.linalg.cross)
def _linalg_cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    x1, x2 = as_array(x1), as_array(x2)
    if x1.shape[axis] != 3 or x2.shape[axis] != 3:
        raise ShapeError(
            f"np.linalg.cross takes vectors of 3 elements along axis {axis}; got shapes {x1.shape} and {x2.shape}."
        )
    return cross(x1, x2, axis=axis)


@implements(np.kron)
def kron(a: Any, b: Any) -> Any:
    """Every element of a times the whole of b: (n, 1)·(1, m) -> n m along each axis."""
    a, b = as_array(a), as_array(b)
    ndim = max(a.ndim, b.ndim)
    n, m = ((1,) * (ndim - x.ndim) + tuple(x.shape) for x in (a, b))
    pairs = np.multiply(np.reshape(a, _interleave(n, [1] * ndim)), np.reshape(b, _interleave([1] * ndim, m)))
    return np.reshape(pairs, [i * j for i, j in zip(n, m, strict=True)])


def _interleave(first: Sequence[int], second: Sequence[int]) -> list[int]:
    return [size for pair in zip(first, second, strict=True) for size in pair]


def _on_diagonal(g: Any, out: Any, a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    """g on the diagonal that was summed, zero elsewhere."""
    here = np.eye(a.shape[axis1], a.shape[axis2], offset, dtype=bool)
    matrix = np.where(here, np.expand_dims(g, (-1, -2)), np.zeros((), g.dtype))
    return np.moveaxis(matrix, (-2, -1), (axis1, axis2))


_trace = define(np.trace, _on_diagonal, keeps="", jvp="linear", batch="axis1 axis2", label="g·I")


@implements(np.trace)
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None) -> Any:
    refuse_out("trace", out)
    check_dtype("trace", a, dtype)
    return _trace(a, offset=offset, axis1=axis1, axis2=axis2, dtype=dtype)


@implements(np.linalg.trace)
def _linalg_trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    return trace(x, offset, -2, -1, dtype)
