"""The sweep of a traced graph, visit by visit: which share arrives where, and to what it is added.

The shares and the gradients are the engine's: of Tensors, computed during `trace(x, complete=True)`; of Scalars, by a
sweep here. Here they are put in order and added up, in the dtype of the value to which they belong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.engine.settings import enable_grad
from autograd.scalar.scalar import Scalar, recorded_scalar
from autograd.scalar.sweep import sweep
from autograd.viz.data.complete import Completed, ObservedScalars
from autograd.viz.data.graph_data import GraphData, GraphEdge, GraphNode
from autograd.viz.data.values import Content, Values, values_of

# the largest table in which an array is written out; a larger array is shown by colours
CELLS, ROWS, COLUMNS = 48, 12, 8
ALL = 1 << 40  # elements to keep of a total: all


@dataclass(frozen=True)
class Arrival:
    """A share that reaches a parent.

    edge        its position in Graph.edges
    share       the contribution itself
    old, total  the gradient of the parent before it (None: nothing has arrived yet) and after it
    count       (which arrival at this parent it is, counted from 1; how many there are)
    """

    edge: int
    share: Content
    old: Content
    total: Content
    count: tuple[int, int]


@dataclass(frozen=True)
class Visit:
    """One step of the sweep: the gradient of an operation is complete, and its parents receive their shares."""

    node: int
    gradient: Content
    arrivals: tuple[Arrival, ...]


@dataclass(frozen=True)
class Sweep:
    """All steps of the sweep.

    seeds      result -> the cotangent from which the sweep starts
    visits     in the engine's order
    gradients  node -> its complete gradient
    """

    seeds: dict[int, Content]
    visits: tuple[Visit, ...]
    gradients: dict[int, Content]


def is_scalar(graph: GraphData) -> bool:
    """Whether it is a graph of Scalars, with the local derivatives on its edges."""
    return any(edge.local is not None for edge in graph.edges)


def receives(edge: GraphEdge) -> bool:
    """Whether a share is pulled back along this edge."""
    return edge.local is not None or edge.share is not None


def swept(graph: GraphData, roots: list[int]) -> Sweep:
    """The sweep from the sum of the roots."""
    nodes = {node.id: node for node in graph.nodes}
    into: dict[int, list[int]] = {}
    for position, edge in sorted(enumerate(graph.edges), key=lambda item: (item[1].target, item[1].index)):
        if receives(edge):
            into.setdefault(edge.target, []).append(position)
    scalars = {node: places for node, places in into.items() if graph.edges[places[0]].local is not None}
    order = [node.id for node in reversed(graph.nodes) if node.id in into and node.id not in scalars]
    shares = {position: edge.share for position, edge in enumerate(graph.edges)}
    if scalars:
        visited, of_scalars = _sweep_of_scalars(graph, scalars, roots)
        order += visited
        shares.update(of_scalars)
    expected: dict[int, int] = dict.fromkeys(roots, 1)
    for position in [position for node in order for position in into.get(node, ())]:
        source = graph.edges[position].source
        expected[source] = expected.get(source, 0) + 1
    seeds = {root: _ones(nodes[root]) for root in roots}
    totals = dict(seeds)
    arrived = dict.fromkeys(roots, 1)
    visits = []
    for node in order:
        g = totals.get(node)
        arrivals = []
        for position in into.get(node, ()):
            source, scalar = graph.edges[position].source, node in scalars
            share = shares[position]
            old = totals.get(source)
            arrived[source] = arrived.get(source, 0) + 1
            last = arrived[source] == expected[source]
            known = nodes[source].grad if last and not scalar else None
            if not scalar and nodes[source].kind == "operation" and nodes[source].shape is None:
                totals[source] = None  # it has several results with a gradient each
            else:
                totals[source] = (
                    known if known is not None else share if old is None else _sum(old, share, nodes[source].dtype)
                )
            arrivals.append(Arrival(position, share, old, totals[source], (arrived[source], expected[source])))
        visits.append(Visit(node, g, tuple(arrivals)))
    return Sweep(seeds, tuple(visits), totals)


def _sweep_of_scalars(
    graph: GraphData, into: dict[int, list[int]], roots: list[int]
) -> tuple[list[int], dict[int, Any]]:
    """(the operations in the order of their visits, position of an edge -> its share), by the engine's own sweep.

    The Scalars themselves may be gone: others with the same local derivatives stand for them.
    """
    scalars: dict[int, Scalar] = {}
    with enable_grad():
        for node in graph.nodes:  # those from which a node was computed come before it
            uses: list[Any] = []
            for position in into.get(node.id, ()):
                uses += [scalars[graph.edges[position].source], graph.edges[position].local]
            scalars[node.id] = recorded_scalar("", 0.0, *uses) if uses else Scalar(0.0)
    found = Completed({}, {}, {})
    sweep([scalars[root] for root in roots], 1.0, ObservedScalars(found))
    ids = {id(s): node for node, s in scalars.items()}
    order = [ids[key] for key in found.gradients if ids[key] in into]
    return order, {into[ids[key]][i]: share for (key, i), share in found.shares.items()}


def _ones(node: GraphNode) -> Content:
    return values_of(np.ones(node.shape, node.dtype), ALL) if node.shape else 1.0


def _sum(a: Content, b: Content, dtype: str) -> Content:
    """a + b, or None if only the statistics of an operand are known."""
    x, y = as_array(a, dtype), as_array(b, dtype)
    if x is None or y is None:
        return None
    with np.errstate(all="ignore"):
        total = x + y
    return values_of(total if isinstance(a, Values) else total.item(), ALL)


def is_table(content: Content) -> bool:
    """Whether it is an array small enough to be written out."""
    a = as_array(content) if isinstance(content, Values) and 0 < content.size <= CELLS else None
    return (
        a is not None
        and a.ndim in (1, 2)
        and a.shape[-1] <= COLUMNS
        and a.shape[0] <= (ROWS if a.ndim == 2 else COLUMNS)
    )


def as_array(content: Content, dtype: str = "") -> Any:
    """The numbers as an array; None if they are not known, or complex, whose steps are not written out."""
    numbers = content.numbers if isinstance(content, Values) else content
    return None if numbers is None or np.iscomplexobj(numbers) else np.asarray(numbers, dtype or np.float64)
