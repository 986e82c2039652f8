"""The one reverse sweep: from the newest operation to the oldest, each hands its parents their cotangents."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from heapq import heappop, heappush, heappushpop
from math import isnan
from sys import getrefcount
from threading import Lock
from typing import Any

import numpy as np

from autograd.engine import anomaly
from autograd.engine.abstract import Abstract
from autograd.engine.cotangents import (
    as_cotangent,
    as_tensor,
    guarded,
    has_nan,
    is_written,
    own,
    refuse_changed,
    refuse_freed,
    retaining,
    seeded,
    through_hooks,
    zeros,
)
from autograd.engine.graph import Node, oldest_first
from autograd.engine.modes import Mode, enable_grad, mode
from autograd.engine.primitive import Primitive, Share, pick_node
from autograd.engine.recording import result
from autograd.engine.registry import alias
from autograd.errors import ArgumentError
from autograd.shapes import unbroadcast

float64 = np.float64
_one_at_a_time = Lock()


def _references_to_a_local() -> int:
    """What getrefcount says of an array that one local name holds: 2 until Python 3.13, fewer from 3.14 on."""
    array = np.empty(0)
    return getrefcount(array)


ALONE = _references_to_a_local()
ndarray = np.ndarray


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
    several = isinstance(tensors, (list, tuple))
    roots = tensors if several else [tensors]
    cotangents = gradients if several and gradients is not None else [gradients] * len(roots)
    if len(cotangents) != len(roots):
        raise ArgumentError(
            f"backward got {len(roots)} tensors and {len(cotangents)} gradients; give one gradient a tensor."
        )
    leaves, visits = sweep(roots, cotangents, retain_graph=retain_graph, create_graph=create_graph)
    hooked = [leaf for leaf in leaves if leaf.hooks]
    for leaf in hooked:
        leaves[leaf] = through_hooks(leaf.hooks, leaves[leaf])
    arrivals = [*leaves.items(), *visits]
    with _one_at_a_time:  # another thread may be adding to the same leaf
        totals = [g if leaf._grad is None else _added(leaf._grad, g, create_graph) for leaf, g in arrivals]
        for (leaf, _), total in zip(arrivals, totals):  # noqa: B905  # all or nothing: whatever could fail has run
            leaf._grad = total


def _added(old: Any, g: Any, create: bool) -> Any:
    """A new gradient for a leaf that has one: whoever holds a name for the old one does not see it change."""
    if not create:
        return result(old._data + g._data, None)
    with enable_grad():
        return old + g


def gradients(
    outputs: Any,
    inputs: Sequence[Any],
    cotangents: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    partial: bool = False,
) -> list[Any]:
    """The cotangent of each input (None where the outputs do not depend on it); no `.grad` is touched.

    With `partial` the inputs count as independent of each other: what reaches one of them goes no further.
    """
    roots = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    seeds = list(cotangents) if isinstance(cotangents, (list, tuple)) else [cotangents] * len(roots)
    leaves, _ = sweep(
        roots, seeds, retain_graph=retain_graph, create_graph=create_graph, wanted=inputs, partial=partial
    )
    return [leaves.get(x) for x in inputs]


def sweep(
    roots: Sequence[Any],
    seeds: Sequence[Any],
    *,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    wanted: Sequence[Any] | None = None,
    partial: bool = False,
) -> tuple[dict[Any, Any], list[tuple[Any, Any]]]:
    """One reverse sweep. Returns leaf -> its cotangent, and (tensor, cotangent) for those with retain_grad().

    With `wanted` (tensors, recorded or leaves) only their cotangents are returned, and only their paths walked;
    with `partial` also what a wanted tensor was itself computed from is left alone.
    """
    token = mode.set(Mode(create_graph, mode.get().anomaly, ()))
    try:
        with np.errstate(all="ignore"):  # the forward pass has warned; a guarded 0 * inf is no accident
            return _sweep(
                roots, seeds, retain_graph if retain_graph is not None else create_graph, create_graph, wanted, partial
            )
    finally:
        mode.reset(token)


def _sweep(
    roots: Sequence[Any], seeds: Sequence[Any], retain: bool, create: bool, wanted: Sequence[Any] | None, partial: bool
) -> tuple[dict[Any, Any], list[tuple[Any, Any]]]:
    heap: list[int] = []  # the numbers of the nodes that wait, negated: the newest comes first
    waiting: dict[int, tuple[Node, Any]] = {}  # the node and what it has received so far, by that number
    leaves: dict[Any, Any] = {}  # the same for leaf tensors (and for recorded tensors that are wanted)
    owned: set[Any] = set()  # whose buffer was made here and is seen by no one else: it may be added to in place
    views: dict[Node, Any] = {}  # results that a rule read through a view: their leaf must be unchanged too
    visits: list[tuple[Any, Any]] = []
    useful, goals = (None, {}) if wanted is None else paths(roots, wanted)
    check = mode.get().anomaly
    rare = create or check or useful is not None

    for root, seed in zip(roots, seeds, strict=True):
        origin, g = seeded(root, seed, create)
        if type(origin) is not Node:
            leaves[origin] = leaves[origin] + g if origin in leaves else g
        elif -origin.number in waiting:
            waiting[-origin.number] = (origin, waiting[-origin.number][1] + g)
        else:
            waiting[-origin.number] = (origin, g)
            heappush(heap, -origin.number)

    # The loop runs for every operation of every step, and its length is what a small network's sweep costs.

    ahead: Node | None = (
        None  # the last node to receive something stays here: in a chain it is the next one, and never has to wait
    )
    ahead_g: Any = None
    while True:
        if not heap:
            if ahead is None:
                break
            node, g = ahead, ahead_g
        else:
            if ahead is None:
                key = heappop(heap)
            else:
                key = -ahead.number
                waiting[key] = (ahead, ahead_g)
                key = heappushpop(heap, key)
            node, g = waiting.pop(key)
        ahead = None
        kept: Any = node.args
        if kept is None:
            refuse_freed(node)
        args = kept
        out = node.out
        params = node.params
        parents = node.parents
        primitive: Any = node.primitive
        pulls = primitive.vjps
        if rare or node.hooks is not None or not primitive.direct:
            if partial and node in goals:  # its hooks are for the sweep that goes on from here
                leaves[node] = g
                continue
            g = _arrived(node, g, create, check, visits)
            if node in goals:
                leaves[node] = g
            args, out, pulls = _prepared(node, g, create)
            if useful is not None:
                parents = _useful_of(node, useful)
        i = -1
        for parent in parents:  # counted by hand: an iterator over three lists at once is four objects an operation
            i += 1
            if parent is None:
                continue
            x = kept[i]
            if params is not None:
                gi = pulls[i](g, out, *args, **params)
            elif len(args) == 2:
                gi = pulls[i](g, out, args[0], args[1])
            else:
                gi = pulls[i](g, out, *args)

            kind = type(gi)
            if kind is float64 and type(x) is float64:  # numbers: the short way
                if primitive.guard and isnan(gi) and g == 0:
                    gi = float64(0)
            else:
                if type(x) is ndarray:  # a value that the rules read
                    if parent.written > node.number:
                        refuse_changed(parent, node)
                    if x.base is not None and type(parent) is Node:
                        views[parent] = x
                if kind is not ndarray:
                    if kind is Share:
                        if views and node in views and is_written(parent, node, views):
                            refuse_changed(parent, node)
                        _receive_share(parent, gi, waiting, heap)
                        continue
                    if gi is None:
                        continue
                    gi = as_cotangent(gi, create)
                if primitive.guard and has_nan(gi):
                    gi = guarded(gi, g)
                if gi.shape != x.shape:
                    gi = unbroadcast(gi, x.shape)
                if gi.dtype is not x.dtype and gi.dtype != x.dtype:
                    gi = gi.astype(x.dtype)
                if check:
                    anomaly.check_backward(node, i, gi, g)
            if views and node in views and is_written(parent, node, views):
                refuse_changed(parent, node)

            if type(parent) is Node:
                if ahead is None and not heap:
                    ahead, ahead_g = parent, gi
                    continue
                if parent is ahead:
                    key, old = -parent.number, ahead_g
                else:
                    if ahead is not None:
                        key = -ahead.number
                        waiting[key] = (ahead, ahead_g)
                        heappush(heap, key)
                    ahead, ahead_g = parent, gi
                    key = -parent.number
                    if key not in waiting:
                        continue
                    old = waiting[key][1]
                    ahead = ahead_g = None
            else:
                key = parent
                old = leaves.get(parent)
                if old is None:
                    if kind is ndarray and gi.base is None and getrefcount(gi) == ALONE:  # no one else has it
                        owned.add(parent)
                    leaves[parent] = gi
                    continue
            if key in owned and old.flags.writeable:
                np.add(old, gi, out=old)
                continue
            if kind is ndarray and type(gi) is ndarray and gi.base is None and getrefcount(gi) == ALONE:
                total = np.add(old, gi, out=gi)
            else:
                total = old + gi
            if type(total) is ndarray:
                owned.add(key)
            if key is parent:
                leaves[key] = total
            elif ahead is parent:
                ahead_g = total
            else:
                waiting[key] = (parent, total)
        if not retain:
            node.args = None
            node.out = None
            node.parents = ()

    if wanted is not None:
        found = {x: as_tensor(own(leaves[origin])) for origin, xs in goals.items() if origin in leaves for x in xs}
        return _apart(found, seeds) if create else found, []
    if create:
        return _apart(leaves, seeds), visits
    return {
        leaf: result(g if leaf in owned or type(g) is float64 else own(g), None) for leaf, g in leaves.items()
    }, visits


def _apart(leaves: dict[Any, Any], seeds: Sequence[Any]) -> dict[Any, Any]:
    """The recorded gradients, those that share memory copied (recorded), so that each leaf has its own."""
    seen = {id(getattr(seed, "_data", seed)) for seed in seeds}
    for leaf, g in leaves.items():
        if isinstance(g._data, ndarray) and (g._data.base is not None or id(g._data) in seen):
            with enable_grad():
                leaves[leaf] = g = g.copy()
        seen.add(id(g._data))
    return leaves


def _arrived(node: Node, g: Any, create: bool, check: bool, visits: list[tuple[Any, Any]]) -> Any:
    """The cotangent of a node when all of it has come: completed, through the hooks, noted, and checked."""
    if type(g) is dict:
        g = tuple([g[i] if i in g else zeros(o, create) for i, o in enumerate(node.out)])
    if node.hooks is not None:
        g = through_hooks(node.hooks, g)
        visits += [(tensor, as_tensor(own(g))) for tensor in retaining(node)]
    if check:
        anomaly.check_kept(node)
    return g


def _prepared(node: Node, g: Any, create: bool) -> tuple[Sequence[Any], Any, Sequence[Any]]:
    """(args, out, one function (g, out, *args, **params) an argument) for what is not simply one VJP an argument."""
    primitive = node.primitive
    args, out = rewrap(node) if create else (node.args or (), node.out)
    params = node.params or {}
    if create and primitive.by_composite:
        return args, out, _each_of(through_composite(primitive, node, args, g), len(args))
    if primitive.joint is not None:
        return args, out, _each_of(primitive.joint(g, out, *args, **params), len(args))
    if primitive.each is not None:
        return args, out, [partial(primitive.each, i) for i in range(len(args))]
    return args, out, primitive.vjps


def _useful_of(node: Node, useful: set[Any]) -> list[Any]:
    """The node's parents, with None for those that lead to nothing wanted; but also their values must be unchanged."""
    for parent, x in zip(node.parents, node.args or (), strict=True):
        if parent is not None and parent not in useful and type(x) is ndarray and parent.written > node.number:
            refuse_changed(parent, node)
    return [parent if parent in useful else None for parent in node.parents]


def _each_of(found: Any, count: int) -> list[Any]:
    """What one rule has found for all arguments, as one function an argument, each called once.

    It is handed over, not kept: the sweep may then add to it in place.
    """
    if isinstance(found, tuple):
        found = list(found)

    def take(i: int) -> Any:
        gi = found[i]
        if type(found) is list:
            found[i] = None
        return gi

    return [lambda *_, i=i, **__: take(i) for i in range(count)]


def _receive_share(parent: Node, share: Share, waiting: dict[int, tuple[Node, Any]], heap: list[int]) -> None:
    """Add the cotangent of one output to those of an operation with several: output number -> cotangent."""
    key = -parent.number
    if key not in waiting:
        waiting[key] = (parent, {})
        heappush(heap, key)
    received = waiting[key][1]
    received[share.number] = received[share.number] + share.g if share.number in received else share.g


def rewrap(node: Node) -> tuple[tuple[Any, ...], Any]:
    """What a node keeps, as Tensors that lead to where they came from."""
    args = tuple([
        raw if parent is None or isinstance(raw, Abstract) or type(raw) is tuple
        else result(raw, parent) if type(parent) is Node
        else parent
        for raw, parent in zip(node.args or (), node.parents, strict=True)
    ])  # fmt: skip
    out = node.out
    if isinstance(out, tuple):
        return args, tuple(
            [o if isinstance(o, Abstract) else result(o, pick_node(node, i, o)) for i, o in enumerate(out)]
        )
    return args, out if isinstance(out, Abstract) else result(out, node)


def through_composite(
    primitive: Primitive, node: Node, args: Sequence[Any], g: Any, pull: Any = gradients
) -> list[Any]:
    """The cotangents of a fused operation's arguments, recorded, by way of its composite."""
    inputs = list(args)
    for i, parent in enumerate(node.parents):
        a = args[i]
        if isinstance(a, Abstract):  # no VJP that is needed reads its value, so the derivatives are the same at zero
            a = np.broadcast_to(np.zeros((), a.dtype), a.shape)
            inputs[i] = a if parent is None else alias(a, parent)
        elif parent is not None:
            inputs[i] = alias(a._data, parent)
    outputs = primitive.composite(*inputs, **node.params or {})  # type: ignore[misc]
    sources = [x for x, parent in zip(inputs, node.parents, strict=True) if parent is not None]
    found = iter(pull(outputs, sources, g, create_graph=True))
    return [None if parent is None else next(found) for parent in node.parents]


def paths(roots: Sequence[Any], wanted: Sequence[Any]) -> tuple[set[Any], dict[Any, Any]]:
    """(the Nodes and leaves on a path from the roots to a wanted tensor, wanted Node or leaf -> its tensors)."""
    goals: dict[Any, list[Any]] = {}
    for x in wanted:
        origin = x.node if x.node is not None else x
        goals.setdefault(origin, []).append(x)
    starts = [root.node if root.node is not None else root for root in roots]
    return leading_to(goals, oldest_first(starts)), goals


def leading_to(goals: Collection[Any], nodes: Sequence[Node]) -> set[Any]:
    """The goals, and of the nodes, oldest first, those on a path to one of them. Raises for one that a sweep has freed."""
    useful = set(goals)
    for node in nodes:
        if node.args is None and node not in goals:
            refuse_freed(node)
        if not useful.isdisjoint(node.parents):
            useful.add(node)
    return useful
