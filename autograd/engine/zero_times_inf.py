"""Products in which 0 * inf and 0 * nan count as 0.

A zero in a cotangent (or in a tangent) belongs to a branch that was not taken. It contributes zero even where another
factor holds inf or nan: a masked row of missing data leaves the gradient of the weights finite. In an elementwise
operation the sweep itself finds such zeros. In a product that sums, like a matrix product, it cannot see them, so the
rules of such products call the functions below. Where all is finite this costs one pass over the result.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np

from autograd.engine.kinds import is_foreign
from autograd.engine.kinks import zero_and_bent
from autograd.engine.recording import raw


def is_finite(x: Any) -> bool:
    """Whether the sum of squares is finite: one cheap pass. It is False also where only that sum overflows.

    Another library's array is not asked: there 0 · ∞ in a product that sums is nan, as in NumPy.
    """
    x = raw(x)
    return is_foreign(x) or bool(np.vdot(x, x).real < inf)


def is_first_row_finite(matrix: Any) -> bool:
    """`is_finite` of row 0. That is enough for a product whose row 0 depends on every element of the other factor."""
    if type(matrix) is not np.ndarray and is_foreign(matrix):
        return True
    return not matrix.size or bool(abs((row := matrix[0]).dot(row)) < inf)


def product_without_nan(product: Callable[..., Any], g: Any, *others: Any) -> Any:
    """product(g, *others), linear in each argument, where a zero in g contributes zero even against inf and nan."""
    out = product(g, *others)
    return out if is_finite(out) else drop_zero_terms(product, out, g, *others)


def drop_zero_terms(product: Callable[..., Any], out: Any, g: Any, *others: Any) -> Any:
    """`out` = product(g, *others) without the terms 0 * inf and 0 * nan in which the zero is an element of g."""
    finite = [np.isfinite(raw(x)) for x in others]
    if all(np.all(f) for f in finite):
        return out  # what is not finite comes from g
    # An element stays as it is if one of its terms has g != 0 and another factor that is not finite. Count the terms
    # with g != 0, and those of them whose other factors are all finite: where the counts differ there is such a term.
    nonzero = (raw(g) != 0).astype(np.float64)
    terms = product(nonzero, *[np.ones_like(f, np.float64) for f in finite])
    stays = terms != product(nonzero, *[f.astype(np.float64) for f in finite])
    clean = product(g, *[np.where(f, x, x.dtype.type(0)) for f, x in zip(finite, others, strict=True)])
    return np.where(stays, out, clean)


def zero_where_factor_is(factor: Any, product: Any, of: str) -> Any:
    """0 · ∞ = 0: the product, zero where the factor, broadcast to it, is zero. `of` names the operation."""
    return zero_and_bent(factor, product, np.equal(raw(factor), 0), of)
