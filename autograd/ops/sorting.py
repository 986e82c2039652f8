"""Sorted and partitioned elements: the cotangents go back to where the elements came from, ties in stable order."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.engine.kinds import is_foreign
from autograd.engine.primitive import Primitive
from autograd.engine.recording import raw
from autograd.engine.registry import define, implements
from autograd.ops.arguments import refuse


def _put_back(values: Any, order: Any, axis: int) -> Any:
    """The transpose of a reordering: value j goes to position order[j]."""
    if is_foreign(values) or is_foreign(order):
        return np.take_along_axis(values, np.argsort(order, axis=axis), axis)
    out = np.empty(values.shape, values.dtype)
    np.put_along_axis(out, order, values, axis)
    return out


reorder: Primitive = define(
    lambda a, order, axis: np.take_along_axis(a, order, axis),
    lambda g, out, a, order, axis: put_back(g, order=order, axis=axis),
    keeps="", guard=False, name="reorder", jvp="linear", batch="order axis", label="g put back in order",
)  # fmt: skip
put_back: Primitive = define(
    _put_back, lambda g, out, values, order, axis: reorder(g, order=order, axis=axis),
    keeps="", guard=False, name="put_back", jvp="linear", batch="order axis", label="g in order",
)  # fmt: skip


@implements(np.sort)
def sort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: bool | None = None) -> Any:
    """np.sort; equal elements get their cotangents in stable order, whatever `kind` is."""
    refuse("sort", "A Tensor has no named fields.", order=order)
    if axis is None:
        a, axis = np.ravel(a), -1
    return reorder(a, order=np.argsort(raw(a), axis=axis, kind="stable"), axis=axis)


@implements(np.partition)
def partition(a: Any, kth: Any, axis: Any = -1, kind: Any = "introselect", order: Any = None) -> Any:
    """np.partition: in NumPy's arrangement; equal elements get their cotangents in stable order.

    np.argpartition may arrange the elements differently, so the positions are found by sorting argument and result.
    """
    refuse("partition", "A Tensor has no named fields.", order=order)
    if axis is None:
        a, axis = np.ravel(a), -1
    values = raw(a)
    arranged = np.partition(values, raw(kth), axis, kind)
    before, after = (np.argsort(x, axis=axis, kind="stable") for x in (values, arranged))
    return reorder(a, order=_put_back(before, after, axis), axis=axis)
