"""A recorded computation as plain data: nodes and edges that know nothing of Tensors, Scalars or pictures."""

from __future__ import annotations

import json
import math
import os
import weakref
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from autograd.errors import ArgumentError
from autograd.viz.values import Content, Data, Values, norm_of

KINDS = ("parameter", "input", "constant", "operation")
VERSION = 1  # of the JSON


@dataclass(frozen=True, slots=True, eq=False)
class GraphNode(Data):
    """One value: given (a parameter, an input, a constant) or computed by an operation.

    id          0, 1, 2 … in the order of creation: what a node was computed from has smaller numbers
    kind        "parameter" (a leaf that receives a gradient), "input" (an array that does not), "constant" (a number),
                or "operation"
    op          the primitive's name, "multiply"; "" for what was not computed
    options     its other arguments, as written in a call: "axis=0, keepdims=True"
    name        the label of a Scalar, the name of a parameter
    shape       of the value; None where it is unknown (see freed) or a Scalar
    dtype       NumPy's name of it; "" for a Scalar
    value       a number, or Values for an array; None where the graph has not kept it
    wants_grad  whether backward() leaves a gradient here (leaves, Scalars, what called retain_grad())
    grad        the gradient, likewise; None if there is none. With wants_grad that says: backward() has not run
    rule        the VJP of the whole operation as short mathematics, "g·b, g·a"
    scope       the modules that were being called, outermost first: ("Sequential", "0 · Linear")
    source      the user's line that recorded it (known under detect_anomaly)
    result      whether it is what was asked for
    freed       whether backward() has given back what lies before it
    """

    id: int
    kind: str
    op: str = ""
    options: str = ""
    name: str = ""
    shape: tuple[int, ...] | None = None
    dtype: str = ""
    value: Content = None
    wants_grad: bool = False
    grad: Content = None
    rule: str = ""
    scope: tuple[str, ...] = ()
    source: str = ""
    result: bool = False
    freed: bool = False

    @property
    def module(self) -> str:
        """The path of the module it happened in, "Sequential.2.body"; "" outside of any."""
        return ".".join([name.split(" · ")[0] for name in self.scope])

    @property
    def not_run(self) -> bool:
        """Whether it is waiting for backward(): not the same as a gradient of zero."""
        return self.wants_grad and self.grad is None

    @property
    def grad_norm(self) -> float | None:
        """The Euclidean norm of the gradient; None if there is none."""
        return norm_of(self.grad)


@dataclass(frozen=True, slots=True, eq=False)
class GraphEdge(Data):
    """A value used by an operation.

    source, target   ids of nodes
    index            which argument of the target it is: 0, 1, …
    argument         its name in the rule: a, b, weight …; "" if it has none
    shape            of the value, before any broadcasting; None for a Scalar
    local            the local derivative, d target / d source (Scalars)
    vjp              the rule by which a cotangent g of the target goes back along it (Tensors)
    share            what arrives at the source along this edge, if asked for (`trace(x, complete=True)`); the shares of all
                     edges that leave a node add up to its gradient
    """

    source: int
    target: int
    index: int
    argument: str = ""
    shape: tuple[int, ...] | None = None
    local: float | None = None
    vjp: str = ""
    share: Content = None


class Origin:
    """Tensors and Scalars, held weakly: a graph keeps nothing of the computation alive. A copy knows none."""

    __slots__ = ("_references",)

    def __init__(self, asked: Iterable[Any] = ()) -> None:
        self._references = [weakref.ref(x) for x in asked]

    def __call__(self) -> list[Any]:
        """What was traced, or nothing if a part of it is gone."""
        found = [reference() for reference in self._references]
        return [] if any(x is None for x in found) else found

    def __reduce__(self) -> Any:
        return Origin, ()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Graph(Data):
    """A recorded computation as plain data. It keeps nothing of the computation alive.

    nodes, edges   in order of creation
    hidden         how many earlier nodes are left out (`trace(x, limit=…)`)
    origin         what was traced, for `to_html`, as long as someone else keeps it alive
    """

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    hidden: int = 0
    origin: Origin | None = field(default=None, compare=False)

    @property
    def freed(self) -> bool:
        """Whether a part was given back by backward() and is not shown."""
        return any(node.freed for node in self.nodes)

    # As text and as pictures

    def to_dot(self, **options: Any) -> str:
        """The picture in Graphviz's language; the options are those of `draw`."""
        from autograd.viz.dot import to_dot  # it builds on the classes above, like all that follow

        return to_dot(self, **options)

    def to_mermaid(self, **options: Any) -> str:
        """The picture in Mermaid's language, which GitHub, GitLab and many editors show; the options are those of `draw`."""
        from autograd.viz.mermaid import to_mermaid

        return to_mermaid(self, **options)

    def to_html(self, path: str | os.PathLike[str] | None = None, **options: Any) -> str:
        """A page of its own that steps through the forward pass and the sweep; returned, and written to `path` if given.

        The options are those of `autograd.viz.steps.page`. For Tensors it needs the sweep's numbers: what was traced is traced
        again with complete=True, so it must still be there and backward() must not have freed its graph.
        """
        from pathlib import Path

        from autograd.viz.steps import page

        text = page(self, **options)
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    def render(self, path: str | os.PathLike[str], **options: Any) -> None:
        """Write the picture to a file: .svg, .png, .pdf, .dot, .mmd or .html. The options are those of `draw`.

        Raises: RenderError for an image if no layout engine is installed; the text formats need none.
        """
        from autograd.viz.drawing import Drawing

        Drawing(self, options).render(path)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        from autograd.viz.drawing import Drawing

        return Drawing(self)._repr_mimebundle_(include, exclude)

    def __repr__(self) -> str:
        return f"Graph({len(self.nodes)} nodes, {len(self.edges)} edges" + (
            f", {self.hidden} more before)" if self.hidden else ")"
        )

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
        """JSON text (nan and infinities as strings, what equals its default left out); `from_json` reads it."""
        data = {"chainrule": VERSION, "nodes": list(map(_plain, self.nodes)), "edges": list(map(_plain, self.edges))}
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
                tuple([_read(GraphNode, item) for item in data["nodes"]]),
                tuple([_read(GraphEdge, item) for item in data["edges"]]),
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


def _plain(item: Any) -> dict[str, Any]:
    """A dataclass as a dict for JSON, without what equals the default."""
    found = {}
    for f in fields(item):
        value = getattr(item, f.name)
        if value is not f.default and (value != f.default or type(value) is not type(f.default)):
            found[f.name] = _plain(value) if isinstance(value, Values) else _portable(value)
    return found


def _portable(value: Any) -> Any:
    """JSON has no nan and no infinity."""
    if isinstance(value, tuple):
        return [_portable(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


NUMBERS = {
    "value",
    "grad",
    "share",
    "local",
    "numbers",
    "minimum",
    "mean",
    "maximum",
    "std",
    "norm",
}  # fields that hold them


def _read(kind: type, item: Mapping[str, Any]) -> Any:
    return kind(**{name: _restored(value, name in NUMBERS) for name, value in item.items()})


def _restored(value: Any, numbers: bool) -> Any:
    if isinstance(value, dict):
        return _read(Values, value)
    if isinstance(value, list):
        return tuple([_restored(item, numbers) for item in value])
    return float(value) if numbers and isinstance(value, str) else value
