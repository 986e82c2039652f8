"""Forward mode: a second sweep over the recorded graph, from the inputs to the outputs.

    t_out = Σ_i J_i t_i        at every node, with the tangent t_i of its argument i

A function runs on Tensors and is recorded as always. Then tangents are pushed through the nodes in the order in which
they were made. A JVP reads what the VJPs keep, so nothing else is recorded. See docs/design/forward-mode.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.engine import anomaly
from autograd.engine.cotangents import as_tensor
from autograd.engine.graph import oldest_first
from autograd.engine.modes import Mode, mode
from autograd.engine.recording import is_tensor, raw
from autograd.engine.route import origin
from autograd.engine.seeds import as_seed
from autograd.engine.stacked_call import leading_size
from autograd.engine.tangents import through, through_arrays
from autograd.engine.written import refuse_freed, refuse_written
from autograd.errors import ArgumentError


def push(outputs: Any, inputs: Sequence[Any], tangents: Sequence[Any], create_graph: bool = False) -> list[Any]:
    """The tangents of the outputs for these tangents of the inputs: Jacobian times vector, in one sweep.

    The graph is not freed. An input may be a leaf or a recorded tensor. Where one input depends on another, the
    tangents that come either way are added, as `gradients` does.

    Args:  outputs, inputs: tensors; one output may stand without a list.
           tangents: one for each input, of its shape: arrays, or Tensors (then differentiated too, with create_graph).
           create_graph: record the sweep, so that the tangents can be differentiated, forwards or backwards.
    Returns: a Tensor for each output, None where it depends on no input.
    Raises: ShapeError, DTypeError for a tangent that does not fit; FreedGraphError after a sweep that freed the graph;
           InPlaceError if a value that a rule needs was changed since it was recorded.
    Gradient: hooks are not called: they are functions of cotangents. Where a VJP is on purpose not that of its function
           (minimal effort), tangents follow the function.
    Example:
        >>> from autograd import Tensor
        >>> from autograd.engine.forward import push
        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> push(x**3, [x], [[1.0, 10.0]])[0]
        Tensor([  3., 120.])
    """
    return _pushed(outputs, inputs, tangents, create_graph, batch=False)


def push_batch(outputs: Any, inputs: Sequence[Any], tangents: Sequence[Any], create_graph: bool = False) -> list[Any]:
    """`push` for K tangents of every input at once.

    Shape:     each tangent (K, *input.shape); returned (K, *output.shape)
    Example:
        >>> import numpy as np
        >>> from autograd import Tensor
        >>> from autograd.engine.forward import push_batch
        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> push_batch(x**3, [x], [np.eye(2)])[0]
        Tensor([[ 3.,  0.],
                [ 0., 12.]])
    """
    return _pushed(outputs, inputs, tangents, create_graph, batch=True)


def _pushed(outputs: Any, inputs: Sequence[Any], tangents: Sequence[Any], create: bool, batch: bool) -> list[Any]:
    roots = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    if len(inputs) != len(tangents):
        raise ArgumentError(f"got {len(inputs)} inputs and {len(tangents)} tangents; give one tangent an input.")
    token = mode.set(Mode(create, mode.get().anomaly, ()))
    try:
        with np.errstate(all="ignore"):  # the forward pass has warned
            k = leading_size(tangents, inputs, "tangent") if batch else None
            seeds = [as_seed(x, t, "tangent", create, k) for x, t in zip(inputs, tangents, strict=True)]
            return _in_own_memory(_push(roots, inputs, seeds, k, create), seeds)
    finally:
        mode.reset(token)


def _push(roots: Sequence[Any], inputs: Sequence[Any], seeds: Sequence[Any], k: int | None, create: bool) -> list[Any]:
    found: dict[Any, Any] = {}  # Node or leaf -> its tangent
    for x, t in zip(inputs, seeds, strict=True):
        at = origin(x)
        found[at] = found[at] + t if at in found else t
    ends = [origin(root) for root in roots if is_tensor(root)]
    nodes = oldest_first(ends)
    last: dict[Any, Any] = {}  # Node or leaf -> the newest node that reads it: after that one its tangent can go
    for node in nodes:
        for parent in node.parents:
            last[parent] = node
    for end in ends:
        last.pop(end, None)
    used = set()
    check = mode.get().anomaly
    plain = k is None and not create
    for node in nodes:
        parents = node.parents
        if found.keys().isdisjoint(parents):
            if node.args is None and node not in found:  # what it was computed from is forgotten: it might be an input
                refuse_freed(node)
            continue
        used.add(node)
        ts = [found.get(parent) for parent in parents]
        if check:
            anomaly.check_kept(node)
        t = through_arrays(node, ts, _push) if plain else through(node, ts, k, create, _push)
        if check:
            anomaly.check_tangent(node, t, ts)
        if t is not None:
            found[node] = found[node] + t if node in found else t
        for parent in parents:
            if last.get(parent) is node:
                found.pop(parent, None)
    refuse_written(nodes[::-1], used)
    return [found.get(origin(root)) if is_tensor(root) else None for root in roots]


def _in_own_memory(made: Sequence[Any], seeds: Sequence[Any]) -> list[Any]:
    """The tangents as Tensors, each in memory of its own."""
    seen = {id(raw(t)) for t in seeds}
    tangents: list[Any] = []
    for t in made:
        if t is None:
            tangents.append(None)
            continue
        data = raw(t)
        if isinstance(data, np.ndarray) and (data.base is not None or id(data) in seen or not data.flags.writeable):
            t = t.copy()
        seen.add(id(data))
        tangents.append(as_tensor(t))
    return tangents
