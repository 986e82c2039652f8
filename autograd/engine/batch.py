"""Batches: K cotangents through the graph in one sweep, stacked along a leading axis.

It is the reverse sweep with another Step: each rule is called once for all K where that is possible (stacked_call.py
says how), else once for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.engine.attempts import of_a_batch
from autograd.engine.complex_numbers import conjugated
from autograd.engine.cotangents import complete, has_nan
from autograd.engine.definition import Batch
from autograd.engine.gradients import of_each
from autograd.engine.graph import Node
from autograd.engine.kinds import zeros
from autograd.engine.modes import Mode, mode
from autograd.engine.primitive import pick
from autograd.engine.recording import raw
from autograd.engine.registry import primitives
from autograd.engine.reverse import sweep
from autograd.engine.route import find_route
from autograd.engine.stacked_call import OneByOne, leading_size, ones_like, stacked_call
from autograd.engine.step import Step, called
from autograd.engine.tensor_hooks import through_hooks
from autograd.engine.zero_times_inf import zero_where_factor_is


def pull(outputs: Any, inputs: Sequence[Any], cotangents: Any, create_graph: bool = False) -> list[Any]:
    """For K cotangents of the outputs, those of the inputs, in one sweep. The graph is not freed.

    Shape:     each cotangent (K, *output.shape); returned (K, *input.shape), None where no output depends on the input
    Args:      outputs, inputs: tensors, one or several outputs.
               create_graph: record the sweep, so that what it returns can be differentiated.
    Raises:    ShapeError for a cotangent without the leading axis; otherwise as `gradients`.
    Example:
        >>> import numpy as np
        >>> from autograd import Tensor
        >>> from autograd.engine.batch import pull
        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> pull(x**3, [x], np.eye(2))[0]
        Tensor([[ 3.,  0.],
                [ 0., 12.]])
    """
    roots = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    seeds = list(cotangents) if isinstance(cotangents, (list, tuple)) else [cotangents]
    step = BatchStep(create_graph, leading_size(seeds, roots, "cotangent"))
    found = sweep(roots, seeds, step, True, find_route(roots, inputs))
    return of_each(inputs, found)


class BatchStep(Step):
    """The step of a sweep of k cotangents at once."""

    k: int

    def __init__(self, create: bool, k: int) -> None:
        super().__init__(create, sweep)
        self.k = k

    def through_hooks(self, node: Node, g: Any) -> Any:
        g = conjugated(g)
        return conjugated(np.stack([through_hooks(node.hooks or {}, g[row]) for row in range(self.k)]) if self.k else g)

    def called(self, node: Node, which: Sequence[int], g: Any, args: Sequence[Any], out: Any) -> Sequence[Any]:
        kept_for_a_batch = node.primitive.saves and of_a_batch(g, args)
        if (self.create or kept_for_a_batch) and node.primitive.by_composite:
            return super().called(node, which, g, args, out)
        return _called_for_batch(node, which, g, self.k, args, out, self.create)


def _called_for_batch(
    node: Node, which: Sequence[int], g: Any, k: int, args: Sequence[Any], out: Any, create: bool
) -> Sequence[Any]:
    """What the rules return for a batch of g: with the leading axis, or without it if they are all the same."""
    primitive = node.primitive
    params = node.params or {}
    batch = primitive.batch
    if primitive is pick:
        return called(primitive, which, g, out, args, params)
    if isinstance(batch, Batch):
        found = []
        for i in which:
            rule = batch.vjps[i]
            gi = NotImplemented if rule is None else rule(g, out, *args, **params)
            if gi is NotImplemented:
                break
            found.append(gi)
        else:
            return found
    several = isinstance(out, tuple)
    if batch == "free" and primitive.composite is None and not several and out.ndim:
        return called(primitive, which, g, out, args, params)
    ours = primitives.get(primitive.name) is primitive  # a user's VJP may not be linear in g (a clipped gradient)
    stretched = primitive.jvp == "linear" and batch is not None  # exact where a cotangent is infinite, too
    diagonal = primitive.jvp == "elementwise" and primitive.composite is not None
    # recorded, g times a slope hides a g that is 0 from what the rule says of its derivative (kinks.py)
    slope = not several and out.ndim == 0 and out.dtype.kind != "c" and ours and not stretched and not create
    if slope or diagonal and not several:  # of a complex number the slope may be antilinear, as that of np.vdot
        slopes = called(primitive, which, ones_like(out, g, create), out, args, params)  # a gradient, or a diagonal
        return [None if d is None else _times(g, d, out.ndim, primitive.name) for d in slopes]
    if batch == "free":
        return called(primitive, which, g, out, args, params)
    if batch is not None and not isinstance(batch, Batch):
        try:
            many, result_of_many, changed = stacked_call(primitive, k, args, out, params)
        except OneByOne:
            pass
        else:
            return called(primitive, which, g, result_of_many, many, changed)
    if not k:
        return [zeros((0, *args[i].shape), args[i].dtype, raw(g)) for i in which]
    rows = [_row(node, which, tuple([o[row] for o in g]) if several else g[row], args, out, create) for row in range(k)]
    return [None if column[0] is None else np.stack(column) for column in zip(*rows, strict=True)]


def _row(node: Node, which: Sequence[int], g: Any, args: Any, out: Any, create: bool) -> list[Any]:
    """One cotangent of the batch, as a sweep of its own: a rule may remember within one sweep what it chose for g."""
    now = mode.get()
    token = mode.set(Mode(now.recording, now.anomaly, ()))
    try:
        found = called(node.primitive, which, g, out, args, node.params or {})
    finally:
        mode.reset(token)
    guard = node.primitive.guard
    name = node.primitive.name
    return [
        gi if gi is None else complete(gi, g, args[i], guard, create, of=name)
        for i, gi in zip(which, found, strict=True)
    ]


def _times(g: Any, d: Any, ndim: int, of: str) -> Any:
    """g (K, *out) times the slopes d, 0 * inf = 0."""
    if not ndim and np.ndim(d):
        g = np.reshape(g, (g.shape[0], *[1] * np.ndim(d)))
    product = g * d
    return zero_where_factor_is(g, product, of) if has_nan(raw(product)) else product
