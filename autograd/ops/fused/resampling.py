"""Average pooling and interpolation: both are, along each axis of an image, sums of elements times fixed weights.

    y[o] = scale[o] · Σ_t weight[o, t] · x[source[o, t]]        along one axis, then along the next

`resample` applies such a `Plan` to every axis, and its VJP is the same with each plan turned round (`Plan.transposed`): a
derivative of any order costs what the first does. A plan is a list of terms in which every element occurs once on
either side, so that both directions are whole-array additions, slices where the elements are evenly spaced.
In ordinary NumPy: einsum("nchw,ph,qw->ncpq", x, M, M') with the matrix of each axis, `Plan.matrix()`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from autograd.engine.primitive import Primitive
from autograd.engine.registry import define
from autograd.ops.fused.patches import batch_last, computed_in, empty_images


class Term(NamedTuple):
    """y[to] += weight · x[source]: slices or arrays of distinct indices, and None for weight 1."""

    to: Any
    source: Any
    weight: Any


class Plan(NamedTuple):
    """What happens along one axis: the terms, and the factors before and after them (None: 1)."""

    size_in: int
    size_out: int
    terms: tuple[Term, ...]
    scale_in: Any = None
    scale_out: Any = None

    @property
    def transposed(self) -> Plan:
        terms = tuple([Term(term.source, term.to, term.weight) for term in self.terms])
        return Plan(self.size_out, self.size_in, terms, self.scale_out, self.scale_in)

    def matrix(self) -> Any:
        """The same as a matrix (size_out, size_in)."""
        return _along(np.eye(self.size_in)[None], self, 1)[0]


def _spread(values: Any, axis: int, x: Any) -> Any:
    """A number, or one for each element of an axis of x, in x's dtype."""
    return values if isinstance(values, float) else values.astype(x.dtype).reshape(-1, *[1] * (x.ndim - axis - 1))


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


resample: Primitive = define(
    _resample,
    lambda g, out, x, plans: resample(g, plans=tuple([plan.transposed for plan in plans])),
    keeps="",
    name="resample",
    jvp="linear",
    label="g·Mᵀ",
)


@lru_cache(maxsize=512)
def window_means(
    size: int, kernel: int, stride: int, before: int, places: int, count_border: bool, divisor: int | None
) -> Plan:
    """The mean of each window of an axis with a border of `before` zeros on either side.

    A divisor stands for this and all other axes: give it to one, and 1 to the others.
    """
    start = np.arange(places) * stride - before
    stop = np.minimum(
        start + kernel, size + before
    )  # a last window may reach beyond the border: what lies there does not count
    outs, taps = np.divmod(np.arange(places * kernel), kernel)
    ins = start[outs] + taps
    inside = (ins >= 0) & (ins < size)
    if divisor is not None:
        counts = np.full(places, divisor)
    else:
        counts = stop - start if count_border else np.minimum(stop, size) - np.maximum(start, 0)
    return Plan(size, places, _terms(outs[inside], ins[inside], taps[inside]), None, _compact(1 / counts, 1))


@lru_cache(maxsize=512)
def adaptive_means(size: int, places: int) -> Plan:
    """The mean from ⌊o·size/places⌋ to ⌈(o+1)·size/places⌉, for each o: windows that cover the axis."""
    start = np.arange(places) * size // places
    counts = -(-np.arange(1, places + 1) * size // places) - start
    outs = np.repeat(np.arange(places), counts)
    taps = np.arange(len(outs)) - np.repeat(np.cumsum(counts) - counts, counts)
    return Plan(size, places, _terms(outs, start[outs] + taps, taps), None, _compact(1 / counts, 1))


@lru_cache(maxsize=512)
def interpolation(size: int, places: int, mode: str, scale: float | None, align_corners: bool) -> Plan:
    """Between the elements of an axis: "nearest", "nearest-exact", "linear" or "cubic" (Keys 1981, a = -0.75, as in PyTorch).

    Args:  scale: how much finer the grid is; None: places / size.
           align_corners: whether the first and last elements stay the first and last ones.
    """
    o = np.arange(places)
    if places == size and mode == "linear":  # even if the factor says otherwise, as in PyTorch
        return Plan(size, places, _terms(o, o, o * 0))
    step = 1 / scale if scale else size / places
    if mode.startswith("nearest"):
        by = np.float32(step)  # as PyTorch counts in float32: this decides where o · step is close to a whole number
        half = np.float32(0.5)
        at = (
            o.astype(np.float32) * by
            if mode == "nearest"
            else np.maximum((o.astype(np.float32) + half) * by - half, 0) + half
        )
        ins = np.minimum(np.floor(at).astype(int), size - 1)
        return Plan(size, places, _terms(o, ins, o * 0))
    if align_corners:
        at = o * ((size - 1) / (places - 1) if places > 1 else 0.0)
    else:
        at = (o + 0.5) * step - 0.5
    if mode == "linear":
        at = np.maximum(at, 0)
    low = np.floor(at).astype(int)
    if mode == "linear":
        low = np.minimum(low, size - 1)
    t = at - low
    weights = (1 - t, t) if mode == "linear" else (_keys_far(1 + t), _keys_near(t), _keys_near(1 - t), _keys_far(2 - t))
    first = low if mode == "linear" else low - 1
    taps = np.repeat(np.arange(len(weights)), places)
    outs = np.tile(o, len(weights))
    ins = np.clip(np.tile(first, len(weights)) + taps, 0, size - 1)
    weight = np.concatenate(weights)
    used = weight != 0
    return Plan(size, places, _terms(outs[used], ins[used], taps[used], weight[used]))


def _keys_near(t: Any, a: float = -0.75) -> Any:
    return ((a + 2) * t - (a + 3)) * t * t + 1


def _keys_far(t: Any, a: float = -0.75) -> Any:
    return ((t - 5) * t + 8) * t * a - 4 * a


def _compact(values: Any, one: float) -> Any:
    """None for all equal to one, a float for all equal, else the array."""
    if len(values) and (values == values[0]).all():
        return None if values[0] == one else float(values[0])
    return values


def _terms(outs: Any, ins: Any, taps: Any, weights: Any = None) -> tuple[Term, ...]:
    """The terms of these (out, in) pairs; two of one tap have different outs, and are parted until their ins differ, too."""
    terms = []
    for tap in np.unique(taps):
        mine = np.flatnonzero(taps == tap)
        order = mine[np.argsort(ins[mine], kind="stable")]
        _, first, inverse = np.unique(ins[order], return_index=True, return_inverse=True)
        rank = np.arange(len(order)) - first[inverse]  # the how-manieth of those with the same in
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
    """Maximal stretches in which both go on by equal steps."""
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
    return Term(to, source, None if weights is None else _compact(weights, 1))


def _as_slice(indices: Any) -> slice:
    step = int(indices[1] - indices[0]) if len(indices) > 1 else 1
    return slice(int(indices[0]), int(indices[-1]) + 1, step)
