"""Points where the first derivative is a convention: the second is found, or is nan with a warning that names where.

|x| has the gradient 0 at x = 0 by convention (docs/conventions.md), and x / |x| has no derivative there. What is made
of it may be smooth, as |x|² is. Its gradient, 0 · x / |x|, looks there like that of |x|³, and the second derivative
of one is 2, of the other 0. Where the rule can find which (autograd/ops/curvature.py), it hands on that `slope`;
elsewhere it is nan, never a silent 0.

A rule says so by `bent`. In a first-order sweep that costs a glance at the type; in a recorded one it adds `kink`,
which is 0 and whose derivative is the slope.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import numpy as np

from autograd.engine.graph import oldest_first
from autograd.engine.kinds import is_foreign
from autograd.engine.primitive import Primitive
from autograd.engine.recording import is_tensor, raw
from autograd.engine.settled import is_affine, settled_zero, varies
from autograd.errors import UndefinedDerivativeWarning

# While a slope is looked for: whether each kink that the sweep met was reached by a cotangent other than 0
met_kinks: ContextVar[list[bool] | None] = ContextVar("kinks met in the search for a slope", default=None)


def _sloped(t: Any, at: Any, of: str, slope: Any = np.nan, axis: Any = None, always: bool = False) -> Any:
    """slope · t at the places `at`; where the slope is nan, one element of t that is not 0 makes all along `axis` nan.

    With `always` every element counts as one that is not 0.
    """
    moved = t != 0
    if axis is not None:
        moved = np.any(moved, axis=axis, keepdims=True)
    unknown = np.isnan(slope)
    lost = at & unknown & (moved | always)
    if np.any(lost):
        warnings.warn(
            f"{of} has no second derivative here, where the first is a convention: the result is nan. Write a "
            "function that is smooth here without it, as np.sum(x * x) for np.linalg.norm(x) ** 2, or keep the "
            "argument away from this point: np.where(zero, 1, x), or a small constant added.",
            UndefinedDerivativeWarning,
            stacklevel=2,
        )
    known = np.where(at & ~unknown, np.where(unknown, 0, slope), 0).astype(t.dtype)
    return np.where(lost, np.full((), np.nan, t.dtype), known * t)


sloped: Primitive = Primitive(
    _sloped,
    lambda g, out, t, **where: sloped(g, **where),
    keeps="",
    guard=False,
    jvp=lambda t, out, x, **where: sloped(t, **where),
    batch="free",
    name="sloped",
    label="slope·g",
)


def _and_no_third(t: Any, x: Any, affine: bool = False, **where: Any) -> Any:
    made = sloped(t, **where)
    if not varies(x) or np.all(np.isnan(where.get("slope", np.nan))):
        return made
    return made + kink(x, at=where["at"], of=where["of"], axis=where.get("axis"), always=True)


def _of_tangent(always: bool = False, affine: bool = False, **where: Any) -> dict[str, Any]:
    return {**where, "always": always and not affine}


kink: Primitive = Primitive(
    lambda x, **where: np.zeros_like(x),
    lambda g, out, x, **where: _and_no_third(g, x, **where),
    keeps="x",
    guard=False,
    jvp=lambda t, out, x, **where: _and_no_third(t, x, **_of_tangent(**where)),
    batch="free",
    name="kink",
    label="slope·g",
)


def bent(
    value: Any,
    *xs: Any,
    at: Callable[[], Any],
    of: str,
    axis: tuple[int, ...] | None = None,
    always: bool = False,
    affine: bool = False,
    slope: Callable[[], Any] | None = None,
) -> Any:
    """A derivative of first order which has itself no derivative by the xs where `at()` is true.

    Where an x does not move (its tangent, or what is asked of the cotangent's derivative, is 0) nothing changes;
    with `always`, it counts as moving, but for a tangent not if what is bent is `affine` in the variables. With
    `axis`, negative, all of x along these axes moves together. `slope()` is the derivative by the first x, nan where
    it is not known; where it is, that by the others is 0.
    """
    if not is_tensor(value) or is_foreign(raw(value)):  # which is not asked where it is zero
        return value
    places = at()
    if not np.any(places):
        return value
    if slope is None and (met := met_kinks.get()) is not None:
        met.append(True)
        return value
    found = np.nan if slope is None else slope()
    for i, x in enumerate(xs):
        if varies(x):
            shape = np.broadcast_shapes(places.shape, x.shape)
            x = x if x.shape == shape else np.broadcast_to(x, shape)
            own = found if i == 0 else found * 0
            value = value + kink(x, at=places, of=of, slope=own, axis=axis, always=always, affine=affine)
    return value


def zero_and_bent(factor: Any, product: Any, zero: Any, of: str) -> Any:
    """The product, 0 where it is nan and `zero` says that the factor is 0.

    Recorded, its derivative is nan where that replaced a nan, unless the 0 is settled.
    """
    lost = zero & np.isnan(raw(product))  # what is not nan is 0 already, and keeps its derivative by the factor
    made = np.where(lost, product.dtype.type(0), product)
    at = lambda: lost & ~settled_zero(factor)  # noqa: E731
    return bent(made, factor, at=at, of=of, always=True, affine=_is_of_affine(factor, of))


def _is_of_affine(factor: Any, of: str) -> bool:
    """Whether the operation `of`, on which a cotangent depends, was applied to affine functions of the leaves."""
    if not varies(factor):
        return False
    calls = [node for node in oldest_first([factor.node]) if node.primitive.name == of]
    return bool(calls) and all(is_affine(parent) for node in calls for parent in node.parents)


def bends(g: Any) -> bool:
    """Whether a sum of magnitudes, piecewise linear, counts as having kinks: not where the cotangent is a constant.

    The search for the slope of one kink has constant cotangents, and must see the others.
    """
    return varies(g) or met_kinks.get() is not None
