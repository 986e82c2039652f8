"""The way of a sweep that looks for the cotangents of some tensors only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from autograd.engine.cotangents import as_tensor, own
from autograd.engine.graph import Node, oldest_first
from autograd.engine.recording import is_tensor
from autograd.engine.written import refuse_freed, refuse_written


def origin(tensor: Any) -> Any:
    """What a tensor stands for in the graph: the Node that made it, or the leaf itself."""
    return tensor if tensor.node is None else tensor.node


def parent_of(x: Any) -> Any:
    """What a node names as the parent for an argument: its `origin`, or None if no gradient flows to it."""
    return origin(x) if is_tensor(x) and x._requires_grad else None


class Route(NamedTuple):
    """Which Nodes a sweep visits, and where it looks.

    useful      the Nodes and leaves on a path from a root to a wanted tensor
    goals       Node or leaf -> the wanted tensors that it made, or is
    partial     what a wanted tensor was computed from is left alone: the wanted count as independent of each other
    everywhere  it goes everywhere, and all that is wanted are leaves: a sweep need not ask where to go
    """

    useful: set[Any]
    goals: dict[Any, list[Any]]
    partial: bool
    everywhere: bool

    def wanted(self, leaves: dict[Any, Any], owned: set[Any]) -> dict[Any, Any]:
        """What was found for each wanted tensor; two that are the same in the graph get memory of their own each."""
        found = {}
        for at, xs in self.goals.items():
            if at in leaves:
                alone = at in owned and len(xs) == 1
                for x in xs:  # without a name for it, which `own` would count
                    found[x] = as_tensor(leaves[at] if alone else own(leaves[at]))
        return found


def find_route(roots: Sequence[Any], wanted: Sequence[Any], partial: bool = False) -> Route:
    """The route from the roots to the wanted tensors.

    Raises: FreedGraphError for a Node on it that a sweep has freed; InPlaceError for a value that the rules there read
           and that was changed.
    """
    goals: dict[Any, list[Any]] = {}
    for x in wanted:
        goals.setdefault(origin(x), []).append(x)
    nodes = oldest_first([getattr(root, "node", None) for root in roots])
    useful = set(goals)
    everywhere = all([type(goal) is not Node for goal in goals])
    for node in nodes:
        if node.args is None and node not in goals:
            refuse_freed(node)
        leads = False
        for parent in node.parents:
            if parent in useful:
                leads = True
            elif parent is not None:
                everywhere = False
        if leads:
            useful.add(node)
    nodes.reverse()
    # also through views that lead to nothing wanted, which the sweep does not pass
    refuse_written(nodes, useful - goals.keys() if partial else useful)
    return Route(useful, goals, partial, everywhere)
