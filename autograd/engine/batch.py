"""The reverse sweep for a batch: K cotangents, stacked along a leading axis, go through the graph together.

It visits what the ordinary sweep visits, in the same order; only its rules are called differently (see stacking.py), and it
need not be as quick an operation, since it does K sweeps at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.engine import anomaly
from autograd.engine.cotangents import (
    as_cotangent,
    as_tensor,
    guarded,
    has_nan,
    is_written,
    refuse_changed,
    seeded,
    through_hooks,
)
from autograd.engine.definition import Batch
from autograd.engine.graph import Node, oldest_first
from autograd.engine.modes import Mode, mode
from autograd.engine.primitive import pick
from autograd.engine.recording import is_tensor, result
from autograd.engine.registry import primitives
from autograd.engine.reverse import leading_to, rewrap, through_composite
from autograd.engine.stacking import OneByOne, fitted, ones_like, stacked_call, vjps
from autograd.errors import DTypeError, ShapeError
from autograd.shapes import unbroadcast


def pull(outputs: Any, inputs: Sequence[Any], cotangents: Any, create_graph: bool = False) -> list[Any]:
    """For K cotangents of the outputs, those of the inputs, in one sweep. The graph is not freed.

    Shape:     each cotangent (K, *output.shape); returned (K, *input.shape), None where no output depends on the input
    Args:      outputs, inputs: tensors, one or several outputs.
               create_graph: record the sweep, so that what it returns can be differentiated.
    Raises:    ShapeError for a cotangent without the leading axis; otherwise as `backward.gradients`.
    Example:
        >>> import numpy as np
        >>> from autograd import Tensor
        >>> from autograd.batched import pull
        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> pull(x**3, [x], np.eye(2))[0]
        Tensor([[ 3.,  0.],
                [ 0., 12.]])
    """
    roots = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    seeds = list(cotangents) if isinstance(cotangents, (list, tuple)) else [cotangents]
    token = mode.set(Mode(create_graph, mode.get().anomaly, ()))
    try:
        with np.errstate(all="ignore"):  # the forward pass has warned
            return _pull(roots, inputs, seeds, create_graph)
    finally:
        mode.reset(token)


def leading_size(seeds: Sequence[Any], tensors: Sequence[Any], what: str) -> int:
    """The K of a batch."""
    given = [seed.shape if hasattr(seed, "shape") else np.shape(seed) for seed in seeds]
    sizes = {shape[0] if shape else None for shape in given}
    if len(sizes) != 1 or None in sizes:
        raise ShapeError(
            f"a batch has one leading axis before the shapes {[x.shape for x in tensors]}; got {what}s of shapes {given}."
        )
    return int(sizes.pop())  # type: ignore[arg-type]


def batch_seed(x: Any, seed: Any, k: int, create: bool, what: str) -> Any:
    """A cotangent (or tangent) of x for each of K: (K, *x.shape), in x's dtype."""
    g = seed if create and is_tensor(seed) else np.asarray(getattr(seed, "_data", seed))
    if g.shape != (k, *x.shape):
        raise ShapeError(f"a batch of {what}s of a tensor of shape {x.shape} has shape {(k, *x.shape)}; got {g.shape}.")
    if g.dtype.kind not in "fiu":
        raise DTypeError(f"a {what} must be of real numbers; got dtype {g.dtype}.")
    if g.dtype != x.dtype:
        g = g.astype(x.dtype)
    return result(g, None) if create and not is_tensor(g) else g


def refuse_written(nodes: Sequence[Node], used: Any) -> None:
    """Raise if a value that a rule reads was written since. Of the nodes, newest first, `used` are those whose rules run."""
    views: dict[Node, Any] = {}
    for node in nodes:
        args = node.args
        if args is None:
            continue
        reads = node in used
        for parent, x in zip(node.parents, args):  # noqa: B905  as many; it runs for every operation
            if parent is None:
                continue
            if reads and type(x) is np.ndarray:
                if parent.written > node.number:
                    refuse_changed(parent, node)
                if x.base is not None and type(parent) is Node:
                    views[parent] = x
            if views and node in views and is_written(parent, node, views):
                refuse_changed(parent, node)


def _pull(roots: Sequence[Any], inputs: Sequence[Any], seeds: Sequence[Any], create: bool) -> list[Any]:
    k = leading_size(seeds, roots, "cotangent")
    received: dict[Any, Any] = {}
    for root, seed in zip(roots, seeds, strict=True):
        if not getattr(root, "requires_grad", False):
            seeded(root, None, False)  # which says what a constant is
        _add(received, root if root.node is None else root.node, batch_seed(root, seed, k, create, "cotangent"))
    nodes = oldest_first(list(received))
    origins = [x if x.node is None else x.node for x in inputs]
    goals = set(origins)
    useful = leading_to(goals, nodes)
    nodes.reverse()
    refuse_written(nodes, useful)
    check = mode.get().anomaly
    for node in nodes:
        if node not in useful:
            continue
        g = received.get(node) if node in goals else received.pop(node, None)
        if g is None or node.args is None:  # a wanted node that was freed is where the walk ends
            continue
        if type(g) is dict:
            g = tuple([g[i] if i in g else _zeros(o, k, create) for i, o in enumerate(node.out)])
        if node.hooks is not None:
            g = np.stack([through_hooks(node.hooks, g[row]) for row in range(k)])
            if node in goals:
                received[node] = g
        if check:
            anomaly.check_kept(node)
        if node.primitive is pick:
            shares = received.setdefault(node.parents[0], {})
            _add(shares, node.params["index"], g)  # type: ignore[index]
            continue
        primitive = node.primitive
        which = [i for i, parent in enumerate(node.parents) if parent in useful and primitive.has_derivative(i)]
        for i, gi in zip(which, _through(node, which, g, k, create)):  # noqa: B905  as many; it runs for every operation
            if gi is None:
                continue
            x = node.args[i]
            if type(gi) is not np.ndarray or gi.shape != (k, *x.shape):
                gi = fitted(as_cotangent(gi, create), k, x.shape)
            if primitive.guard and has_nan(gi):
                gi = guarded(gi, g)
            if gi.dtype != x.dtype:
                gi = gi.astype(x.dtype)
            if check:
                anomaly.check_backward(node, i, gi, g)
            _add(received, node.parents[i], gi)
    found = {origin: received.get(origin) for origin in goals}
    return [None if found[origin] is None else as_tensor(_own(found[origin], create)) for origin in origins]


def _add(received: dict[Any, Any], key: Any, g: Any) -> None:
    received[key] = received[key] + g if key in received else g


def _own(g: Any, create: bool) -> Any:
    return g.copy() if create else np.array(g)


def _zeros(out: Any, k: int, create: bool) -> Any:
    g = np.zeros((k, *out.shape), out.dtype)
    return result(g, None) if create else g


def _through(node: Node, which: Sequence[int], g: Any, k: int, create: bool) -> list[Any]:
    """The cotangents of these arguments for a batch of g, with the leading axis (or without, if they are all the same)."""
    primitive = node.primitive
    args, out = rewrap(node) if create else (node.args or (), node.out)
    params = node.params or {}
    if create and primitive.by_composite:
        found = through_composite(primitive, node, args, g, pull)
        return [found[i] for i in which]
    batch = primitive.batch
    if isinstance(batch, Batch):
        rules = [batch.vjps[i] for i in which]
        found = [NotImplemented if rule is None else rule(g, out, *args, **params) for rule in rules]
        if not any([gi is NotImplemented for gi in found]):
            return found
    several = isinstance(out, tuple)
    ours = (
        primitives.get(primitive.name) is primitive
    )  # a user's VJP may be no linear function of g (a clipped gradient)
    if not several and (out.ndim == 0 and ours or primitive.jvp == "elementwise" and primitive.composite is not None):
        slopes = vjps(primitive, which, ones_like(out, create), out, args, params)  # a gradient, or a diagonal
        return [None if d is None else _times(g, d, out.ndim) for d in slopes]
    if batch == "free":
        return vjps(primitive, which, g, out, args, params)
    if batch is not None and not isinstance(batch, Batch):
        try:
            many, result_of_many, changed = stacked_call(primitive, k, args, out, params)
        except OneByOne:
            pass
        else:
            return vjps(primitive, which, g, result_of_many, many, changed)
    rows = [
        _row(primitive, which, tuple([o[row] for o in g]) if several else g[row], out, args, params) for row in range(k)
    ]
    columns = zip(*rows, strict=True)
    return [
        None if column[0] is None else _stack(column, args[i], create) for i, column in zip(which, columns, strict=True)
    ]


def _row(primitive: Any, which: Sequence[int], g: Any, out: Any, args: Any, params: dict[str, Any]) -> list[Any]:
    """One of the batch, as a sweep of its own: a rule may remember within one sweep what it chose for g."""
    now = mode.get()
    token = mode.set(Mode(now.recording, now.anomaly, ()))
    try:
        return vjps(primitive, which, g, out, args, params)
    finally:
        mode.reset(token)


def _times(g: Any, d: Any, ndim: int) -> Any:
    """g (K, *out) times the slopes d, 0 * inf = 0."""
    if not ndim and np.ndim(d):
        g = np.reshape(g, (g.shape[0], *[1] * np.ndim(d)))
    product = g * d
    return np.where(np.equal(g, 0), np.zeros((), product.dtype), product) if has_nan(product) else product


def _stack(column: Sequence[Any], x: Any, create: bool) -> Any:
    """Single cotangents in a row, each brought to the argument's shape first."""
    return np.stack([unbroadcast(as_cotangent(gi, create), x.shape) for gi in column])
