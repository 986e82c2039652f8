"""Weighted sums along each axis of an image: what average pooling and interpolation have in common.

    y[o] = scale[o] · Σ_t weight[o, t] · x[source[o, t]]        along one axis, then along the next

`resample_op` applies such a `Plan` to every axis, and its VJP applies the transposed plans (`Plan.transposed`), so a
derivative of any order costs what the first does. A plan is a list of terms. In a term every element occurs at most
once on either side, so that both directions are additions of whole arrays, by slices where elements are evenly spaced.
In ordinary NumPy: einsum("nchw,ph,qw->ncpq", x, M, M') with the matrix of each axis, `Plan.matrix()`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autograd.engine.kinds import like
from autograd.engine.primitive import Primitive
from autograd.engine.recording import raw
from autograd.engine.registry import define
from autograd.ops.indexing import scatter
from nn.layers.kernels.patches import batch_last, computed_in, empty_images


class Term(NamedTuple):
    """y[to] += weight · x[source], with slices or arrays of distinct indices. The weight None means 1."""

    to: Any
    source: Any
    weight: Any


class Plan(NamedTuple):
    """A weighted sum along one axis: the terms, and factors of the input and of the result (None means 1).

    `meaning` says what it is in the words of others, for an export: ("mean", kernel, stride, before, count_border,
    divisor), ("adaptive",), or (the mode of interpolation, align_corners, scale).
    """

    size_in: int
    size_out: int
    terms: tuple[Term, ...]
    scale_in: Any = None
    scale_out: Any = None
    meaning: tuple[Any, ...] | None = None

    @property
    def transposed(self) -> Plan:
        terms = tuple([Term(term.source, term.to, term.weight) for term in self.terms])
        return Plan(self.size_out, self.size_in, terms, self.scale_out, self.scale_in)

    def matrix(self) -> Any:
        """The plan as a matrix (size_out, size_in)."""
        return _along(np.eye(self.size_in)[None], self, 1)[0]


def _spread(values: Any, axis: int, x: Any) -> Any:
    """Values for the elements of an axis of x, in x's dtype and with axes to broadcast; a number as it is."""
    if isinstance(values, float):
        return values
    return like(values.astype(x.dtype).reshape(-1, *[1] * (x.ndim - axis - 1)), raw(x))


def _along(x: Any, plan: Plan, axis: int) -> Any:
    """Apply a plan to one axis of a contiguous array."""
    at = (slice(None),) * axis
    if plan.scale_in is not None:
        x = x * _spread(plan.scale_in, axis, x)
    y = np.zeros((*x.shape[:axis], plan.size_out, *x.shape[axis + 1 :]), x.dtype)
    for to, source, weight in plan.terms:
        part = x[(*at, source)]
        if weight is not None:
            part = part * _spread(weight, axis, x)
        y[(*at, to)] += part
    if plan.scale_out is not None:
        y *= _spread(plan.scale_out, axis, x)
    return y


def _resample(x: Any, plans: tuple[Plan, ...]) -> Any:
    """x (N, C, *S) -> (N, C, *P), with a plan for each axis from S to P."""
    dtype, working = computed_in(x)
    y = batch_last(x).astype(working, copy=False)
    for axis, plan in enumerate(plans, 1):
        y = _along(y, plan, axis)
    out, image = empty_images((x.shape[0], x.shape[1], *y.shape[1:-1]), dtype)
    image[...] = y
    return out


def _resample_composite(x: Any, plans: tuple[Plan, ...]) -> Any:
    dtype, working = computed_in(x)
    y = x.astype(working)
    for axis, plan in enumerate(plans, 2):
        at = (slice(None),) * axis
        if plan.scale_in is not None:
            y = y * _spread(plan.scale_in, axis, y)
        shape = (*y.shape[:axis], plan.size_out, *y.shape[axis + 1 :])
        parts = []
        for to, source, weight in plan.terms:
            part = y[(*at, source)]
            part = part if weight is None else part * _spread(weight, axis, y)
            parts.append(scatter(part, shape=shape, index=(*at, to)))
        y = sum(parts[1:], parts[0]) if parts else np.zeros_like(y, shape=shape)
        if plan.scale_out is not None:
            y = y * _spread(plan.scale_out, axis, y)
    return y.astype(dtype)


resample_op: Primitive = define(
    _resample,
    lambda g, out, x, plans: resample_op(g, plans=tuple([plan.transposed for plan in plans])),
    keeps="",
    composite=_resample_composite,
    plain=True,
    name="resample",
    jvp="linear",
    label="g·Mᵀ",
)


def compact_weights(values: Any) -> Any:
    """None if all are 1, a float if all are equal, else the array."""
    if len(values) and (values == values[0]).all():
        return None if values[0] == 1 else float(values[0])
    return values


def terms_of(outs: Any, ins: Any, taps: Any, weights: Any = None) -> tuple[Term, ...]:
    """The terms for pairs (out, in), each with the number of its tap.

    The pairs of one tap have different outs. They are split into terms in which the ins differ, too.
    """
    terms = []
    for tap in np.unique(taps):
        mine = np.flatnonzero(taps == tap)
        order = mine[np.argsort(ins[mine], kind="stable")]
        _, first, inverse = np.unique(ins[order], return_index=True, return_inverse=True)
        rank = np.arange(len(order)) - first[inverse]  # its rank among the pairs with the same in
        for r in range(rank.max(initial=-1) + 1):
            group = np.sort(order[rank == r])
            runs = _runs(outs[group], ins[group])
            if len(runs) <= 4:
                terms += [
                    _term(outs[group[run]], ins[group[run]], None if weights is None else weights[group[run]], True)
                    for run in runs
                ]
            else:
                terms.append(_term(outs[group], ins[group], None if weights is None else weights[group], False))
    return tuple(terms)


def _runs(outs: Any, ins: Any) -> list[slice]:
    """The longest stretches in which both advance by equal steps."""
    runs, start = [], 0
    for i in range(1, len(outs) + 1):
        ends = i == len(outs) or (
            i - start >= 2
            and (outs[i] - outs[i - 1] != outs[i - 1] - outs[i - 2] or ins[i] - ins[i - 1] != ins[i - 1] - ins[i - 2])
        )
        if ends:
            runs.append(slice(start, i))
            start = i
    return runs


def _term(outs: Any, ins: Any, weights: Any, evenly: bool) -> Term:
    to, source = (_as_slice(i) if evenly else i for i in (outs, ins))
    return Term(to, source, None if weights is None else compact_weights(weights))


def _as_slice(indices: Any) -> slice:
    step = int(indices[1] - indices[0]) if len(indices) > 1 else 1
    return slice(int(indices[0]), int(indices[-1]) + 1, step)
