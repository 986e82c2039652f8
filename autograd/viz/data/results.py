"""What the results of an operation with several are called: by its definition, or by what becomes of them.

A piece of an array that was split has no name of its own. But in attention the left operand of the product in the
softmax is the query, the right one the key, and what the softmax weighs is the value; and the pieces that a recurrent
cell makes of one product are its gates. There they are called so: q, k, v; i, f, g, o; r, z, n.
"""

from __future__ import annotations

from collections.abc import Iterator

from autograd.engine.registry import results_of
from autograd.viz.data.graph_data import GraphData, GraphEdge, GraphNode

PRODUCTS = ("matmul", "einsum")
SIGMOIDS = ("sigmoid", "expit")
ATTENTION = {"query": "q", "key": "k", "value": "v"}


def result_names(graph: GraphData) -> dict[int, str]:
    """Id of a node that takes one result of an operation -> what it takes: "h", "q", or "split[2]"."""
    if not any(node.op == "pick" for node in graph.nodes):
        return {}
    walk = _Walk(graph)
    found: dict[int, str] = {}
    groups: dict[int, dict[int, int]] = {}  # operation -> number of a result -> the node that takes it
    for node in graph.nodes:
        source = walk.source(node.id) if node.op == "pick" else None
        if source is None:
            continue
        number = int(node.options.strip("[]"))
        names = results_of.get(source.op, ())
        found[node.id] = names[number] if number < len(names) else f"{source.op}[{number}]"
        if not names:
            groups.setdefault(source.id, {})[number] = node.id
    pieces = {pick for group in groups.values() for pick in group.values()}
    found.update((pick, name) for pick, name in walk.attention() if pick in pieces)
    for group in groups.values():
        found.update(walk.gates(list(group.values())))
    return found


class _Walk:
    """Where values come from and where they go."""

    def __init__(self, graph: GraphData) -> None:
        self.nodes = {node.id: node for node in graph.nodes}
        self.before: dict[int, list[GraphEdge]] = {}
        self.after: dict[int, list[int]] = {}
        for edge in graph.edges:
            self.before.setdefault(edge.target, []).append(edge)
            self.after.setdefault(edge.source, []).append(edge.target)

    def source(self, node: int) -> GraphNode | None:
        """The one operation from which a node was computed; None if there are several or none."""
        found = [self.nodes[edge.source] for edge in self.before.get(node, ())]
        operations = [source for source in found if source.kind == "operation"]
        return operations[0] if len(operations) == 1 and all(source.kind != "parameter" for source in found) else None

    def back(self, node: int, *ops: str) -> GraphNode | None:
        """The first of these operations on the way back from a node, through those of one argument only."""
        found: GraphNode | None = self.nodes[node]
        while found is not None and found.op not in ops:
            found = self.source(found.id)
        return found

    def users(self, node: int) -> list[GraphNode]:
        return [self.nodes[target] for target in self.after.get(node, ())]

    # Attention

    def attention(self) -> Iterator[tuple[int, str]]:
        """(a piece, "q", "k" or "v")"""
        for node, edges in self.before.items():
            for edge in edges:
                if edge.argument in ATTENTION:
                    yield from self._piece(edge.source, ATTENTION[edge.argument])
            if self.nodes[node].op not in PRODUCTS or len(edges) != 2:
                continue
            weights = self.back(edges[0].source, "softmax", "attention_weights", *PRODUCTS)
            if weights is None or weights.op in PRODUCTS:
                continue
            yield from self._piece(edges[1].source, "v")
            scores = self.back(weights.id, *PRODUCTS) if weights.op == "softmax" else None
            operands = self.before[scores.id] if scores is not None else []
            if len(operands) == 2:
                yield from self._piece(operands[0].source, "q")
                yield from self._piece(operands[1].source, "k")

    def _piece(self, node: int, name: str) -> Iterator[tuple[int, str]]:
        found = self.back(node, "pick")
        if found is not None:
            yield found.id, name

    # Recurrent cells

    def gates(self, pieces: list[int]) -> dict[int, str]:
        """Piece -> its gate, if these are the gates of a cell; else nothing."""
        names = {4: self._gate_of_lstm, 3: self._gate_of_gru}.get(len(pieces))
        found = {piece: names(piece) for piece in pieces} if names is not None else {}
        return found if set(found.values()) in ({"i", "f", "g", "o"}, {"r", "z", "n"}) else {}

    def _gate_of_lstm(self, piece: int) -> str:
        """c' = σ(f) c + σ(i) tanh(g),  h' = σ(o) tanh(c')"""
        gate = self._only_user(piece)
        product = self._only_user(gate.id) if gate is not None else None
        if gate is None or product is None or gate.op not in ("tanh", *SIGMOIDS):
            return ""
        if gate.op == "tanh":
            return "g"
        others = [self.nodes[edge.source] for edge in self.before[product.id] if edge.source != gate.id]
        if not others or others[0].op != "tanh":
            return "f"
        behind = self.source(others[0].id)
        return "i" if behind is not None and behind.op == "pick" else "o"

    def _gate_of_gru(self, piece: int) -> str:
        """h' = (1 - z) n + z h,  n = tanh(a + r b)"""
        first = self._only_user(piece)
        if first is None:
            return ""
        gate = self._only_user(first.id) if first.op in ("add", "sum") else first
        if first.op in ("multiply", "mul") or (gate is not None and gate.op == "tanh"):
            return "n"
        if gate is None or gate.op not in SIGMOIDS:
            return ""
        return "r" if len(self.users(gate.id)) == 1 else "z"

    def _only_user(self, node: int) -> GraphNode | None:
        users = self.users(node)
        return users[0] if len(users) == 1 else None
