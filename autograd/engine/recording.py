"""What an operation leaves behind: a Node that remembers it, and a Tensor that holds its result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.engine.graph import Node, clock

new = object.__new__
Tensor: Any = None  # the class of a result; tensor/tensor.py, which builds on this file, says which


def bind_tensor(cls: type) -> None:
    """Say which class holds results (called once, by tensor.py)."""
    global Tensor
    Tensor = cls


def is_tensor(x: Any) -> bool:
    """Whether x is a Tensor, for files below tensor.py."""
    return isinstance(x, Tensor)


def recorded(
    out: Any, primitive: Any, parents: Sequence[Any], args: Any, kept: Any, params: Any, scope: tuple[Any, ...]
) -> Any:
    """A Tensor that holds `out`, made by a new node, numbered now; `kept` is what the node keeps of the result."""
    node = Node()
    node.primitive = primitive
    node.parents = parents
    node.args = args
    node.out = kept
    node.params = params
    node.number = next(clock)
    node.scope = scope
    node.written = 0
    node.hooks = None
    t = new(Tensor)
    t._array = out
    t.node = node
    t._requires_grad = True
    t._grad = None
    return t


def result(out: Any, node: Node | None) -> Any:
    """A Tensor that holds `out` and was made by `node`."""
    t = new(Tensor)
    t._array = out
    t.node = node
    t._requires_grad = node is not None
    t._grad = None
    return t


def constant(y: Any) -> Any:
    """A result, or each of several, as a Tensor without a graph."""
    return tuple(map(constant, y)) if type(y) is tuple else result(np.float64(y) if type(y) is float else y, None)


def raw(x: Any) -> Any:
    """The array in a Tensor; anything else as it is."""
    return x._array if isinstance(x, Tensor) else x
