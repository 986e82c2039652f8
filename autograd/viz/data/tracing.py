"""Tracing: what was computed, read off the recorded operations into plain data."""

from __future__ import annotations

import functools
import inspect
import itertools
import operator
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from autograd.engine.abstract import Abstract
from autograd.engine.graph import Node
from autograd.engine.recording import raw as raw_array
from autograd.engine.route import origin
from autograd.engine.tensor_hooks import RETAIN
from autograd.errors import ArgumentError, DTypeError
from autograd.scalar.scalar import Scalar
from autograd.tensor.tensor import Tensor
from autograd.viz.data.collector import collector_paused
from autograd.viz.data.complete import REFLECTED, Completed, completed
from autograd.viz.data.graph_data import GraphData, GraphEdge, GraphNode, Origin, shared_depth
from autograd.viz.data.labels import COMMA
from autograd.viz.data.module_names import ModuleNames
from autograd.viz.data.unrolling import Unrolled
from autograd.viz.data.values import Content, number, one_line, values_of


def traced(
    x: Any, limit: int | None, complete: bool, elements: int, names: Mapping[str, Any] | None, unroll: bool = False
) -> GraphData:
    """The computation behind x as plain data; the arguments are those of `autograd.trace`."""
    several = isinstance(x, (list, tuple))
    if limit is not None and limit < 1:
        raise ArgumentError(f"limit, the number of nodes to take, must be at least 1; got {limit!r}.")
    asked = [_check_traceable(root) for root in (x if several else [x])]
    roots = list(dict.fromkeys(_origin(root) for root in asked))
    steps = Unrolled(_in_order(roots, None)) if unroll else None
    known = Completed({}, {}, {})
    if complete:
        recorded = _in_order(roots, None)
        known = completed(recorded, asked, _kept_by_users(recorded))
    if steps is not None:
        roots = list(dict.fromkeys(map(steps.real, roots)))
        if complete:
            steps.complete(known)
    taken, hidden = (None, 0) if limit is None else _nearest(roots, limit, steps)
    order = _in_order(roots, taken, steps)
    drawn = {id(_drawn(_origin(root), steps)): root for root in asked}
    with collector_paused():
        walk = _Walk(order, drawn, known, elements, taken if hidden else None, names, steps)
    return GraphData(tuple(walk.nodes), tuple(walk.edges), hidden, Origin(asked))


def _check_traceable(x: Any) -> Any:
    if isinstance(x, (Tensor, Scalar)):
        return x
    raise DTypeError(f"trace and draw take a Tensor or a Scalar, or a list of them; got {type(x).__name__}.")


def _origin(x: Any) -> Any:
    """The Node that made x; for a leaf and for a Scalar x itself."""
    return origin(x) if isinstance(x, Tensor) else x


def _drawn(item: Any, steps: Unrolled | None) -> Any:
    """What is drawn in place of an item."""
    return item if steps is None or item is None else steps.real(item)


def _parents(item: Any, steps: Unrolled | None = None) -> Any:
    if not isinstance(item, (Node, Scalar)):
        return ()
    return item.parents if steps is None else [_drawn(parent, steps) for parent in item.parents]


def _nearest(roots: list[Any], limit: int, steps: Unrolled | None = None) -> tuple[set[int], int]:
    """(the ids of the `limit` items nearest to the roots, how many others there are)"""
    seen = {id(root): None for root in roots}  # in the order of their distance
    items = list(roots)
    for item in items:  # which grows meanwhile
        for parent in _parents(item, steps):
            if parent is not None and id(parent) not in seen:
                seen[id(parent)] = None
                items.append(parent)
    return set(itertools.islice(seen, limit)), max(0, len(seen) - limit)


def _in_order(roots: list[Any], taken: set[int] | None, steps: Unrolled | None = None) -> list[Any]:
    """All items, or those taken, each after its parents: leaves, then Nodes by their numbers, then Scalars."""
    tensors = _reached([root for root in roots if not isinstance(root, Scalar)], taken, steps)
    nodes = [item for item in tensors if type(item) is Node]
    nodes.sort(key=operator.attrgetter("number") if steps is None else steps.place)
    leaves = [item for item in tensors if type(item) is not Node]
    return leaves + nodes + _scalars_in_order([root for root in roots if isinstance(root, Scalar)], taken)


def _reached(roots: list[Any], taken: set[int] | None, steps: Unrolled | None = None) -> list[Any]:
    """The Nodes and leaves behind the roots, each once."""
    done: set[int] = set()
    found: list[Any] = []
    stack = roots[::-1]
    while stack:
        item = stack.pop()
        if id(item) not in done and (taken is None or id(item) in taken):
            done.add(id(item))
            found.append(item)
            if type(item) is Node:
                for parent in reversed(item.parents if steps is None else _parents(item, steps)):
                    if parent is not None and id(parent) not in done:
                        stack.append(parent)
    return found


def _scalars_in_order(roots: list[Any], taken: set[int] | None) -> list[Any]:
    """The Scalars behind the roots, each once and after its parents."""
    done: set[int] = set()
    found: list[Any] = []
    stack: list[Any] = roots[::-1]
    while stack:
        item = stack.pop()
        if type(item) is tuple:  # a Scalar whose parents are done
            found += item
        elif id(item) not in done and (taken is None or id(item) in taken):
            done.add(id(item))
            stack.append((item,))
            stack += [parent for parent in reversed(item.parents) if id(parent) not in done]
    return found


class _Use(NamedTuple):  # creating frozen dataclasses instead would take a second longer for a large graph
    """An argument of an operation: its place, the item used there, and the key by which its uses are one node."""

    key: Any
    item: Any
    place: int
    argument: str = ""
    shape: tuple[int, ...] | None = None
    local: float | None = None
    vjp: str = ""
    constant: bool = False  # whether the item is a number or an array


class _Walk:
    """The items as GraphNodes and GraphEdges; leaves and constants come right before their first use.

    A large graph is a matter of seconds, so what is done for each item is little: what depends on the primitive alone
    is looked up once for it.
    """

    def __init__(
        self,
        order: list[Any],
        asked: dict[int, Any],
        known: Completed,
        elements: int,
        taken: set[int] | None,
        names: Mapping[str, Any] | None,
        steps: Unrolled | None = None,
    ) -> None:
        self._steps = steps
        self.nodes: list[GraphNode] = []
        self.edges: list[GraphEdge] = []
        self._asked = asked
        self._known = known
        self._elements = elements
        self._names = ModuleNames((item.scope for item in order if type(item) is Node), names)
        self._values = {} if known.values else _kept_by_users(order, steps)
        self._ids: dict[Any, int] = {}
        self._homes = _homes(order, steps)
        for item in order:
            if type(item) is Node:
                uses, options = _arguments_of(item, steps)
                self._add(item, self._taken(uses, taken), options)
            elif isinstance(item, Scalar):
                self._add(item, self._taken(_uses_of_scalar(item), taken))
            elif id(item) in asked:  # the other leaves wait for their first use
                self._add(item, [])

    @staticmethod
    def _taken(uses: list[_Use], taken: set[int] | None) -> list[_Use]:
        return uses if taken is None else [use for use in uses if use.constant or use.key in taken]

    def _add(self, item: Any, uses: list[_Use], options: str = "") -> None:
        """An item after what it uses, and the edges between them."""
        ids, nodes, shares = self._ids, self.nodes, self._known.shares
        for use in uses:
            if use.key not in ids:
                ids[use.key] = target = len(nodes)
                nodes.append(self._constant(target, use.item) if use.constant else self._leaf(target, use.item))
        key = id(item)
        ids[key] = target = len(nodes)
        if type(item) is Node:
            nodes.append(self._operation(target, item, options))
        else:
            nodes.append(self._scalar(target, item) if isinstance(item, Scalar) else self._leaf(target, item))
        for source, _, place, argument, shape, local, vjp, _ in uses:
            share = shares.get((key, place)) if shares else None
            content = None if share is None else values_of(share, self._elements)
            self.edges.append(GraphEdge(ids[source], target, place, argument, shape, local, vjp, content))

    def _name(self, value: Any, otherwise: str = "") -> str:
        name = self._names.of_value(value) or otherwise
        return one_line(name) if name else ""

    def _content(self, a: Any) -> Content:
        return None if a is None or isinstance(a, (Abstract, tuple)) else values_of(raw_array(a), self._elements)

    def _scalar(self, number_: int, s: Scalar) -> GraphNode:
        grad = self._known.gradients.get(id(s), s.grad)
        return GraphNode(
            number_,
            "parameter" if s.op is None else "operation",
            REFLECTED.get(s.op or "", s.op or ""),
            name=self._name(s, s.label),
            value=s.item(),
            wants_grad=True,
            grad=None if grad is None else float(grad),
            result=id(s) in self._asked and s.op is not None,
        )

    def _leaf(self, number_: int, t: Tensor) -> GraphNode:
        kind = "parameter" if t.requires_grad else "input" if t.ndim else "constant"
        grad = self._known.gradients.get(id(t), t.grad) if t.requires_grad else None
        return GraphNode(
            number_,
            kind,
            name=self._name(t, getattr(t, "name", None) or ""),
            shape=t.shape,
            dtype=_dtype(t.dtype),
            value=self._content(t),
            wants_grad=t.requires_grad,
            grad=self._content(grad),
            scope=self._names.of_scope(self._homes.get(id(t), ())),
        )

    def _constant(self, number_: int, raw: Any) -> GraphNode:
        if isinstance(raw, Scalar) or not hasattr(raw, "dtype"):
            return GraphNode(number_, "constant", value=float(raw) if isinstance(raw, Scalar) else values_of(raw))
        kind = "input" if raw.ndim else "constant"
        name = self._name(raw) if raw.ndim else ""
        return GraphNode(
            number_, kind, name=name, shape=tuple(raw.shape), dtype=_dtype(raw.dtype), value=self._content(raw)
        )

    def _operation(self, number_: int, node: Node, options: str) -> GraphNode:
        key = id(node)
        asked = tensor = self._asked.get(key)
        retained = node.hooks is not None and RETAIN in node.hooks
        if tensor is None and retained:
            tensor = node.hooks[RETAIN]()  # type: ignore[index]
        described = out = node.out if tensor is None else tensor._array
        if tensor is None:
            if isinstance(out, Abstract):
                described = self._values.get(key, out)
            described = self._known.values.get(key, described)
        whole = out is not None and not isinstance(out, tuple)
        computed = self._known.gradients.get(key)
        grad = computed if computed is not None else tensor.grad if tensor is not None else None
        return GraphNode(
            number_,
            "operation",
            node.primitive.name,
            options,
            self._name(node, self._steps.names.get(key, "") if self._steps is not None else ""),
            shape=_shape(out) if whole else None,
            dtype=_dtype(getattr(out, "dtype", "float64")) if whole else "",
            value=self._content(described),
            wants_grad=retained or computed is not None or grad is not None,
            grad=self._content(grad),
            rule=_label(node),
            scope=self._names.of_scope(node.scope),
            source=_source(node),
            result=asked is not None,
            freed=node.args is None,
        )


_dtype = functools.cache(str)  # of a dtype; NumPy takes microseconds to write one


def _shape(out: Any) -> tuple[int, ...]:
    return tuple(out.shape) if hasattr(out, "shape") else ()


def _homes(order: list[Any], steps: Unrolled | None = None) -> dict[Any, tuple[Any, ...]]:
    """Leaf -> the modules that contain all its uses. A picture draws the leaf inside of these."""
    homes: dict[Any, tuple[Any, ...]] = {}
    for item in order:
        if type(item) is Node:
            scope = item.scope
            for parent in item.parents if steps is None else _parents(item, steps):
                if isinstance(parent, Tensor):
                    home = homes.get(id(parent), scope)
                    homes[id(parent)] = home[: shared_depth([*map(id, home)], [*map(id, scope)])] if home else ()
    return homes


def _kept_by_users(order: list[Any], steps: Unrolled | None = None) -> dict[int, Any]:
    """Operation -> its result, where a later operation has kept it as an argument."""
    found: dict[int, Any] = {}
    for item in order:
        if type(item) is Node:
            for parent, raw in zip(_parents(item, steps), item.args or (), strict=True):
                if type(parent) is Node and not isinstance(raw, Abstract) and hasattr(raw, "dtype"):
                    found[id(parent)] = raw
    return found


def _arguments_of(node: Node, steps: Unrolled | None = None) -> tuple[list[_Use], str]:
    """(the arguments that are values, the others as written in a call: "axis=0, keepdims=True")"""
    uses, options = [], []
    parents = _parents(node, steps)
    arguments = _arguments(node.primitive, len(parents), _label(node))
    for (i, name, rule, takes_numbers), parent, raw in zip(arguments, parents, node.args or (), strict=True):
        if parent is not None:
            shape = tuple(raw.shape) if hasattr(raw, "shape") else None if isinstance(raw, tuple) else ()
            uses.append(_Use(id(parent), parent, i, name, shape, None, rule))
        elif isinstance(raw, (Abstract, np.ndarray, np.generic)):
            key = ("array", id(raw)) if isinstance(raw, np.ndarray) and raw.ndim else (id(node), i)
            uses.append(_Use(key, raw, i, name, raw.shape, constant=True))
        elif takes_numbers and isinstance(raw, (float, int)) and not isinstance(raw, bool):
            uses.append(_Use((id(node), i), raw, i, name, (), constant=True))
        elif not hasattr(raw, "dtype"):
            options.append(_option(raw))
    if node.params:
        for word, value in node.params.items():
            if value is not None and value is not False:  # None and False are NumPy's defaults
                options.append(f"[{_index(value)}]" if word == "index" else f"{word}={_option(value)}")
    return uses, one_line(", ".join(options)) if options else ""


def _label(node: Node) -> str:
    """The label of the rule; if it depends on the options of the call, the one for these."""
    label = node.primitive.label
    if type(label) is str:
        return label
    named = zip(_argument_names(node.primitive), node.parents, node.args or (), strict=False)
    options = {name: raw for name, parent, raw in named if parent is None and not hasattr(raw, "dtype")}
    return str(label(**options, **node.params or {}))


@functools.lru_cache(maxsize=1024)
def _arguments(primitive: Any, count: int, label: str) -> list[tuple[int, str, str, bool]]:
    """For each of the `count` arguments of a call: its place, its name in the rule, the VJP by it, and whether there is
    one: then a number is a value with a node of its own; otherwise it is an option like axis.

    The VJP is its part of the label "g·b, g·a", or the whole label without such parts, with what its symbols stand for.
    """
    names = _argument_names(primitive)
    formulas, semicolon, meanings = label.partition("; ")
    parts = COMMA.split(formulas)  # where there are several parts, an argument beyond them has none
    parts = [f"{part}{semicolon}{meanings}" for part in (parts * count if len(parts) == 1 else parts)]
    return [
        (
            i,
            names[i] if i < len(names) else "",
            parts[i] if i < len(parts) else "",
            i < len(primitive.vjps) and primitive.vjps[i] is not None,
        )
        for i in range(count)
    ]


def _uses_of_scalar(s: Scalar) -> list[_Use]:
    reflected = s.op in REFLECTED
    found = [
        _Use(id(parent), parent, 1 if reflected else i, "ba"[reflected] if i else "ab"[reflected], None, float(local))
        for i, (parent, local) in enumerate(zip(s.parents, s.local_derivatives, strict=True))
    ]
    if found and s.constant is not None:
        found.append(_Use((id(s), "constant"), s.constant, 0 if reflected else 1, constant=True))
    return found[::-1] if reflected else found


def _argument_names(primitive: Any) -> tuple[str, ...]:
    """The names of the arguments in the rule; () if it takes any number of them."""
    rule = primitive.joint or next((vjp for vjp in primitive.vjps if vjp is not None), None)
    if rule is None:
        return ()
    parameters = list(inspect.signature(rule).parameters.values())[2:]
    return tuple(p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD))


def _option(value: Any) -> str:
    """An option as written in a call; an array by its shape, because a mask would fill a page."""
    if isinstance(value, np.ndarray) and value.ndim:
        return f"array{value.shape}"
    if hasattr(value, "dtype") and not isinstance(value, type):
        return number(value.item() if hasattr(value, "item") else value)
    return number(value) if isinstance(value, float) else one_line(repr(value))


def _index(value: Any) -> str:
    """An index as it is written: ":, 3:5"."""
    if isinstance(value, tuple):
        return ", ".join(map(_index, value)) + ("," if len(value) == 1 else "")
    if isinstance(value, slice):
        ends = ["" if end is None else str(end) for end in (value.start, value.stop)]
        return ":".join([*ends, str(value.step)] if value.step is not None else ends)
    return "…" if value is Ellipsis else "None" if value is None else _option(value)


def _source(node: Node) -> str:
    line = getattr(node, "source", None)
    return str(line[0]) if line else ""
