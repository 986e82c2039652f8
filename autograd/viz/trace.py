"""What was computed, as plain data: nodes and edges that know nothing of Tensors, Scalars or pictures."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.cotangents import RETAIN
from autograd.errors import DTypeError
from autograd.graph import Abstract, Node
from autograd.scalar import Scalar
from autograd.tensor import Tensor

NOT_RUN = "not run"  # the gradient of what backward() has not reached yet; a gradient of zero is "0"
SMALL = 6  # arrays of up to so many elements are written out
LONGEST = 48  # characters of one line


@dataclass(frozen=True)
class GraphNode:
    """One value or operation.

    id       0, 1, 2 …: what a node was computed from has smaller numbers
    kind     "leaf" (receives a gradient), "input" (an array that does not), "constant" (a number),
             "op", or "result" (the op that was asked for)
    op       the primitive's name; "" for what was not computed
    options  its keyword arguments, as written in a call
    name     the label of a Scalar, the name of a parameter
    shape    of the value; None where it is unknown (see freed) or a Scalar
    dtype    NumPy's name of it; "" for a Scalar
    value    written out if it is small and the graph keeps it, else ""
    grad     written out, its norm if large; "not run" before backward(); "" where no gradient is kept
    scope    the modules that were being called, outermost first
    freed    whether backward() has given back what lies before it
    """

    id: int
    kind: str
    op: str = ""
    options: str = ""
    name: str = ""
    shape: tuple[int, ...] | None = None
    dtype: str = ""
    value: str = ""
    grad: str = ""
    scope: tuple[str, ...] = ()
    freed: bool = False


@dataclass(frozen=True)
class GraphEdge:
    """A value used by an operation.

    source, target   ids of nodes
    index            which argument of the target
    argument         its name in the rule: a, b, weight …; "" if it has none
    local            the local derivative, d target / d source (Scalars)
    vjp              the rule by which a cotangent g goes back along it (Tensors)
    """

    source: int
    target: int
    index: int
    argument: str = ""
    local: str = ""
    vjp: str = ""


@dataclass(frozen=True)
class Graph:
    """A recorded computation as plain data. It keeps nothing of the computation alive."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]

    @property
    def freed(self) -> bool:
        """Whether a part was given back by backward() and is not shown."""
        return any(node.freed for node in self.nodes)

    def to_dot(self, direction: str = "LR", **options: Any) -> str:
        """The graph in Graphviz's language; the options are those of `draw`."""
        from autograd.viz.dot import to_dot  # it builds on the classes above

        return to_dot(self, direction=direction, **options)

    def render(self, path: str | os.PathLike[str], **options: Any) -> None:
        """Write the picture to a file: .svg, .png, .pdf or .dot. The options are those of `draw`.

        Raises: RenderError if no layout engine is installed (never for .dot).
        """
        from autograd.viz.drawing import Drawing

        Drawing(self, options).render(path)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        from autograd.viz.drawing import Drawing

        return Drawing(self)._repr_mimebundle_(include, exclude)

    def __repr__(self) -> str:
        return f"Graph({len(self.nodes)} nodes, {len(self.edges)} edges)"


def trace(x: Any) -> Graph:
    """The computation behind a Tensor or Scalar (or a list of them) as plain data.

    Iterative, and every value appears once however often it is used, so a graph of any size can be traced.

    Raises: DTypeError for anything else.
    Example:
        >>> from autograd import Scalar, trace
        >>> y = Scalar(1.0)
        >>> for _ in range(17):
        ...     y = y + y
        >>> trace(y)
        Graph(18 nodes, 34 edges)
    """
    roots = [_root(r) for r in (x if isinstance(x, (list, tuple)) else [x])]
    names = _Scopes()
    asked = {id(item): tensor for item, tensor in roots}
    ids: dict[Any, int] = {}
    uses: dict[Any, list[_Use]] = {}
    nodes: list[GraphNode] = []
    edges: list[GraphEdge] = []
    stack: list[tuple[Any, Any]] = [(id(item), item) for item, _ in reversed(roots)]
    while stack:
        key, item = stack[-1]
        if key in ids:
            stack.pop()
        elif key not in uses:  # first seen: what it was computed from comes before it
            uses[key] = found = list(_uses(item))
            stack.extend((use.key, use.item) for use in reversed(found) if use.key not in ids)
        else:
            stack.pop()
            ids[key] = number = len(nodes)
            nodes.append(_describe(number, item, asked.get(key), names))
            edges.extend(GraphEdge(ids[use.key], number, use.index, use.argument, use.local, use.vjp) for use in uses[key])
    return Graph(tuple(nodes), tuple(edges))


@dataclass(frozen=True)
class _Use:
    """Argument `index` of an operation: what it is, and a key that is the same for the same thing."""

    key: Any
    item: Any
    index: int
    argument: str = ""
    local: str = ""
    vjp: str = ""


@dataclass(frozen=True)
class _Constant:
    value: Any


def _root(x: Any) -> tuple[Any, Any]:
    """(what made it, itself)"""
    if isinstance(x, Tensor):
        return (x.node if x.node is not None else x), x
    if isinstance(x, Scalar):
        return x, x
    raise DTypeError(f"trace and draw take a Tensor or a Scalar, or a list of them; got {type(x).__name__}.")


def _uses(item: Any) -> Iterator[_Use]:
    """What an operation was computed from, in the order of its arguments."""
    if isinstance(item, Scalar):
        yield from _uses_of_scalar(item)
    elif isinstance(item, Node):
        primitive = item.primitive
        names = _argument_names(primitive)
        for i, (parent, raw) in enumerate(zip(item.parents, item.args or (), strict=True)):
            if parent is not None:
                formulas = primitive.label.split(", ")
                formula = formulas[i] if len(formulas) == primitive.arity else primitive.label
                yield _Use(id(parent), parent, i, names[i] if i < len(names) else "", vjp=formula)
            elif _is_operand(primitive, i, raw):
                key = id(raw) if isinstance(raw, np.ndarray) and raw.ndim else (id(item), i)
                yield _Use(key, _Constant(raw), i, names[i] if i < len(names) else "")


def _uses_of_scalar(s: Scalar) -> Iterator[_Use]:
    reflected = s.op in REFLECTED
    for i, (parent, local) in enumerate(zip(s.parents, s.local_derivatives, strict=True)):
        use = _Use(id(parent), parent, 1 if reflected else i, "ba"[reflected] if i else "ab"[reflected], local=number(local))
        if s.constant is None:
            yield use
        else:
            constant = _Use((id(s), "constant"), _Constant(s.constant), 0 if reflected else 1)
            yield from (constant, use) if reflected else (use, constant)


@functools.cache
def _argument_names(primitive: Any) -> tuple[str, ...]:
    """What the rule calls its arguments; () if it takes any number of them."""
    rule = primitive.joint or next((vjp for vjp in primitive.vjps if vjp is not None), None)
    if rule is None:
        return ()
    parameters = list(inspect.signature(rule).parameters.values())[2:]
    return tuple(p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD))


REFLECTED = {"r" + op: op for op in ("add", "sub", "mul", "truediv", "pow", "maximum", "minimum")}  # of 2 - x, after __rsub__


def _is_operand(primitive: Any, i: int, raw: Any) -> bool:
    """Whether a constant argument is a value to show, rather than an option like axis."""
    if isinstance(raw, (Abstract, np.ndarray, np.generic)):
        return True
    return i < len(primitive.vjps) and primitive.vjps[i] is not None and isinstance(raw, (float, int)) and not isinstance(raw, bool)


def _describe(number_: int, item: Any, asked: Any, names: _Scopes) -> GraphNode:
    if isinstance(item, Scalar):
        kind = "leaf" if item.op is None else "op" if asked is None else "result"
        op = REFLECTED.get(item.op or "", item.op or "")
        return GraphNode(number_, kind, op, name=_line(item.label), value=number(item), grad=_gradient(item.grad))
    if isinstance(item, Tensor):
        kind = "leaf" if item.requires_grad else "input" if item.ndim else "constant"
        return GraphNode(
            number_, kind, name=_line(getattr(item, "name", None) or ""), shape=item.shape, dtype=str(item.dtype),
            value=_value(item._data), grad=_gradient(item.grad) if item.requires_grad else "",
        )  # fmt: skip
    if isinstance(item, _Constant):
        raw = item.value
        if isinstance(raw, (float, int, Scalar)) or not hasattr(raw, "dtype"):
            return GraphNode(number_, "constant", value=number(raw))
        kind = "input" if raw.ndim else "constant"
        return GraphNode(number_, kind, shape=tuple(raw.shape), dtype=str(raw.dtype), value=_value(raw))
    return _describe_op(number_, item, asked, names)


def _describe_op(number_: int, node: Node, asked: Any, names: _Scopes) -> GraphNode:
    hooks = node.hooks or {}
    retained = RETAIN in hooks
    tensor = hooks[RETAIN]() if asked is None and retained else asked
    out = tensor._data if tensor is not None else node.out
    shape, dtype = (None, "") if out is None or isinstance(out, tuple) else (tuple(np.shape(out)), str(getattr(out, "dtype", "")))
    return GraphNode(
        number_, "op" if asked is None else "result", node.name, options=_options(node), shape=shape, dtype=dtype,
        value="" if out is None or isinstance(out, (Abstract, tuple)) else _value(out),
        grad=_gradient(tensor.grad) if tensor is not None and (retained or tensor.grad is not None) else "",
        scope=names(node.scope), freed=node.args is None,
    )  # fmt: skip


def _options(node: Node) -> str:
    """The arguments that are not values: "axis=0, keepdims=True"."""
    positional = [
        _line(repr(raw))
        for i, (parent, raw) in enumerate(zip(node.parents, node.args or (), strict=True))
        if parent is None and not hasattr(raw, "dtype") and not _is_operand(node.primitive, i, raw)
    ]
    named = [
        f"{key}={_line(_value(value) if hasattr(value, 'dtype') else repr(value))}"
        for key, value in (node.params or {}).items()
        if value is not None and value is not False  # what is left at NumPy's default
    ]
    return _line(", ".join(positional + named))


class _Scopes:
    """The names of nested modules, each looked up once."""

    def __init__(self) -> None:
        self._names: dict[tuple[int, int], str] = {}

    def __call__(self, scope: tuple[Any, ...]) -> tuple[str, ...]:
        return (type(scope[0]).__name__, *map(self._name, scope, scope[1:])) if scope else ()

    def _name(self, outer: Any, inner: Any) -> str:
        key = (id(outer), id(inner))
        if key not in self._names:
            modules = dict(outer.named_modules()) if hasattr(outer, "named_modules") else {}
            path = next((name for name, module in modules.items() if module is inner), "")
            self._names[key] = f"{path} · {type(inner).__name__}" if path else type(inner).__name__
        return self._names[key]


# Values as text


def number(x: Any) -> str:
    """A number in at most four digits: 0.3333, 1e-05, nan."""
    x = x.item() if isinstance(x, Scalar) else x
    return f"{x + 0.0:.4g}" if isinstance(x, (float, int, np.floating, np.integer)) else _line(str(x))  # + 0.0: -0 is 0


def _value(a: Any) -> str:
    if np.ndim(a) == 0:
        return number(a[()] if isinstance(a, np.ndarray) else a)
    if not isinstance(a, np.ndarray) or a.size > SMALL:
        return ""
    return _line(np.array2string(a, separator=", ", formatter={"float_kind": number, "int_kind": number}, max_line_width=1000))


def _gradient(grad: Any) -> str:
    if grad is None:
        return NOT_RUN
    if isinstance(grad, Tensor):
        grad = grad._data
        if grad.size > SMALL:
            with np.errstate(all="ignore"):
                return f"norm {number(np.linalg.norm(np.ravel(grad).astype(float)))}"
        return _value(grad)
    return number(grad)


def _line(text: Any) -> str:
    """One line that fits into a box."""
    words = " ".join(str(text).split())
    return words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"
