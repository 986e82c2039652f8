"""A recorded step (`step.program` of a captured function) as a graph: its operations and what they read."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.capture.program import Op, Var, variables
from autograd.capture.replay import Program
from autograd.engine.origin import line_at
from autograd.viz.data.graph_data import GraphData, GraphEdge, GraphNode


def is_program(x: Any) -> bool:
    """Whether x is the program of a captured function."""
    return isinstance(x, Program)


def program_graph(program: Program) -> GraphData:
    """Nodes for arguments, tensors, constants and operations; an edge wherever one reads another."""
    nodes: list[GraphNode] = []
    edges: list[GraphEdge] = []
    made_by: dict[Var, int] = {}
    results = set(variables(program.results, []))
    for op in program.ops:
        read = variables([op.args, op.kwargs], [])
        for v in read:
            if v not in made_by:
                made_by[v] = len(nodes)
                nodes.append(_given(len(nodes), v))
        number = len(nodes)
        nodes.append(_computed(number, op, bool(results & set(op.out))))
        edges += [GraphEdge(made_by[v], number, i, shape=v.shape) for i, v in enumerate(read)]
        for v in (*op.out, *op.writes):
            made_by[v] = number
    return GraphData(tuple(nodes), tuple(edges))


def _given(number: int, v: Var) -> GraphNode:
    kind = "parameter" if v.kind == "state" else "input"
    name = {"state": getattr(v.source, "name", ""), "argument": f"argument {v.source}"}.get(v.kind, "")
    return GraphNode(number, kind, name=name or v.name, shape=v.shape, dtype=str(v.dtype or ""))


def _computed(number: int, op: Op, result: bool) -> GraphNode:
    name = getattr(op.function, "__name__", None) or str(op.function)
    if op.function is getattr:
        name = f".{op.args[1]}"
    name = {"guard": f"is {op.function}", "grad": ".grad ="}.get(op.kind, name)
    plain = [f"{key}={x!r}" for key, x in op.kwargs.items() if isinstance(x, (bool, int, float, str, tuple, np.dtype))]
    return GraphNode(
        number, "operation", op=name, options=", ".join(plain)[:40], shape=op.out[0].shape if op.out else None,
        dtype=str(op.out[0].dtype or "") if op.out else "", result=result,
        source=line_at(op.place) if op.place is not None else "",
    )  # fmt: skip
