"""The primitives, one family a file: importing this package registers every rule."""

from autograd.ops import (
    arithmetic,
    cumulative,
    decompositions,
    einsum,
    elementwise,
    extrema,
    fused,
    indexing,
    joining,
    linalg,
    norms,
    plain,
    products,
    quantiles,
    reduction,
    selecting,
    shape,
    signal,
    sorting,
)

__all__ = [
    "arithmetic", "cumulative", "decompositions", "einsum", "elementwise", "extrema", "fused", "indexing", "joining", "linalg",
    "norms", "plain", "products", "quantiles", "reduction", "selecting", "shape", "signal", "sorting",
]  # fmt: skip
