"""A whole Python function as one recorded operation, with its own rule for the backward pass.

The arguments of the operation are those of the function, and the Tensors that the function captures by closure (the
parameters of a Module, say). These are found by running the function once while recording: the captured ones are all
leaves and Nodes that lead to its results and are older than the call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.engine.abstract import abstract
from autograd.engine.graph import Node, clock
from autograd.engine.modes import mode
from autograd.engine.primitive import Primitive, picked
from autograd.engine.recording import is_tensor, raw, recorded, result
from autograd.engine.registry import alias
from autograd.engine.route import origin
from autograd.engine.written import refuse_changed
from autograd.tensor.tensor import Tensor


class StandIns:
    """Tensors that replace the arguments of a function while it runs, without the history of the arguments.

    tensors   position -> the leaf by which gradients are taken
    leaves    what the function is called with
    """

    def __init__(self, leaves: Sequence[Any]) -> None:
        self.tensors: dict[int, Any] = {}
        self.leaves = list(leaves)
        for i, x in enumerate(leaves):
            if is_tensor(x) and x.requires_grad:
                fresh = Tensor(x._array, requires_grad=True)
                # the function may write to a result in place, but not to a leaf: a result is replaced by a result
                self.leaves[i] = alias(fresh._array, fresh) if x.node is not None else fresh
                self.tensors[i] = fresh

    def captured(self, outputs: Sequence[Any], start: int) -> list[Any]:
        """The leaves, and the Nodes older than `start`, from which the outputs were computed, without the stand-ins."""
        own = {id(x) for x in self.tensors.values()}
        found: dict[int, Any] = {}
        seen: set[int] = set()
        stack = [origin(y) for y in outputs if is_tensor(y) and y.requires_grad]
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


def arguments_for_rerun(leaves: Sequence[Any], kept: Sequence[Any], create: bool) -> tuple[list[Any], dict[int, Any]]:
    """(what the function is called with in its rule, position -> the variable by which gradients are taken).

    Args:  leaves: the arguments, with placeholders for Tensors that require grad.
           kept: the values of the arguments, kept by the node.
           create: whether the variables are connected to the graph of the arguments, so that the rule can be
           differentiated.
    """
    given = list(leaves)
    variables: dict[int, Any] = {}
    for i, x in enumerate(leaves):
        if not isinstance(x, Placeholder):
            continue
        k = kept[i]
        if create and is_tensor(k) and k.requires_grad:
            variables[i] = alias(k._array, origin(k))
            given[i] = result(k._array, variables[i].node)
        else:
            variables[i] = Tensor(raw(k), requires_grad=True)
            given[i] = alias(variables[i]._array, variables[i]) if x.recorded else variables[i]
    return given, variables


class Placeholder:
    """Replaces a Tensor that requires grad among the arguments that a rule holds: the node already keeps its values.

    recorded   whether the Tensor was the result of an operation
    """

    __slots__ = ("recorded",)

    def __init__(self, recorded: bool) -> None:
        self.recorded = recorded


def with_placeholders(leaves: Sequence[Any]) -> list[Any]:
    """The arguments, with a placeholder for each Tensor that requires grad."""
    return [Placeholder(x.node is not None) if is_tensor(x) and x.requires_grad else x for x in leaves]


def captured_tensor(source: Any) -> Any:
    """A captured leaf or Node as a Tensor."""
    return result(None, source) if type(source) is Node else source


def record_function(
    name: str,
    joint: Callable[..., Any],
    leaves: Sequence[Any],
    captured: Sequence[Any],
    values: Sequence[Any],
    label: str = "",
) -> list[Any]:
    """Tensors with these values, the results of one operation on the arguments and on what was captured.

    Args:  joint: `(g, out, *kept)` -> the cotangents of `leaves`, then of `captured`; g and out are tuples.
    """
    parents: list[Any] = []
    args: list[Any] = []
    for x in leaves:
        needed = is_tensor(x) and x.requires_grad
        parents.append(origin(x) if needed else None)
        args.append(x._array if needed else None)
    for source in captured:
        parents.append(source)
        args.append(abstract(source.out) if type(source) is Node else source._array)
    watched = [*captured, *(parent for parent in parents if parent is not None and type(parent) is not Node)]
    number = next(clock)

    def joint_if_unchanged(g: Any, out: Any, *kept: Any) -> Any:
        # checked here, because the rule reads these Tensors again and the sweep checks only after the rule has run
        for source in watched:
            if source.written > number:
                refuse_changed(source, name)
        return joint(g, out, *kept)

    primitive = Primitive(lambda *args: args, joint=joint_if_unchanged, name=name, label=label)
    node = recorded(None, primitive, parents, args, tuple(values), None, mode.get().scope).node
    return list(picked(node, node.out))


def own_memory(data: Any, leaves: Sequence[Any]) -> Any:
    """The data, copied if it is the array of an argument."""
    same = any(is_tensor(x) and x._array is data for x in leaves) and isinstance(data, np.ndarray)
    return data.copy() if same else data
