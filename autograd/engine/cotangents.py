"""Cotangents: where they start, how they arrive, and whether what they are computed from is still true."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from autograd.engine.graph import Node
from autograd.engine.recording import is_tensor, result
from autograd.errors import DTypeError, FreedGraphError, GraphError, InPlaceError, ShapeError

RETAIN = -1  # the key among a node's hooks of the tensor that called retain_grad()


def seeded(root: Any, seed: Any, create: bool) -> tuple[Any, Any]:
    """Where the sweep starts and with which cotangent."""
    origin = getattr(root, "node", None)
    if origin is None:
        if not getattr(root, "requires_grad", False):
            raise GraphError(
                "backward() needs a result that depends on a tensor with requires_grad=True; "
                f"this {type(root).__name__} depends on none (or was computed under no_grad)."
            )
        origin = root
    data = root._data
    if seed is None:
        if data.size != 1:
            raise ShapeError(
                f"backward() of a tensor of shape {data.shape} needs a gradient of that shape: "
                "t.backward(np.ones(t.shape)), or reduce it first: t.sum().backward()."
            )
        g = data.dtype.type(1) if data.ndim == 0 else np.ones(data.shape, data.dtype)
    else:
        g = seed if create and is_tensor(seed) else np.asarray(getattr(seed, "_data", seed))
        if g.shape != data.shape:
            raise ShapeError(f"the gradient must have the tensor's shape {data.shape}; got {g.shape}.")
        if g.dtype.kind not in "fiu":
            raise DTypeError(f"the gradient must be of real numbers; got dtype {g.dtype}.")
        if g.dtype != data.dtype:
            g = g.astype(data.dtype)
    return origin, result(g, None) if create and not is_tensor(g) else g


def as_tensor(g: Any) -> Any:
    return g if is_tensor(g) else result(g, None)


def as_cotangent(gi: Any, create: bool) -> Any:
    """What a rule returned, as an array (or a Tensor in a recorded sweep)."""
    if is_tensor(gi):
        return gi if create else gi._data
    if not hasattr(gi, "dtype"):
        gi = np.asarray(gi)
    return result(gi, None) if create else gi


def zeros(out: Any, create: bool) -> Any:
    g = np.zeros(out.shape, out.dtype)
    return result(g, None) if create else g


def own(g: Any) -> Any:
    """The cotangent in memory of its own."""
    return g if isinstance(g, np.generic) or is_tensor(g) else np.array(g)


def has_nan(gi: Any) -> bool:
    """One cheap pass: the sum of squares is nan exactly if an element is."""
    gi = gi._data if is_tensor(gi) else gi
    if gi.ndim == 0:
        return bool(gi != gi)
    square = np.vdot(gi, gi)
    return bool(square != square)


def guarded(gi: Any, g: Any) -> Any:
    """0 * inf = 0: where the cotangent g is zero the branch was not taken, and contributes nothing."""
    zero = getattr(g, "_data", g) == 0
    return np.where(zero, np.zeros((), gi.dtype), gi) if zero.shape == gi.shape else gi


def through_hooks(hooks: dict[int, Any], g: Any) -> Any:
    """Hand a cotangent to the hooks, each of which may return another in its place."""
    for hook in [hook for key, hook in hooks.items() if key != RETAIN]:
        returned = hook(as_tensor(g))
        if returned is not None:
            new = returned if is_tensor(g) and is_tensor(returned) else np.asarray(getattr(returned, "_data", returned))
            if new.shape != g.shape:
                raise ShapeError(f"a hook must return a gradient of shape {g.shape} or None; got shape {new.shape}.")
            g = new.astype(g.dtype)
    return g


def retaining(node: Node) -> list[Any]:
    """The tensor that asked to keep its gradient, if it is still alive."""
    reference = (node.hooks or {}).get(RETAIN)
    tensor = reference() if reference is not None else None
    return [tensor] if tensor is not None else []


def is_written(parent: Any, node: Node, views: dict[Node, Any]) -> bool:
    """Whether memory that a rule read through a view of it was written since."""
    value = views[node]
    if type(parent) is Node:
        views.setdefault(parent, value)
        return parent.written > node.number
    return parent.written > node.number and np.may_share_memory(value, parent._data)


def refuse_freed(node: Node) -> NoReturn:
    raise FreedGraphError(
        f"the graph of {node.primitive.name}() was freed by an earlier backward(); "
        "call that one with retain_graph=True to go through it again."
    )


def refuse_changed(parent: Any, node: Node) -> None:
    what = f"the result of {parent.primitive.name}()" if type(parent) is Node else f"the tensor {_label(parent)}"
    raise InPlaceError(
        f"{what}, which {node.primitive.name}() needs for its gradient, was changed in place after it was used. "
        "Call backward() before the optimizer's step (or load_state_dict, or a write under no_grad), or run the forward pass again."
    )


def _label(tensor: Any) -> str:
    name = getattr(tensor, "name", None)
    return f"{name!r} of shape {tensor.shape}" if name else f"of shape {tensor.shape}"
