"""Into the batch and out of it: two primitives, each of which is the other's adjoint.

A Tensor stays outermost: it holds a batched array, never the other way round.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.batched.hidden import Hidden, batched, full, in_front
from autograd.batched.level import Level
from autograd.engine.primitive import Primitive
from autograd.engine.registry import define


def _hide(x: Any, level: Level, axis: int) -> Any:
    if isinstance(x, Hidden) and x.level.number > level.number:  # a cotangent of a later vmap: its axis stays in front
        return batched(_hide(x._values, level, axis + 1), x.level)
    moved = np.moveaxis(x, axis, 0)
    values = in_front(moved)
    if values is not moved and type(values) is np.ndarray:
        values.flags.writeable = False  # a copy: what is written to it would not reach the argument
    return batched(values, level)


def _show(x: Any, level: Level, axis: int) -> Any:
    if isinstance(x, Hidden) and x.level.number > level.number:
        return batched(_show(x._values, level, axis + 1), x.level)
    return np.moveaxis(full(x, level), 0, axis)


into: Primitive = define(
    _hide, lambda g, out, x, level, axis: outof(g, level=level, axis=axis),
    keeps="", guard=False, name="into batch", jvp="linear", label="g with its hidden axis shown",
)  # fmt: skip
outof: Primitive = define(
    _show, lambda g, out, x, level, axis: into(g, level=level, axis=axis),
    keeps="", guard=False, name="out of batch", jvp="linear", label="g with its axis hidden",
)  # fmt: skip
