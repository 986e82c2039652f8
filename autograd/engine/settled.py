"""Zeros that stay zero whatever the variables are, and values that move with the variables along straight lines.

Both are read off the graph by what its operations are. A 0 in a cotangent is settled where a mask or an index has put
it; the 0 of 2 · n at n = 0 is not.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.abstract import Abstract
from autograd.engine.graph import Node, oldest_first
from autograd.engine.recording import is_tensor, raw

_DEPTH = 32  # how many operations back `settled_zero` looks
_LINEAR = {
    "add", "subtract", "negative", "positive", "copy", "astype", "broadcast_to", "reshape", "expand_dims", "squeeze",
}  # fmt: skip
_PRODUCTS = {"multiply", "masked"}


def varies(g: Any) -> bool:
    """Whether a cotangent depends on the variables."""
    return is_tensor(g) and bool(g.requires_grad)


def moving(t: Any, axis: Any = None) -> Any:
    """Where a tangent is not a settled 0, in any of the elements along the axis."""
    moves = ~settled_zero(t)
    return moves if axis is None else np.any(moves, axis=axis, keepdims=True)


def unsettled(at: Any, g: Any) -> Any:
    """Where of the places `at` a cotangent is not a settled 0."""
    return at & ~settled_zero(g) if np.any(at) else at


def settled_zero(g: Any) -> Any:
    """Where a cotangent or tangent is 0 whatever the variables are: a constant, or what a mask has cut off."""
    if not varies(g):
        return np.equal(raw(g), 0)
    return np.broadcast_to(np.equal(_Traces().of(g.node, None, g.shape, _DEPTH), 0), g.shape)


class _Traces:
    """Random numbers sent through the linear part of a graph in place of what is not settled: 0 comes out elsewhere."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(0)
        self.known: dict[Any, Any] = {}

    def of(self, origin: Any, value: Any, shape: tuple[int, ...], depth: int) -> Any:
        """The trace of what `origin` has made; of a constant, which has none, by its value."""
        if origin is None:
            return self._of_constant(value)
        if origin not in self.known:
            made = self._through(origin, depth) if type(origin) is Node and origin.args is not None and depth else None
            self.known[origin] = self._drawn(shape) if made is None else made
        return self.known[origin]

    def _drawn(self, shape: tuple[int, ...]) -> Any:
        return self.rng.uniform(1, 2, shape)

    def _of_constant(self, value: Any) -> Any:
        if isinstance(value, (np.ndarray, np.generic, int, float)):
            return np.where(np.equal(value, 0), 0, self._drawn(np.shape(value)))
        return self._drawn(getattr(value, "shape", ()))

    def _through(self, node: Node, depth: int) -> Any:
        """None for an operation of which no element is known to be settled."""
        args: Any = node.args

        def traced(i: int) -> Any:
            return self.of(node.parents[i], args[i], getattr(args[i], "shape", ()), depth - 1)

        operation, name = node.primitive, node.primitive.name
        if name in _PRODUCTS:
            return traced(0) * traced(1)
        if name == "divide":
            return traced(0) * self._drawn(getattr(args[1], "shape", ()))
        linear = operation.jvp == "linear" or name in _LINEAR
        if operation.saves or not (linear or operation.jvp == "multilinear"):
            return None
        inputs = [traced(i) if operation.has_derivative(i) else arg for i, arg in enumerate(args)]
        if any(isinstance(x, Abstract) for x in inputs):
            return None
        out = operation.forward(*inputs, **(node.params or {}))
        return None if isinstance(out, tuple) else out


def is_affine(x: Any) -> bool:
    """Whether x, a Node or leaf, is an affine function of the leaves: where its tangent is 0 it does not move."""
    return all(_is_linear(node) for node in oldest_first([x]))


def _is_linear(node: Node) -> bool:
    operation = node.primitive
    if operation.jvp == "linear" or operation.name in _LINEAR:
        return True
    products = operation.jvp == "multilinear" or operation.name in _PRODUCTS
    if operation.name == "divide":
        return node.parents[1] is None
    return products and sum(parent is not None for parent in node.parents) == 1
