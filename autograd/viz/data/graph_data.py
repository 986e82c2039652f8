"""A recorded computation as plain data: nodes and edges, with no reference to Tensors, Scalars or pictures."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd.viz.data.values import ComparedByFields, Content, norm_of


@dataclass(frozen=True, slots=True, eq=False)
class GraphNode(ComparedByFields):
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
    wants_grad  whether backward() leaves a gradient here (leaves, Scalars, tensors on which retain_grad() was called)
    grad        the gradient, likewise; None if there is none. None with wants_grad means that backward() has not run
    rule        the VJP of the whole operation as short mathematics, "g·b, g·a", then what its symbols stand for
    scope       the modules that were being called, outermost first: ("Sequential", "0 · Linear")
    source      the user's line that recorded it (known under detect_anomaly)
    result      whether it is one of the values that were traced
    freed       whether backward() has freed the graph before it
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
        """The path of the module in which it was computed, "Sequential.2.body"; "" outside of any."""
        return ".".join([name.split(" · ")[0] for name in self.scope])

    @property
    def not_run(self) -> bool:
        """Whether its gradient is still missing because backward() has not run. A gradient of zero is not missing."""
        return self.wants_grad and self.grad is None

    @property
    def grad_norm(self) -> float | None:
        """The Euclidean norm of the gradient; None if there is none."""
        return norm_of(self.grad)


@dataclass(frozen=True, slots=True, eq=False)
class GraphEdge(ComparedByFields):
    """A value used by an operation.

    source, target   ids of nodes
    index            which argument of the target it is: 0, 1, …
    argument         its name in the rule: a, b, weight …; "" if it has none
    shape            of the value, before any broadcasting; None for a Scalar
    local            the local derivative, d target / d source (Scalars)
    vjp              the rule by which a cotangent g of the target is pulled back along this edge (Tensors), then what
                     its symbols stand for: "g·(p - y)/N; p = softmax(logits), y = onehot(target), N = rows(logits)"
    share            the contribution to the gradient of the source along this edge, known after
                     `trace(x, complete=True)`; the shares of all edges that leave a node add up to its gradient
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
    """Weak references to what was traced, so that a graph keeps no Tensor or Scalar alive. A copy has none."""

    __slots__ = ("_references",)

    def __init__(self, asked: Iterable[Any] = ()) -> None:
        self._references = [weakref.ref(x) for x in asked]

    def __call__(self) -> list[Any]:
        """What was traced, or an empty list if a part of it no longer exists."""
        found = [reference() for reference in self._references]
        return [] if any(x is None for x in found) else found

    def __reduce__(self) -> Any:
        return Origin, ()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class GraphData(ComparedByFields):
    """The nodes and edges of a computation; `autograd.viz.Graph` is the same with methods that draw and write it.

    nodes, edges   in order of creation
    hidden         how many earlier nodes are left out (`trace(x, limit=…)`)
    origin         weak references to what was traced, from which the page with the steps can trace it again
    """

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    hidden: int = 0
    origin: Origin | None = field(default=None, compare=False)

    @property
    def freed(self) -> bool:
        """Whether backward() has freed a part of the graph, which is then not shown."""
        return any(node.freed for node in self.nodes)


def shared_depth(a: Sequence[Any], b: Sequence[Any]) -> int:
    """How many outermost entries two paths of modules have in common."""
    depth = 0
    while depth < min(len(a), len(b)) and a[depth] == b[depth]:
        depth += 1
    return depth
