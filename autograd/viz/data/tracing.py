"""Tracing: what was computed, read off the recorded operations into plain data."""

from __future__ import annotations

import functools
import inspect
import operator
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from autograd.engine.abstract import Abstract
from autograd.engine.graph import Node
from autograd.engine.recording import raw as raw_array
from autograd.engine.tensor_hooks import RETAIN
from autograd.errors import ArgumentError, DTypeError
from autograd.scalar.scalar import Scalar
from autograd.tensor.tensor import Tensor
from autograd.viz.data.complete import REFLECTED, Completed, completed
from autograd.viz.data.graph_data import GraphData, GraphEdge, GraphNode, Origin, shared_depth
from autograd.viz.data.module_names import ModuleNames
from autograd.viz.data.values import Content, number, one_line, values_of


def traced(x: Any, limit: int | None, complete: bool, elements: int, names: Mapping[str, Any] | None) -> GraphData:
    """The computation behind x as plain data; the arguments are those of `autograd.trace`."""
    several = isinstance(x, (list, tuple))
    if limit is not None and limit < 1:
        raise ArgumentError(f"limit, the number of nodes to take, must be at least 1; got {limit!r}.")
    asked = [_check_traceable(root) for root in (x if several else [x])]
    roots = list(dict.fromkeys(_origin(root) for root in asked))
    taken, hidden = _nearest(roots, limit)
    order = _in_order(roots, taken)
    known = completed(order, asked, _kept_by_users(order)) if complete else Completed({}, {}, {})
    walk = _Walk(order, {id(_origin(root)): root for root in asked}, known, elements, not hidden, names)
    return GraphData(tuple(walk.nodes), tuple(walk.edges), hidden, Origin(asked))


def _check_traceable(x: Any) -> Any:
    if isinstance(x, (Tensor, Scalar)):
        return x
    raise DTypeError(f"trace and draw take a Tensor or a Scalar, or a list of them; got {type(x).__name__}.")


def _origin(x: Any) -> Any:
    """The Node that made x; for a leaf and for a Scalar x itself."""
    return x.node if isinstance(x, Tensor) and x.node is not None else x


def _parents(item: Any) -> Any:
    if isinstance(item, Scalar):
        return item.parents
    return [parent for parent in item.parents if parent is not None] if isinstance(item, Node) else ()


def _nearest(roots: list[Any], limit: int | None) -> tuple[set[int], int]:
    """(the ids of the items to show: all, or the `limit` nearest to the roots; how many others there are)"""
    seen = {id(root) for root in roots}
    queue = deque(roots)
    taken: set[int] = set()
    while queue:
        item = queue.popleft()
        if limit is None or len(taken) < limit:
            taken.add(id(item))
        for parent in _parents(item):
            if id(parent) not in seen:
                seen.add(id(parent))
                queue.append(parent)
    return taken, len(seen) - len(taken)


def _in_order(roots: list[Any], taken: set[int]) -> list[Any]:
    """The items, each after its parents: leaves, then Nodes in the order of their numbers, then Scalars."""
    done: set[int] = set()
    tensors: list[Any] = []
    scalars: list[Any] = []
    stack: list[tuple[Any, bool]] = [(root, False) for root in reversed(roots)]
    while stack:
        item, parents_done = stack.pop()
        if parents_done:
            scalars.append(item)
        elif id(item) not in done and id(item) in taken:
            done.add(id(item))
            if isinstance(item, Scalar):
                stack.append((item, True))
            else:
                tensors.append(item)
            stack.extend((parent, False) for parent in reversed(_parents(item)) if id(parent) not in done)
    leaves = [item for item in tensors if not isinstance(item, Node)]
    return (
        leaves
        + sorted([item for item in tensors if isinstance(item, Node)], key=operator.attrgetter("number"))
        + scalars
    )


class _Use(NamedTuple):  # creating frozen dataclasses instead would take a second longer for a large graph
    """An argument of an operation: its place, the item used there, and the key by which its uses are one node."""

    key: Any
    item: Any
    place: int
    argument: str = ""
    shape: tuple[int, ...] | None = None
    local: float | None = None
    vjp: str = ""


@dataclass(frozen=True, slots=True)
class _Constant:
    value: Any


class _Walk:
    """The items as GraphNodes and GraphEdges; leaves and constants come right before their first use."""

    def __init__(
        self,
        order: list[Any],
        asked: dict[int, Any],
        known: Completed,
        elements: int,
        everything: bool,
        names: Mapping[str, Any] | None,
    ) -> None:
        self.nodes: list[GraphNode] = []
        self.edges: list[GraphEdge] = []
        self._asked = asked
        self._known = known
        self._elements = elements
        self._names = ModuleNames((item.scope for item in order if isinstance(item, Node)), names)
        self._values = {} if known.values else _kept_by_users(order)
        self._ids: dict[Any, int] = {}
        included = {id(item) for item in order} if not everything else ()
        homes = self._homes(order)
        late = {id(item) for item in order if isinstance(item, Tensor)} - set(asked)
        for item in order:
            if id(item) in late:
                continue
            uses = list(_uses(item))
            if not everything:
                uses = [use for use in uses if isinstance(use.item, _Constant) or use.key in included]
            for use in uses:
                if use.key not in self._ids:
                    self._add(use.key, use.item, homes.get(use.key, ()))
            if id(item) not in self._ids:
                self._add(id(item), item, ())
            target = self._ids[id(item)]
            for use in uses:
                share = known.shares.get((id(item), use.place)) if known.shares else None
                content = None if share is None else values_of(share, elements)
                self.edges.append(
                    GraphEdge(
                        self._ids[use.key], target, use.place, use.argument, use.shape, use.local, use.vjp, content
                    )
                )

    def _homes(self, order: list[Any]) -> dict[Any, tuple[Any, ...]]:
        """Leaf -> the modules that contain all its uses. A picture draws the leaf inside of these."""
        homes: dict[Any, tuple[Any, ...]] = {}
        for item in order:
            if isinstance(item, Node) and item.scope:
                for parent in item.parents:
                    if isinstance(parent, Tensor):
                        home = homes.get(id(parent), item.scope)
                        homes[id(parent)] = home[: shared_depth([*map(id, home)], [*map(id, item.scope)])]
            elif isinstance(item, Node):
                homes.update((id(parent), ()) for parent in item.parents if isinstance(parent, Tensor))
        return homes

    def _add(self, key: Any, item: Any, home: tuple[Any, ...]) -> None:
        self._ids[key] = number_ = len(self.nodes)
        if isinstance(item, Scalar):
            self.nodes.append(self._scalar(number_, item))
        elif isinstance(item, Tensor):
            self.nodes.append(self._leaf(number_, item, home))
        elif isinstance(item, _Constant):
            self.nodes.append(self._constant(number_, item.value))
        else:
            self.nodes.append(self._operation(number_, item))

    def _content(self, a: Any) -> Content:
        return None if a is None or isinstance(a, (Abstract, tuple)) else values_of(raw_array(a), self._elements)

    def _scalar(self, number_: int, s: Scalar) -> GraphNode:
        grad = self._known.gradients.get(id(s), s.grad)
        return GraphNode(
            number_,
            "parameter" if s.op is None else "operation",
            REFLECTED.get(s.op or "", s.op or ""),
            name=one_line(self._names.of_value(s) or s.label),
            value=s.item(),
            wants_grad=True,
            grad=None if grad is None else float(grad),
            result=id(s) in self._asked and s.op is not None,
        )

    def _leaf(self, number_: int, t: Tensor, home: tuple[Any, ...]) -> GraphNode:
        kind = "parameter" if t.requires_grad else "input" if t.ndim else "constant"
        grad = self._known.gradients.get(id(t), t.grad) if t.requires_grad else None
        return GraphNode(
            number_,
            kind,
            name=one_line(self._names.of_value(t) or getattr(t, "name", None) or ""),
            shape=t.shape,
            dtype=str(t.dtype),
            value=self._content(t),
            wants_grad=t.requires_grad,
            grad=self._content(grad),
            scope=self._names.of_scope(home),
        )

    def _constant(self, number_: int, raw: Any) -> GraphNode:
        if isinstance(raw, Scalar) or not hasattr(raw, "dtype"):
            return GraphNode(number_, "constant", value=float(raw) if isinstance(raw, Scalar) else values_of(raw))
        kind = "input" if raw.ndim else "constant"
        name = one_line(self._names.of_value(raw)) if raw.ndim else ""
        return GraphNode(
            number_, kind, name=name, shape=tuple(raw.shape), dtype=str(raw.dtype), value=self._content(raw)
        )

    def _operation(self, number_: int, node: Node) -> GraphNode:
        hooks = node.hooks or {}
        asked = self._asked.get(id(node))
        retained = RETAIN in hooks
        tensor = hooks[RETAIN]() if asked is None and retained else asked
        out = tensor._array if tensor is not None else node.out
        described = out
        if tensor is None:
            described = self._known.values.get(
                id(node), self._values.get(id(node), out) if isinstance(out, Abstract) else out
            )
        whole = out is not None and not isinstance(out, tuple)
        shape = tuple(np.shape(out) if not isinstance(out, Abstract) else out.shape) if whole else None
        computed = self._known.gradients.get(id(node))
        grad = computed if computed is not None else tensor.grad if tensor is not None else None
        return GraphNode(
            number_,
            "operation",
            node.name,
            _options(node),
            one_line(self._names.of_value(node)),
            shape=shape,
            dtype=str(getattr(out, "dtype", "float64")) if whole else "",
            value=self._content(described),
            wants_grad=retained or computed is not None or grad is not None,
            grad=self._content(grad),
            rule=node.primitive.label,
            scope=self._names.of_scope(node.scope),
            source=_source(node),
            result=asked is not None,
            freed=node.args is None,
        )


def _kept_by_users(order: list[Any]) -> dict[int, Any]:
    """Operation -> its result, where a later operation has kept it as an argument."""
    found: dict[int, Any] = {}
    for item in order:
        if isinstance(item, Node):
            for parent, raw in zip(item.parents, item.args or (), strict=True):
                if isinstance(parent, Node) and hasattr(raw, "dtype") and not isinstance(raw, Abstract):
                    found[id(parent)] = raw
    return found


def _uses(item: Any) -> Iterator[_Use]:
    """What an item was computed from, in the order of the arguments."""
    if isinstance(item, Scalar):
        yield from _uses_of_scalar(item)
    elif isinstance(item, Node):
        primitive = item.primitive
        names = _argument_names(primitive)
        for i, (parent, raw) in enumerate(zip(item.parents, item.args or (), strict=True)):
            name = names[i] if i < len(names) else ""
            if parent is not None:
                shape = tuple(raw.shape) if hasattr(raw, "shape") else None if isinstance(raw, tuple) else ()
                yield _Use(id(parent), parent, i, name, shape, vjp=_rule_of(primitive, i, len(item.parents)))
            elif _is_operand(primitive, i, raw):
                key = ("array", id(raw)) if isinstance(raw, np.ndarray) and raw.ndim else (id(item), i)
                yield _Use(key, _Constant(raw), i, name, tuple(raw.shape) if hasattr(raw, "shape") else ())


@functools.cache
def _rule_of(primitive: Any, i: int, count: int) -> str:
    """The VJP by argument i of `count`: its part of the label "g·b, g·a", or the whole label without such parts."""
    parts = re.split(r",\s+(?![^(\[]*[)\]])", primitive.label)  # at the commas outside of brackets
    return str(parts[i] if len(parts) in (primitive.arity, count) and i < len(parts) else primitive.label)


def _uses_of_scalar(s: Scalar) -> Iterator[_Use]:
    reflected = s.op in REFLECTED
    for i, (parent, local) in enumerate(zip(s.parents, s.local_derivatives, strict=True)):
        use = _Use(
            id(parent), parent, 1 if reflected else i, "ba"[reflected] if i else "ab"[reflected], None, float(local)
        )
        if s.constant is None:
            yield use
        else:
            constant = _Use((id(s), "constant"), _Constant(s.constant), 0 if reflected else 1)
            yield from (constant, use) if reflected else (use, constant)


@functools.cache
def _argument_names(primitive: Any) -> tuple[str, ...]:
    """The names of the arguments in the rule; () if it takes any number of them."""
    rule = primitive.joint or next((vjp for vjp in primitive.vjps if vjp is not None), None)
    if rule is None:
        return ()
    parameters = list(inspect.signature(rule).parameters.values())[2:]
    return tuple(p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD))


def _is_operand(primitive: Any, i: int, raw: Any) -> bool:
    """Whether a constant argument is a value with a node of its own; otherwise it is an option like axis."""
    if isinstance(raw, (Abstract, np.ndarray, np.generic)):
        return True
    return (
        i < len(primitive.vjps)
        and primitive.vjps[i] is not None
        and isinstance(raw, (float, int))
        and not isinstance(raw, bool)
    )


def _options(node: Node) -> str:
    """The arguments that are not values: "axis=0, keepdims=True"."""
    positional = [
        _option(raw)
        for i, (parent, raw) in enumerate(zip(node.parents, node.args or (), strict=True))
        if parent is None and not hasattr(raw, "dtype") and not _is_operand(node.primitive, i, raw)
    ]
    named = [
        f"[{_index(value)}]" if key == "index" else f"{key}={_option(value)}"
        for key, value in (node.params or {}).items()
        if value is not None and value is not False  # None and False are NumPy's defaults
    ]
    return one_line(", ".join(positional + named))


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
