"""Whether what a rule reads is still what it was when the operation was recorded (docs/design/in-place.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from autograd.engine import graph
from autograd.engine.graph import Node
from autograd.errors import FreedGraphError, InPlaceError

ndarray = np.ndarray
Views = dict[Node, tuple[Any, int]]  # Node -> (its result, a view; the number of the first operation that read it)


def refuse_if_written(parent: Any, x: Any, node: Node, views: Views) -> None:
    """Raise if the argument x of the node, or the memory it is a view of, was written since a rule read it."""
    if type(x) is ndarray:  # a value that the rules read
        if parent.written > node.number:
            refuse_changed(parent, node.name)
        if x.base is not None and type(parent) is Node:
            views[parent] = (x, node.number)
    if node in views and _is_written(parent, node, views):
        refuse_changed(parent, node.name)


def _is_written(parent: Any, node: Node, views: Views) -> bool:
    """Whether memory that a rule read through a view of it was written since it was read."""
    value, number = views[node]
    if isinstance(node.primitive.forward, np.ufunc):  # its result is memory of its own, whatever was made of that
        return False
    if type(parent) is Node:
        known = views.get(parent)
        if known is None or known[1] > number:
            views[parent] = (value, number)
        return parent.written > number
    return parent.written > number and np.may_share_memory(value, parent._array)


def refuse_written(nodes: Sequence[Node], used: Any) -> None:
    """Raise if a value that a rule read was written since.

    Args:  nodes: newest first; `used`: those among them whose rules are called.
    """
    if not nodes or nodes[-1].number > graph.last_write:
        return
    views: Views = {}
    for node in nodes:
        kept = node.args if node in used and node.args is not None else [None] * len(node.parents)
        for parent, x in zip(node.parents, kept, strict=True):
            if parent is not None:
                refuse_if_written(parent, x, node, views)


def refuse_changed(parent: Any, name: str) -> NoReturn:
    """Raise because what the operation `name` kept of its argument was changed."""
    what = f"the result of {parent.name}()" if type(parent) is Node else f"the tensor {_label(parent)}"
    raise InPlaceError(
        f"{what}, which {name}() needs for its gradient, was changed in place after it was used. "
        "Call backward() before the optimizer's step (or load_state_dict, or a write under no_grad), "
        "or run the forward pass again."
    )


def refuse_freed(node: Node) -> NoReturn:
    """Raise because an earlier sweep has freed what the node kept."""
    raise FreedGraphError(
        f"the graph of {node.name}() was freed by an earlier backward(); "
        "call that one with retain_graph=True to go through it again."
    )


def _label(tensor: Any) -> str:
    name = getattr(tensor, "name", None)
    return f"{name!r} of shape {tensor.shape}" if name else f"of shape {tensor.shape}"
