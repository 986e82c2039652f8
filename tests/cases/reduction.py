"""Reductions, running sums and products, differences, medians and quantiles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.ops.cumulative import linear_recurrence
from tests.cases.case import Case, constant, normal, uniform
from tests.cases.elementwise import apart

S = (3, 4, 2)


def with_zeros(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Rows with no zero, one, and two."""
    x = rng.uniform(0.5, 1.5, (4, 5)) * rng.choice([-1, 1], (4, 5))
    x[1, 2] = x[2, 0] = x[2, 4] = x[3, 4] = 0
    return (x,)


def with_nans(shape: tuple[int, ...]) -> Callable[[Any], Any]:
    """Put nan in fixed places of an array, without filling a row."""
    holes = np.random.default_rng(3).random(shape) < 0.3
    holes[..., 0] = False
    return lambda x: np.where(constant(holes), np.nan, x)


HOLES = with_nans(S)
LEFT = np.random.default_rng(4).random(S) < 0.6
WEIGHTS = np.array([1.0, 2.0, 0.5, 3.0])
SIZES = np.arange(1, 25).reshape(S)
Q = np.array([[0.1, 0.5], [0.83, 0.25]])

CASES = [
    Case("sum", np.sum, normal(S), lambda torch, x: x.sum()),
    Case("sum axis=0", lambda x: np.sum(x, axis=0), normal(S), lambda torch, x: x.sum(0)),
    Case("sum axis=(0, -1) keepdims", lambda x: np.sum(x, axis=(0, -1), keepdims=True), normal(S),
         lambda torch, x: x.sum((0, -1), keepdim=True)),
    Case("sum axis=()", lambda x: np.sum(x, axis=()), normal(S), lambda torch, x: x * 1),
    Case("sum dtype=float64", lambda x: np.sum(x, 1, np.float64), normal(S),
         lambda torch, x: x.sum(1, dtype=torch.float64), float32=False),
    Case("sum where= initial=", lambda x: np.sum(x, axis=1, where=constant(LEFT), initial=2.0), normal(S)),
    Case("mean", np.mean, normal(S), lambda torch, x: x.mean()),
    Case("mean axis=1", lambda x: np.mean(x, 1), normal(S), lambda torch, x: x.mean(1)),
    Case("mean axis=(0, 2) keepdims", lambda x: np.mean(x, axis=(0, 2), keepdims=True), normal(S),
         lambda torch, x: x.mean((0, 2), keepdim=True)),
    Case("prod", np.prod, uniform(0.5, 1.5, S), lambda torch, x: x.prod()),
    Case("prod axis=1", lambda x: np.prod(x, axis=1), normal(S), lambda torch, x: x.prod(1)),
    Case("prod axis=(2, 0) keepdims", lambda x: np.prod(x, axis=(2, 0), keepdims=True), normal(S)),
    Case("prod with zeros", lambda x: np.prod(x, axis=1), with_zeros, lambda torch, x: x.prod(1)),
    Case("prod where= initial=", lambda x: np.prod(x, axis=1, where=constant(LEFT), initial=2.0), normal(S)),
    Case("max", np.max, apart(S), lambda torch, x: x.amax()),
    Case("max axis=1", lambda x: np.max(x, axis=1), apart(S), lambda torch, x: x.amax(1)),
    Case("amax axis=(0, 2) keepdims", lambda x: np.amax(x, axis=(0, 2), keepdims=True), apart(S),
         lambda torch, x: x.amax((0, 2), keepdim=True)),
    Case("min", np.min, apart(S), lambda torch, x: x.amin()),
    Case("min axis=-1 keepdims", lambda x: np.min(x, axis=-1, keepdims=True), apart(S),
         lambda torch, x: x.amin(-1, keepdim=True)),
    Case("amin axis=0", lambda x: np.amin(x, axis=0), apart(S), lambda torch, x: x.amin(0)),
    Case("ptp", np.ptp, apart(S), lambda torch, x: x.amax() - x.amin()),
    Case("ptp axis=1", lambda x: np.ptp(x, axis=1, keepdims=True), apart(S),
         lambda torch, x: x.amax(1, keepdim=True) - x.amin(1, keepdim=True)),
    Case("var", np.var, normal(S), lambda torch, x: x.var(correction=0)),
    Case("var axis=1 ddof=1", lambda x: np.var(x, axis=1, ddof=1), normal(S), lambda torch, x: x.var(1, correction=1)),
    Case("var axis=(0, 2) correction=1 keepdims", lambda x: np.var(x, axis=(0, 2), correction=1, keepdims=True),
         normal(S),
         lambda torch, x: x.var((0, 2), correction=1, keepdim=True)),
    Case("std", np.std, normal(S), lambda torch, x: x.std(correction=0)),
    Case("std axis=1 ddof=1", lambda x: np.std(x, axis=1, ddof=1), normal(S), lambda torch, x: x.std(1, correction=1)),
    Case("std axis=(0, 2) keepdims", lambda x: np.std(x, axis=(0, 2), keepdims=True), normal(S),
         lambda torch, x: x.std((0, 2), correction=0, keepdim=True)),
    Case("average", lambda x: np.average(x, axis=0), normal(S), lambda torch, x: x.mean(0)),
    Case("average weights", lambda x, w: np.average(x, axis=1, weights=w, keepdims=True),
         lambda rng: (rng.normal(size=S), rng.uniform(1, 2, 4)),
         lambda torch, x, w: (x * w[:, None]).sum(1, keepdim=True) / w.sum()),
    Case("average weights of its shape returned", lambda x, w: np.average(x, weights=w, returned=True),
         lambda rng: (rng.normal(size=S), rng.uniform(1, 2, S)),
         lambda torch, x, w: ((x * w).sum() / w.sum(), w.sum())),
    Case("average weights axis=(2, 0)", lambda x, w: np.average(x, axis=(2, 0), weights=w),
         lambda rng: (rng.normal(size=S), rng.uniform(1, 2, (2, 3))),
         lambda torch, x, w: (x * w.T[:, None, :]).sum((0, 2)) / w.sum()),
    # where=, initial=, mean=
    Case("mean where=", lambda x: np.mean(x, axis=(0, 1), where=constant(LEFT)), normal(S)),
    Case("var where= ddof=1", lambda x: np.var(x, axis=(0, 1), where=constant(LEFT), ddof=1, keepdims=True), normal(S)),
    Case("var mean=", lambda x, m: np.var(x, axis=1, mean=m), normal(S, (3, 1, 2))),
    Case("std where=", lambda x: np.std(x, axis=(0, 1), where=constant(LEFT)), normal(S)),
    Case("std where= mean=", lambda x, m: np.std(x, where=constant(LEFT), mean=m), normal(S, (1, 1, 1))),
    Case("max where= initial=", lambda x: np.max(x, axis=1, where=constant(LEFT), initial=0.1), apart(S)),
    Case("max initial= of a Tensor", lambda x, m: np.max(x, axis=1, initial=m), apart(S, ())),
    Case("min where= initial=", lambda x: np.min(x, axis=(0, 2), where=constant(LEFT), initial=-0.1, keepdims=True),
         apart(S)),
    Case("maximum.reduce initial=", lambda x: np.maximum.reduce(x, axis=1, initial=0.2), apart(S)),
    Case("minimum.reduce where= initial=", lambda x: np.minimum.reduce(x, axis=1, initial=0.2, where=constant(LEFT)),
         apart(S)),
    Case("add.reduce where=", lambda x: np.add.reduce(x, axis=(0, 1), where=constant(LEFT)), normal(S)),
    Case("multiply.reduce where=", lambda x: np.multiply.reduce(x, where=constant(LEFT), initial=2.0), normal(S)),
    Case("nanmax where= initial=", lambda x: np.nanmax(HOLES(x), axis=1, where=constant(LEFT), initial=-9.0), apart(S)),
    Case("nanmin initial=", lambda x: np.nanmin(HOLES(x), axis=2, initial=0.1), apart(S)),
    Case("nanmean where=", lambda x: np.nanmean(HOLES(x), axis=(0, 1), where=constant(LEFT)), normal(S)),
    Case("nanvar where=", lambda x: np.nanvar(HOLES(x), axis=(0, 1), where=constant(LEFT)), normal(S)),
    Case("nanstd where= mean=", lambda x, m: np.nanstd(HOLES(x), where=constant(LEFT), mean=m), normal(S, (1, 1, 1))),
    # ignoring nan
    Case("nansum", lambda x: np.nansum(HOLES(x), axis=1), normal(S)),
    Case("nanprod", lambda x: np.nanprod(HOLES(x), axis=1), normal(S)),
    Case("nanmean", lambda x: np.nanmean(HOLES(x), axis=2, keepdims=True), normal(S)),
    Case("nanmax", lambda x: np.nanmax(HOLES(x), axis=2), apart(S)),
    Case("nanmin", lambda x: np.nanmin(HOLES(x)), apart(S)),
    Case("nanvar", lambda x: np.nanvar(HOLES(x), axis=(1, 2), ddof=1), normal(S)),
    Case("nanstd", lambda x: np.nanstd(HOLES(x), axis=(0, 1)), normal(S)),
    Case("nancumsum", lambda x: np.nancumsum(HOLES(x), axis=1), normal(S)),
    Case("nancumprod", lambda x: np.nancumprod(HOLES(x), axis=1), normal(S)),
    Case("nanmedian", lambda x: np.nanmedian(HOLES(x), axis=1), apart(S)),
    Case("nanquantile", lambda x: np.nanquantile(HOLES(x), [0.2, 0.6], axis=1), apart(S), float32=False),
    Case("nanpercentile", lambda x: np.nanpercentile(HOLES(x), 30, axis=(0, 1), keepdims=True), apart(S)),
    # along an axis
    Case("cumsum", np.cumsum, normal(S), lambda torch, x: x.reshape(-1).cumsum(0)),
    Case("cumsum axis=1", lambda x: np.cumsum(x, axis=1), normal(S), lambda torch, x: x.cumsum(1)),
    Case("cumprod", np.cumprod, uniform(0.5, 1.5, S), lambda torch, x: x.reshape(-1).cumprod(0)),
    Case("cumprod axis=1", lambda x: np.cumprod(x, axis=1), normal(S), lambda torch, x: x.cumprod(1)),
    Case("cumprod with zeros", lambda x: np.cumprod(x, axis=-1), with_zeros, lambda torch, x: x.cumprod(-1)),
    Case("linear_recurrence", linear_recurrence, normal((2, 7), (2, 7))),
    Case("cumulative_sum include_initial", lambda x: np.cumulative_sum(x, axis=1, include_initial=True), normal(S)),
    Case("cumulative_prod", lambda x: np.cumulative_prod(x), normal((6,)), lambda torch, x: x.cumprod(0)),
    Case("diff", np.diff, normal(S), lambda torch, x: x.diff()),
    Case("diff n=2 axis=1", lambda x: np.diff(x, n=2, axis=1), normal(S), lambda torch, x: x.diff(n=2, dim=1)),
    Case("diff prepend append", lambda x, a, b: np.diff(x, axis=1, prepend=a, append=b), normal(S, (3, 1, 2), ()),
         lambda torch, x, a, b: x.diff(dim=1, prepend=a, append=b.expand(3, 1, 2))),
    Case("ediff1d", lambda x, a, b: np.ediff1d(x, to_end=b, to_begin=a), normal((3, 4), (2,), ())),
    Case("trapezoid", np.trapezoid, normal(S), lambda torch, y: torch.trapezoid(y)),
    Case("trapezoid dx axis=0", lambda y, d: np.trapezoid(y, dx=d, axis=0), normal(S, ()),
         lambda torch, y, d: torch.trapezoid(y, dim=0) * d),
    Case("trapezoid x", lambda y, x: np.trapezoid(y, x, axis=1), normal(S, (4,)),
         lambda torch, y, x: torch.trapezoid(y, x[:, None].expand(4, 2), dim=1)),
    Case("trapezoid x of its shape", lambda y, x: np.trapezoid(y, x), normal(S, S),
         lambda torch, y, x: torch.trapezoid(y, x)),
    # by rank
    Case("median of an odd number", np.median, apart((3, 5)), lambda torch, x: x.median()),
    Case("median axis=1", lambda x: np.median(x, axis=1), apart(S), lambda torch, x: x.quantile(0.5, dim=1)),
    Case("median axis=(0, 2) keepdims", lambda x: np.median(x, axis=(0, 2), keepdims=True), apart(S)),
    Case("quantile", lambda x: np.quantile(x, 0.3), apart(S), lambda torch, x: x.quantile(0.3)),
    Case("quantile of many", lambda x: np.quantile(x, constant(Q), axis=1), apart(S), float32=False),
    Case("quantile by q", lambda x, q: np.quantile(x, q, axis=0),
         lambda rng: (*apart((7, 2))(rng), rng.uniform(0.03, 0.13, 3) + np.array([0.0, 1 / 3, 5 / 6])),
         lambda torch, x, q: x.quantile(q, dim=0)),
    Case("quantile lower", lambda x: np.quantile(x, 0.4, axis=1, method="lower"), apart(S),
         lambda torch, x: x.quantile(0.4, dim=1, interpolation="lower")),
    Case("quantile higher", lambda x: np.quantile(x, 0.4, axis=1, method="higher"), apart(S),
         lambda torch, x: x.quantile(0.4, dim=1, interpolation="higher")),
    Case("quantile nearest", lambda x: np.quantile(x, 0.4, axis=1, method="nearest"), apart(S),
         lambda torch, x: x.quantile(0.4, dim=1, interpolation="nearest")),
    Case("quantile midpoint", lambda x: np.quantile(x, 0.4, axis=1, method="midpoint"), apart(S),
         lambda torch, x: x.quantile(0.4, dim=1, interpolation="midpoint")),
    Case("quantile hazen", lambda x: np.quantile(x, 0.4, axis=1, method="hazen"), apart(S)),
    Case("percentile axis keepdims", lambda x: np.percentile(x, 37, axis=(0, 2), keepdims=True), apart(S)),
    *[
        Case(f"quantile {method}", lambda x, method=method: np.quantile(x, [0.1, 0.4, 0.75], axis=1, method=method),
             apart(S), float32=method != "averaged_inverted_cdf")
        for method in ("inverted_cdf", "averaged_inverted_cdf", "closest_observation")
    ],
    Case("quantile weights", lambda x: np.quantile(x, [0.1, 0.6], 1, weights=constant(WEIGHTS), method="inverted_cdf"),
         apart(S)),
    Case("nanpercentile weights", lambda x: np.nanpercentile(
        HOLES(x), 30, axis=1, weights=constant(SIZES), method="inverted_cdf", keepdims=True), apart(S)),
    # the ufuncs' methods
    Case("add.reduce", np.add.reduce, normal(S), lambda torch, x: x.sum(0)),
    Case("multiply.reduce", lambda x: np.multiply.reduce(x, axis=1, keepdims=True), normal(S),
         lambda torch, x: x.prod(1, keepdim=True)),
    Case("maximum.reduce", lambda x: np.maximum.reduce(x, axis=None), apart(S), lambda torch, x: x.amax()),
    Case("minimum.reduce", np.minimum.reduce, apart(S), lambda torch, x: x.amin(0)),
    Case("add.accumulate", np.add.accumulate, normal(S), lambda torch, x: x.cumsum(0)),
    Case("multiply.accumulate", lambda x: np.multiply.accumulate(x, axis=1), normal(S), lambda torch, x: x.cumprod(1)),
    Case("maximum.accumulate", lambda x: np.maximum.accumulate(x, axis=1), apart(S),
         lambda torch, x: x.cummax(1).values),
    Case("minimum.accumulate", np.minimum.accumulate, apart(S), lambda torch, x: x.cummin(0).values),
]  # fmt: skip
