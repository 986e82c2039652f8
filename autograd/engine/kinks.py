"""Points where the first derivative is a convention, so that there is no second: nan, and a warning that names where.

|x| has the gradient 0 at x = 0 by convention (docs/conventions.md), and x / |x| has no derivative there. What is made
of it may be smooth, as |x|² is. But its gradient, 0 · x / |x|, looks there like that of |x|³, and the second derivative
of one is 2, of the other 0. So it is nan, never a silent 0.

A rule says so by `bent`. In a first-order sweep that costs a glance at the type; in a recorded one it adds `kink`,
which is 0 and whose derivative is nan.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.engine.graph import Node
from autograd.engine.kinds import is_foreign
from autograd.engine.primitive import Primitive
from autograd.engine.recording import is_tensor, raw
from autograd.errors import UndefinedDerivativeWarning

_DEPTH = 8  # how many operations back `settled_zero` looks


def _undefined(t: Any, at: Any, of: str, axis: Any = None, always: bool = False) -> Any:
    """nan · t at the places `at`, with a warning; one element of t that is not 0 makes all along `axis` nan."""
    moved = t != 0
    if axis is not None:
        moved = np.any(moved, axis=axis, keepdims=True)
    found = at & (moved | always)
    if np.any(found):
        warnings.warn(
            f"{of} has no second derivative here, where the first is a convention: the result is nan. Write a "
            "function that is smooth here without it, as np.sum(x * x) for np.linalg.norm(x) ** 2, or keep the "
            "argument away from this point: np.where(zero, 1, x), or a small constant added.",
            UndefinedDerivativeWarning,
            stacklevel=2,
        )
    return np.where(found, np.full((), np.nan, t.dtype), np.zeros((), t.dtype))


undefined: Primitive = Primitive(
    _undefined,
    lambda g, out, t, **where: undefined(g, **where),
    keeps="",
    guard=False,
    jvp=lambda t, out, x, **where: undefined(t, **where),
    batch="free",
    name="undefined",
    label="nan",
)
kink = Primitive(
    lambda x, **where: np.zeros_like(x),
    lambda g, out, x, **where: undefined(g, **where),
    keeps="",
    guard=False,
    jvp=lambda t, out, x, **where: undefined(t, **where),
    batch="free",
    name="kink",
    label="nan",
)


def bent(
    value: Any, *xs: Any, at: Callable[[], Any], of: str, axis: tuple[int, ...] | None = None, always: bool = False
) -> Any:
    """A derivative of first order which has itself no derivative by the xs where `at()` is true.

    Where an x does not move (its tangent, or what is asked of the cotangent's derivative, is 0) nothing changes;
    with `always`, it counts as moving. With `axis`, negative, all of x along these axes moves together.
    """
    if not is_tensor(value) or is_foreign(raw(value)):  # which is not asked where it is zero
        return value
    places = at()
    if not np.any(places):
        return value
    for x in xs:
        if varies(x):
            shape = np.broadcast_shapes(places.shape, x.shape)
            x = x if x.shape == shape else np.broadcast_to(x, shape)
            value = value + kink(x, at=places, of=of, axis=axis, always=always)
    return value


def zero_and_bent(factor: Any, product: Any, zero: Any, of: str) -> Any:
    """The product, 0 where it is nan and `zero` says that the factor is 0.

    Recorded, its derivative is nan where that replaced a nan, unless the 0 is settled.
    """
    lost = zero & np.isnan(raw(product))  # what is not nan is 0 already, and keeps its derivative by the factor
    made = np.where(lost, product.dtype.type(0), product)
    return bent(made, factor, at=lambda: lost & ~settled_zero(factor), of=of, always=True)


def varies(g: Any) -> bool:
    """Whether a cotangent depends on the variables."""
    return is_tensor(g) and bool(g.requires_grad)


def moving(t: Any, axis: Any = None) -> Any:
    """Where a tangent is not a settled 0, in any of the elements along the axis."""
    moves = ~settled_zero(t)
    return moves if axis is None else np.any(moves, axis=axis, keepdims=True)


def settled_zero(g: Any) -> Any:
    """Where a cotangent or tangent is 0 whatever the variables are: a constant, or what a mask has cut off."""
    if not varies(g):
        return np.equal(raw(g), 0)
    return np.broadcast_to(_cut_off(g.node, None, _DEPTH), g.shape)


def unsettled(g: Any) -> Any:
    """Where it is not."""
    return ~settled_zero(g)


def _cut_off(origin: Any, value: Any, depth: int) -> Any:
    """The same for what a Node has made; for a constant, which has none, by its value."""
    if origin is None:
        return np.equal(value, 0) if isinstance(value, (np.ndarray, np.generic, float, int)) else np.False_
    if type(origin) is not Node or origin.args is None or not depth:
        return np.False_
    factors = [
        lambda i=i: _cut_off(origin.parents[i], origin.args[i], depth - 1)  # type: ignore[index]
        for i in range(len(origin.args))
    ]
    match origin.primitive.name:
        case "masked":
            return np.equal(origin.args[1], 0) | factors[0]()
        case "multiply":
            return factors[0]() | factors[1]()
        case "divide" | "negative" | "positive":
            return factors[0]()
        case "scatter" if origin.params is not None:  # of elements that an index took
            outside = np.ones(origin.params["shape"], bool)
            outside[origin.params["index"]] = False
            return outside
    return np.False_
