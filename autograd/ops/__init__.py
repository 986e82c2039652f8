"""The primitives, one family a file: importing this package registers every rule."""

from autograd.ops import (
    arithmetic,
    cumulative,
    decompositions,
    diagonals,
    einsum,
    elementwise,
    extrema,
    indexing,
    joining,
    linalg,
    masking,
    matmul,
    nondifferentiable,
    norms,
    padding,
    products,
    quantiles,
    reduction,
    shape,
    signal,
    sorting,
    special,
    splitting,
    variances,
)

__all__ = [
    "arithmetic", "cumulative", "decompositions", "diagonals", "einsum", "elementwise", "extrema", "indexing",
    "joining", "linalg", "masking", "matmul", "nondifferentiable", "norms", "padding", "products", "quantiles",
    "reduction", "shape", "signal", "sorting", "special", "splitting", "variances",
]  # fmt: skip
