"""What a graph does not hold: the values that no rule reads, and all gradients. Finding them changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.engine.abstract import Abstract
from autograd.engine.complex_numbers import conjugated
from autograd.engine.graph import Node
from autograd.engine.kinds import copied
from autograd.engine.modes import Mode, mode
from autograd.engine.reverse import sweep
from autograd.engine.share import Share
from autograd.engine.step import Step
from autograd.scalar.scalar import Scalar
from autograd.scalar.sweep import sweep as sweep_scalars

# The operation of 2 - x, which is named after __rsub__
REFLECTED = {"r" + op: op for op in ("add", "sub", "mul", "truediv", "pow", "maximum", "minimum")}


@dataclass(frozen=True)
class Completed:
    """values       id of an operation -> its result
    gradients    id of a leaf, operation or Scalar -> its cotangent, complex ones in the convention of `.grad`
    shares       (id of an operation, argument) -> what goes back to that argument
    """

    values: dict[int, Any]
    gradients: dict[int, Any]
    shares: dict[tuple[int, int], Any]


def completed(order: list[Any], asked: list[Any], kept: dict[int, Any]) -> Completed:
    """All values, and the gradients of the sum of what was asked for.

    Args:  order: Nodes, leaves and Scalars, each after its parents.
           asked: the Tensors and Scalars that the sweep starts from.
           kept: id of an operation -> its result, where an operation after it has kept that.
    """
    found = Completed(dict(kept), {}, {})
    token = mode.set(Mode(recording=False))
    try:
        with np.errstate(all="ignore"):
            nodes = [item for item in order if isinstance(item, Node)]
            tensors = [root for root in asked if not isinstance(root, Scalar)]
            for root in tensors:
                if root.node is not None:
                    found.values[id(root.node)] = root._array
            for node in nodes:
                evaluate(node, found.values)
            _sweep(tensors, found)
            sweep_scalars([root for root in asked if isinstance(root, Scalar)], 1.0, ObservedScalars(found))
    finally:
        mode.reset(token)
    return Completed(found.values, conjugated(found.gradients), conjugated(found.shares))


def evaluate(node: Node, values: dict[int, Any]) -> None:
    """Note the result of an operation: the one it keeps, or computed again from its arguments if they are all known."""
    if id(node) in values or node.args is None:
        return
    if not _unknown(node.out):
        values[id(node)] = node.out
        return
    args = []
    for parent, raw in zip(node.parents, node.args, strict=True):
        if _unknown(raw) and parent is not None:
            if isinstance(parent, Node):
                raw = values.get(id(parent), raw)
            elif parent.written <= node.number:
                raw = parent._array
        if _unknown(raw):
            return
        args.append(raw)
    try:
        out = node.primitive.forward(*args, **node.params or {})
    except Exception:  # whatever a function of the user's raises the second time: the picture lacks its value
        return
    values[id(node)] = out[0] if node.primitive.saves else out


def _unknown(value: Any) -> bool:
    return any(isinstance(item, Abstract) for item in (value if isinstance(value, tuple) else (value,)))


class Observed(Step):
    """The step of a sweep that is only watched: what arrives at each node and what each rule returns is noted.

    No hook is called and no `.grad` changes. Behind what a sweep has freed, and behind a rule that fails, there are no
    gradients.
    """

    def __init__(self, found: Completed) -> None:
        super().__init__(False, sweep)
        self.found = found

    def start(self, root: Any, seed: Any) -> tuple[Any, Any]:
        origin, g = super().start(root, seed)
        self.found.gradients.setdefault(id(origin), g)
        return origin, g

    def freed(self, node: Node, g: Any) -> None:
        if type(g) is not dict:
            self.found.gradients[id(node)] = g

    def arrived(self, node: Node, g: Any) -> Any:
        self.found.gradients[id(node)] = g = super().arrived(node, g)
        return g

    def through_hooks(self, node: Node, g: Any) -> Any:
        return g

    def cotangents(self, node: Node, g: Any, parents: Sequence[Any]) -> list[Any]:
        found = super().cotangents(node, g, parents)
        for i, gi in enumerate(found):
            if gi is not None and not isinstance(gi, Share):
                found[i] = gi = copied(gi)  # in memory of its own: some rules return one array for several arguments
            if gi is not None:
                self.found.shares[id(node), i] = gi.g if isinstance(gi, Share) else gi
        return found

    def called(self, node: Node, which: Sequence[int], g: Any, args: Sequence[Any], out: Any) -> Sequence[Any]:
        if node.primitive.calls_hooks:  # a picture calls none: the cotangents pass through unchanged
            return [g[i] for i in which]
        try:
            return super().called(node, which, g, args, out)
        except Exception:  # whatever a rule of the user's raises, the picture is drawn without its gradients
            return [None] * len(which)


def _sweep(roots: list[Any], found: Completed) -> None:
    """The engine's sweep, from the sum of the roots; it raises where that refuses to go on."""
    roots = [root for root in roots if root.requires_grad]
    seeds = [None if root.size == 1 else np.ones(root.shape, root.dtype) for root in roots]
    leaves = sweep(roots, seeds, Observed(found), retain=True)
    found.gradients.update((id(leaf), g.numpy()) for leaf, g in leaves.items())


class ObservedScalars:
    """The step of a sweep over Scalars that is only watched; the gradients are noted in the order of the visits."""

    def __init__(self, found: Completed) -> None:
        self.found = found

    def arrived(self, s: Scalar, g: Any) -> Any:
        self.found.gradients[id(s)] = g
        return g

    def pass_on(self, s: Scalar, g: Any) -> None:
        for i, (parent, local) in enumerate(zip(s.parents, s.local_derivatives, strict=True)):
            share = float(local) * g if g else 0.0
            parent._g += share
            self.found.shares[id(s), 1 if s.op in REFLECTED else i] = share
