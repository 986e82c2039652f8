"""What a graph does not hold: values that no rule reads, and the gradient of everything, found without changing anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.engine.abstract import Abstract
from autograd.engine.cotangents import as_cotangent, guarded, has_nan, refuse_changed, seeded, zeros
from autograd.engine.graph import Node
from autograd.engine.modes import Mode, mode
from autograd.engine.primitive import Share
from autograd.engine.reverse import _prepared
from autograd.scalar.scalar import Scalar
from autograd.shapes import unbroadcast

REFLECTED = {
    "r" + op: op for op in ("add", "sub", "mul", "truediv", "pow", "maximum", "minimum")
}  # of 2 - x, after __rsub__
THROUGH_HOOKS = (
    "g, through hooks"  # the rule of a module with hooks: a picture calls none, so here g goes through as it is
)


@dataclass(frozen=True)
class Completed:
    """values       id of an operation -> its result
    gradients    id of a leaf, operation or Scalar -> its cotangent
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
                    found.values[id(root.node)] = root._data
            for node in nodes:
                _evaluate(node, found.values)
            _sweep(nodes, tensors, found)
            scalars = [item for item in order if isinstance(item, Scalar)]
            _sweep_scalars(scalars, [root for root in asked if isinstance(root, Scalar)], found)
    finally:
        mode.reset(token)
    return found


def _evaluate(node: Node, values: dict[int, Any]) -> None:
    """Note the result of an operation: the one it keeps, or computed again from its arguments if they are all known."""
    if id(node) in values or node.args is None:
        return
    if not _unknown(node.out):
        values[id(node)] = node.out
        return
    args = []
    for parent, raw in zip(node.parents, node.args, strict=True):
        if _unknown(raw) and parent is not None:
            raw = (
                values.get(id(parent), raw)
                if isinstance(parent, Node)
                else raw
                if parent.written > node.number
                else parent._data
            )
        if _unknown(raw):
            return
        args.append(raw)
    try:
        out = node.primitive.forward(*args, **node.params or {})
    except (
        Exception
    ):  # whatever a function of the user's raises the second time, the picture is drawn without its value
        return
    values[id(node)] = out[0] if node.primitive.saves else out


def _unknown(value: Any) -> bool:
    return isinstance(value, Abstract) or (
        isinstance(value, tuple) and any(isinstance(item, Abstract) for item in value)
    )


def _sweep(nodes: list[Node], roots: list[Any], found: Completed) -> None:
    """`autograd.backward` step by step: what each rule returns is noted before it is added up."""
    gradients = found.gradients
    for root in roots:
        if root.requires_grad:
            origin, g = seeded(root, np.ones(root.shape, root.dtype) if root.size != 1 else None, False)
            gradients[id(origin)] = gradients[id(origin)] + g if id(origin) in gradients else g
    for node in reversed(nodes):
        g = gradients.get(id(node))
        if g is None or node.args is None:
            continue
        if type(g) is dict:
            gradients[id(node)] = g = tuple([g[i] if i in g else zeros(o, False) for i, o in enumerate(node.out)])
        for parent, raw in zip(node.parents, node.args, strict=True):
            if parent is not None and isinstance(raw, np.ndarray) and parent.written > node.number:
                refuse_changed(parent, node)  # as backward() does: no picture shows a gradient that is wrong
        try:
            shares = _shares(node, g)
        except Exception:  # as above; what lies before it stays without a gradient
            continue
        for i, gi in shares.items():
            parent = node.parents[i]
            if isinstance(gi, Share):
                outputs = gradients.setdefault(id(parent), {})
                outputs[gi.number] = outputs[gi.number] + gi.g if gi.number in outputs else gi.g
            else:
                gradients[id(parent)] = gradients[id(parent)] + gi if id(parent) in gradients else gi
            found.shares[id(node), i] = gi.g if isinstance(gi, Share) else gi


def _shares(node: Node, g: Any) -> dict[int, Any]:
    """Argument -> what goes back to it, as the sweep does it."""
    if node.primitive.label == THROUGH_HOOKS:
        return {i: g[i] for i, parent in enumerate(node.parents) if parent is not None}
    args, out, pulls = _prepared(node, g, False)
    shares: dict[int, Any] = {}
    for i, (parent, x, pull) in enumerate(zip(node.parents, args, pulls, strict=False)):
        if parent is None:
            continue
        gi = pull(g, out, *args, **node.params or {})
        if gi is None:
            continue
        if not isinstance(gi, Share):
            gi = as_cotangent(gi, False)
            if node.primitive.guard and has_nan(gi):
                gi = guarded(gi, g)
            if (
                gi.shape != np.shape(x)
                and not isinstance(x, Abstract)
                or isinstance(x, Abstract)
                and gi.shape != x.shape
            ):
                gi = unbroadcast(gi, x.shape)
            gi = np.array(gi, dtype=x.dtype)  # in memory of its own: some rules hand the same array to several
        shares[i] = gi
    return shares


def _sweep_scalars(order: list[Scalar], roots: list[Scalar], found: Completed) -> None:
    gradients = found.gradients
    for root in roots:
        gradients[id(root)] = gradients.get(id(root), 0.0) + 1.0
    for s in reversed(order):
        g = gradients.get(id(s))
        if g is None:
            continue
        for i, (parent, local) in enumerate(zip(s.parents, s.local_derivatives, strict=True)):
            share = float(local) * g if g else 0.0
            gradients[id(parent)] = gradients.get(id(parent), 0.0) + share
            found.shares[id(s), 1 if s.op in REFLECTED else i] = share
