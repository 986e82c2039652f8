"""What a sweep that records itself does besides (`create_graph=True`), so that its gradients can be differentiated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.engine.abstract import Abstract
from autograd.engine.graph import Node
from autograd.engine.kinds import zeros
from autograd.engine.primitive import picked
from autograd.engine.recording import raw, result
from autograd.engine.registry import alias
from autograd.engine.route import find_route
from autograd.engine.settings import enable_grad


def linked(node: Node) -> tuple[tuple[Any, ...], Any]:
    """(args, out) that a node keeps, as Tensors that lead to where they came from."""
    args = tuple([
        kept if parent is None or isinstance(kept, Abstract) or type(kept) is tuple
        else result(kept, parent) if type(parent) is Node
        else parent
        for kept, parent in zip(node.args or (), node.parents, strict=True)
    ])  # fmt: skip
    out = node.out
    if isinstance(out, tuple):
        return args, tuple([o if isinstance(o, Abstract) else t for o, t in zip(out, picked(node, out), strict=True)])
    return args, out if isinstance(out, Abstract) else result(out, node)


def through_composite(step: Any, node: Node, which: Sequence[int], g: Any, args: Sequence[Any]) -> list[Any]:
    """The cotangents of a fused operation's arguments, recorded, by way of its composite."""
    inputs = list(args)
    for i, parent in enumerate(node.parents):
        a = args[i]
        if isinstance(a, Abstract):  # no VJP that is needed reads its value: the derivatives are the same at zero
            a = np.broadcast_to(zeros((), a.dtype, raw(g[0] if type(g) is tuple else g)), a.shape)
            inputs[i] = a if parent is None else alias(a, parent)
        elif parent is not None:
            inputs[i] = alias(raw(a), parent)
    with enable_grad():
        outputs = node.primitive.composite(*inputs, **node.params or {})
    several = isinstance(outputs, tuple)
    roots, seeds = (outputs, g) if several else ([outputs], [g])
    found = step.sweep(roots, seeds, step, True, find_route(roots, [inputs[i] for i in which]))
    return [found.get(inputs[i]) for i in which]


def in_own_memory(leaves: dict[Any, Any], seeds: Sequence[Any]) -> dict[Any, Any]:
    """The recorded gradients, those that share memory copied (recorded), so that each leaf has its own."""
    seen = {id(raw(seed)) for seed in seeds}
    for leaf, g in leaves.items():
        shared = g.node is None or id(g._array) in seen  # without a node it may be an array of its rule
        if isinstance(g._array, np.ndarray) and (shared or g._array.base is not None):
            with enable_grad():
                leaves[leaf] = g = g.copy()
        seen.add(id(g._array))
    return leaves
