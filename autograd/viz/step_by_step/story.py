"""The steps of a page as plain data: the highlighted nodes and arrows, the texts, and the numbers in the boxes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from autograd.errors import ArgumentError, FreedGraphError
from autograd.viz.data.graph_data import GraphData, GraphEdge, GraphNode
from autograd.viz.data.labels import parted
from autograd.viz.data.values import Content, Values, one_line, values_of
from autograd.viz.step_by_step import formulas
from autograd.viz.step_by_step.pieces import (
    Piece,
    as_text,
    bracketed,
    listed,
    names_of,
    path_in_words,
    spoken,
    stretched,
)
from autograd.viz.step_by_step.visits import ALL, Arrival, Visit, as_array, is_scalar, is_table, receives, swept

BEFORE = "Make the page before backward(), or keep the graph with backward(retain_graph=True)."

TITLE = 200  # characters of an equation in a title, which goes over several lines

WAY = (
    "First forward, one operation after the other; then back, from the result to the parameters.",
    "Next, the right arrow and space go on; Home and End lead to the ends; P plays.",
)


@dataclass(frozen=True)
class Block:
    """Lines below a heading.

    kind   "formula", "arrived", "parent", "rows" or "notes"
    head   the pieces of the heading
    lines  (what kind of line it is, its pieces)
    """

    kind: str
    head: list[Piece]
    lines: list[tuple[str, list[Piece]]]


@dataclass(frozen=True)
class Step:
    """One step on the page.

    phase   "inputs", "forward", "seed", "backward" or "gradients"
    title   what happens in this step
    blocks  the text, block by block
    said    the same in a few sentences, for screen readers
    node    the highlighted node
    edges   the highlighted arrows: positions in Graph.edges
    values  the nodes whose value is known from this step on
    grads   node -> the gradient it has received so far, shown from this step on
    """

    phase: str
    title: str
    blocks: list[Block]
    said: str
    node: int | None = None
    edges: list[int] = field(default_factory=list)
    values: list[int] = field(default_factory=list)
    grads: dict[int, Content] = field(default_factory=dict)


class Story:
    """All steps of a graph, in order.

    Args:  graph: for Tensors with what `trace(x, complete=True)` fills in.
    Raises: FreedGraphError if backward() has freed a part of it; ArgumentError if there is no operation, or no share.
    """

    def __init__(self, graph: GraphData) -> None:
        if graph.freed:
            raise FreedGraphError(
                f"the steps of backpropagation need the whole graph; backward() has freed a part of it. {BEFORE}"
            )
        self.graph = graph
        self.nodes = {node.id: node for node in graph.nodes}
        self.names = names_of(graph.nodes)
        self.operations = [node for node in graph.nodes if node.kind == "operation"]
        if not self.operations:
            raise ArgumentError(
                "the steps need at least one operation; what was traced is a leaf that nothing was computed from."
            )
        if not any(receives(edge) for edge in graph.edges):
            raise ArgumentError(
                "this graph has no cotangents to show: it was traced without them. Use steps(x), or "
                "trace(x, complete=True).to_html(path)."
            )
        self.roots = [node.id for node in graph.nodes if node.result] or [self.operations[-1].id]
        self.of = self.names[self.roots[0]] if len(self.roots) == 1 else "Σ"
        self.scalar = is_scalar(graph)
        self.into: dict[int, list[int]] = {}  # node -> the positions of its arguments' edges
        for position, edge in sorted(enumerate(graph.edges), key=lambda item: (item[1].target, item[1].index)):
            self.into.setdefault(edge.target, []).append(position)
        self.sweep = swept(graph, self.roots)
        self.steps = [self._inputs(), *self._forward(), self._seed(), *self._backward(), self._gradients()]

    # Pieces

    def _name(self, node: int) -> Piece:
        content = self.nodes[node].value
        return {"value": content} if self.nodes[node].kind == "constant" and content is not None else {"node": node}

    def _value(self, node: int) -> list[Piece]:
        content = self.nodes[node].value
        return [{"node": node}] if content is None else bracketed(content)

    def _path(self, node: GraphNode) -> list[Piece]:
        """Where a parameter stands in the model, in words."""
        words = path_in_words(node)
        return [{"path": words}] if words and words.split(" ")[0] != self.names[node.id] else []

    def _derivative(self, node: int) -> Piece:
        return {"grad": [self.of, self.names[node]], "by": node}

    def formula(self, node: GraphNode, numbers: bool = False) -> list[Piece]:
        """The formula of an operation, with the names of its arguments or with their values."""
        sources = [self.graph.edges[position].source for position in self.into.get(node.id, ())]
        single = any(self.nodes[i].kind == "constant" or self.nodes[i].shape in (None, ()) for i in sources)
        template = formulas.forward(node.op, node.options, len(sources), self.scalar, single)
        return formulas.filled(
            template, lambda i: self._value(sources[int(i)]) if numbers else [self._name(sources[int(i)])]
        )

    def _equation(self, node: GraphNode) -> str:
        return one_line(f"{self.names[node.id]} = {as_text(self.formula(node), self.names)}", TITLE)

    # Steps

    def _inputs(self) -> Step:
        given = [node for node in self.graph.nodes if node.kind != "operation"]
        blocks = []
        for kind, head in (
            ("parameter", "Parameters, which receive a gradient"),
            ("input", "Inputs, which receive none"),
        ):
            rows: list[tuple[str, list[Piece]]] = []
            for node in given:
                if node.kind == kind:
                    known: Piece = (
                        {"value": node.value, "key": f"value-{node.id}"}
                        if node.value is not None
                        else "not kept, as no rule reads it"
                    )
                    rows.append(("row", [{"node": node.id}, *self._path(node), " = ", known]))
            if rows:
                blocks.append(Block("rows", [head], rows))
        blocks.append(Block("notes", [], [("note", [line]) for line in WAY]))
        values = [f"{self.names[node.id]} = {spoken(node.value)}" for node in given if node.kind != "constant"]
        return Step("inputs", "What is given", blocks, f"Given: {listed(values)}.", values=[node.id for node in given])

    def _forward(self) -> Iterator[Step]:
        for i, node in enumerate(self.operations):
            symbols = self.formula(node)
            lines: list[tuple[str, list[Piece]]] = [("formula", [{"node": node.id}, " = ", *symbols])]
            if node.value is not None:
                numbers = self.formula(node, numbers=True)
                if _fits(numbers):
                    lines.append(("numbers", ["= ", *numbers]))
                lines.append(("result", ["= ", {"value": node.value, "key": "value"}]))
            else:
                lines.append(("note", ["The graph has not kept this value, and it could not be computed again."]))
            blocks = [Block("formula", [], lines)]
            where = [f"in {' › '.join(node.scope)}"] * bool(node.scope) + [f"at {node.source}"] * bool(node.source)
            if where:
                blocks.append(Block("notes", [], [("note", [text]) for text in where]))
            yield Step(
                "forward", f"Forward {i + 1} of {len(self.operations)}: {self._equation(node)}", blocks,
                f"{self.names[node.id]} = {as_text(symbols, self.names)} = {spoken(node.value)}.",
                node.id, list(self.into.get(node.id, ())), [node.id],
            )  # fmt: skip

    def _seed(self) -> Step:
        seeds = self.sweep.seeds
        lines: list[tuple[str, list[Piece]]] = [
            ("formula", [self._derivative(root), " = ", {"value": seed, "key": "grad"}]) for root, seed in seeds.items()
        ]
        text = (
            "The sweep starts at the result. When it changes it changes by just as much: its derivative by itself is 1."
        )
        if len(seeds) > 1:
            text = "There are several results. The sweep starts at all of them, and finds the gradient of their sum."
        elif any(isinstance(seed, Values) and seed.size != 1 for seed in seeds.values()):
            text = (
                "The result is an array. The sweep starts from ones, and finds the gradient of the sum of its elements."
            )
        block = Block("formula", [], [*lines, ("note", [text])])
        return Step("seed", "Back again: the sweep starts", [block], text, self.roots[0], grads=dict(seeds))

    def _backward(self) -> Iterator[Step]:
        for i, visit in enumerate(self.sweep.visits):
            node = self.nodes[visit.node]
            g: Piece = (
                {"value": visit.gradient, "key": "grad"}
                if visit.gradient is not None
                else "one cotangent for each of its results"
            )
            arrived = Block(
                "arrived", ["arrived at ", {"node": node.id}], [("formula", [self._derivative(node.id), " = ", g])]
            )
            text = f"The gradient of {self.names[node.id]} is complete: {spoken(visit.gradient)}."
            for arrival in visit.arrivals:
                name = self.names[self.graph.edges[arrival.edge].source]
                text += f" {name} receives {spoken(arrival.share)} and has {spoken(arrival.total)}."
            yield Step(
                "backward", f"Backward {i + 1} of {len(self.sweep.visits)}: through {self._equation(node)}",
                [arrived, *(self._parent(visit, arrival) for arrival in visit.arrivals)],
                text, node.id, [arrival.edge for arrival in visit.arrivals],
                grads={self.graph.edges[arrival.edge].source: arrival.total for arrival in visit.arrivals},
            )  # fmt: skip

    def _parent(self, visit: Visit, arrival: Arrival) -> Block:
        """How the share of one parent is computed, and the gradient of the parent after it."""
        edge = self.graph.edges[arrival.edge]
        node = self.nodes[visit.node]
        lines = self._by_local(node, edge, visit, arrival) if self.scalar else self._by_rule(node, edge, visit, arrival)
        mine = self._derivative(edge.source)
        count, of = arrival.count
        total: Piece = {"value": arrival.total, "key": "total"}
        if of == 1 and isinstance(arrival.share, Values):  # the share is in the line above: it is not written again
            lines.append(("total", [mine, {"plus": True}, "this share, the only one"]))
        else:
            before: list[Piece] = ["0"] if arrival.old is None else [{"value": arrival.old, "key": "old"}]
            lines.append(("total", [mine, {"plus": True}, {"value": arrival.share}]))
            if arrival.total is not None:
                lines.append(("sum", [*before, " + ", *bracketed(arrival.share), " = ", total]))
        if arrival.total is None and self.nodes[edge.source].shape is None:
            lines.append(("note", ["the gradient of one of its results"]))
        elif of > 1:
            reason = (
                "it is a result and is used as well"
                if edge.source in self.roots
                else f"it is used {of} times, and the shares add up"
            )
            lines.append(("note", [f"arrival {count} of {of}: {reason}"]))
        return Block("parent", ["to ", {"node": edge.source}, *self._path(self.nodes[edge.source])], lines)

    def _by_local(
        self, node: GraphNode, edge: GraphEdge, visit: Visit, arrival: Arrival
    ) -> list[tuple[str, list[Piece]]]:
        """For Scalars: the local derivative, and its product with the gradient that has arrived."""
        local: Piece = {"grad": [self.names[node.id], self.names[edge.source]], "by": edge.source, "local": True}
        sources = [self.graph.edges[position].source for position in self.into[node.id]]
        stands = {"out": node.id, **dict(zip("ab", sources, strict=False))}
        template = formulas.local(node.op, edge.index)
        texts = [spoken(edge.local)]
        written: list[Piece] = [local]
        for pieces in (
            formulas.filled(template, lambda name: [self._name(stands[name])]),
            formulas.filled(template, lambda name: self._value(stands[name])),
        ):
            text = as_text(pieces, self.names).strip("()")
            if text and text not in texts:
                texts.append(text)
                written += [" = ", *pieces]
        numbers: list[Piece] = [{"value": visit.gradient}, " · ", *bracketed(edge.local)]
        product = [self._derivative(node.id), " · ", local, " = ", *numbers]
        return [
            ("local", [*written, " = ", {"value": edge.local, "key": "local"}]),
            ("share", [*product, " = ", {"value": arrival.share, "key": "share"}]),
        ]

    def _by_rule(
        self, node: GraphNode, edge: GraphEdge, visit: Visit, arrival: Arrival
    ) -> list[tuple[str, list[Piece]]]:
        """For Tensors: the formula of the VJP with names, the same with numbers, and the result."""
        edges = [self.graph.edges[position] for position in self.into[node.id]]
        arguments = {e.argument: e.index for e in edges if e.argument}
        sources = {"out": node.id, **{str(e.index): e.source for e in edges}}
        share: list[Piece] = ["= ", {"value": arrival.share, "key": "share"}]
        if not edge.vjp:
            return [("share", [f"the rule of {node.op} ", *share])]
        label, meanings = parted(edge.vjp)
        known = self._symbols(node, edge)

        def named(text: str) -> list[Piece]:
            derivative: list[Piece] = [self._derivative(node.id)]
            fill: formulas.Fill = lambda name: [self._name(sources[name])]  # noqa: E731
            return formulas.rule(text, node.op, edge.index, arguments, derivative, fill)

        g: list[Piece] = bracketed(visit.gradient) if visit.gradient is not None else [self._derivative(node.id)]
        numbers = formulas.rule(
            label, node.op, edge.index, arguments, g,
            lambda name: bracketed(known[name]) if name in known else self._value(sources[name]), known,
        )  # fmt: skip
        lines: list[tuple[str, list[Piece]]] = [("local", named(label))]
        for symbol, meaning in meanings:
            value: list[Piece] = [" = ", {"value": known[symbol]}] if symbol in known else []
            lines.append(("numbers", [f"{symbol} = ", *named(meaning), *(value if _fits(value) else [])]))
        if _fits(numbers) and [piece.get("value") for piece in numbers if isinstance(piece, dict)] != [arrival.share]:
            lines.append(("numbers", ["= ", *numbers]))
        broadcast = stretched(node.shape, edge.shape) if formulas.is_elementwise(node.op) else ""
        return [*lines, *[("note", [broadcast])] * bool(broadcast), ("share", share)]

    def _symbols(self, node: GraphNode, edge: GraphEdge) -> dict[str, Content]:
        """What the symbols in the label of a rule stand for, as far as the graph has the numbers."""
        into = [self.graph.edges[position] for position in self.into[node.id]]
        values = {e.argument: self.nodes[e.source].value for e in into} | {"out": node.value}
        arrays = {name: as_array(value) for name, value in values.items() if value is not None}
        known = {name: a for name, a in arrays.items() if a is not None}
        count = math.prod(edge.shape or ()) // max(1, math.prod(node.shape or ()))
        found = formulas.symbol_values(edge.vjp, node.options, known, edge.shape or (), count)
        return {symbol: values_of(a, ALL) for symbol, a in found.items()}

    def _gradients(self) -> Step:
        rows: list[tuple[str, list[Piece]]] = []
        texts = []
        for node in self.graph.nodes:
            if node.kind == "parameter":
                g = self.sweep.gradients.get(node.id)
                known: Piece = (
                    {"value": g, "key": f"grad-{node.id}"} if g is not None else "none, as nothing arrives there"
                )
                rows.append(("row", [self._derivative(node.id), *self._path(node), " = ", known]))
                texts.append(f"{self.names[node.id]}: {spoken(g)}")
        block = Block("rows", ["What backward() adds to the .grad of each parameter"], rows)
        return Step("gradients", "The gradients", [block], f"The gradients. {listed(texts)}.")


def _fits(pieces: list[Piece]) -> bool:
    """Whether every array in a formula is small enough to be written as a table."""
    arrays = [piece["value"] for piece in pieces if isinstance(piece, dict) and isinstance(piece.get("value"), Values)]
    return all(is_table(array) for array in arrays)
