"""A whole Python function as one recorded operation, with a rule of its own for the way back.

What it was called with are its arguments. What it used besides, by closure (the parameters of a Module, say), is found by
running it once with recording: whatever its result leads to that existed before is an argument too, a captured one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.engine.abstract import abstract
from autograd.engine.graph import Node, clock
from autograd.engine.modes import mode
from autograd.engine.primitive import Primitive, pick_node
from autograd.engine.recording import is_tensor, record, result
from autograd.engine.registry import alias
from autograd.engine.written import refuse_changed
from autograd.tensor.tensor import Tensor


class Stand:
    """Tensors that stand for the arguments of such a function while it runs, cut off from how they were made."""

    def __init__(self, leaves: Sequence[Any]) -> None:
        self.tensors: dict[int, Any] = {}  # position -> the variable by which gradients are taken
        self.leaves = list(leaves)  # what the function gets
        for i, x in enumerate(leaves):
            if is_tensor(x) and x.requires_grad:
                fresh = Tensor(x._data, requires_grad=True)
                # a result may be written to in place, which a leaf refuses: what stands for one is a result too
                self.leaves[i] = alias(fresh._data, fresh) if x.node is not None else fresh
                self.tensors[i] = fresh

    def captured(self, outputs: Sequence[Any], start: int) -> list[Any]:
        """The leaves and the Nodes older than `start` that outputs lead to, other than these."""
        own = {id(x) for x in self.tensors.values()}
        found: dict[int, Any] = {}
        seen: set[int] = set()
        stack = [y.node if y.node is not None else y for y in outputs if is_tensor(y) and y.requires_grad]
        while stack:
            item = stack.pop()
            if id(item) in seen:
                continue
            seen.add(id(item))
            if type(item) is Node and item.number > start:
                stack.extend(parent for parent in item.parents if parent is not None)
            elif id(item) not in own:
                found[id(item)] = item
        return list(found.values())


def again(leaves: Sequence[Any], kept: Sequence[Any], create: bool) -> tuple[list[Any], dict[int, Any]]:
    """(what the function gets in a rule, position -> variable), from the arguments and what the node has kept of them.

    With `create` the variables lead on to where the arguments came from, so that the rule can be differentiated.
    """
    given = list(leaves)
    variables: dict[int, Any] = {}
    for i, x in enumerate(leaves):
        if not isinstance(x, Variable):
            continue
        k = kept[i]
        if create and is_tensor(k) and k.requires_grad:
            variables[i] = alias(k._data, k.node if k.node is not None else k)
            given[i] = result(k._data, variables[i].node)
        else:
            variables[i] = Tensor(getattr(k, "_data", k), requires_grad=True)
            given[i] = alias(variables[i]._data, variables[i]) if x.recorded else variables[i]
    return given, variables


class Variable:
    """What stands among the arguments that a rule remembers in place of a Tensor that requires grad: the node has its values."""

    __slots__ = ("recorded",)

    def __init__(self, recorded: bool) -> None:
        self.recorded = recorded


def remembered(leaves: Sequence[Any]) -> list[Any]:
    return [Variable(x.node is not None) if is_tensor(x) and x.requires_grad else x for x in leaves]


def source(origin: Any) -> Any:
    """A captured leaf or Node as a Tensor."""
    return result(None, origin) if type(origin) is Node else origin


def operation(
    name: str,
    joint: Callable[..., Any],
    leaves: Sequence[Any],
    captured: Sequence[Any],
    values: Sequence[Any],
    label: str = "",
) -> list[Any]:
    """The values as results of one operation of these arguments and what was captured.

    Args:  joint: `(g, out, *kept)` -> the cotangents of the leaves, then of the captured; g and out are tuples.
    """
    parents: list[Any] = []
    args: list[Any] = []
    for x in leaves:
        needed = is_tensor(x) and x.requires_grad
        parents.append((x.node if x.node is not None else x) if needed else None)
        args.append(x._data if needed else None)
    for origin in captured:
        parents.append(origin)
        args.append(abstract(origin.out) if type(origin) is Node else origin._data)
    watched = [*captured, *(parent for parent in parents if parent is not None and type(parent) is not Node)]
    number = next(clock)

    def guarded(g: Any, out: Any, *kept: Any) -> Any:
        for origin in watched:  # the sweep would look only after the rule has run, which computes with them anew
            if origin.written > number:
                refuse_changed(origin, name)
        return joint(g, out, *kept)

    primitive = Primitive(lambda *args: args, joint=guarded, name=name, label=label)
    node = record(primitive, parents, args, tuple(values), None, mode.get().scope)
    return [result(y, pick_node(node, i, y)) for i, y in enumerate(values)]


def own_memory(data: Any, leaves: Sequence[Any]) -> Any:
    """The data, copied if it is an argument's very array."""
    same = any(is_tensor(x) and x._data is data for x in leaves) and isinstance(data, np.ndarray)
    return data.copy() if same else data
