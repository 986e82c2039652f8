"""Products of vectors and tensors: inner, tensordot, outer, vdot, vecdot, cross and kron (matmul and dot: matmul.py).

Each is linear in both factors, so the cotangent of a factor is again a product: of g and the other factor.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.engine.registry import define, implements
from autograd.engine.zero_times_inf import product_without_nan
from autograd.errors import ShapeError
from autograd.ops.arguments import as_operand
from autograd.ops.matmul import contract, swapped_matmul
from autograd.shapes import conj, normalize_axes

# Sums over pairs of axes

_inner = define(  # out[i…, j…] = Σ_n a[i…, n] b[j…, n]
    np.inner,
    lambda g, out, a, b: contract(g, b, (tuple(range(a.ndim - 1, g.ndim)), tuple(range(b.ndim - 1)))),
    lambda g, out, a, b: contract(g, a, (tuple(range(a.ndim - 1)), tuple(range(a.ndim - 1)))),
    keeps=("b", "a"),
    jvp="multilinear",
    label="g·b, gᵀ·a",
)


@implements(np.inner)
def inner(a: Any, b: Any, /) -> Any:
    """np.inner; with a number it is np.multiply."""
    a, b = as_operand(a), as_operand(b)
    return np.multiply(a, b) if a.ndim == 0 or b.ndim == 0 else _inner(a, b)


def _axis_pairs(axes: Any, ndim_a: int, ndim_b: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """tensordot's axes, which are a number or two sequences, as two tuples of axes that are not negative."""
    if np.ndim(axes) == 0 and not isinstance(axes, (tuple, list)):
        n = operator.index(axes)
        return tuple(range(ndim_a - n, ndim_a)), tuple(range(n))
    first, second = axes
    return normalize_axes(first, ndim_a), normalize_axes(second, ndim_b)


def _without(axes: Sequence[int], ndim: int) -> list[int]:
    return [i for i in range(ndim) if i not in axes]


def _tensordot_first(g: Any, out: Any, a: Any, b: Any, axes: Any = 2) -> Any:
    """g times b summed over the axes that only b has, with the axes of the result in the order of a's."""
    summed_a, summed_b = _axis_pairs(axes, a.ndim, b.ndim)
    free_a, free_b = _without(summed_a, a.ndim), _without(summed_b, b.ndim)
    ga = contract(g, b, ([*range(len(free_a), len(free_a) + len(free_b))], free_b))
    arrived = free_a + [summed_a[summed_b.index(i)] for i in sorted(summed_b)]
    return np.transpose(ga, [arrived.index(i) for i in range(a.ndim)])


def _tensordot_second(g: Any, out: Any, a: Any, b: Any, axes: Any = 2) -> Any:
    summed_a, summed_b = _axis_pairs(axes, a.ndim, b.ndim)
    free_a, free_b = _without(summed_a, a.ndim), _without(summed_b, b.ndim)
    gb = contract(g, a, ([*range(len(free_a))], free_a))
    arrived = free_b + [summed_b[summed_a.index(i)] for i in sorted(summed_a)]
    return np.transpose(gb, [arrived.index(i) for i in range(b.ndim)])


tensordot = define(
    np.tensordot,
    _tensordot_first,
    _tensordot_second,
    keeps=("b", "a"),
    jvp="multilinear",
    label="g with b over the other axes of b, a with g over the other axes of a",
)


@implements(np.linalg.tensordot)
def _linalg_tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    return tensordot(x1, x2, axes=axes)


# Products of vectors


_outer = define(
    np.outer,
    lambda g, out, a, b: np.reshape(product_without_nan(np.matmul, g, np.ravel(b)), a.shape),
    lambda g, out, a, b: np.reshape(product_without_nan(swapped_matmul, g, np.ravel(a)), b.shape),
    keeps=("b", "a"),
    jvp="multilinear",
    label="g·b, a·g",
)


@implements(np.outer)
def outer(a: Any, b: Any, out: Any = None) -> Any:
    """np.outer of the flattened arguments."""
    return _outer(as_operand(a), as_operand(b))


@implements(np.linalg.outer)
def _linalg_outer(x1: Any, x2: Any, /) -> Any:
    x1, x2 = as_operand(x1), as_operand(x2)
    if x1.ndim != 1 or x2.ndim != 1:
        raise ShapeError(
            f"np.linalg.outer takes vectors; got shapes {x1.shape} and {x2.shape}. np.outer flattens its arguments."
        )
    return _outer(x1, x2)


vdot = define(
    np.vdot,
    lambda g, out, a, b: conj(np.reshape(product_without_nan(np.multiply, g, b), a.shape)),
    lambda g, out, a, b: np.reshape(product_without_nan(np.multiply, g, conj(a)), b.shape),
    keeps=("b", "a"),
    jvp="multilinear",
    label="conj(g·b), g·conj(a)",
)

_vecdot = define(
    np.vecdot,
    lambda g, out, a, b: conj(product_without_nan(np.multiply, np.expand_dims(g, -1), b)),
    lambda g, out, a, b: product_without_nan(np.multiply, np.expand_dims(g, -1), conj(a)),
    keeps=("b", "a"),
    jvp="multilinear",
    batch="free",
    label="conj(g·b), g·conj(a)",
)


@implements(np.vecdot)
def vecdot(x1: Any, x2: Any, /, *, axis: int = -1, keepdims: bool = False) -> Any:
    """np.vecdot."""
    x1, x2 = as_operand(x1), as_operand(x2)
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
    """np.cross. A vector of two elements means (x, y, 0); of two such vectors only the z of the product is returned."""
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = as_operand(a), as_operand(b)
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
    x1, x2 = as_operand(x1), as_operand(x2)
    if x1.shape[axis] != 3 or x2.shape[axis] != 3:
        raise ShapeError(
            f"np.linalg.cross takes vectors of 3 elements along axis {axis}; got shapes {x1.shape} and {x2.shape}."
        )
    return cross(x1, x2, axis=axis)


@implements(np.kron)
def kron(a: Any, b: Any) -> Any:
    """np.kron: every element of a times the whole of b; along each axis (n, 1) · (1, m) -> (n m)."""
    a, b = as_operand(a), as_operand(b)
    ndim = max(a.ndim, b.ndim)
    n, m = ((1,) * (ndim - x.ndim) + tuple(x.shape) for x in (a, b))
    pairs = np.multiply(np.reshape(a, _interleave(n, [1] * ndim)), np.reshape(b, _interleave([1] * ndim, m)))
    return np.reshape(pairs, [i * j for i, j in zip(n, m, strict=True)])


def _interleave(first: Sequence[int], second: Sequence[int]) -> list[int]:
    return [size for pair in zip(first, second, strict=True) for size in pair]
