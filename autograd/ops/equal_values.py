"""Eigenvalues, or singular values, that are equal up to rounding.

Their vectors are determined up to a rotation only, and the rules divide by differences of values: 0/0 for an equal
pair. What is known of its limit decides what a rule gives:

- functions of the values alone: in first order nothing of a pair is needed. In second order, for a function f that is
  symmetric in the values of a group, the limit of (f_j - f_i) / (λ_j - λ_i) is f_ii - f_ij (Lewis & Sendov 2001,
  "Twice differentiable spectral functions"), which one sweep through the graph of the gradient finds: `within_groups`.
- functions of the vectors alone: of the space that a group spans, then the limit is 0; `absent` cotangents tell.
- functions of both, as V h(λ) Vᵀ: the limit is made of h′, which no cotangent holds: nan, with a warning. Only where
  the values are noise about 0, and h(0) = 0, the cotangents of the vectors are as small and keep all their digits:
  `told_apart`. So the matrix that is put together again from the decomposition of one of low rank has its gradient.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from autograd.engine.gradients import gradients
from autograd.engine.kinds import is_foreign, like, surely
from autograd.engine.kinks import kink
from autograd.engine.primitive import Primitive
from autograd.engine.recording import raw
from autograd.engine.settled import varies
from autograd.errors import UndefinedDerivativeWarning
from autograd.shapes import adjoint, largest


def _warn(of: str, order: str) -> None:
    warnings.warn(
        f"{of} has no {order} derivative that could be known here, at equal values: the result is nan. Write the "
        "function without a decomposition (np.linalg.inv, slogdet, A @ A, …), or as one of the values alone "
        "(np.linalg.eigvalsh, svdvals).",
        UndefinedDerivativeWarning,
        stacklevel=3,
    )


def equal_pairs(x: Any) -> Any:
    """Whether x_i and x_j, i ≠ j, are equal up to rounding (n · eps · largest)."""
    x = raw(x)
    n = x.shape[-1]
    scale = largest(np.abs(x), -1, 0)[..., None]
    near = np.abs(x[..., None, :] - x[..., :, None]) <= n * np.finfo(x.dtype).eps * scale
    return near & like(~np.eye(n, dtype=bool), x)


def _size(a: Any) -> Any:
    """What counts as rounding beside the matrix a."""
    return a.shape[-1] * np.finfo(a.dtype).eps * np.max(np.abs(a), axis=(-2, -1), keepdims=True, initial=0)


def told_apart(lengths: Any, by: Any, size: Any) -> Any:
    """Whether the rounding errors of cotangents with these lengths are still small after a division by `by`.

    Small beside `size`, of other parts of the gradient.
    """
    eps = np.finfo(lengths.dtype).eps
    error = 10 * lengths.shape[-1] * eps * lengths
    return (by != 0) & (lengths > 0) & (error <= np.sqrt(eps) * size * np.abs(by))


def without_second(made: Any, told: Any, a: Any, of: str) -> Any:
    """What a rule made of values that are `told` apart by their noise: its derivative would be noise, and is nan."""
    if not varies(a) or not surely(told):
        return made
    at = np.broadcast_to(np.any(told, axis=-1)[..., None, None], a.shape)
    return made + np.sum(kink(a, at=at, of=of, always=True), axis=(-2, -1), keepdims=True)


def with_doubt(inner: Any, values: Any, g: Any, turned: Any, of: str, lengths: Any, a: Any) -> Any:
    """`inner` with nan for equal pairs whose limit is needed and not known: values and vectors were both used.

    `turned` is uᵀ g of the vectors. For V h(λ) Vᵀ a pair contributes its symmetric part times h′ / h. Where all that
    reaches a group is 0 it had no influence. `lengths` are those of the cotangents of the vectors.
    """
    pairs = equal_pairs(values)
    if g is None or not surely(pairs):
        return inner
    both = raw(turned) + np.swapaxes(raw(turned), -1, -2)
    rounding = _size(both)
    own = np.diagonal(np.abs(both), 0, -2, -1)[..., None] > rounding
    weighed = (raw(g) != 0)[..., None] & ~own
    doubt = pairs & ((np.abs(both) > rounding) | weighed | np.swapaxes(weighed, -1, -2))
    gap = raw(values)[..., None, :] - raw(values)[..., :, None]
    size = np.max(np.abs(raw(g)), axis=-1, initial=0)[..., None, None]
    known = pairs & told_apart(lengths[..., None, :] + lengths[..., :, None], gap, size)
    if surely(known):
        skew = raw(turned) - adjoint(raw(turned))
        inner = inner + np.where(known, skew / np.where(known, 2 * gap, 1), 0)
        inner = without_second(inner, np.any(known, -2), a, of)
    return _spoiled(inner, doubt & ~known, of)


def with_kinks_at_0(g: Any, at: Any, of: str) -> Any:
    """The cotangent of singular values, nan at those that are 0 and whose vectors are used beside them.

    The derivative is 0 if their kink is meant, as in their sum, but h′(0) in U h(s) Vᵀ, and no cotangent tells.
    """
    if not surely(at):
        return g
    _warn(of, "first")
    return np.where(at, np.full((), np.nan, g.dtype), g)


def with_lost_tangents(inner: Any, moved: Any, values: Any, of: str) -> Any:
    """`inner` with nan for equal pairs that the tangent mixes: their vectors jump."""
    moved = np.abs(raw(moved))
    return _spoiled(inner, equal_pairs(values) & (moved > _size(moved)), of)


def with_lost_pairs(tangent: Any, moved: Any, values: Any, a: Any, of: str, kinks: Any = False) -> Any:
    """The tangent of the values; recorded, without a derivative where it mixes an equal pair (or at other kinks).

    Its derivative needs the limit of (g_j - g_i) / (λ_j - λ_i), and the gradient g comes later.
    """
    if not varies(a) or is_foreign(raw(a)):
        return tangent
    size = np.abs(raw(moved))
    mixes = np.any(equal_pairs(values) & (size + np.swapaxes(size, -1, -2) > _size(size)), axis=(-2, -1)) | kinks
    if not np.any(mixes):
        return tangent
    mixes = np.any(np.reshape(mixes, (-1, *raw(values).shape[:-1])), axis=0)  # a batch of tangents counts as one
    lost = kink(a, at=np.broadcast_to(mixes[..., None, None], a.shape), of=of, always=True)
    return tangent + np.expand_dims(np.sum(lost, axis=(-2, -1)), -1)


def _spoiled(inner: Any, doubt: Any, of: str) -> Any:
    if not surely(doubt):
        return inner
    _warn(of, "first")
    return inner * np.where(doubt, np.full((), np.nan, inner.dtype), np.ones((), inner.dtype))


# Second derivatives of functions of the values


def _turned(t: Any, u: Any, v: Any, m: Any, of: str) -> Any:
    """U (M ∘ sym(Uᵀ t V)) Vᵀ, nan where an unknown element of M is needed."""
    inner = adjoint(u) @ t @ v
    inner = (inner + adjoint(inner)) / 2
    used = np.abs(raw(inner)) > _size(raw(inner))
    if np.any(used & np.isnan(m)):
        _warn(of, "second")
    return u @ (inner * np.where(used, m, np.zeros((), m.dtype))) @ adjoint(v)


def _and_no_third(t: Any, a: Any, u: Any, v: Any, m: Any, of: str) -> Any:
    made = _turned(t, u, v, m, of)
    return made + kink(a, at=np.ones(a.shape, bool), of=of, always=True) if varies(a) else made


_pair_terms = Primitive(
    lambda a, u, v, m, of: np.zeros_like(a),
    lambda g, out, a, u, v, m, of: _and_no_third(g, a, u, v, m, of),
    None, None, None,
    keeps="in", guard=False, jvp=(lambda t, out, a, u, v, m, of: _and_no_third(t, a, u, v, m, of), None, None, None),
    batch="free", name="pair_terms", label="U (M∘sym(Uᵀ g V)) Vᵀ",
)  # fmt: skip


def within_groups(ga: Any, g: Any, values: Any, a: Any, u: Any, v: Any, of: str) -> Any:
    """The gradient ga = U diag(g) Vᵀ of a function of the values, with the second derivatives of equal pairs.

    Without it the rules leave equal pairs out. It adds 0, whose derivative is the limit of (g_j - g_i) / (λ_j - λ_i).
    """
    if not varies(a):
        return ga
    pairs = equal_pairs(values)
    if not surely(pairs):
        return ga
    limits = _limits(g, a, raw(u), raw(v), pairs)
    a = a if a.shape == ga.shape else np.broadcast_to(a, ga.shape)
    return ga + _pair_terms(a, raw(u), raw(v), np.where(pairs, limits, 0).astype(a.dtype), of=of)


def _limits(g: Any, a: Any, u: Any, v: Any, pairs: Any) -> Any:
    """f_ii - f_ij for each pair of a group, nan where f is not symmetric in it.

    With c = e_i - e_j in each group, the derivative of <g, c> by λ is f_ii - f_ij at i and its negative at j, whatever
    the other groups do. The derivative by A is U diag(that) Vᵀ.
    """
    slopes = raw(g)
    n = slopes.shape[-1]
    if slopes.ndim > pairs.ndim - 1:  # a batch of gradients
        return np.stack([_limits(g[row], a, u, v, pairs) for row in range(len(slopes))])
    size = n * n * np.finfo(slopes.dtype).eps * np.max(np.abs(slopes), axis=-1, keepdims=True, initial=0)
    uneven = np.abs(slopes[..., None, :] - slopes[..., :, None]) > size[..., None]
    joined = np.diagonal(pairs, 1, -2, -1)  # whether i and i + 1 are equal
    off = np.zeros((*joined.shape[:-1], 1), bool)
    joined_before, joined_after = np.concatenate([off, joined], -1), np.concatenate([joined, off], -1)
    first = joined_after & ~joined_before
    second = np.concatenate([off, first[..., :-1]], -1)
    found = np.zeros_like(slopes)
    if varies(g):
        (by_a,) = gradients(g, [a], first.astype(slopes.dtype) - second, retain_graph=True)
        found = found if by_a is None else np.diagonal(adjoint(u) @ raw(by_a) @ v, 0, -2, -1)
    start = np.maximum.accumulate(np.where(joined_before, 0, np.arange(n)), -1)  # where the group of i begins
    at_first = np.take_along_axis(found, start, -1)
    at_second = np.take_along_axis(found, np.minimum(start + 1, n - 1), -1)
    rounding = 1e3 * n * np.finfo(slopes.dtype).eps * np.max(np.abs(found), axis=-1, keepdims=True, initial=0)
    known = np.abs(at_first + at_second) <= rounding
    limits = np.where(known, (at_first - at_second) / 2, np.nan)
    return np.where(uneven, np.nan, limits[..., None])
