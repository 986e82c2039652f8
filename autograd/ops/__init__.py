"""The primitives, one family a file: importing this package registers every rule."""

from autograd.ops import (
    arithmetic,
    cumulative,
    decompositions,
    einsum,
    elementwise,
    extrema,
    indexing,
    joining,
    linalg,
    norms,
    padding,
    plain,
    products,
    quantiles,
    reduction,
    selecting,
    shape,
    signal,
    sorting,
    special,
    taking,
    triangles,
)

__all__ = [
    "arithmetic", "cumulative", "decompositions", "einsum", "elementwise", "extrema", "indexing", "joining", "linalg",
    "norms", "padding", "plain", "products", "quantiles", "reduction", "selecting", "shape", "signal", "sorting", "special", "taking",
    "triangles",
]  # fmt: skip
