"""The graph that `trace` returns: plain data, with methods that draw it and convert it to other formats."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from autograd.errors import ArgumentError
from autograd.viz.data.graph_data import GraphData, GraphEdge, GraphNode
from autograd.viz.data.values import Values
from autograd.viz.drawing import Drawing
from autograd.viz.step_by_step.notebook import Steps

VERSION = 1  # of the JSON
NUMBERS = {"value", "grad", "share", "local", "numbers", "minimum", "mean", "maximum", "std", "norm"}  # numeric fields


class Graph(GraphData):
    """A recorded computation as plain data. It keeps nothing of the computation alive.

    nodes, edges   in order of creation
    hidden         how many earlier nodes are left out (`trace(x, limit=…)`)
    origin         weak references to what was traced, for `to_html`
    """

    __slots__ = ()

    # As text and as pictures

    def to_dot(self, **options: Any) -> str:
        """The picture in Graphviz's language; the options are those of `draw`."""
        return Drawing(self, options).to_dot()

    def to_mermaid(self, **options: Any) -> str:
        """The picture in Mermaid's language, which GitHub, GitLab and many editors show.

        The options are those of `draw`.
        """
        return Drawing(self, options).to_mermaid()

    def to_html(self, path: str | os.PathLike[str] | None = None, **options: Any) -> str:
        """An HTML page that steps through the forward pass and the sweep; returned, and written to `path` if given.

        The options are `title` and `limit`, as for `steps`. For Tensors the page needs the numbers of the sweep. If the
        graph lacks them, what was traced is traced again with complete=True: it must still exist, and backward() must
        not have freed its graph.
        """
        return Steps(self, options).to_html(path)

    def render(self, path: str | os.PathLike[str], **options: Any) -> None:
        """Write the picture to a file: .svg, .png, .pdf, .dot, .mmd or .html. The options are those of `draw`.

        Raises: RenderError for an image if no layout engine is installed; the text formats need none.
        """
        Drawing(self, options).render(path)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return Drawing(self)._repr_mimebundle_(include, exclude)

    def __repr__(self) -> str:
        more = f", {self.hidden} more before" if self.hidden else ""
        return f"Graph({len(self.nodes)} nodes, {len(self.edges)} edges{more})"

    # As other data

    def to_networkx(self) -> Any:
        """A networkx.MultiDiGraph: node id -> the fields as attributes; an edge's key is its argument's index.

        Raises: ImportError if networkx is not installed.
        """
        import networkx as nx

        made = nx.MultiDiGraph(hidden=self.hidden)
        for node in self.nodes:
            made.add_node(node.id, **{f.name: getattr(node, f.name) for f in fields(node) if f.name != "id"})
        for e in self.edges:
            attributes = {f.name: getattr(e, f.name) for f in fields(e) if f.name not in ("source", "target", "index")}
            made.add_edge(e.source, e.target, key=e.index, **attributes)
        return made

    def to_json(self, indent: int | None = None) -> str:
        """JSON text (nan and infinities as strings, fields equal to their default left out); `from_json` reads it."""
        data = {
            "chainrule": VERSION,
            "nodes": [_to_dict(n) for n in self.nodes],
            "edges": [_to_dict(e) for e in self.edges],
        }
        return json.dumps(
            data | ({"hidden": self.hidden} if self.hidden else {}), indent=indent, ensure_ascii=False, allow_nan=False
        )

    @classmethod
    def from_json(cls, text: str | bytes) -> Graph:
        """The graph that `to_json` has written: equal to it in every field.

        Raises: ArgumentError for text that is not such a graph.
        """
        try:
            data = json.loads(text)
            if data["chainrule"] != VERSION:
                raise ArgumentError(
                    f"this graph has version {data['chainrule']!r}, and {VERSION} is what is read here."
                )
            graph = cls(
                tuple([_from_dict(GraphNode, item) for item in data["nodes"]]),
                tuple([_from_dict(GraphEdge, item) for item in data["edges"]]),
                data.get("hidden", 0),
            )
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            if isinstance(error, ArgumentError):
                raise
            raise ArgumentError(
                f"from_json takes what to_json wrote; this is not it ({type(error).__name__}: {error})."
            ) from None
        known = {node.id for node in graph.nodes}
        if any(edge.source not in known or edge.target not in known for edge in graph.edges):
            raise ArgumentError("from_json takes what to_json wrote; in this an edge ends at a node that is not there.")
        return graph


def _to_dict(item: Any) -> dict[str, Any]:
    """A dataclass as a dict for JSON, without the fields that equal their default."""
    found = {}
    for f in fields(item):
        value = getattr(item, f.name)
        if value is not f.default and (value != f.default or type(value) is not type(f.default)):
            found[f.name] = _to_dict(value) if isinstance(value, Values) else _to_json_value(value)
    return found


def _to_json_value(value: Any) -> Any:
    """Tuples as lists; nan, infinities and complex numbers as strings: JSON has none of them."""
    if isinstance(value, tuple):
        return [_to_json_value(item) for item in value]
    named = isinstance(value, complex) or isinstance(value, float) and not math.isfinite(value)
    return str(value) if named else value


def _from_dict(kind: type, item: Mapping[str, Any]) -> Any:
    return kind(**{name: _from_json_value(value, name in NUMBERS) for name, value in item.items()})


def _from_json_value(value: Any, numbers: bool) -> Any:
    if isinstance(value, dict):
        return _from_dict(Values, value)
    if isinstance(value, list):
        return tuple([_from_json_value(item, numbers) for item in value])
    if not (numbers and isinstance(value, str)):
        return value
    return complex(value) if value.endswith(("j", "j)")) else float(value)
