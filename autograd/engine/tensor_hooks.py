"""Hooks of a Tensor: functions that see its gradient when it is known, and may replace it."""

from __future__ import annotations

from typing import Any

from autograd.engine.complex_numbers import in_dtype
from autograd.engine.cotangents import as_tensor
from autograd.engine.graph import Node
from autograd.engine.kinds import given
from autograd.engine.recording import is_tensor, raw
from autograd.errors import ShapeError

# Keys that are no user's
RETAIN = -1  # among a node's hooks: the tensor that called retain_grad()
FINISH = -2  # among a leaf's hooks: called with (all leaves and their gradients, the roots) before any `.grad` is set


def through_hooks(hooks: dict[int, Any], g: Any) -> Any:
    """Hand a cotangent to the hooks, each of which may return another in its place."""
    for hook in [hook for key, hook in hooks.items() if key >= 0]:
        returned = hook(as_tensor(g))
        if returned is not None:
            new = returned if is_tensor(g) and is_tensor(returned) else given(raw(returned), raw(g), "hook's gradient")
            if new.shape != g.shape:
                raise ShapeError(f"a hook must return a gradient of shape {g.shape} or None; got shape {new.shape}.")
            new = in_dtype(new, g.dtype)
            g = as_tensor(new) if is_tensor(g) else new
    return g


def retaining(node: Node) -> list[Any]:
    """The tensor that asked to keep its gradient, if it is still alive."""
    reference = (node.hooks or {}).get(RETAIN)
    tensor = reference() if reference is not None else None
    return [tensor] if tensor is not None else []
