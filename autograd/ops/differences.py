"""Differences that NumPy takes for derivatives and for jumps: gradient and unwrap."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.engine.kinds import is_foreign
from autograd.engine.recording import raw
from autograd.engine.registry import implements
from autograd.errors import ArgumentError, ShapeError
from autograd.ops.arguments import as_operand
from autograd.ops.cumulative import along
from autograd.shapes import normalize_axes


@implements(np.gradient)
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """np.gradient: central differences, one-sided at the edges; differentiable by f and by the spacing."""
    f = as_operand(f)
    if f.dtype.kind in "iub":
        f = f.astype(float)
    axes = normalize_axes(axis, f.ndim)
    if edge_order not in (1, 2):
        raise ArgumentError(f"np.gradient takes edge_order 1 or 2; got {edge_order!r}.")
    short = [f.shape[i] for i in axes if f.shape[i] < edge_order + 1]
    if short:
        raise ShapeError(f"np.gradient with edge_order={edge_order} needs {edge_order + 1} elements; got {short[0]}.")
    found = [_slopes(f, i, h, edge_order) for i, h in zip(axes, _spacings(f, axes, varargs), strict=True)]
    return found[0] if len(axes) == 1 else tuple(found)


def _spacings(f: Any, axes: tuple[int, ...], varargs: tuple[Any, ...]) -> list[Any]:
    """For each axis a number, or the distances of neighbours."""
    if not varargs:
        return [1.0] * len(axes)
    if len(varargs) == 1 and np.ndim(varargs[0]) == 0:
        return [*varargs] * len(axes)
    if len(varargs) != len(axes):
        raise ArgumentError(
            f"np.gradient takes no spacing, one number, or a number or coordinates for each of the {len(axes)} axes; "
            f"got {len(varargs)}."
        )
    return [h if np.ndim(h) == 0 else _distances(h, f.shape[i]) for i, h in zip(axes, varargs, strict=True)]


def _distances(coordinates: Any, n: int) -> Any:
    coordinates = as_operand(coordinates)
    if coordinates.shape != (n,):
        raise ShapeError(f"np.gradient: coordinates must have shape ({n},), as the axis; got {coordinates.shape}.")
    distances = np.diff(coordinates if coordinates.dtype.kind == "f" else coordinates.astype(float))
    differentiable = getattr(distances, "requires_grad", False)  # then every coordinate must have its part in them
    if differentiable or is_foreign(raw(distances)):
        return distances
    return distances[0] if np.all(raw(distances) == raw(distances)[0]) else distances


def _slopes(f: Any, axis: int, h: Any, edge_order: int) -> Any:
    """The three-point (at the edges two-point) differences along one axis."""

    def at(start: int | None, stop: int | None) -> Any:
        return f[along(f.ndim, axis, slice(start, stop))]

    if np.ndim(h) == 0:
        inner = (at(2, None) - at(None, -2)) / (2.0 * h)
        first, last = h, h
        ends = (h, h, h, h)
    else:
        d1, d2 = (np.reshape(d, (-1,) + (1,) * (f.ndim - 1 - axis)) for d in (h[:-1], h[1:]))
        inner = (
            -d2 / (d1 * (d1 + d2)) * at(None, -2)
            + (d2 - d1) / (d1 * d2) * at(1, -1)
            + d1 / (d2 * (d1 + d2)) * at(2, None)
        )
        first, last = h[0], h[-1]
        ends = (h[0], h[1 % h.size], h[-1], h[-2 % h.size])
    if edge_order == 1:
        left, right = (at(1, 2) - at(0, 1)) / first, (at(-1, None) - at(-2, -1)) / last
    else:
        left = _at_edge(at(0, 1), at(1, 2), at(2, 3), *ends[:2])
        right = -_at_edge(at(-1, None), at(-2, -1), at(-3, -2), *ends[2:])
    return np.concatenate([left, inner, right], axis=axis)


def _at_edge(f0: Any, f1: Any, f2: Any, d1: Any, d2: Any) -> Any:
    """The slope at the first of three points, of the parabola through them."""
    return -(2.0 * d1 + d2) / (d1 * (d1 + d2)) * f0 + (d1 + d2) / (d1 * d2) * f1 - d1 / (d2 * (d1 + d2)) * f2


@implements(np.unwrap)
def unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: Any = 2 * math.pi) -> Any:
    """np.unwrap: p plus whole periods. How many there are is constant; by the period the derivative is their number."""
    p = as_operand(p)
    values, width = raw(p), raw(period)
    unwrapped = np.unwrap(values, raw(discont), axis, period=width)
    return p + np.rint((unwrapped - values) / width).astype(unwrapped.dtype) * period
