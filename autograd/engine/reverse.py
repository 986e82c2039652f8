"""The reverse sweep: from the newest operation to the oldest, each hands its parents their cotangents."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush, heappushpop
from math import isnan
from sys import getrefcount
from threading import Lock
from typing import Any

import numpy as np

from autograd.engine import graph, kinds
from autograd.engine.attempts import of_a_batch, refuse_inside_vmap
from autograd.engine.complex_numbers import conjugated
from autograd.engine.cotangents import as_tensor, complete, has_nan, own
from autograd.engine.graph import Node
from autograd.engine.higher_order import in_own_memory
from autograd.engine.modes import Mode, mode
from autograd.engine.recording import result
from autograd.engine.route import Route
from autograd.engine.settings import enable_grad
from autograd.engine.share import ALONE, Share, receive
from autograd.engine.step import Step
from autograd.engine.tensor_hooks import FINISH, through_hooks
from autograd.engine.written import Views, refuse_if_written
from autograd.errors import ArgumentError
from autograd.options import check_flag

ndarray = np.ndarray
float64, float32 = np.float64, np.float32
_one_at_a_time = Lock()


def backward(
    tensors: Any,
    gradients: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
) -> None:
    """Add to the `.grad` of every leaf the gradient of the tensors' sum, weighted by `gradients`.

    Args:  tensors: one Tensor or several; one sweep serves them all.
           gradients: for each the cotangent dJ/dtensor; may be left out for a tensor of one element (it is 1).
           retain_graph: keep the graph for another sweep (default: the value of create_graph).
           create_graph: record the sweep itself, so that the gradients can be differentiated.
    Raises: GraphError if a tensor was not recorded; FreedGraphError on a second sweep over a freed graph;
           InPlaceError if a value that a rule needs was changed since it was recorded. Then no `.grad` changed, though
           what the sweep had passed is freed (unless retain_graph): run the forward pass again.
    Example:
        >>> import autograd
        >>> x = autograd.Tensor(3.0, requires_grad=True)
        >>> autograd.backward([x * x, 2 * x])
        >>> x.grad.item()
        8.0
    """
    if retain_graph is not None or create_graph is not False:
        check_flag("backward: create_graph", create_graph)
        retain_graph = create_graph if retain_graph is None else check_flag("backward: retain_graph", retain_graph)
    refuse_inside_vmap()
    several = isinstance(tensors, (list, tuple))
    roots = tensors if several else [tensors]
    seeds = gradients if several and gradients is not None else [gradients] * len(roots)
    if len(seeds) != len(roots):
        raise ArgumentError(
            f"backward got {len(roots)} tensors and {len(seeds)} gradients; give one gradient a tensor."
        )
    step = Step(create_graph, sweep)
    leaves = conjugated(sweep(roots, conjugated(seeds), step, bool(retain_graph)))
    hooked = [leaf for leaf in leaves if leaf.hooks]
    for leaf in hooked:
        leaves[leaf] = as_tensor(through_hooks(leaf.hooks, leaves[leaf]))
    for leaf in hooked:
        if FINISH in leaf.hooks and leaf in leaves:  # one that serves several leaves takes the others out
            leaf.hooks[FINISH](leaves, roots)
    arrivals = [*leaves.items(), *step.retained]
    with _one_at_a_time:  # another thread may be adding to the same leaf
        totals = [g if leaf._grad is None else _added(leaf._grad, g, create_graph) for leaf, g in arrivals]
        for (leaf, _), total in zip(arrivals, totals):  # noqa: B905  # all or nothing: whatever could fail has run
            leaf._grad = total


def _added(old: Any, g: Any, create: bool) -> Any:
    """A new gradient for a leaf that has one: whoever holds a name for the old one does not see it change."""
    if not create:
        return result(old._array + g._array, None)
    with enable_grad():
        return old + g


def sweep(
    roots: Sequence[Any], seeds: Sequence[Any], step: Step, retain: bool, route: Route | None = None
) -> dict[Any, Any]:
    """One reverse sweep: leaf -> its cotangent, as a Tensor in memory of its own.

    Args:  step: what is done at a node besides the hot path.
           retain: keep the graph for another sweep.
           route: then only the cotangents of the tensors that it leads to are found, and only their paths walked.
    """
    token = mode.set(Mode(step.create, mode.get().anomaly, ()))
    try:
        with np.errstate(all="ignore"):  # the forward pass has warned; a guarded 0 * inf is no accident
            leaves: dict[Any, Any] = {}  # leaf, or wanted recorded tensor -> its cotangent
            waiting: dict[int, tuple[Node, Any]] = {}  # a number below -> the node and what it has received so far
            for root, seed in zip(roots, seeds, strict=True):
                origin, g = step.start(root, seed)
                if type(origin) is not Node:
                    leaves[origin] = leaves[origin] + g if origin in leaves else g
                else:
                    key = -origin.number
                    waiting[key] = (origin, waiting[key][1] + g if key in waiting else g)
            heap = sorted(waiting)  # the numbers of the nodes that wait, negated, so that the newest comes first
            owned = _propagate(heap, waiting, leaves, step, retain, route)
            if route is not None:
                leaves = route.wanted(leaves, owned)
            elif not step.create:
                return {leaf: result(g if leaf in owned else own(g), None) for leaf, g in leaves.items()}
            return in_own_memory(leaves, seeds) if step.create else leaves
    finally:
        mode.reset(token)


def _propagate(
    heap: list[int], waiting: dict[int, Any], leaves: dict[Any, Any], step: Step, retain: bool, route: Route | None
) -> set[Any]:
    """The hot loop: it runs for every operation of every step, and its length is what a small network's sweep costs.

    Returns the leaves whose buffer was made here and is seen by no one else.
    """
    owned: set[Any] = set()  # whose buffer may be added to in place
    views: Views = {}  # results that a rule read through a view: their leaf must be unchanged
    if route is not None and route.everywhere:
        route = None
    rare = step.always or route is not None
    ahead: Node | None = None  # the last node to receive something: in a chain it comes next, and need not wait
    ahead_g: Any = None
    while True:
        if ahead is None:
            if not heap:
                return owned
            node, g = waiting.pop(heappop(heap))
        elif not heap:
            node, g = ahead, ahead_g
        else:
            waiting[-ahead.number] = (ahead, ahead_g)
            node, g = waiting.pop(heappushpop(heap, -ahead.number))
        ahead = None
        args: Any = node.args
        out = node.out
        params = node.params
        primitive = node.primitive
        rules = primitive.swept
        guard = primitive.guard
        found = None
        if rare or args is None or node.hooks is not None or not primitive.direct or kinds.met and of_a_batch(g, args):
            found = _visited(node, g, leaves, step, route)
            if found is None:
                continue
        i = -1
        for parent in node.parents:  # counted by hand: an iterator over three lists is four objects an operation
            i += 1
            if parent is None:
                continue
            x = args[i]
            if found is not None:
                gi = found[i]
                found[i] = None  # no one else has it: it may be added to in place
            elif params is not None:
                gi = rules[i](g, out, *args, **params)
            elif len(args) == 2:
                gi = rules[i](g, out, args[0], args[1])
            else:
                gi = rules[i](g, out, *args)
            kind = type(gi)
            if (kind is float64 or kind is float32) and kind is type(x):  # numbers: the short way
                if guard and isnan(gi) and g == 0:
                    gi = kind(0)
            else:
                if found is None and (
                    gi.dtype is not x.dtype or gi.shape != x.shape or guard and has_nan(gi)
                    if kind is ndarray
                    else kind is not Share
                ):
                    gi = complete(gi, g, x, guard, False)
                if graph.last_write > node.number and (views or type(x) is ndarray):
                    refuse_if_written(parent, x, node, views)
                if kind is Share:
                    receive(parent, gi, waiting, heap, leaves, owned)
                    continue
                if gi is None:
                    continue
            if type(parent) is not Node:
                alone = type(gi) is ndarray and gi.base is None and getrefcount(gi) == ALONE  # no one else has it
                if parent in leaves:
                    leaves[parent] = _sum(leaves[parent], gi, alone, parent, owned)
                else:
                    leaves[parent] = gi
                    if alone:
                        owned.add(parent)
                continue
            if ahead is not None:
                waiting[-ahead.number] = (ahead, ahead_g)
                heappush(heap, -ahead.number)
                ahead = None
            elif not heap:
                ahead, ahead_g = parent, gi
                continue
            key = -parent.number
            if key in waiting:
                alone = type(gi) is ndarray and gi.base is None and getrefcount(gi) == ALONE
                waiting[key] = (parent, _sum(waiting[key][1], gi, alone, key, owned))
            else:
                ahead, ahead_g = parent, gi
        if not retain:
            node.args = None
            node.out = None
            node.parents = ()


def _visited(node: Node, g: Any, leaves: dict[Any, Any], step: Step, route: Route | None) -> list[Any] | None:
    """The cotangents of the arguments of a node off the hot path, completed; None where the walk ends."""
    parents = node.parents
    if route is not None:
        if node not in route.useful:
            return None
        if route.partial and node in route.goals:
            leaves[node] = g  # before its hooks, which are for a sweep that goes on from here
            return None
        parents = [parent if parent in route.useful else None for parent in parents]
    if node.args is None:
        step.freed(node, g)
        return None
    g = step.arrived(node, g)
    if route is not None and node in route.goals:
        leaves[node] = g
    return step.cotangents(node, g, parents)


def _sum(old: Any, gi: Any, alone: bool, key: Any, owned: set[Any]) -> Any:
    """old + gi, in the memory of one of them if no one else sees it."""
    ours = key in owned and type(old) is ndarray and old.flags.writeable
    into = old if ours else gi if alone else None
    total = old + gi if into is None or kinds.met and of_a_batch((old, gi)) else np.add(old, gi, out=into)
    if type(total) is ndarray:
        owned.add(key)
    return total
