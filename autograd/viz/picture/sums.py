"""Several additions of Scalars in a row as one sum: in a large picture ((b + u) + v) + w is one box Σ.

Between the additions nothing happens: every local derivative is 1, and the gradients of all partial sums are equal.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from autograd.viz.data.graph_data import GraphData, GraphEdge


def summed(graph: GraphData) -> GraphData:
    """The graph with every partial sum left out that has no name and is used once, by another addition."""
    nodes = {node.id: node for node in graph.nodes}
    uses = Counter([edge.source for edge in graph.edges])
    with_numbers = {edge.target for edge in graph.edges if nodes[edge.source].kind == "constant"}
    additions = {i for i, node in nodes.items() if node.op == "add" and node.shape is None and i not in with_numbers}
    into: dict[int, int] = {}  # a partial sum -> the addition that uses it
    for edge in graph.edges:
        part = nodes[edge.source]
        if {edge.source, edge.target} <= additions and uses[part.id] == 1 and not (part.name or part.result):
            into[part.id] = edge.target
    if not into:
        return graph

    def whole(i: int) -> int:
        while i in into:
            i = into[i]
        return i

    sums = set(map(whole, into))
    counts: Counter[int] = Counter()
    edges: list[GraphEdge] = []
    for edge in graph.edges:
        if edge.source in into:
            continue
        target = whole(edge.target)
        if target in sums:
            edge = replace(edge, target=target, index=counts[target], argument="")
            counts[target] += 1
        edges.append(edge)
    kept = [replace(node, op="Σ") if node.id in sums else node for node in graph.nodes if node.id not in into]
    return GraphData(tuple(kept), tuple(edges), graph.hidden)
