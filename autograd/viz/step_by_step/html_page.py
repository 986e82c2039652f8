"""The page: the steps and the picture of a computation as one HTML file that loads nothing else."""

from __future__ import annotations

import html
import json
from dataclasses import replace
from importlib import resources
from typing import Any

import numpy as np

from autograd.errors import ArgumentError
from autograd.viz.data.graph_data import GraphData, GraphNode
from autograd.viz.data.tracing import traced
from autograd.viz.data.values import Content, Values, norm_of, number, number_short, one_line, written
from autograd.viz.output.escaping import clean
from autograd.viz.step_by_step.layout import place
from autograd.viz.step_by_step.pieces import as_text, path_in_words
from autograd.viz.step_by_step.story import Block, Step, Story
from autograd.viz.step_by_step.visits import as_array, is_table, receives

ELEMENTS = 100_000  # of a larger array the page has only the statistics
LIMIT = 150  # operations; a longer page can hardly be followed
HEAT = (12, 48)  # rows and columns of colours that show a large array, at most
LINE = 80  # characters in a line of a box, which is as wide as its text
LEGEND = {"parameter": "parameter: receives a gradient", "input": "input", "operation": "operation", "result": "result"}


def page_of(graph: GraphData, *, title: str = "Backpropagation, step by step", limit: int = LIMIT) -> str:
    """A page that steps through a computation and through its backpropagation, as HTML text.

    Args:  graph: from `trace`; if it lacks the numbers of the sweep, what was traced is traced again with
           complete=True.
           title: the heading of the page.
           limit: how many operations a page may have.
    Raises: FreedGraphError if backward() has freed a part of the graph; ArgumentError for a graph of too many
           operations, of none, or without the numbers of the sweep.
    """
    count = sum(node.kind == "operation" for node in graph.nodes) + graph.hidden
    if count > limit:
        raise ArgumentError(
            f"a page with steps shows up to limit={limit} operations, and this graph has {count:,}: more than one can "
            f"step through. Take a smaller input or fewer layers; draw(x) gives an overview of any graph; or pass "
            f"limit={count}."
        )
    return _page_with(title, _StoryData(Story(_with_shares(graph))).data())


def _with_shares(graph: GraphData) -> GraphData:
    """The graph itself if it has the shares of its edges, else the same graph traced again with complete=True."""
    if any(map(receives, graph.edges)) or graph.freed:
        return graph
    asked = graph.origin() if graph.origin is not None else []
    if not asked:
        raise ArgumentError(
            "this graph was traced without the sweep's numbers, and what was traced is gone. Use steps(x, path), "
            "trace(x, complete=True).to_html(path), or keep a name for x."
        )
    again = traced(asked, None, True, ELEMENTS, None)
    if len(again.nodes) != len(graph.nodes):  # the first graph had only a part of the nodes (limit=)
        return again
    return replace(
        again, nodes=tuple([replace(new, name=old.name) for new, old in zip(again.nodes, graph.nodes, strict=True)])
    )


def _page_with(title: str, data: dict[str, Any]) -> str:
    """The text of page.html with style, script, title and data put in."""
    folder = resources.files(__package__ or "autograd.viz.step_by_step")
    parts = {
        "title": html.escape(clean(title)),
        "css": (folder / "page.css").read_text(encoding="utf-8").strip(),
        "js": (folder / "page.js").read_text(encoding="utf-8").strip(),
        "story": _embedded(data),
    }
    pieces = (folder / "page.html").read_text(encoding="utf-8").split("{{")
    return pieces[0] + "".join(parts[name] + rest for name, rest in (piece.split("}}", 1) for piece in pieces[1:]))


def _embedded(data: Any) -> str:
    """JSON for a script element, escaped so that no name in it can end the element."""
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


class _StoryData:
    """A story as data for page.js: its steps, its distinct values, and the boxes and arrows with their places."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.values: list[dict[str, Any]] = []
        self._seen: dict[str, int] = {}

    def data(self) -> dict[str, Any]:
        story = self.story
        drawn = [node for node in story.graph.nodes if node.kind != "constant"]
        order = {node.id: i for i, node in enumerate(drawn)}
        edges = [(position, edge) for position, edge in enumerate(story.graph.edges) if edge.source in order]
        labels = ["" if edge.local is None else _minus(number(edge.local)) for _, edge in edges]
        nodes = {node.id: self._node(node) for node in story.graph.nodes}
        steps = [self._step(step) for step in story.steps]
        for node in drawn:
            texts = [nodes[node.id]["short"] + nodes[node.id]["formula"], nodes[node.id]["value"]]
            texts += ["grad " + text for step in steps for number_, text in step["grads"] if number_ == node.id]
            nodes[node.id]["size"] = [max(64.0, 20 + 9.0 * max(map(len, texts))), 70.0]
        placed = place(
            [tuple(nodes[node.id]["size"]) for node in drawn],
            [(order[edge.source], order[edge.target]) for _, edge in edges],
            [8.5 * len(label) + 6 if label else 0.0 for label in labels],
        )
        for node, (x, y) in zip(drawn, placed.boxes, strict=True):
            nodes[node.id]["at"] = [round(x, 1), round(y, 1)]
        kinds = {node["kind"] for node in nodes.values() if "at" in node}
        notes = ["number on an arrow: the local derivative"] if any(labels) else []
        arrows = [
            {
                "id": position, "source": edge.source, "target": edge.target, "path": arrow.path, "at": arrow.at,
                "label": label,
            }
            for (position, edge), arrow, label in zip(edges, placed.arrows, labels, strict=True)
        ]  # fmt: skip
        return {
            "width": round(placed.width, 1), "height": round(placed.height, 1), "nodes": nodes, "steps": steps,
            "values": self.values, "edges": arrows,
            "legend": [[kind, meaning] for kind, meaning in LEGEND.items() if kind in kinds],
            "notes": notes,
            "described": f"A graph of {len(drawn)} boxes and {len(edges)} arrows, from the inputs on the left to the "
            "result on the right.",
        }  # fmt: skip

    def _node(self, node: GraphNode) -> dict[str, Any]:
        name = clean(self.story.names[node.id])
        formula = as_text(self.story.formula(node), self.story.names) if node.kind == "operation" else ""
        short = one_line(name, LINE)
        words = path_in_words(node)
        if words and node.name != name:
            formula = node.name  # beside W⁽¹⁾ its path in the model
        shape = str(node.shape) if node.shape else ""
        unknown = "not kept" if node.shape == () else "several results"
        return {
            "name": name,
            "kind": "result" if node.id in self.story.roots else node.kind,
            "short": short,
            "formula": f"\u00a0{'=' if node.kind == 'operation' else '·'} {one_line(clean(formula), LINE)}"
            * bool(formula),
            "shape": shape,
            "value": shape or _minus(written(node.value)) or unknown,
            "title": clean(" · ".join(filter(None, [name, words or formula, node.dtype, " › ".join(node.scope)]))),
        }

    def _step(self, step: Step) -> dict[str, Any]:
        return {
            "phase": step.phase, "title": step.title, "node": step.node, "edges": step.edges, "values": step.values,
            "grads": [[node, _minus(_gradient(content))] for node, content in step.grads.items()],
            "blocks": [self._block(block) for block in step.blocks],
            "said": clean(step.said),
        }  # fmt: skip

    def _block(self, block: Block) -> dict[str, Any]:
        lines = [[kind, self._pieces(line)] for kind, line in block.lines]
        return {"kind": block.kind, "head": self._pieces(block.head), "lines": lines}

    def _pieces(self, pieces: list[Any]) -> list[Any]:
        made: list[Any] = []
        for piece in pieces:
            if isinstance(piece, str):
                made.append(clean(piece))
            elif "value" in piece:
                made.append({**piece, "value": self._value(piece["value"])})
            elif "up" in piece:
                made.append({"up": self._pieces(piece["up"])})
            elif "path" in piece:
                made.append({"path": clean(piece["path"])})
            elif "grad" in piece:
                made.append({**piece, "grad": [clean(name) for name in piece["grad"]]})
            else:
                made.append(piece)
        return made

    def _value(self, content: Content) -> int:
        """The position of a value among the distinct values."""
        described = _described(content)
        key = json.dumps(described)
        if key not in self._seen:
            self._seen[key] = len(self.values)
            self.values.append(described)
        return self._seen[key]


def _gradient(content: Content) -> str:
    """A number, or the norm of an array."""
    if not isinstance(content, Values):
        return written(content) or "…"
    norm = norm_of(content)
    return "…" if norm is None else f"‖{number_short(norm)}‖"


def _minus(text: str) -> str:
    """With the minus sign, which is as wide as a plus, in place of the hyphen."""
    return text.replace("-", "−")


def _described(content: Content) -> dict[str, Any]:
    """A value for page.js: t and f, a number short and in full; or shape with rows, or with facts and heat."""
    if not isinstance(content, Values):
        return {
            "t": _minus(number(content)),
            "f": str(content) if isinstance(content, (int, complex)) else repr(float(content or 0)),
        }
    a = as_array(content)
    if a is None:
        return {"shape": f"{content.size:,} numbers", "facts": _facts(content)}
    if is_table(content):
        return {"shape": f"shape {a.shape}", "rows": [[_described(float(x)) for x in row] for row in np.atleast_2d(a)]}
    described: dict[str, Any] = {"shape": f"shape {a.shape}", "facts": _facts(content)}
    return described | ({"heat": _heat(a)} if a.size else {})


def _facts(content: Values) -> str:
    if content.mean is None or content.std is None or content.minimum is None or content.maximum is None:
        return written(content)
    low, mean, std, high = [
        _minus(number_short(x)) for x in (content.minimum, content.mean, content.std, content.maximum)
    ]
    bad = ", ".join([f"{count} {kind}" for count, kind in ((content.nans, "nan"), (content.infs, "inf")) if count])
    return f"mean {mean} ± {std}, from {low} to {high}" + (f", {bad}" if bad else "")


def _heat(a: np.ndarray) -> list[list[int | None]]:
    """An array reduced to means of its blocks, in levels from -9 to 9, the largest magnitude; None for nan and inf."""
    table = a if a.ndim == 2 else a.reshape(1, -1)
    for axis, most in enumerate(HEAT):
        size = table.shape[axis]
        if size > most:
            starts = np.linspace(0, size, most, endpoint=False).astype(int)
            counts = np.diff([*starts, size])
            table = np.add.reduceat(table, starts, axis=axis) / (counts[:, None] if axis == 0 else counts)
    finite = np.isfinite(table)
    top = np.abs(table[finite]).max(initial=0.0) or 1.0
    levels = np.rint(9 * np.where(finite, table, 0) / top).astype(int).tolist()
    return [
        [x if ok else None for x, ok in zip(row, oks, strict=True)] for row, oks in zip(levels, finite, strict=True)
    ]
